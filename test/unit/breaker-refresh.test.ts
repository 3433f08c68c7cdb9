import { describe, expect, test } from 'vitest';
import { sharedBreaker } from '../../lib/breaker/index.ts';
import { StoreError } from '../../lib/core/errors.ts';
import { fakeClock, memoryStore } from '../../lib/testing/index.ts';
import { putState } from '../support/fleet.ts';

const never = () => new Promise<never>(() => undefined);

/** A breaker on a store that counts its reads. */
function made(get?: () => Promise<undefined>) {
  const clock = fakeClock();
  const inner = memoryStore();
  let reads = 0;
  const store: typeof inner = {
    ...inner,
    get: (key, options) => {
      reads++;
      return get ? get() : inner.get(key, options);
    },
  };
  const breaker = sharedBreaker({ name: 'posts', store, clock });
  return { breaker, clock, store: inner, reads: () => reads };
}

const call = (breaker: ReturnType<typeof made>['breaker']) => breaker.execute(async () => 'ok');

describe('refresh', () => {
  test('reads the state before the first call, which then reads nothing', async () => {
    const { breaker, clock, reads } = made();

    expect(await breaker.refresh()).toBe(true);
    expect(await call(breaker)).toBe('ok');

    expect(reads()).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test('knows an open breaker before the first call', async () => {
    const { breaker, clock, store } = made();
    await putState(store, { version: 3, state: 'open', since: clock.now(), until: clock.now() + 5_000 });

    expect(await breaker.refresh()).toBe(true);

    expect(breaker.state).toBe('open');
    await expect(call(breaker)).rejects.toMatchObject({ code: 'BREAKER_OPEN' });
  });

  test('is done once for those that want it at the same time', async () => {
    const { breaker, reads } = made();

    expect(await Promise.all([breaker.refresh(), breaker.refresh(), call(breaker)])).toEqual([
      true,
      true,
      'ok',
    ]);

    expect(reads()).toBe(1);
  });

  test('has the first call read again where the environment was idle after it', async () => {
    const { breaker, clock, reads } = made();
    await breaker.refresh();
    await clock.advance(60_000);

    await call(breaker);

    expect(reads()).toBe(2);
  });

  test('ends in time where the store does not answer, says so, and leaves nothing that runs', async () => {
    const { breaker, clock } = made(never);
    const refreshed = breaker.refresh({ timeoutMs: 200 });
    await clock.advance(199);
    const early = await Promise.race([refreshed, Promise.resolve('waiting')]);
    await clock.advance(1);

    expect(early).toBe('waiting');
    expect(await refreshed).toBe(false);
    await clock.advance(1_000);
    expect(clock.pending).toBe(0);
    expect(await call(breaker)).toBe('ok');
  });

  test('says so where the store fails, and calls are made', async () => {
    const { breaker } = made(() => Promise.reject(new StoreError('down', { retryable: true })));

    expect(await breaker.refresh()).toBe(false);
    expect(await call(breaker)).toBe('ok');
  });

  test('says so where what is stored is no state', async () => {
    const { breaker, store } = made();
    await store.put('breaker#posts', { v: 'nonsense' });

    expect(await breaker.refresh()).toBe(false);
    expect(await call(breaker)).toBe('ok');
  });

  test('refuses an option that it does not know', async () => {
    const { breaker } = made();

    await expect(breaker.refresh({ limitMs: 5 } as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
