import { describe, expect, test } from 'vitest';
import { sharedCache } from '../../lib/cache/index.ts';
import type { Item } from '../../lib/core/store.ts';
import { fakeClock, memoryStore, seededRandom } from '../../lib/testing/index.ts';
import { numbered } from '../support/cached.ts';
import { errorOf } from '../support/dependency.ts';
import { outage } from '../support/outcomes.ts';
import { sharedFleet } from '../support/shared-cached.ts';

const KEY = { key: '7' };

describe('a store that fails', () => {
  test.each([
    ['refuses', { refuses: true }],
    ['is slow', { delayMs: 2_000 }],
    ['hangs', { delayMs: Infinity }],
  ])('%s: costs a call its time once, and the call is made', async (_, fault) => {
    const { clock, link, events, at } = sharedFleet<string>(1);
    const warm = at(0).execute(() => 'other', { key: '8' });
    await clock.advance(50);
    await warm;
    link.requests.length = 0;
    events.length = 0;
    Object.assign(link, fault);
    const { call } = numbered(clock, 100);
    const run = at(0).execute(call, KEY);
    await clock.advance(150);

    expect(await run).toBe('1');
    expect(link.requests).toEqual(['get']);
    expect(events[0]).toMatchObject({
      kind: 'cache-store',
      name: 'kept',
      operation: 'read',
      reason: 'error',
    });
    expect(clock.pending).toBe(0);
  });

  test('has four times as long for its first answer, with which the connection is made', async () => {
    const { clock, link, at } = sharedFleet<string>(1);
    link.delayMs = 190;
    const { call } = numbered(clock, 100);
    const first = at(0).execute(call, KEY);
    await clock.advance(200);
    expect(link.requests).toEqual(['get', 'put']);
    // That takes as long as any later one.
    await clock.advance(200);

    expect(await first).toBe('1');
  });

  test('is no reason to hand out what memory has where memoryTtlMs is 0', async () => {
    const { clock, link, at } = sharedFleet<string>(1, { memoryTtlMs: 0 });
    const first = at(0).execute(() => 'old', KEY);
    await clock.advance(50);
    link.refuses = true;

    expect([await first, await at(0).execute(() => 'new', KEY)]).toEqual(['old', 'new']);
  });

  test('leaves the value in memory, and is not asked about it before its time there is over', async () => {
    const { clock, at, link } = sharedFleet<string>(1, { memoryTtlMs: 500 });
    link.refuses = true;
    const { call, signals } = numbered(clock, 10);
    for (let n = 0; n < 20; n++) {
      const run = at(0).execute(call, KEY);
      await clock.advance(100);
      expect(await run).toBe('1');
    }

    expect(signals).toHaveLength(1);
    expect(link.requests).toHaveLength(4);
  });

  test('after the lease: the call is made, and nothing more is asked', async () => {
    const { clock, at, link, events } = sharedFleet<string>(1);
    link.losesAnswers = true;
    const run = at(0).execute(() => 'x', KEY);
    await clock.advance(100);

    expect(await run).toBe('x');
    expect(link.requests).toEqual(['get', 'put']);
    expect(events[0]).toMatchObject({ operation: 'lease', reason: 'error' });
  });

  test('when a value is stored: a call whose time is over gets it', async () => {
    const { clock, at, link } = sharedFleet<string>(1);
    const slowly = async () => {
      link.delayMs = Infinity;
      return 'x';
    };
    const run = at(0).execute(slowly, { ...KEY, remainingMs: 30 });
    await clock.advance(30);

    expect(await run).toBe('x');
    await clock.advance(100);
    expect(clock.pending).toBe(0);
  });

  test('while others wait for a lease: they call at once', async () => {
    const { clock, at, link } = sharedFleet<string>(2);
    const { call, signals } = numbered(clock, 900);
    const first = at(0).execute(call, KEY);
    await clock.advance(50);
    const second = at(1).execute(call, KEY);
    await clock.advance(50);
    link.refuses = true;
    await clock.advance(300);
    expect(signals).toHaveLength(2);
    await clock.advance(900);

    expect([await first, await second]).toEqual(['1', '2']);
  });

  test('is none that a freeze has cut off: it is read again, and the call goes on as without', async () => {
    const { clock, at, link, events } = sharedFleet<string>(1);
    const run = at(0).execute(() => 'x', KEY);
    await clock.freeze(5_000);
    await clock.advance(50);

    expect(await run).toBe('x');
    expect(link.requests).toEqual(['get', 'get', 'put', 'put']);
    expect(events.map(({ kind }) => kind)).toEqual(['cache']);
  });

  test('is none that a freeze has cut off in a write, which may have been applied', async () => {
    const { clock, at, link, events } = sharedFleet<string>(1);
    const run = at(0).execute(() => 'x', KEY);
    await clock.advance(5);
    expect(link.requests).toEqual(['get', 'put']);
    await clock.freeze(5_000);
    await clock.advance(50);

    expect(await run).toBe('x');
    expect(link.requests).toEqual(['get', 'put']);
    expect(events.map(({ kind }) => kind)).toEqual(['cache']);
  });

  test('lets a stale value in memory stand in for an error, and for nothing else', async () => {
    const { clock, link, at } = sharedFleet<string>(1, { ttlMs: 1_000, staleIfErrorMs: 60_000 });
    const first = at(0).execute(() => 'old', KEY);
    await clock.advance(2_000);
    link.refuses = true;

    expect([await first, await at(0).execute(() => Promise.reject(outage()), KEY)]).toEqual(['old', 'old']);
    await clock.advance(1_000);
    expect(await at(0).execute(() => 'new', KEY)).toBe('new');
  });

  test('changes nothing for a value that is not kept', async () => {
    const { link, at } = sharedFleet<string>(1, { shouldCache: () => false });
    link.refuses = true;
    expect(await at(0).execute(() => 'x', KEY)).toBe('x');
    expect(link.requests).toEqual(['get']);
  });

  test('never hides the error of the call', async () => {
    const { link, at } = sharedFleet<string>(1);
    link.refuses = true;
    expect(await errorOf(at(0).execute(() => Promise.reject(outage()), KEY))).toEqual(outage());
  });

  test('is asked nothing for a call whose caller has given up', async () => {
    const { clock, at, link } = sharedFleet<string>(1);
    const controller = new AbortController();
    const run = errorOf(at(0).execute(() => 'x', { ...KEY, signal: controller.signal }));
    await clock.advance(1);
    controller.abort('gone');
    expect(await run).toBe('gone');
    await clock.advance(100);

    expect(link.requests).toEqual(['get']);
    expect(clock.pending).toBe(0);
  });
});

