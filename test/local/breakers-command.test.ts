import { afterAll, beforeAll, expect, it } from 'vitest';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import type { DynamoStore } from '../../lib/store/dynamodb.ts';
import { commandEnv, startTestEngine, type TestEngine } from '../support/engines.ts';
import { runCommand } from '../support/local-run.ts';
import { stretchedClock } from '../support/stretched-clock.ts';

let engine: TestEngine;
let store: DynamoStore;
beforeAll(async () => {
  engine = await startTestEngine('auto');
  store = await engine.store();
});
afterAll(() => engine.stop());

const breakers = (...args: readonly string[]) =>
  runCommand(['breakers', ...args], commandEnv(engine, store.name));
/** What a new environment makes of a call. */
const call = () =>
  sharedBreaker({ name: 'posts', store, clock: stretchedClock(200) })
    .execute(async () => 'made')
    .catch((error: unknown) => error);

it('forces a shared breaker open for a while, and ends that', async () => {
  const forced = await breakers('open', 'posts', '--for', '15m', '--by', 'ada', '--json');
  expect(forced.code).toBe(0);
  expect(JSON.parse(forced.output)).toMatchObject({ name: 'posts', state: 'forced-open', by: 'ada' });
  expect(await call()).toBeInstanceOf(BreakerOpenError);

  expect((await breakers('show', 'posts')).output).toMatch(
    /^state {3}forced-open · admits 0 % of calls\nreason {2}an operator has forced it\nby {6}ada$/m,
  );
  expect((await breakers('auto', 'posts')).output).toContain('state   closed');
});

it('lists what a table holds, however many pages that takes', async () => {
  // A page is a megabyte.
  for (let n = 0; n < 8; n++) await store.put(`other-${n}`, { text: 'x'.repeat(300_000) });
  await breakers('close', 'social', '--by', 'ada');

  const { code, output } = await breakers('list', '--json');
  expect(code).toBe(0);
  const { breakers: listed, itemsRead } = JSON.parse(output);
  expect(listed).toMatchObject([
    { name: 'posts', state: 'closed', admittedFraction: expect.any(Number) },
    { name: 'social', state: 'forced-closed', by: 'ada', admittedFraction: 1 },
  ]);
  expect(itemsRead).toBeGreaterThanOrEqual(10);
  expect((await breakers('list', '--table', 'none')).output).toContain('no such table');
});

it('says what is wrong, and with what', async () => {
  expect(await breakers('open', 'posts', '--for', '8d')).toMatchObject({ code: 2 });
  const { code, output } = await breakers('show', 'posts', '--table', 'none');
  expect(code).toBe(1);
  expect(output).toContain('no such table');
});
