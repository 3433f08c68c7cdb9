import { describe, expect, test, vi } from 'vitest';
import { StoreError } from '../../lib/core/errors.ts';
import type { TransactionalStore, TransactWrite } from '../../lib/core/store.ts';
import { OwnershipLostError, ResultNotStoredError } from '../../lib/idempotency/errors.ts';
import type { Claim } from '../../lib/idempotency/run-once.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { idempotencyWorld, LEASE_MS } from '../support/idempotency-world.ts';

const ITEM = { total: 7 };
const down = () => Promise.reject(new StoreError('down'));

/** A store with transactions, and another one whose item is written in them. */
function world(run: (claim: Claim, order: TransactWrite) => Promise<unknown>) {
  const orders = memoryStore('orders');
  const inner = memoryStore();
  let transactions = 0;
  const store: TransactionalStore & { transact: TransactionalStore['transact'] } = {
    ...inner,
    async transact(...args) {
      const result = await inner.transact(...args);
      if (result.applied) transactions++;
      return result;
    },
  };
  const order = orders.writeOf('7', ITEM);
  const made = idempotencyWorld((claim) => run(claim, order), { store });
  /** What was written beside the record, in each transaction. */
  const written = () => Promise.all(Array.from({ length: transactions }, () => orders.get('7')));
  return { ...made, store: made.store as typeof store, orders, written };
}

describe('a run that completes together with other writes', () => {
  test('is recorded with them, once', async () => {
    const { call, runs, written, happened } = world((claim, order) =>
      claim.completeWith([order], { order: 7 }),
    );

    expect([await call(), await call()]).toEqual([{ order: 7 }, { order: 7 }]);

    expect(runs()).toBe(1);
    expect(await written()).toEqual([ITEM]);
    expect(happened()).toEqual(['claimed', 'completed', 'replayed']);
  });

  test('gives what every replay gives', async () => {
    const { call } = world((claim) => claim.completeWith([], { at: new Date(0), none: undefined }));

    const first = await call();

    expect(await call()).toStrictEqual(first);
  });

  test('answers with what it has recorded, whatever it returns', async () => {
    const { call } = world(async (claim) => {
      await claim.completeWith([], 'recorded');
      return 'returned';
    });

    expect([await call(), await call()]).toEqual(['recorded', 'recorded']);
  });

  test('stays completed though it throws afterwards', async () => {
    const broken = new Error('broken');
    const { call, runs, happened } = world(async (claim, order) => {
      await claim.completeWith([order], 'done');
      throw broken;
    });

    expect([await call(), await call()]).toEqual([broken, 'done']);

    expect(runs()).toBe(1);
    expect(happened()).toEqual(['claimed', 'completed', 'replayed']);
  });

  test('frees the key when one of the writes is refused: nothing has happened', async () => {
    const { call, orders, runs, happened } = world((claim) =>
      claim.completeWith([orders.writeOf('7', ITEM, { when: ['absent'] })], 'done'),
    );
    await orders.put('7', { total: 1 });
    expect(await call()).toMatchObject({ name: 'TransactionCanceledException' });
    expect(await orders.get('7')).toEqual({ total: 1 });
    await orders.delete('7');

    expect(await call()).toBe('done');

    expect(await orders.get('7')).toEqual(ITEM);
    expect(runs()).toBe(2);
    expect(happened()).toEqual(['claimed', 'released', 'claimed', 'completed']);
  });

  test('keeps its claim when it is not known whether the transaction was made', async () => {
    const { call, store, runs, happened } = world((claim, order) => claim.completeWith([order], 'done'));
    store.transact = down;

    expect(await call()).toBeInstanceOf(StoreError);
    expect(await call()).toMatchObject({ code: 'IDEMPOTENCY_IN_FLIGHT' });

    expect(runs()).toBe(1);
    expect(happened()).toEqual(['claimed', 'unknown', 'conflicted']);
  });

  test('may try again itself where it got no answer, and is recorded once', async () => {
    const { call, store, written, happened } = world((claim, order) =>
      claim.completeWith([order], 'done').catch(() => claim.completeWith([order], 'done')),
    );
    const { transact } = store;
    store.transact = vi.fn(transact).mockImplementationOnce(async (...args) => {
      await transact(...args);
      throw new StoreError('the answer was lost');
    });

    expect(await call()).toBe('done');

    expect(await written()).toEqual([ITEM]);
    expect(happened()).toEqual(['claimed', 'completed']);
  });

  test('cannot be completed again: the other writes would not be made', async () => {
    const { call, written } = world(async (claim, order) => {
      await claim.completeWith([order], 'first');
      return claim.completeWith([{ Delete: {} }], 'second');
    });

    expect(String(await call())).toContain('cannot be completed again');

    expect(await call()).toBe('first');
    expect(await written()).toEqual([ITEM]);
  });

  test('writes nothing once another run has taken over', async () => {
    const first = Promise.withResolvers<void>();
    const begins = [first.promise, Promise.resolve()];
    const { clock, call, written, happened } = world(async (claim, order) => {
      await begins.shift();
      return claim.completeWith([order], 'done');
    });
    const late = call();
    await clock.advance(LEASE_MS + 1);
    await call();
    happened();

    first.resolve();

    expect(await late).toBeInstanceOf(OwnershipLostError);
    expect(await written()).toEqual([ITEM]);
    expect(happened()).toEqual(['lost']);
  });

  test('is done though its result cannot be recorded', async () => {
    const { call, runs, written, happened } = world((claim, order) =>
      claim.completeWith([order], { cents: 1n }),
    );

    expect([await call(), await call()]).toEqual([
      expect.any(ResultNotStoredError),
      expect.any(ResultNotStoredError),
    ]);

    expect(runs()).toBe(1);
    expect(await written()).toEqual([ITEM]);
    expect(happened()).toEqual(['claimed', 'completed']);
  });

  test('needs a store that has transactions; with another one nothing has happened, and the key is free', async () => {
    const { transact: _, ...store } = memoryStore();
    const { call, happened } = idempotencyWorld((claim) => claim.completeWith([], 'done'), {
      store,
      onUnknownOutcome: 'hold',
    });

    expect(await call()).toMatchObject({
      code: 'INVALID_OPTION',
      retryable: false,
      message:
        'completeWith: expected a store with transactions, got memory; use dynamoStore, or complete without other writes',
    });
    expect(happened()).toEqual(['claimed', 'released']);
  });
});
