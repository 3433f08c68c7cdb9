import { randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { InvalidOptionError, StoreError } from '../../lib/core/errors.ts';
import type { ResultStore } from '../../lib/idempotency/codec.ts';
import { ResultNotStoredError } from '../../lib/idempotency/errors.ts';
import { idempotencyWorld, never } from '../support/idempotency-world.ts';

/** Too long for a record, compressed too. */
const LONG = randomBytes(400_000).toString('base64');
const fails = () => Promise.reject(new Error('bucket down'));

function externalStore(): { -readonly [Name in keyof ResultStore]: ResultStore[Name] } {
  const texts = new Map<string, string>();
  return {
    put: async (key, text) => void texts.set(key, text),
    get: async (key) => texts.get(key),
  };
}

/** A run with a long result, and what stands in for the bucket. */
function long() {
  const resultStore = externalStore();
  return { resultStore, ...idempotencyWorld(async () => LONG, { resultStore }) };
}

describe('a result that JSON cannot hold', () => {
  test('is returned to no caller, and the run is not made again for it', async () => {
    const { call, runs, happened } = idempotencyWorld(async () => ({ cents: 1n }));

    const [first, replay] = [await call(), await call()];

    expect(first).toBeInstanceOf(ResultNotStoredError);
    expect(first).toMatchObject({ status: 500, cause: expect.any(TypeError) });
    expect(replay).toBeInstanceOf(ResultNotStoredError);
    expect(String(replay)).toMatch(/"order" was done.*BigInt/);
    expect(runs()).toBe(1);
    expect(happened()).toEqual(['claimed', 'completed']);
  });
});

describe('a result that is too long for a record', () => {
  test('is for the first caller alone where there is no other place for it', async () => {
    const { call, runs } = idempotencyWorld(async () => LONG);

    expect(await call()).toBe(LONG);
    expect(String(await call())).toMatch(/was done.*give a resultStore/);

    expect(runs()).toBe(1);
  });

  test('is replayed from another place', async () => {
    const { call, runs } = long();

    expect([await call(), await call()]).toEqual([LONG, LONG]);

    expect(runs()).toBe(1);
  });

  test('does not undo what has happened where that place fails', async () => {
    const { resultStore, call, runs } = long();
    resultStore.put = fails;

    expect(await call()).toBe(LONG);
    expect(String(await call())).toMatch(/was done.*bucket down/);

    expect(runs()).toBe(1);
  });

  test('is waited for no longer than the store is', async () => {
    const { clock, resultStore, call, runs } = long();
    resultStore.put = never;
    const first = call({}, 10_000);
    await clock.advance(3_000);

    expect(await first).toBe(LONG);
    expect(await call()).toBeInstanceOf(ResultNotStoredError);

    expect(runs()).toBe(1);
  });

  test('is asked for again where that place fails for now', async () => {
    const { resultStore, call, runs } = long();
    const { get } = resultStore;
    await call();
    resultStore.get = fails;

    const replay = await call();
    resultStore.get = get;

    expect(replay).toBeInstanceOf(StoreError);
    expect(replay).toMatchObject({ status: 503, retryable: true, cause: expect.any(Error) });
    expect(await call()).toBe(LONG);
    expect(runs()).toBe(1);
  });

  test('keeps no duplicate for longer than the store does', async () => {
    const { clock, resultStore, call } = long();
    await call();
    resultStore.get = never;
    const replay = call({}, 10_000);
    await clock.advance(3_000);

    expect(await replay).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  test('is gone when that place has it no longer', async () => {
    const { resultStore, call } = long();
    await call();
    resultStore.get = async () => undefined;

    expect(String(await call())).toMatch(/was done.*has it no longer/);
  });
});

describe('a stream', () => {
  test.each<[string, () => unknown]>([
    ['of Node', () => Readable.from(['report'])],
    ['of the web', () => new Response('report').body],
    ['that is the body of an answer', () => ({ statusCode: 200, body: Readable.from(['report']) })],
  ])('%s is read by the first caller alone, and not made again', async (_, make) => {
    const stream = make();
    const { call, runs } = idempotencyWorld(async () => stream);

    expect(await call()).toBe(stream);
    expect(String(await call())).toMatch(/was done.*it was streamed/);

    expect(runs()).toBe(1);
  });

  test('to which the handler would write itself is refused before it runs', async () => {
    const { callIn, runs, happened } = idempotencyWorld(async () => undefined);

    expect(await callIn(new PassThrough())).toBeInstanceOf(InvalidOptionError);

    expect(runs()).toBe(0);
    expect(happened()).toEqual([]);
  });

  test('is no object that only looks like one by its names', async () => {
    const result = { body: { pipe: 'copper' }, pipe: true };
    const { call } = idempotencyWorld(async () => result);

    expect([await call(), await call()]).toEqual([result, result]);
  });
});
