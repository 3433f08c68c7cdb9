import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Item } from '../../lib/core/store.ts';
import { loadResult, type ResultStore, storeResult } from '../../lib/idempotency/codec.ts';
import { ResultNotStoredError } from '../../lib/idempotency/errors.ts';
import type { IdempotencyOptions } from '../../lib/idempotency/options.ts';
import { replayCache } from '../../lib/idempotency/replay-cache.ts';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';
import { idempotencyWorld, never, type Request } from '../support/idempotency-world.ts';

const DAY_MS = 86_400_000;
const MAX_RUN_MS = 900_000 + 5_000;

const done = async () => 'done';

let environments = 0;

/** An environment on a store, whose clock differs from the true time. */
function environment(
  store: ReturnType<typeof memoryStore>,
  skewMs: number,
  more: Partial<IdempotencyOptions<Request>> = {},
  run: () => Promise<unknown> = done,
) {
  const clock = fakeClock();
  const skewed = { ...clock, now: () => clock.now() + skewMs };
  const random = seededRandom(++environments);
  return { ...idempotencyWorld(run, { ...more, store, clock: skewed, random }), clock };
}

/** A run begins, and does not end. */
async function beginIn({ call }: { readonly call: () => Promise<unknown> }): Promise<void> {
  void call();
  await new Promise(setImmediate);
}

describe('a run whose clock is a day ahead', () => {
  test.each(['hold', 'rerun'] as const)(
    'locks its key for the longest invocation at most, with %s',
    async (mode) => {
      const store = memoryStore();
      await beginIn(environment(store, DAY_MS, {}, never));
      const other = environment(store, 0, { onUnknownOutcome: mode });

      expect(await other.call()).toMatchObject({ code: 'IDEMPOTENCY_IN_FLIGHT', leaseLeftMs: MAX_RUN_MS });
      await other.clock.advance(MAX_RUN_MS);
      expect(await other.call()).toMatchObject({ code: 'IDEMPOTENCY_IN_FLIGHT', leaseLeftMs: 0 });
      await other.clock.advance(1);

      if (mode === 'hold') expect(await other.call()).toMatchObject({ code: 'IDEMPOTENCY_UNKNOWN' });
      else expect(await other.call()).toBe('done');
    },
  );

  test('is bounded from the first look on, also when less than the longest invocation is left of its lease', async () => {
    const store = memoryStore();
    await beginIn(environment(store, MAX_RUN_MS, {}, never));
    const other = environment(store, 0);
    await other.call();
    await other.clock.advance(10_000);

    expect(await other.call()).toMatchObject({ leaseLeftMs: MAX_RUN_MS - 10_000 });
    await other.clock.advance(MAX_RUN_MS - 9_999);
    expect(await other.call()).toBe('done');
  });

  test('has another one that takes over from it bounded anew', async () => {
    const store = memoryStore();
    await beginIn(environment(store, DAY_MS, {}, never));
    const other = environment(store, 0);
    await other.call();
    await other.clock.advance(MAX_RUN_MS - 1);
    const [key = ''] = other.events.map((event) => event.key);
    const record = await store.get(key);
    await store.put(key, { ...record, owner: 'another' });

    expect(await other.call()).toMatchObject({ leaseLeftMs: MAX_RUN_MS });
  });
});

describe('with hold, an environment whose clock is days ahead', () => {
  const AHEAD = 3 * DAY_MS;

  test('does not run beside a live run', async () => {
    const store = memoryStore();
    await beginIn(environment(store, 0, { onUnknownOutcome: 'hold' }, never));
    const ahead = environment(store, AHEAD, { onUnknownOutcome: 'hold' });

    expect(await ahead.call()).toMatchObject({ code: 'IDEMPOTENCY_UNKNOWN' });
    expect(ahead.runs()).toBe(0);
  });

  test('does not run again what is done', async () => {
    const store = memoryStore();
    await environment(store, 0, { onUnknownOutcome: 'hold' }).call();
    const ahead = environment(store, AHEAD, { onUnknownOutcome: 'hold' });

    expect(await ahead.call()).toBe('done');
    expect(ahead.runs()).toBe(0);
  });
});