describe('an item that no cache has written', () => {
  const text = (item: Item, change: Item) => ({ ...item, ...change });
  test.each<[string, (item: Item) => Item]>([
    ['another value', (item) => text(item, { value: '"other"' })],
    ['broken JSON', (item) => text(item, { value: '"bro' })],
    ['another age', (item) => text(item, { since: 1 })],
    ['a load from the future', (item) => text(item, { since: Number(item['since']) + 86_400_000 })],
    ['no proof', ({ proof: _, ...item }) => item],
    ['no date', ({ since: _, ...item }) => item],
    ['numbers for text', (item) => text(item, { value: 7 })],
    ['a truth for text', (item) => text(item, { value: true })],
    ['a truth for a version', (item) => text(item, { version: true })],
    ['no id', ({ id: _, ...item }) => item],
    ['nothing at all', () => ({})],
    ['an id alone that is a number', () => ({ id: 7 })],
  ])('with %s: is a miss, counted, and replaced', async (_, corrupt) => {
    const { clock, at, events, item, overwrite } = sharedFleet<string>(2);
    const first = at(0).execute(() => 'one', KEY);
    await clock.advance(50);
    await first;
    await overwrite(corrupt(await item()));
    const second = at(1).execute(() => 'two', KEY);
    await clock.advance(50);
    expect(await second).toBe('two');
    expect(events).toContainEqual({
      ...{ kind: 'cache-store', name: 'kept', operation: 'read', reason: 'corrupted' },
    });
    await clock.advance(1_000);
    const third = at(0).execute(() => 'three', KEY);
    await clock.advance(50);

    expect(await third).toBe('two');
  });

  test('of another key is no value of this one', async () => {
    const items = new Map<string, Item>();
    const inner = memoryStore();
    const store = {
      ...inner,
      get: async () => [...items.values()][0],
      put: async (key: string, item: Item) => {
        items.set(key, item);
        return { applied: true as const };
      },
    };
    const kept = sharedCache<string>({ name: 'kept', ttlMs: 60_000, store });

    expect(await kept.execute(() => 'one', { key: '1' })).toBe('one');
    expect(await kept.execute(() => 'two', { key: '2' })).toBe('two');
  });
});

