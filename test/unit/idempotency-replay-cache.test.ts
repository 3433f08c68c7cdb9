import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../lib/core/errors.ts';
import { PayloadMismatchError } from '../../lib/idempotency/errors.ts';
import { type ReplayCacheOptions, replayCache } from '../../lib/idempotency/replay-cache.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { idempotencyWorld } from '../support/idempotency-world.ts';

const AGE_MS = 60_000;

function cacheOf(options: ReplayCacheOptions = {}) {
  const clock = fakeClock();
  const cache = replayCache(options, clock);
  const expiresAt = (inMs: number) => clock.now() + inMs;
  return {
    clock,
    expiresAt,
    put: (key: string, text = `of ${key}`, inMs = 1e9) => cache.set(key, 'p', text, expiresAt(inMs)),
    get: (key: string, payload = 'p') => cache.get(key, payload),
  };
}

describe('the results that a sandbox keeps', () => {
  test('are those of a key with its payload', () => {
    const { put, get } = cacheOf();
    put('a');

    expect(get('a')).toBe('of a');
    expect(get('b')).toBeUndefined();
    expect(get('a', 'another payload')).toBeUndefined();
    expect(get('a')).toBe('of a');
  });

  test('are so many and no more: the one that was used longest ago goes', () => {
    const { put, get } = cacheOf({ maxEntries: 2 });
    put('a');
    put('b');
    get('a');
    put('c');

    expect([get('a'), get('b'), get('c')]).toEqual(['of a', undefined, 'of c']);
  });

  test('are no more of them when one is replaced', () => {
    const { put, get } = cacheOf({ maxEntries: 2 });
    put('a');
    put('b');
    put('b', 'newer');

    expect([get('a'), get('b')]).toEqual(['of a', 'newer']);
  });

  test('are used when they are replaced', () => {
    const { put, get } = cacheOf({ maxEntries: 2 });
    put('a');
    put('b');
    put('a', 'newer');
    put('c');

    expect([get('a'), get('b'), get('c')]).toEqual(['newer', undefined, 'of c']);
  });

  test('are a hundred by default', () => {
    const { put, get } = cacheOf();
    for (let at = 0; at <= 100; at++) put(`${at}`);

    expect([get('0'), get('1'), get('100')]).toEqual([undefined, 'of 1', 'of 100']);
  });

  test('are believed for a minute, however often they are used', async () => {
    const { clock, put, get } = cacheOf();
    put('a');
    await clock.advance(AGE_MS);
    expect(get('a')).toBe('of a');
    await clock.advance(1);

    expect(get('a')).toBeUndefined();
  });

  test('are believed no longer than their records are', async () => {
    const { clock, put, get } = cacheOf();
    put('a', 'of a', 10_000);
    await clock.advance(10_001);

    expect(get('a')).toBeUndefined();
  });

  test.each([{ maxEntries: 0 }, { maxEntries: 10_001 }, { maxAgeMs: 0 }, { maxAge: 1 }])(
    'are refused with options out of range: %j',
    (replayCache) => {
      expect(() => idempotencyWorld(async () => 1, { replayCache })).toThrow(InvalidOptionError);
    },
  );
});

describe('a handler whose sandbox keeps results', () => {
  const kept = (run: () => Promise<unknown>) => idempotencyWorld(run, { replayCache: {} });

  test('answers a duplicate without the store', async () => {
    const { store, events, call, runs } = kept(async () => 'done');
    await call();
    store.put = () => Promise.reject(new Error('asked'));

    expect(await call()).toBe('done');

    expect(runs()).toBe(1);
    expect(events.at(-1)).toMatchObject({ kind: 'replayed', from: 'sandbox' });
  });

  test('keeps what the store has of another sandbox too', async () => {
    const first = idempotencyWorld(async () => 'done');
    await first.call();
    const { store, call, events } = idempotencyWorld(async () => 'again', {
      store: first.store,
      replayCache: {},
    });
    await call();
    store.put = () => Promise.reject(new Error('asked'));

    expect(await call()).toBe('done');

    expect(events.map(({ from }) => from)).toEqual(['store', 'sandbox']);
  });

  test('hands out another copy each time', async () => {
    const { call } = kept(async () => ({ items: ['tea'] }));
    for (const item of ['coffee', 'cocoa']) {
      const basket = (await call()) as { items: string[] };
      expect(basket).toEqual({ items: ['tea'] });
      basket.items.push(item);
    }

    expect(await call()).toEqual({ items: ['tea'] });
  });

  test('refuses another payload as ever', async () => {
    const { call } = kept(async () => 'done');
    await call({ body: 1 });

    expect(await call({ body: 2 })).toBeInstanceOf(PayloadMismatchError);

    expect(await call({ body: 1 })).toBe('done');
  });

  test('keeps neither failures nor what could not be recorded', async () => {
    let runs = 0;
    const { call } = kept(async () => ({ statusCode: 500, run: ++runs }));
    await call();

    expect(await call()).toMatchObject({ run: 2 });

    const streamed = kept(async () => ({ body: new Response('x').body }));
    await streamed.call();
    expect(await streamed.call()).toMatchObject({ code: 'IDEMPOTENCY_NO_RESULT' });
  });

  test('tells a result of undefined from none', async () => {
    const { call, runs } = kept(async () => undefined);

    expect([await call(), await call()]).toEqual([undefined, undefined]);

    expect(runs()).toBe(1);
  });
});
