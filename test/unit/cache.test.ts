import { describe, expect, test, vi } from 'vitest';
import { type CacheOptions, cache } from '../../lib/cache/index.ts';
import { cached } from '../support/cached.ts';
import { errorOf } from '../support/dependency.ts';
import { failing } from '../support/outcomes.ts';
import { highest, lowest } from '../support/retried.ts';

const KEY = { key: '7' };

describe('a cache', () => {
  test('hands out a value for its time to live, and loads it again then', async () => {
    const { clock, kept } = cached<string>();
    const call = vi.fn(() => 'fine');
    await kept.execute(call, KEY);
    await clock.advance(999);
    expect(await kept.execute(call, KEY)).toBe('fine');
    expect(call).toHaveBeenCalledTimes(1);

    await clock.advance(1);
    await kept.execute(call, KEY);
    expect(call).toHaveBeenCalledTimes(2);
  });

  test('makes each call that has no key', async () => {
    const { kept } = cached<string>();
    const call = vi.fn(() => 'fine');
    await kept.execute(call);
    await kept.execute(call, {});

    expect(call).toHaveBeenCalledTimes(2);
    expect(kept.size).toBe(0);
  });

  test('keeps the value of each key apart, an empty one too', async () => {
    const { kept } = cached<string>();
    for (const key of ['', '7', '8']) await kept.execute(() => `of ${key}`, { key });

    expect(await kept.execute(failing, { key: '' })).toBe('of ');
    expect(await kept.execute(failing, { key: '8' })).toBe('of 8');
    expect(kept.size).toBe(3);
  });

  test.each([[null], [0], [''], [false], [undefined], [-0]])('keeps %j, which is a value', async (value) => {
    const { kept } = cached<unknown>();
    await kept.execute(() => value, KEY);

    expect(await kept.execute(failing, KEY)).toBe(value);
  });

  test('keeps no failure', async () => {
    const { kept } = cached<string>();
    expect(await errorOf(kept.execute(failing, KEY))).toMatchObject({ message: 'outage' });
    expect(await kept.execute(() => 'fine', KEY)).toBe('fine');
  });

  test('counts the age of a value from when its load began', async () => {
    const { clock, kept } = cached<string>();
    const slow = kept.execute(
      () => new Promise((resolve) => void clock.after(600, () => resolve('slow'))),
      KEY,
    );
    await clock.advance(600);
    await slow;
    await clock.advance(399);
    expect(await kept.execute(failing, KEY)).toBe('slow');
    await clock.advance(1);
    expect(await kept.execute(() => 'new', KEY)).toBe('new');
  });

  test('shortens the time to live at random, and never makes it longer', async () => {
    for (const [random, ms] of [
      [highest, 900],
      [lowest, 1_000],
    ] as const) {
      const { clock, kept } = cached<string>({ random });
      kept.set('7', 'fine');
      await clock.advance(ms - 1);
      expect(await kept.execute(failing, KEY)).toBe('fine');
      await clock.advance(2);
      expect(await kept.execute(() => 'new', KEY)).toBe('new');
    }
  });

  test('asks a function for the time to live of a value, and keeps none where that is 0 or fails', async () => {
    const lives: Record<string, unknown> = { a: 5_000, b: 0, c: -1, d: Number.NaN, f: Infinity };
    const ttlMs = (value: string) => {
      if (value === 'e') throw new Error('no idea');
      return lives[value] as number;
    };
    const { clock, kept } = cached<string>({ name: 'lives', ttlMs });
    for (const value of 'abcdef') await kept.execute(() => value, { key: value });
    await clock.advance(4_999);

    expect(kept.size).toBe(2);
    expect(await kept.execute(failing, { key: 'a' })).toBe('a');
    expect(await kept.execute(failing, { key: 'f' })).toBe('f');
    await clock.advance(2_147_483_647);
    expect(await kept.execute(() => 'new', { key: 'f' })).toBe('new');
  });

  test('keeps only what is wanted, and what it replaces is gone', async () => {
    const { clock, kept } = cached<string>({
      ...{ name: 'wanted', shouldCache: (value) => value !== 'no', staleIfErrorMs: 60_000 },
    });
    await kept.execute(() => 'yes', KEY);
    await clock.advance(1_000);
    expect(await kept.execute(() => 'no', KEY)).toBe('no');

    expect(kept.size).toBe(0);
    expect(await errorOf(kept.execute(failing, KEY))).toMatchObject({ message: 'outage' });
  });

  test('keeps a value where shouldCache throws', async () => {
    const shouldCache = () => {
      throw new Error('no idea');
    };
    const { kept } = cached<string>({ name: 'unsure', shouldCache });
    await kept.execute(() => 'fine', KEY);

    expect(kept.size).toBe(1);
  });

  test('rejects a caller that has aborted, also where there is a value', async () => {
    const { kept } = cached<string>();
    kept.set('7', 'fine');
    const signal = AbortSignal.abort('gone');

    expect(await errorOf(kept.execute(() => 'new', { ...KEY, signal }))).toBe('gone');
    expect(await errorOf(kept.execute(() => 'new', { key: '8', signal }))).toBe('gone');
  });

  test('makes no call for which no time is left, and still hands out what is there', async () => {
    const { kept } = cached<string>();
    kept.set('8', 'fine');
    const call = vi.fn(() => 'new');

    expect(await errorOf(kept.execute(call, { ...KEY, remainingMs: 0 }))).toMatchObject({
      ...{ code: 'DEADLINE_EXCEEDED', limit: "caller's time limit", called: false },
    });
    expect(await kept.execute(call, { key: '8', remainingMs: 0 })).toBe('fine');
    expect(call).not.toHaveBeenCalled();
  });

  test('reports each call with a key, and a listener that throws changes nothing', async () => {
    const onEvent = vi.fn(() => {
      throw new Error('no disk');
    });
    const { kept } = cached<string>({ name: 'heard', onEvent });
    await kept.execute(() => 'fine');
    await kept.execute(() => 'fine', KEY);
    await kept.execute(() => 'fine', KEY);

    expect(onEvent.mock.calls).toEqual([
      [{ kind: 'cache', name: 'heard', result: 'miss' }],
      [{ kind: 'cache', name: 'heard', result: 'hit' }],
    ]);
  });
});