describe('a value that is not stored', () => {
  test('is one that is too large: this environment keeps it', async () => {
    const { clock, at, link } = sharedFleet<string>(2, { maxBytes: 100_000_000 });
    const large = 'x'.repeat(400_000);
    const runs = [at(0).execute(() => large, KEY)];
    await clock.advance(50);
    runs.push(
      at(0).execute(() => 'again', KEY),
      at(1).execute(() => 'other', KEY),
    );
    await clock.advance(50);

    expect(await Promise.all(runs)).toEqual([large, large, 'other']);
    expect(link.requests.filter((request) => request === 'put')).toHaveLength(4);
  });

  test('is one that is no JSON data', async () => {
    const { clock, at } = sharedFleet<unknown>(2);
    const map = new Map();
    const runs = [at(0).execute(() => map, KEY)];
    await clock.advance(50);
    runs.push(at(1).execute(() => 2, KEY));
    await clock.advance(50);

    expect(await Promise.all(runs)).toEqual([map, 2]);
  });

  test('is one that shouldCache does not want, and leaves no older one behind', async () => {
    const { clock, at } = sharedFleet<string | null>(2, {
      ...{ ttlMs: 1_000, staleIfErrorMs: 60_000, shouldCache: (value) => value !== null },
    });
    const runs = [at(0).execute(() => 'there', KEY)];
    await clock.advance(1_100);
    runs.push(at(0).execute(() => null, KEY));
    await clock.advance(50);
    const failed = errorOf(at(1).execute(() => Promise.reject(outage()), KEY));
    await clock.advance(50);

    expect(await Promise.all(runs)).toEqual(['there', null]);
    expect(await failed).toEqual(outage());
  });
});

test('a request that was sent twice is recognised as one’s own', async () => {
  const clock = fakeClock();
  const inner = memoryStore();
  const store = {
    ...inner,
    async put(...args: Parameters<typeof inner.put>) {
      await inner.put(...args);
      return inner.put(...args);
    },
  };
  const [one, two] = [1, 2].map((seed) =>
    sharedCache<string>({ name: 'kept', ttlMs: 60_000, store, clock, random: seededRandom(seed) }),
  );

  expect(await one?.execute(() => 'one', KEY)).toBe('one');
  expect(await two?.execute(() => 'two', KEY)).toBe('one');
});

test('a key that others change all the time is given up with an error', async () => {
  const inner = memoryStore();
  let writes = 0;
  const store = {
    ...inner,
    async put(key: string, ...rest: [Item, object?]) {
      await inner.put(key, { id: `other-${++writes}` });
      return inner.put(key, ...rest);
    },
  };
  const kept = sharedCache<string>({ name: 'kept', ttlMs: 60_000, store });

  expect(await errorOf(kept.invalidate('7'))).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  expect(writes).toBe(10);
  // A load meets them, too, and its value is handed out.
  expect(await kept.execute(() => 'loaded', KEY)).toBe('loaded');
});

test('a load that has failed for the first environment of all is no invalidation', async () => {
  const { clock, at, overwrite, item } = sharedFleet<string>(2, { ttlMs: 1_000, staleIfErrorMs: 60_000 });
  const first = at(0).execute(() => 'there', KEY);
  await clock.advance(1_100);
  // The item was removed, and another environment has begun to load.
  const { id, expiresAt } = await item();
  await overwrite({ id: `${String(id)}!`, expiresAt: expiresAt ?? 0, loadingUntil: 0 });
  const run = at(0).execute(() => Promise.reject(outage()), KEY);
  await clock.advance(100);

  expect([await first, await run]).toEqual(['there', 'there']);
});

test('keys are loaded from the store in the init phase', async () => {
  const { clock, at } = sharedFleet<string>(2);
  const first = at(0).execute(() => '1', KEY);
  await clock.advance(50);
  const warmed = at(1).warm(['7', '8'], ({ key }) => `warm ${key}`);
  await clock.advance(50);
  const runs = ['7', '8'].map((key) => at(1).execute(() => 'none', { key }));

  expect(await warmed).toBe(2);
  expect([await first, ...(await Promise.all(runs))]).toEqual(['1', '1', 'warm 8']);
});
