import { describe, expect, test } from 'vitest';
import { sharedCache } from '../../lib/cache/index.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/testing/index.ts';
import { numbered } from '../support/cached.ts';
import { errorOf } from '../support/dependency.ts';
import { outage } from '../support/outcomes.ts';
import { sharedFleet } from '../support/shared-cached.ts';

const KEY = { key: '7' };
const failing = () => Promise.reject(outage());

describe('a value that one environment has loaded', () => {
  test('is handed out by the others, which make no call', async () => {
    const { clock, at, caches, link } = sharedFleet<string>(3);
    const { call, signals } = numbered(clock, 100);
    const first = at(0).execute(call, KEY);
    await clock.advance(200);
    const others = caches.slice(1).map((each) => each.execute(call, KEY));
    await clock.advance(10);

    expect([await first, ...(await Promise.all(others))]).toEqual(['1', '1', '1']);
    expect(signals).toHaveLength(1);
    // The lease and the value; a read for each.
    expect(link.requests.toSorted()).toEqual(['get', 'get', 'get', 'put', 'put']);
    expect(clock.pending).toBe(0);
  });

  test.each([null, 0, '', false, undefined, [], { a: [1, null] }])('may be %j', async (value) => {
    const { clock, at } = sharedFleet<unknown>(2);
    const runs = [at(0).execute(() => value, KEY)];
    await clock.advance(50);
    runs.push(at(1).execute(failing, KEY));
    await clock.advance(50);

    expect(await Promise.all(runs)).toEqual([value, value]);
  });

  test('is asked for again when its time in memory is over, and kept while the store has it', async () => {
    const { clock, at, link } = sharedFleet<string>(1, { memoryTtlMs: 500 });
    const { call, signals } = numbered(clock, 10);
    for (let n = 0; n < 13; n++) {
      const run = at(0).execute(call, KEY);
      await clock.advance(100);
      expect(await run).toBe('1');
    }

    expect(signals).toHaveLength(1);
    expect(link.requests.filter((request) => request === 'get')).toHaveLength(3);
  });

  test('is fresh no longer than since its load began, wherever it is', async () => {
    const { clock, at } = sharedFleet<string>(2, { ttlMs: 1_000 });
    const { call } = numbered(clock, 100);
    const first = at(0).execute(call, KEY);
    await clock.advance(900);
    const second = at(1).execute(call, KEY);
    await clock.advance(110);
    const third = at(1).execute(call, KEY);
    await clock.advance(200);

    expect(await Promise.all([first, second, third])).toEqual(['1', '1', '2']);
  });

  test('is frozen, and the same object for all calls of an environment', async () => {
    const { clock, at } = sharedFleet<{ readonly a: readonly number[] }>(2);
    await clock.advance(0);
    const loaded = at(0).execute(() => ({ a: [1] }), KEY);
    await clock.advance(50);
    const runs = [1, 2].map(() => at(1).execute(() => ({ a: [2] }), KEY));
    await clock.advance(50);
    const [one, two] = await Promise.all(runs);

    expect(await loaded).toEqual(one);
    expect(one).toBe(two);
    expect(Object.isFrozen(one?.a)).toBe(true);
  });

  test('of another schema version is not read', async () => {
    const store = memoryStore();
    const versioned = (schemaVersion: number) =>
      sharedCache<string>({ name: 'kept', ttlMs: 60_000, store, schemaVersion });

    expect(await versioned(1).execute(() => 'one', KEY)).toBe('one');
    expect(await versioned(2).execute(() => 'two', KEY)).toBe('two');
    expect(await versioned(1).execute(failing, KEY)).toBe('one');
  });

  test('is stored under a hashed key, with no word of it', async () => {
    const keys: string[] = [];
    const inner = memoryStore();
    const get = (key: string) => {
      keys.push(key);
      return inner.get(key);
    };
    const store = { ...inner, get };
    await sharedCache<string>({ name: 'kept', ttlMs: 60_000, store }).execute(() => 'x', {
      key: 'ada@example',
    });

    expect(keys).toEqual([expect.stringMatching(/^cache#kept#1#[\w-]{43}$/)]);
  });
});

test.each([
  [0, false],
  [1, true],
])(
  'a value that memory keeps for %i ms is read eventually consistent: %s',
  async (memoryTtlMs, isEventual) => {
    const reads: unknown[] = [];
    const inner = memoryStore();
    const get = (key: string, options?: object) => {
      reads.push(options);
      return inner.get(key);
    };
    const kept = sharedCache<string>({ name: 'kept', ttlMs: 60_000, memoryTtlMs, store: { ...inner, get } });
    await kept.execute(() => 'x', KEY);

    expect(reads).toEqual([expect.objectContaining({ isEventual })]);
  },
);

describe('a stale value of the shared tier', () => {
  test('is handed out while it is refreshed, by one environment of all', async () => {
    const { clock, at, caches } = sharedFleet<string>(5, { ttlMs: 2_000, staleWhileRevalidateMs: 5_000 });
    const { call, signals } = numbered(clock, 100);
    const first = at(0).execute(call, KEY);
    await clock.advance(2_100);
    const stale = caches.map((each) => each.execute(call, KEY));
    await clock.advance(10);
    expect([await first, ...(await Promise.all(stale))]).toEqual(Array(6).fill('1'));
    // Those whose refresh was another one's ask again when their time in memory is over.
    await clock.advance(1_100);
    for (const each of caches) void each.execute(call, KEY);
    await clock.advance(10);
    const fresh = caches.map((each) => each.execute(call, KEY));
    await clock.advance(10);

    expect(await Promise.all(fresh)).toEqual(Array(5).fill('2'));
    expect(signals).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  test('stands in for an error, in an environment that has never had it', async () => {
    const { clock, caches } = sharedFleet<string>(2, { ttlMs: 1_000, staleIfErrorMs: 60_000 });
    const [one, two] = caches.map((cache) => resilient<string>({ name: 'posts', cache, clock }));
    const first = one?.outcome(() => '1', KEY);
    await clock.advance(30_000);
    const second = two?.outcome(failing, KEY);
    await clock.advance(100);

    expect(await first).toMatchObject({ value: '1', source: 'live' });
    expect(await second).toMatchObject({ value: '1', source: 'stale', degraded: true, error: outage() });
  });

  test('stands in at once until the next load is due: one a second while the dependency fails', async () => {
    const { clock, caches } = sharedFleet<string>(1, { ttlMs: 1_000, staleIfErrorMs: 60_000 });
    let calls = 0;
    const posts = resilient<string>({ name: 'posts', cache: caches[0] ?? false, clock });
    const call = () => (calls++ === 0 ? 'kept' : failing());
    for (let n = 0; n < 101; n++) {
      const run = posts.execute(call, KEY);
      await clock.advance(100);
      expect(await run).toBe('kept');
    }

    // Fresh for one second, and then about nine more.
    expect(calls).toBeGreaterThanOrEqual(9);
    expect(calls).toBeLessThanOrEqual(11);
  });

  test('stands in no longer than its age allows', async () => {
    const { clock, at } = sharedFleet<string>(2, { ttlMs: 1_000, staleIfErrorMs: 1_000 });
    const first = at(0).execute(() => '1', KEY);
    await clock.advance(2_100);
    const second = errorOf(at(1).execute(failing, KEY));
    await clock.advance(100);

    expect(await first).toBe('1');
    expect(await second).toEqual(outage());
  });
});

describe('events of a shared cache', () => {
  test('say what each call got: a value of the store is a hit', async () => {
    const { clock, at, events } = sharedFleet<string>(2);
    const run = async (index: number) => {
      const value = at(index).execute(() => '1', KEY);
      await clock.advance(50);
      await value;
    };
    for (const index of [0, 0, 1, 1]) await run(index);

    expect(events.map((event) => 'result' in event && event.result)).toEqual(['miss', 'hit', 'hit', 'hit']);
  });

  test('and its outcome is from the cache, with no attempt', async () => {
    const { clock, caches } = sharedFleet<string>(2);
    const [one, two] = caches.map((cache) => resilient<string>({ name: 'posts', cache, clock }));
    const first = one?.outcome(() => '1', KEY);
    await clock.advance(50);
    const second = two?.outcome(() => '2', KEY);
    await clock.advance(50);

    expect(await first).toMatchObject({ source: 'live', attempts: 1 });
    expect(await second).toMatchObject({ value: '1', source: 'cache', degraded: false, attempts: 0 });
  });
});

test.each([
  [{ store: undefined }, '`store`'],
  [{ schemaVersion: 0 }, '`schemaVersion`'],
  [{ memoryTtlMs: -1 }, '`memoryTtlMs`'],
  [{ storeTimeoutMs: 0 }, '`storeTimeoutMs`'],
  [{ leaseMs: 60_001 }, '`leaseMs`'],
  [{ lease: 1 }, 'unknown option `lease`'],
])('options are checked: %j', (wrong, message) => {
  const options = { name: 'kept', ttlMs: 1, store: memoryStore(), ...wrong };
  expect(() => sharedCache(options as never)).toThrow(message);
});
