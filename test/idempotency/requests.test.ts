import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InFlightError } from '../../lib/idempotency/errors.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import type { IdempotencyOptions } from '../../lib/idempotency/options.ts';
import type { Claim } from '../../lib/idempotency/run-once.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { hasJava, startTestEngine, type TestEngine } from '../support/engines.ts';

const context = { getRemainingTimeInMillis: () => 3_000 };
const LEASE_MS = 3_000 + 5_000;

/** Each request is paid for and waited for. dynalite needs one more where it does not send what stood in the way. */
describe.skipIf(!hasJava)('what idempotency asks of DynamoDB', () => {
  let engine: TestEngine;
  let sent: string[] = [];
  beforeAll(async () => {
    engine = await startTestEngine('dynamodb-local');
    // Beside the network, so that the SDK's own retries would count as well.
    engine.client.middlewareStack.add(
      (next, { commandName = '' }) =>
        (args) => {
          sent.push(commandName.replace('Command', ''));
          return next(args);
        },
      { step: 'deserialize', priority: 'low' },
    );
  });
  afterAll(() => engine.stop());

  /** A handler on a table of its own, and what one call of it sends. */
  async function world(
    run: (claim: Claim<string>, table: string) => Promise<string>,
    more: Partial<IdempotencyOptions<unknown>> = {},
  ) {
    const store = await engine.store('sdk');
    const clock = fakeClock();
    const order = idempotent<unknown, unknown, string>(
      { store, operation: 'order', key: () => 'k', clock, ...more },
      (_event, _context, claim) => run(claim, store.name),
    );
    const call = async () => {
      sent = [];
      const answer = await order({}, context).catch((error: unknown) => error);
      return { answer, sent };
    };
    return { clock, call };
  }

  test('is two writes for a fresh run, and one that is refused for a replay', async () => {
    const { call } = await world(async () => 'done');

    expect(await call()).toEqual({ answer: 'done', sent: ['PutItem', 'PutItem'] });
    expect(await call()).toEqual({ answer: 'done', sent: ['PutItem'] });
  });

  test('is nothing for a replay out of the sandbox', async () => {
    const { call } = await world(async () => 'done', { replayCache: {} });
    await call();

    expect(await call()).toEqual({ answer: 'done', sent: [] });
  });

  test('is one write for a duplicate that is refused', async () => {
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<string>();
    const { call } = await world(() => {
      begun.resolve();
      return end.promise;
    });
    const first = call();
    await begun.promise;

    expect(await call()).toEqual({ answer: expect.any(InFlightError), sent: ['PutItem'] });

    end.resolve('done');
    await first;
  });

  test('is a write and a delete for a run that fails', async () => {
    const broken = new Error('broken');
    const { call } = await world(() => Promise.reject(broken));

    expect(await call()).toEqual({ answer: broken, sent: ['PutItem', 'DeleteItem'] });
  });

  test('is three writes to take over from a run whose lease has ended', async () => {
    const begun = Promise.withResolvers<void>();
    const runs = [() => new Promise<never>(() => {}), async () => 'done'];
    const { clock, call } = await world(async () => {
      begun.resolve();
      return runs.shift()?.() ?? 'unexpected';
    });
    void call();
    await begun.promise;
    await clock.advance(LEASE_MS + 1);

    expect(await call()).toEqual({ answer: 'done', sent: ['PutItem', 'PutItem', 'PutItem'] });
  });

  test('is a write and a transaction to complete together with other writes', async () => {
    const { call } = await world((claim, TableName) =>
      claim.completeWith([{ Put: { TableName, Item: { pk: { S: 'order 7' } } } }], 'done'),
    );

    expect(await call()).toEqual({ answer: 'done', sent: ['PutItem', 'TransactWriteItems'] });
  });
});
