import { describe, expect, test } from 'vitest';
import { breakerCheck } from '../../lib/breaker/check.ts';
import { claimProbe, force, trip } from '../../lib/breaker/transitions.ts';
import { INITIAL, type Verdict, verdictKey } from '../../lib/breaker/verdict.ts';
import { StoreError } from '../../lib/core/errors.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { healthChecks } from '../../lib/telemetry/health.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { putVerdict } from '../support/shared-breaker.ts';

function world() {
  const clock = fakeClock();
  const store = memoryStore();
  const check = breakerCheck({ store, name: 'posts', clock });
  const look = healthChecks({ checks: { posts: check }, clock, cacheMs: 0 });
  return { clock, store, look };
}

describe('the health of a shared breaker', () => {
  const now = fakeClock().now();
  const open = trip(INITIAL, now, { openMs: 5_000, chance: 0.5 }).next;
  const forced = (state: 'open' | 'closed') => force(INITIAL, now, { state, forMs: 1_000, by: 'ada' }).next;

  test.each<[string, string, number, Partial<Verdict>]>([
    ['ok', 'closed', 1, INITIAL],
    ['ok', 'forced-closed', 1, forced('closed')],
    ['degraded', 'open', 0, open],
    ['degraded', 'half-open', 0, claimProbe(open, now, { openMs: 5_000, chance: 0.5 }).next],
    ['degraded', 'forced-open', 0, forced('open')],
    ['degraded', 'closed', 0.01, { ...INITIAL, epoch: 2, since: now, rate: 5_000 }],
  ])('is %s while it is %s and admits %d of the calls', async (status, state, admittedFraction, verdict) => {
    const { store, look } = world();
    await putVerdict(store, verdict);

    expect(await look()).toMatchObject({
      ...{ status, dependencies: { posts: { critical: false, details: { state, admittedFraction } } } },
    });
  });

  test('is ok where it was never used, and ok again when all calls are admitted', async () => {
    const { clock, store, look } = world();
    expect(await look()).toMatchObject({ status: 'ok' });
    await putVerdict(store, { epoch: 2, since: clock.now(), rate: 5_000 });
    expect(await look()).toMatchObject({ status: 'degraded' });
    await clock.advance(3_000);

    expect(await look()).toMatchObject({ status: 'ok' });
  });

  test('is failing without old details where the store does not answer or a later version has written', async () => {
    const { store, look } = world();
    await look();
    await store.put(verdictKey('posts'), { v: 99 });
    expect((await look()).dependencies['posts']).toEqual({
      ...{ status: 'failing', critical: false, durationMs: 0 },
    });
    store.get = () => Promise.reject(new StoreError('down'));

    expect(await look()).toMatchObject({ status: 'degraded' });
  });

  test.each([
    [{ v: 99 }, 'the item "breaker#posts" is of a later version of fibrin'],
    [{ v: 2, state: 'ajar' }, 'the item "breaker#posts" is not the state of a breaker'],
  ])('says what is wrong with an item like %j', async (item, reason) => {
    const store = memoryStore();
    await store.put(verdictKey('posts'), item);
    const { run } = breakerCheck({ store, name: 'posts' });

    await expect(run(AbortSignal.timeout(1_000))).rejects.toThrow(reason);
  });

  test.each([
    [{ store: memoryStore() }, /`name`/],
    [{ name: 'posts' }, /`store`/],
    [{ store: memoryStore(), name: 'posts', fast: true }, /unknown option `fast`/],
  ])('is refused: %j', (options, reason) => {
    expect(() => breakerCheck(options as never)).toThrow(reason);
  });
});
