import { describe, expect, test } from 'vitest';
import { breakerCheck } from '../../lib/breaker/check.ts';
import { stateKey } from '../../lib/breaker/state.ts';
import { StoreError } from '../../lib/core/errors.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { healthChecks } from '../../lib/telemetry/health.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { putState } from '../support/fleet.ts';

const KEY = stateKey('posts');
const NOW = fakeClock().now();

function checkedStore() {
  const clock = fakeClock(NOW);
  const store = memoryStore();
  const check = breakerCheck({ store, name: 'posts', clock });
  return { clock, store, health: healthChecks({ checks: { posts: check }, clock, cacheMs: 0 }) };
}

describe('the health of a shared breaker', () => {
  const lasts = { since: NOW, until: NOW + 5_000 };
  test.each<[string, object, Parameters<typeof putState>[1]]>([
    ['ok', { state: 'closed', reason: null, waitMs: null, admittedFraction: 1 }, { epoch: 0 }],
    ['ok', { state: 'forced-closed', admittedFraction: 1 }, { ...lasts, state: 'forced-closed', by: 'ada' }],
    [
      'degraded',
      {
        state: 'open',
        reason: 'too many calls failed',
        cause: 'status 503',
        waitMs: 5_000,
        admittedFraction: 0,
      },
      { ...lasts, state: 'open', cause: 'status 503' },
    ],
    ['degraded', { state: 'half-open', admittedFraction: 0 }, { ...lasts, state: 'open', isProbing: true }],
    [
      'degraded',
      { state: 'forced-open', reason: 'an operator has forced it' },
      { ...lasts, state: 'forced-open', by: 'ada' },
    ],
    ['degraded', { state: 'closed', admittedFraction: 0.02 }, { epoch: 2, since: NOW, rate: 5_000 }],
  ])('is %s with %j', async (status, details, state) => {
    const { store, health } = checkedStore();
    await putState(store, state);

    expect(await health()).toMatchObject({ status, dependencies: { posts: { critical: false, details } } });
  });

  test('is ok where the breaker was never used, and ok again when all calls are admitted', async () => {
    const { clock, store, health } = checkedStore();
    expect(await health()).toMatchObject({ status: 'ok' });
    await putState(store, { epoch: 2, since: clock.now(), rate: 5_000 });
    expect(await health()).toMatchObject({ status: 'degraded' });

    await clock.advance(3_000);

    expect(await health()).toMatchObject({ status: 'ok' });
  });

  test('is failing without old details where the store does not answer', async () => {
    const { store, health } = checkedStore();
    await health();
    store.get = () => Promise.reject(new StoreError('down'));

    const { status, dependencies } = await health();
    expect(status).toBe('degraded');
    expect(dependencies['posts']).toEqual({ status: 'failing', critical: false, durationMs: 0 });
  });

  test.each([
    [{ v: 99 }, 'the item "breaker#posts" is of a later version; update fibrin'],
    [{ v: 3 }, 'the item "breaker#posts" has an implausible "version"; delete it to start closed'],
  ])('fails with what is wrong with an item like %j', async (item, reason) => {
    const store = memoryStore();
    await store.put(KEY, item);
    const { run } = breakerCheck({ store, name: 'posts' });

    await expect(run(AbortSignal.timeout(1_000))).rejects.toThrow(reason);
  });
});

test.each([
  [{ store: memoryStore() }, /`name`/],
  [{ name: 'posts' }, /`store`/],
  [{ store: memoryStore(), name: 'posts', fast: true }, /unknown option `fast`/],
])('a check of a breaker is refused at construction: %j', (options, reason) => {
  expect(() => breakerCheck(options as never)).toThrow(reason);
});
