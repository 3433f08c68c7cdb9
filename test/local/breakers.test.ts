import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { countsKey } from '../../lib/breaker/outcome-counts.ts';
import { OpeningRule } from '../../lib/breaker/rule.ts';
import { INITIAL, stateKey, writeState } from '../../lib/breaker/state.ts';
import { claimProbe, force, trip } from '../../lib/breaker/transitions.ts';
import { readBreakers } from '../../lib/local/breakers.ts';
import type { DynamoStore } from '../../lib/store/dynamodb.ts';
import { hasJava, startTestEngine, type TestEngine } from '../support/engines.ts';

const NOW = Date.parse('2030-01-01T00:00:00.000Z');
const even = { openMs: 5_000, chance: 0.5 };

describe('the breakers that a local run shows', () => {
  let engine: TestEngine;
  let store: DynamoStore;
  beforeAll(async () => {
    engine = await startTestEngine(hasJava ? 'dynamodb-local' : 'dynalite');
  });
  beforeEach(async () => {
    store = await engine.store();
  });
  afterAll(() => engine.stop());

  const shown = (now = NOW) => readBreakers(engine.engine.endpoint, store.name, now);

  test('are the stored states by their names, with the reason, the cause and what they admit', async () => {
    const open = trip({ ...INITIAL, rate: 20 }, NOW, { ...even, ageMs: 0, cause: 'status 503' }).next;
    const forever = { state: 'closed', forMs: 604_800_000, by: 'ada' } as const;
    for (const [name, state] of [
      ['new', { ...INITIAL, version: 1, epoch: 2, since: NOW, rate: 100 }],
      ['open', open],
      ['probed', claimProbe(open, NOW + 5_000, even).next],
      ['forced', force(INITIAL, NOW, forever).next],
    ] as const)
      await store.put(stateKey(name), writeState(state));

    const breakers = await shown(NOW + 6_000);

    const since = '2030-01-01T00:00:00.000Z';
    const opened = { epoch: 1, rate: 20, since, by: null, admittedFraction: 0, cause: 'status 503' };
    const probing = { until: '2030-01-01T00:00:11.500Z', waitMs: 5_500, reason: 'a probe is running' };
    const forced = {
      until: '2030-01-08T00:00:00.000Z',
      waitMs: 604_794_000,
      reason: 'an operator has forced it',
    };
    expect(breakers).toHaveLength(4);
    expect(new Set(breakers)).toEqual(
      new Set([
        {
          ...{ name: 'new', state: 'closed', epoch: 2, since, until: null, waitMs: null, by: null },
          ...{ rate: 100, admittedFraction: 1, reason: null, cause: null },
        },
        {
          ...opened,
          name: 'open',
          state: 'open',
          until: null,
          waitMs: null,
          reason: 'the next call is a probe',
        },
        { ...opened, ...probing, name: 'probed', state: 'half-open' },
        {
          ...{ ...forced, name: 'forced', state: 'forced-closed', epoch: 1, since, by: 'ada' },
          ...{ rate: null, admittedFraction: 1, cause: null },
        },
      ]),
    );
    const ramp = (await shown()).find(({ name }) => name === 'new');
    expect(ramp?.admittedFraction).toBeCloseTo(0.1, 10);
  });

  test('are neither their counts, nor records of other kinds, nor states of other versions', async () => {
    const counts = countsKey('posts', 1, new OpeningRule({}));
    await store.add(counts, { f1: 1, c1: 1 }, { expiresAt: 1 });
    await store.put('idempotency#posts', writeState(INITIAL));
    await store.put(stateKey('old'), { ...writeState(INITIAL), v: 1 });

    expect(await shown()).toEqual([]);
  });
});
