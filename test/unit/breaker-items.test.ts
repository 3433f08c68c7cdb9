import { describe, expect, test, vi } from 'vitest';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { copyKey, INITIAL, type Verdict, writeVerdict } from '../../lib/breaker/verdict.ts';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import type { CountingStore } from '../../lib/core/store.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';
import { fleet, opened } from '../support/breaker-fleet.ts';
import { ENOUGH_FAILURES as ENOUGH, KEY, OPEN_MS, putVerdict, times } from '../support/shared-breaker.ts';

describe('what somebody has forced', () => {
  const forced = (state: 'forced-open' | 'forced-closed', now: number, store: CountingStore) =>
    putVerdict(store, { state, since: now, until: now + 60_000, by: 'ada' });

  test('open is open for all until it ends, and then a probe is made', async () => {
    const { clock, first, store } = fleet(1);
    await forced('forced-open', clock.now(), store);
    expect(await first.works()).toMatchObject({ code: 'BREAKER_OPEN', retryAfterMs: 60_000 });
    expect(first.state).toBe('forced-open');

    await clock.advance(60_000);

    expect(await first.works()).toBe('ok');
    expect(await store.get(KEY)).toMatchObject({ state: 'open', successes: 1, by: '' });
  });

  test('closed is closed whatever fails, until it ends', async () => {
    const { clock, first, store } = fleet(1);
    await forced('forced-closed', clock.now(), store);
    const add = vi.spyOn(store, 'add');
    await times(2 * ENOUGH, first.fails);
    expect(await store.get(KEY)).toMatchObject({ state: 'forced-closed' });
    expect(add).not.toHaveBeenCalled();

    await clock.advance(70_000);
    await times(ENOUGH, first.fails);

    expect(await store.get(KEY)).toMatchObject({ state: 'open', epoch: 2 });
  });
});

describe('an item of the store', () => {
  test('of another version is left alone', async () => {
    const { first, store } = fleet(1);
    const item = { ...writeVerdict({ ...INITIAL, epoch: 7, state: 'open', until: 9e15 }), v: 99 };
    await store.put(KEY, item);

    expect(await first.works()).toBe('ok');

    expect(await store.get(KEY)).toEqual(item);
  });

  test('that somebody has removed lets all start over', async () => {
    const { clock, first, store } = await opened();
    await store.delete(KEY);
    await clock.advance(OPEN_MS);

    expect(await first.works()).toBe('ok');
    expect(first.state).toBe('closed');
  });
});

describe('copies of the verdict', () => {
  const large = { rate: 10_000, items: 3 } as const;
  const verdictOf = (change: Partial<Verdict>) =>
    writeVerdict({ ...INITIAL, version: 5, ...large, ...change });

  test('are what a large fleet reads too', async () => {
    // The last of three.
    const { clock, first, store } = fleet(1, {}, 0.9);
    await store.put(KEY, verdictOf({}));
    await first.works();
    const open = { state: 'open', version: 6, until: clock.now() + 500_000 } as const;
    await store.put(copyKey('posts', 2), verdictOf(open));
    await clock.advance(60_000);

    await first.works();
    await settle();

    expect(first.state).toBe('open');
    expect(await first.works()).toBeInstanceOf(BreakerOpenError);
  });

  test('follow each change', async () => {
    const { clock, first, store, verdict } = fleet(1);
    await store.put(KEY, verdictOf({ state: 'open', until: clock.now() }));
    await times(3, first.works);

    expect(await verdict()).toMatchObject({ state: 'closed', items: 3 });
    for (const copy of [1, 2]) expect(await store.get(copyKey('posts', copy))).toEqual(await verdict());
  });

  test('that were missed are mended by those who notice', async () => {
    const store = memoryStore();
    let chance = 0;
    const random = { ...seededRandom(1), next: () => chance };
    const clock = fakeClock();
    const breaker = sharedBreaker({ name: 'posts', store, clock, random });
    await store.put(KEY, verdictOf({ version: 9 }));
    await store.put(copyKey('posts', 1), verdictOf({}));
    await breaker.execute(async () => 'ok');
    const draws = [0.5, 0, 0];
    Object.assign(random, { next: () => draws.shift() ?? chance });
    chance = 0.5;
    await clock.advance(60_000);

    await breaker.execute(async () => 'ok');
    await settle();

    expect(await store.get(copyKey('posts', 1))).toMatchObject({ version: 9 });
  });

  test('from before what is known change nothing', async () => {
    const { clock, first, store } = fleet(1, {}, 0.9);
    await store.put(KEY, verdictOf({ state: 'forced-open', until: clock.now() + 500_000, version: 9 }));
    await first.works();
    await store.put(copyKey('posts', 2), verdictOf({}));
    await clock.advance(100_000);

    await first.works();
    await settle();

    expect(first.state).toBe('forced-open');
    expect(await first.works()).toBeInstanceOf(BreakerOpenError);
  });
});
