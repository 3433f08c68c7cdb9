import { describe, expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { StoreError } from '../../lib/core/errors.ts';
import { runInContext } from '../../lib/core/invocation-context.ts';
import { errorOf } from '../support/dependency.ts';
import { outage } from '../support/outcomes.ts';
import { sharedFleet } from '../support/shared-cached.ts';

const KEY = { key: '7' };

interface Profile {
  readonly name: string;
  readonly version: number;
}
const versioned = { version: ({ version }: Profile) => version };
const profile = (version: number): Profile => ({ name: `v${version}`, version });

describe('a key that was invalidated', () => {
  test('is loaded anew by all: by the others once their time in memory is over', async () => {
    const { clock, at } = sharedFleet<string>(2, { memoryTtlMs: 500 });
    const [one, two] = [at(0), at(1)];
    const runs = [one.execute(() => 'old', KEY)];
    await clock.advance(50);
    runs.push(two.execute(() => 'none', KEY));
    await clock.advance(50);
    const invalidated = one.invalidate('7');
    await clock.advance(50);
    await invalidated;
    runs.push(
      one.execute(() => 'new', KEY),
      two.execute(() => 'none', KEY),
    );
    await clock.advance(500);
    runs.push(two.execute(() => 'none', KEY));
    await clock.advance(50);

    expect(await Promise.all(runs)).toEqual(['old', 'old', 'new', 'old', 'new']);
  });

  test.each([false, true])(
    'gets nothing from a load that began before, leased by now: %s',
    async (isLeased) => {
      const { clock, at } = sharedFleet<string>(3, { leaseMs: isLeased ? 100 : 0 });
      const slowly = async () => {
        await sleep(clock, 1_000);
        return 'old';
      };
      const loading = at(0).execute(slowly, KEY);
      await clock.advance(50);
      const invalidated = at(1).invalidate('7');
      await clock.advance(200);
      await invalidated;
      // Another one begins to load after the invalidation, and is killed.
      void errorOf(at(2).execute(() => new Promise<string>(() => undefined), KEY));
      await clock.advance(2_000);
      expect(await loading).toBe('old');
      const next = at(1).execute(() => 'new', KEY);
      const same = at(0).execute(() => 'new', KEY);
      await clock.advance(6_000);

      expect(await Promise.all([next, same])).toEqual(['new', 'new']);
      await clock.advance(10_000);
    },
  );

  test('has no stale value to stand in for an error, in any environment', async () => {
    const { clock, at, caches } = sharedFleet<string>(2, { staleIfErrorMs: 600_000, memoryTtlMs: 100 });
    const runs = caches.map((each) => each.execute(() => 'old', KEY));
    await clock.advance(200);
    expect(await Promise.all(runs)).toEqual(['old', 'old']);
    const invalidated = at(0).invalidate('7');
    await clock.advance(150);
    await invalidated;
    const after = caches.map((each) => errorOf(each.execute(() => Promise.reject(outage()), KEY)));
    await clock.advance(500);

    expect(await Promise.all(after)).toEqual([outage(), outage()]);
  });

  test('has none from a load that has read it before, either', async () => {
    const { clock, at } = sharedFleet<string>(2, { ttlMs: 1_000, staleIfErrorMs: 600_000 });
    const first = at(0).execute(() => 'old', KEY);
    await clock.advance(2_500);
    const after = errorOf(at(1).execute(() => Promise.reject(outage()), KEY));
    await clock.advance(1);
    const invalidated = at(1).invalidate('7');
    await clock.advance(500);
    await invalidated;

    expect([await first, await after]).toEqual(['old', outage()]);
  });

  test.each([{}, { version: 2 }])('has none either where values have versions: %j', async (options) => {
    const { clock, at } = sharedFleet<Profile>(2, {
      ...versioned,
      staleIfErrorMs: 600_000,
      memoryTtlMs: 100,
    });
    const runs = [0, 1].map((index) => at(index).execute(() => profile(1), KEY));
    await clock.advance(200);
    await Promise.all(runs);
    const invalidated = at(0).invalidate('7', options);
    await clock.advance(150);
    await invalidated;
    const after = errorOf(at(1).execute(() => Promise.reject(outage()), KEY));
    await clock.advance(500);

    expect(await after).toEqual(outage());
  });

  test('keeps a value that is no older than the version that it was invalidated for', async () => {
    const { clock, at, link } = sharedFleet<Profile>(2, versioned);
    const first = at(0).execute(() => profile(3), KEY);
    await clock.advance(50);
    await first;
    link.requests.length = 0;
    const invalidated = at(1).invalidate('7', { version: 3 });
    await clock.advance(50);
    await invalidated;
    const second = at(1).execute(() => profile(9), KEY);
    await clock.advance(50);

    expect(await second).toEqual(profile(3));
    expect(link.requests).toEqual(['get', 'get']);
  });

  test('takes no older version from then on, and the next newer one', async () => {
    const { clock, at } = sharedFleet<Profile>(1, versioned);
    const invalidated = at(0).invalidate('7', { version: 5 });
    await clock.advance(50);
    await invalidated;
    const run = async (version: number) => {
      const value = at(0).execute(() => profile(version), KEY);
      await clock.advance(50);
      return (await value)?.version;
    };

    // A replica that lags is not kept.
    expect([await run(4), await run(5), await run(6)]).toEqual([4, 5, 5]);
  });
});

describe('a value that is set', () => {
  test('is that of all environments, and of its own at once', async () => {
    const { clock, at, caches, link } = sharedFleet<string>(2);
    const set = at(0).set('7', 'set');
    await clock.advance(50);
    await set;
    link.requests.length = 0;
    const runs = caches.map((each) => each.execute(() => 'loaded', KEY));
    await clock.advance(50);

    expect(await Promise.all(runs)).toEqual(['set', 'set']);
    expect(link.requests).toEqual(['get']);
  });

  test('replaces no newer version', async () => {
    const { clock, at, caches } = sharedFleet<Profile>(2, versioned);
    const set = at(0).set('7', profile(2));
    await clock.advance(50);
    await set;
    const late = at(1).set('7', profile(1));
    await clock.advance(50);
    await late;
    const runs = caches.map((each) => each.execute(() => profile(9), KEY));
    await clock.advance(50);

    expect(await Promise.all(runs)).toEqual([profile(2), profile(2)]);
  });

  test('outlives loads that began before', async () => {
    const { clock, at } = sharedFleet<string>(2);
    const slowly = async () => {
      await sleep(clock, 500);
      return 'old';
    };
    const loading = at(0).execute(slowly, KEY);
    await clock.advance(50);
    const set = at(1).set('7', 'set');
    await clock.advance(1_000);
    await set;
    const run = at(0).execute(() => 'again', KEY);
    await clock.advance(100);

    expect([await loading, await run]).toEqual(['old', 'set']);
  });

  test('that is fresh for no time invalidates the key', async () => {
    const { clock, at } = sharedFleet<string | null>(2, { ttlMs: (value) => (value === null ? 0 : 60_000) });
    const first = at(0).execute(() => 'there', KEY);
    await clock.advance(50);
    const set = at(0).set('7', null);
    await clock.advance(50);
    await set;
    const second = at(1).execute(() => 'new', KEY);
    await clock.advance(50);

    expect([await first, await second]).toEqual(['there', 'new']);
  });

  test('that is no JSON data is refused, and forgotten', async () => {
    const { clock, at } = sharedFleet<unknown>(1);
    const set = errorOf(at(0).set('7', new Map()));
    await clock.advance(50);

    expect(await set).toMatchObject({ code: 'INVALID_OPTION' });
  });

  test('and an invalidation reject where the store fails', async () => {
    const { clock, at, link } = sharedFleet<string>(1);
    link.refuses = true;
    const [set, invalidated] = [at(0).set('7', 'x'), at(0).invalidate('7')].map(errorOf);
    expect(await set).toBeInstanceOf(StoreError);
    expect(await invalidated).toBeInstanceOf(StoreError);
    link.refuses = false;
    link.delayMs = Infinity;
    const hanging = errorOf(at(0).invalidate('7'));
    await clock.advance(1_000);

    expect(await hanging).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  });

  test.each([
    ['a second', 15_000, 1_000],
    ['what the invocation has left', 200, 200],
  ])('and an invalidation take no longer than %s, to read and to write', async (_, leftMs, limitMs) => {
    const { clock, at, link } = sharedFleet<string>(1);
    link.delayMs = 0.9 * limitMs;
    const startedAt = clock.monotonic();
    const context = { scope: { isOver: false }, clock, endsAt: startedAt + leftMs };
    const tookMs = runInContext(context, () =>
      [at(0).set('7', 'x'), at(0).invalidate('8')].map(async (change) => {
        expect(await errorOf(change)).toMatchObject({ code: 'STORE_UNAVAILABLE' });
        return clock.monotonic() - startedAt;
      }),
    );
    await clock.advance(2_000);

    expect(await Promise.all(tookMs)).toEqual([limitMs, limitMs]);
  });
});

test('a stale value is asked about before it is handed out, when its time in memory is over', async () => {
  const { clock, at } = sharedFleet<string>(2, {
    ttlMs: 1_000,
    staleWhileRevalidateMs: 5_000,
    memoryTtlMs: 100,
  });
  const runs = [0, 1].map((index) => at(index).execute(() => 'old', KEY));
  await clock.advance(200);
  await Promise.all(runs);
  const set = at(0).set('7', 'new');
  await clock.advance(1_200);
  await set;
  const stale = at(1).execute(() => 'newest', KEY);
  await clock.advance(50);

  expect(await stale).toBe('new');
});

test('a stale value that was asked about a moment ago is handed out, and nothing is asked', async () => {
  const { clock, at, link } = sharedFleet<string>(1, { ttlMs: 1_000, staleWhileRevalidateMs: 60_000 });
  const first = at(0).execute(() => 'old', KEY);
  await clock.advance(2_000);
  const stale = at(0).execute(() => Promise.reject(outage()), KEY);
  await clock.advance(100);
  const requests = link.requests.length;

  expect([await first, await stale, await at(0).execute(() => 'new', KEY)]).toEqual(['old', 'old', 'old']);
  expect(link.requests).toHaveLength(requests);
});