describe('what a cache hands out', () => {
  test('is a frozen copy, the same one for the call that loaded it and for all others', async () => {
    const { kept } = cached<{ tags: string[]; at: { day: number } }>();
    const own = { tags: ['a'], at: { day: 1 } };
    const first = await kept.execute(() => own, KEY);
    const second = await kept.execute(failing, KEY);
    own.tags.push('changed');

    expect(first).toEqual({ tags: ['a'], at: { day: 1 } });
    expect(second).toBe(first);
    expect(() => first.tags.push('b')).toThrow(TypeError);
    expect(() => (first.at.day = 2)).toThrow(TypeError);
    expect(Object.isFrozen(own)).toBe(false);
  });

  test('is the value itself where that is no JSON data, which is not kept', async () => {
    class Post {}
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const unreadable = new Proxy({}, { ownKeys: () => expect.unreachable() });
    const values = [
      ...[new Date(0), new Map(), new Post(), () => 1, Symbol('a'), 1n, Number.NaN, cycle, unreadable],
      ...[Buffer.from('a'), { at: new Date(0) }, [{ toJSON: () => 1 }]],
    ];
    for (const value of values) {
      const { kept } = cached<unknown>({ name: 'no-data' });
      kept.set('7', 'former');
      kept.invalidate('7');
      expect(await kept.execute(() => value, KEY)).toBe(value);
      expect(kept.size).toBe(0);
    }
  });

  test('keeps members named __proto__, members without a value and objects of other realms', async () => {
    const { kept } = cached<Record<string, unknown>>();
    const value = JSON.parse('{"__proto__":{"admin":true},"a":[1,null]}');
    const given = await kept.execute(() => ({ ...value, b: undefined, ['__proto__']: 1 }), KEY);

    expect(Object.keys(given)).toEqual(['__proto__', 'a', 'b'].filter((name) => name in given));
    expect(given).not.toHaveProperty('admin');
    expect(Object.isFrozen(await kept.execute(() => Object.create(null), { key: '8' }))).toBe(true);
  });
});

describe('the bounds of a cache', () => {
  test('let what was used longest ago go first', async () => {
    const { kept } = cached<string>({ maxEntries: 2 });
    for (const key of ['a', 'b']) kept.set(key, key);
    await kept.execute(failing, { key: 'a' });
    kept.set('c', 'c');

    expect(kept.size).toBe(2);
    expect(await kept.execute(failing, { key: 'a' })).toBe('a');
    expect(await kept.execute(() => 'new', { key: 'b' })).toBe('new');
  });

  test('hold for the keys and the JSON text of all values', async () => {
    const { kept } = cached<string>({ maxBytes: 100 });
    // A key of 1 and a text of 9 with its quotes.
    for (const key of 'abcdefghij') kept.set(key, '1234567');
    expect([kept.size, kept.bytes]).toEqual([10, 100]);
    kept.set('k', '1234567');
    expect([kept.size, kept.bytes]).toEqual([10, 100]);
    kept.set('k', '1');
    expect([kept.size, kept.bytes]).toEqual([10, 94]);
    kept.clear();
    expect([kept.size, kept.bytes]).toEqual([0, 0]);
  });

  test('keep no value that takes more than a tenth, nor what it replaces', async () => {
    const { kept } = cached<string>({ maxBytes: 100 });
    kept.set('a', '1');
    kept.set('a', '12345678');
    expect(kept.size).toBe(0);
    kept.set('a'.repeat(11), '');
    expect([kept.size, kept.bytes]).toEqual([0, 0]);
  });

  test('hold no value whose time was over when a call asked for it', async () => {
    const { clock, kept } = cached<string>();
    kept.set('7', 'fine');
    await clock.advance(1_000);
    expect(kept.size).toBe(1);
    await kept.execute(failing, KEY).catch(() => undefined);
    expect([kept.size, kept.bytes]).toEqual([0, 0]);
  });
});

test.each<[string, unknown, RegExp]>([
  ['no name', { ttlMs: 1 }, /cache: expected `name`/],
  ['no ttlMs', { name: 'a' }, /`ttlMs` to be a number of milliseconds .*, or a function, got undefined/],
  ['a ttlMs of 0', { name: 'a', ttlMs: 0 }, /`ttlMs`/],
  ['a ttlJitter above 1', { name: 'a', ttlMs: 1, ttlJitter: 1.1 }, /`ttlJitter` to be a fraction/],
  ['a negative time for stale values', { name: 'a', ttlMs: 1, staleIfErrorMs: -1 }, /`staleIfErrorMs`/],
  ['no entries', { name: 'a', ttlMs: 1, maxEntries: 0 }, /`maxEntries` to be an integer from 1/],
  ['9 bytes', { name: 'a', ttlMs: 1, maxBytes: 9 }, /`maxBytes`/],
  ['an unknown option', { name: 'a', ttlMs: 1, ttl: 1 }, /unknown option `ttl`/],
])('a cache with %s is refused', (_what, options, message) => {
  expect(() => cache(options as CacheOptions<unknown>)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }),
  );
});
