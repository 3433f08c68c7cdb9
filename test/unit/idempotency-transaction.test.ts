import { describe, expect, test, vi } from 'vitest';
import { StoreError } from '../../lib/core/errors.ts';
import type { TransactionalStore } from '../../lib/core/store.ts';
import { OwnershipLostError, ResultNotStoredError } from '../../lib/idempotency/errors.ts';
import type { Once } from '../../lib/idempotency/run-once.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { idempotencyWorld, LEASE_MS } from '../support/idempotency-world.ts';

const ORDER = { Put: { TableName: 'orders', Item: { id: { S: '7' } } } };
const refused = () => Promise.reject(Object.assign(new Error('x'), { name: 'TransactionCanceledException' }));
const down = () => Promise.reject(new StoreError('down'));

/** The store with transactions, whose other writes are noted when it makes them. */
function world(run: (once: Once) => Promise<unknown>) {
  const inner = memoryStore();
  const written: unknown[] = [];
  const store: TransactionalStore & { transact: TransactionalStore['transact'] } = {
    ...inner,
    async transact(key, item, { writes, ...options }) {
      const result = await inner.put(key, item, options);
      if (result.applied) written.push(...writes);
      return result;
    },
  };
  const made = idempotencyWorld(run, { store });
  return { ...made, store: made.store as typeof store, written };
}

describe('a run that completes together with other writes', () => {
  test('is recorded with them, once', async () => {
    const { call, runs, written, happened } = world((once) => once.completeWith([ORDER], { order: 7 }));

    expect([await call(), await call()]).toEqual([{ order: 7 }, { order: 7 }]);

    expect(runs()).toBe(1);
    expect(written).toEqual([ORDER]);
    expect(happened()).toEqual(['claimed', 'completed', 'replayed']);
  });

  test('gives what every replay gives', async () => {
    const { call } = world((once) => once.completeWith([], { at: new Date(0), none: undefined }));

    const first = await call();

    expect(await call()).toStrictEqual(first);
  });

  test('answers with what it has recorded, whatever it returns', async () => {
    const { call } = world(async (once) => {
      await once.completeWith([], 'recorded');
      return 'returned';
    });

    expect([await call(), await call()]).toEqual(['recorded', 'recorded']);
  });

  test('stays completed though it throws afterwards', async () => {
    const broken = new Error('broken');
    const { call, runs, happened } = world(async (once) => {
      await once.completeWith([ORDER], 'done');
      throw broken;
    });

    expect([await call(), await call()]).toEqual([broken, 'done']);

    expect(runs()).toBe(1);
    expect(happened()).toEqual(['claimed', 'completed', 'replayed']);
  });

  test('frees the key when one of the writes is refused: nothing has happened', async () => {
    const { call, store, runs, happened } = world((once) => once.completeWith([ORDER], 'done'));
    const { transact } = store;
    store.transact = refused;
    expect(await call()).toMatchObject({ name: 'TransactionCanceledException' });
    store.transact = transact;

    expect(await call()).toBe('done');

    expect(runs()).toBe(2);
    expect(happened()).toEqual(['claimed', 'released', 'claimed', 'completed']);
  });

  test('keeps its claim when nobody knows whether the transaction was made', async () => {
    const { call, store, runs, happened } = world((once) => once.completeWith([ORDER], 'done'));
    store.transact = down;

    expect(await call()).toBeInstanceOf(StoreError);
    expect(await call()).toMatchObject({ code: 'IDEMPOTENCY_IN_FLIGHT' });

    expect(runs()).toBe(1);
    expect(happened()).toEqual(['claimed', 'unknown', 'conflicted']);
  });

  test('may try again itself where it was not told, and is recorded once', async () => {
    const { call, store, written, happened } = world((once) =>
      once.completeWith([ORDER], 'done').catch(() => once.completeWith([ORDER], 'done')),
    );
    const { transact } = store;
    store.transact = vi.fn(transact).mockImplementationOnce(async (...args) => {
      await transact(...args);
      throw new StoreError('the answer was lost');
    });

    expect(await call()).toBe('done');

    expect(written).toEqual([ORDER]);
    expect(happened()).toEqual(['claimed', 'completed']);
  });

  test('cannot be completed again: the other writes would not be made', async () => {
    const { call, written } = world(async (once) => {
      await once.completeWith([ORDER], 'first');
      return once.completeWith([{ Delete: {} }], 'second');
    });

    expect(String(await call())).toContain('cannot be completed again');

    expect(await call()).toBe('first');
    expect(written).toEqual([ORDER]);
  });

  test('writes nothing once another run has taken over', async () => {
    const first = Promise.withResolvers<void>();
    const begins = [first.promise, Promise.resolve()];
    const { clock, call, written, happened } = world(async (once) => {
      await begins.shift();
      return once.completeWith([ORDER], 'done');
    });
    const late = call();
    await clock.advance(LEASE_MS + 1);
    await call();
    happened();

    first.resolve();

    expect(await late).toBeInstanceOf(OwnershipLostError);
    expect(written).toEqual([ORDER]);
    expect(happened()).toEqual(['lost']);
  });

  test('is done though its result cannot be recorded', async () => {
    const { call, runs, written, happened } = world((once) => once.completeWith([ORDER], { cents: 1n }));

    expect([await call(), await call()]).toEqual([
      expect.any(ResultNotStoredError),
      expect.any(ResultNotStoredError),
    ]);

    expect(runs()).toBe(1);
    expect(written).toEqual([ORDER]);
    expect(happened()).toEqual(['claimed', 'completed']);
  });

  test('needs a store that has transactions, and is told which has', async () => {
    const { call } = idempotencyWorld((once) => once.completeWith([ORDER], 'done'));

    expect(await call()).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: 'memory has no transactions; complete without other writes, or use dynamoStore',
    });
  });
});