describe('a record that cannot be', () => {
  /** What a second call meets where the record of a first one was changed. */
  async function meets(change: (record: Item) => Item, more: Partial<IdempotencyOptions<Request>> = {}) {
    const store = memoryStore();
    const world = environment(store, 0, more);
    await world.call();
    const [key = ''] = world.events.map((event) => event.key);
    const record = (await store.get(key)) as Item;
    await store.put(key, change(record));
    world.happened();
    return { answer: await world.call(), happened: world.happened(), runs: world.runs() };
  }

  test.each<[string, Item]>([
    ['a fence beyond the safe integers', { fence: 2 ** 53 }],
    ['a lease that never ends', { leaseUntil: Infinity }],
    ['a lease of another type', { leaseUntil: 'soon' }],
    ['a state that is none', { state: 'half' }],
    ['a form that is none', { v: 2, form: 'brotli' }],
  ])('is refused as unreadable, and nothing runs: %s', async (_, wrong) => {
    const { answer, happened, runs } = await meets((record) => ({ ...record, ...wrong }));

    expect(answer).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false });
    expect(happened).toEqual(['unreadable']);
    expect(runs).toBe(1);
  });

  test.each<[string, Item]>([
    ['JSON that is none', { result: '{"card":"4111' }],
    ['what is no gzip', { v: 2, form: 'gzip', result: 'H4sI4111' }],
    [
      'gzip that was cut',
      { v: 2, form: 'gzip', result: gzipSync('"4111"').subarray(0, 12).toString('base64') },
    ],
    [
      'gzip of 200 MB',
      { v: 2, form: 'gzip', result: gzipSync(Buffer.alloc(200_000_000, 'x')).toString('base64') },
    ],
  ])('is done, and its result is quoted nowhere: %s', async (_, wrong) => {
    const { answer, runs } = await meets((record) => ({ ...record, ...wrong }));

    expect(answer).toBeInstanceOf(ResultNotStoredError);
    expect(answer).toMatchObject({ retryable: false, status: 500 });
    expect((answer as Error).cause).toBeUndefined();
    expect(String((answer as Error).stack)).not.toContain('4111');
    expect(runs).toBe(1);
  });

  test('does not hand out what another record has in the result store', async () => {
    const resultStore: ResultStore = {
      put: async () => undefined,
      get: async () => '"of another tenant"',
    };

    const { answer } = await meets(
      (record) => ({ ...record, v: 2, form: 'elsewhere', result: 'idempotency#order#other' }),
      { resultStore },
    );

    expect(answer).toBeInstanceOf(ResultNotStoredError);
  });

  test.each(['k', 'k#1', ''])('does hand out what it has there itself: %s', async (result) => {
    const resultStore: ResultStore = { put: async () => undefined, get: async (place) => `"${place}"` };

    expect(await loadResult('k', 'order', { form: 'elsewhere', result }, resultStore)).toBe(
      `"${result || 'k'}"`,
    );
  });
});

test('a result of more than 10 MB is not compressed into a record, since it would not be read', async () => {
  const text = JSON.stringify('x'.repeat(10_000_000));

  expect(await storeResult(() => 'k#1', text, undefined)).toMatchObject({ form: 'none' });
});

test('a replay cache holds no more than its bytes', () => {
  const cache = replayCache({ maxBytes: 100 }, fakeClock());
  const has = (key: string) => cache.get(key, 'p') !== undefined;
  for (const key of ['a', 'b', 'c']) cache.set(key, 'p', 'x'.repeat(20), Infinity);
  expect(['a', 'b', 'c'].map(has)).toEqual([false, true, true]);

  cache.set('d', 'p', 'x'.repeat(51), Infinity);

  expect(['b', 'c', 'd'].map(has)).toEqual([false, false, false]);
});

test('a remaining time of Infinity is a lease of the longest invocation', async () => {
  const { call, callIn } = idempotencyWorld(never);
  void callIn({ getRemainingTimeInMillis: () => Infinity });
  await new Promise(setImmediate);

  expect(await call()).toMatchObject({ leaseLeftMs: MAX_RUN_MS });
});

test('a partition key that has the name of an attribute is refused, before anything is sent', async () => {
  const store = dynamoStore({ table: 'resilience', keyAttribute: 'owner', transport: { ...silent } });

  await expect(store.put('k', { owner: 'a' })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message:
      'dynamoStore: expected `keyAttribute` to be none of the attributes of an item, got "owner"; name another partition key',
  });
});

const silent = { get: never, put: never, update: never, delete: never, transact: never };
