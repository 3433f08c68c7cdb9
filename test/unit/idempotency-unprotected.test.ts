import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../lib/core/errors.ts';
import { PayloadMismatchError } from '../../lib/idempotency/errors.ts';
import type { IdempotencyOptions } from '../../lib/idempotency/options.ts';
import { settle } from '../../lib/testing/index.ts';
import { idempotencyWorld, never, type Request } from '../support/idempotency-world.ts';

const down = () => Promise.reject(new StoreError('down'));
/** Rather twice than not at all: for what costs nothing twice. */
const unprotected: Partial<IdempotencyOptions<Request>> = { onStoreError: 'run' };

describe('a handler that goes on without its store', () => {
  test('runs when the claim fails, with a fence of 0, and says so', async () => {
    const { store, call, happened } = idempotencyWorld(async ({ fence }) => ({ fence }), unprotected);
    store.put = down;

    expect(await call()).toEqual({ fence: 0 });

    expect(happened()).toEqual(['unprotected']);
  });

  test('hands on the error of such a run', async () => {
    const broken = new Error('broken');
    const { store, call } = idempotencyWorld(() => Promise.reject(broken), unprotected);
    store.put = down;

    expect(await call()).toBe(broken);
  });

  test('waits for a silent store no longer than any other', async () => {
    const { clock, store, call, runs } = idempotencyWorld(async () => 'done', unprotected);
    store.put = never;
    const answer = call({}, 10_000);
    await clock.advance(3_000);

    expect(await answer).toBe('done');
    expect(runs()).toBe(1);
  });

  test('cannot complete such a run in a transaction', async () => {
    const { store, call } = idempotencyWorld((claim) => claim.completeWith([], 'done'), unprotected);
    store.put = down;

    expect(String(await call())).toMatch(/has no claim.*cannot be completed in a transaction/);
  });

  test('is as protected as any while the store is there', async () => {
    const { call, runs } = idempotencyWorld(async () => 'done', unprotected);
    await call({ body: 1 });

    expect(await call({ body: 1 })).toBe('done');
    expect(await call({ body: 2 })).toBeInstanceOf(PayloadMismatchError);

    expect(runs()).toBe(1);
  });

  test('does not run beside a run that it has seen, though a later look at it fails', async () => {
    const { clock, store, call, runs } = idempotencyWorld(never, { ...unprotected, waitMs: 2_000 });
    void call({}, 10_000);
    await settle();
    const duplicate = call({}, 10_000);
    store.get = down;
    await clock.advance(500);

    expect(runs()).toBe(1);
    expect(await duplicate).toBeInstanceOf(StoreError);
  });

  test('does not run again because the result of the first run cannot be read', async () => {
    const resultStore = { put: async () => {}, get: down };
    const long = randomBytes(400_000).toString('base64');
    const { call, runs } = idempotencyWorld(async () => long, { ...unprotected, resultStore });
    await call();

    expect(await call()).toBeInstanceOf(StoreError);

    expect(runs()).toBe(1);
  });

  test.each(['a newer version of the record', 'a record that changes whenever it is claimed'])(
    'does not run over %s: the store is well and something is there',
    async (what) => {
      const { store, call, runs } = idempotencyWorld(async () => 'done', unprotected);
      const current = what.startsWith('a newer') ? { v: 99 } : undefined;
      store.put = async () => ({ applied: false, current });

      expect(await call()).toBeInstanceOf(StoreError);

      expect(runs()).toBe(0);
    },
  );
});

describe('a handler that fails with its store', () => {
  test('does not run, which is the default', async () => {
    const { store, call, runs, happened } = idempotencyWorld(async () => 'done');
    store.put = down;

    expect(await call()).toMatchObject({ code: 'STORE_UNAVAILABLE', status: 503 });

    expect(runs()).toBe(0);
    expect(happened()).toEqual([]);
  });
});
