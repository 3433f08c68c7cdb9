import { describe, expect, test, vi } from 'vitest';
import { AttemptTimeoutError, InvalidOptionError, StoreError } from '../../lib/core/errors.ts';
import type { Store } from '../../lib/core/store.ts';
import { InFlightError, OwnershipLostError, PayloadMismatchError } from '../../lib/idempotency/errors.ts';
import type { IdempotencyEvent } from '../../lib/idempotency/events.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import type { IdempotencyOptions } from '../../lib/idempotency/options.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';

interface Order {
  readonly key: unknown;
  body?: unknown;
}

const context = { getRemainingTimeInMillis: () => 3_000 };
const LEASE_MS = 3_000 + 5_000;

/** Sandboxes that share a store and a clock, all with the same handler. */
function world<R>(run: (event: Order) => Promise<R>, given: Partial<IdempotencyOptions<Order>> = {}) {
  const clock = fakeClock();
  const store = given.store ?? memoryStore();
  const random = seededRandom(1);
  const handler = vi.fn(run);
  const options = { operation: 'order', key: (event: Order) => event.key, clock, random, ...given, store };
  const order = idempotent(options, handler);
  const call = (event: Order = { key: 'k' }): Promise<unknown> =>
    order(event, context).catch((error: unknown) => error);
  return { clock, store, handler, call };
}

describe('an idempotent handler', () => {
  test('runs once for one key and hands the recorded result to each repetition', async () => {
    let orders = 0;
    const { handler, call } = world(async () => ({ order: ++orders }));

    const answers = [await call(), await call(), await call()];

    expect(answers).toEqual([{ order: 1 }, { order: 1 }, { order: 1 }]);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('runs again for another key', async () => {
    const { handler, call } = world(async () => 'done');

    await call({ key: 'a' });
    await call({ key: 'b' });

    expect(handler).toHaveBeenCalledTimes(2);
  });

  test.each([0, '', false])('takes %j for a key like any other', async (key) => {
    const { handler, call } = world(async () => 'done');

    await call({ key });
    await call({ key });

    expect(handler).toHaveBeenCalledTimes(1);
  });

  test.each([undefined, null])('never runs where the key is %s', async (key) => {
    const { handler, call } = world(async () => 'done');

    expect(await call({ key })).toMatchObject({ code: 'IDEMPOTENCY_KEY_MISSING', status: 400 });

    expect(handler).not.toHaveBeenCalled();
  });

  test('never runs under a key with a part that is missing', async () => {
    const { handler, call } = world(async () => 'done');

    expect(await call({ key: { user: undefined } })).toMatchObject({ code: 'NOT_JSON' });

    expect(handler).not.toHaveBeenCalled();
  });

  test('keeps the results of two operations under one key apart', async () => {
    const store = memoryStore();
    const charge = world(async () => 'charged', { store, operation: 'charge' });
    const email = world(async () => 'sent', { store, operation: 'email' });

    expect([await charge.call(), await email.call()]).toEqual(['charged', 'sent']);
  });

  test('does not mind what the handler does to the event', async () => {
    const { handler, call } = world(
      async (event) => {
        event.body = 'changed';
        return 'done';
      },
      { payload: (event) => event.body },
    );

    await call({ key: 'k', body: 'order' });

    expect(await call({ key: 'k', body: 'order' })).toBe('done');
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('gives the first caller the very thing that a replay gives', async () => {
    const { call } = world(async () => ({ at: new Date(0), none: undefined, zero: -0, not: Number.NaN }));

    const first = await call();

    expect(await call()).toStrictEqual(first);
    expect(first).toStrictEqual({ at: '1970-01-01T00:00:00.000Z', zero: 0, not: null });
  });

  test.each([undefined, null, '', 0, false])(
    'replays a result of %j without running again',
    async (result) => {
      const { handler, call } = world(async () => result);

      expect([await call(), await call()]).toEqual([result, result]);

      expect(handler).toHaveBeenCalledTimes(1);
    },
  );

  test('hands out a copy, so that no caller can change what the next one gets', async () => {
    const { call } = world(async () => ({ items: ['a'] }));
    const first = (await call()) as { items: string[] };

    first.items.push('b');

    expect(await call()).toEqual({ items: ['a'] });
  });
});

describe('a request that comes too early or wrongly', () => {
  test('is refused with 409 while the first still runs, and says when to come back', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { handler, call } = world(() => promise);
    const first = call();
    await settle();

    const second = await call();
    resolve('done');

    expect(second).toBeInstanceOf(InFlightError);
    expect(second).toMatchObject({ status: 409, retryAfterMs: 1_000, leaseLeftMs: LEASE_MS });
    expect(await first).toBe('done');
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('does not free the key of the one that it was refused for', async () => {
    const { promise } = Promise.withResolvers<string>();
    const { handler, call } = world(() => promise);
    void call();
    await settle();

    await call();

    expect(await call()).toBeInstanceOf(InFlightError);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('is refused with 422 when it brings another payload, before and after the end of the first', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { call } = world(() => promise, { payload: (event) => event.body });
    const first = call({ key: 'k', body: 1 });
    await settle();

    expect(await call({ key: 'k', body: 2 })).toBeInstanceOf(PayloadMismatchError);
    resolve('done');
    await first;

    expect(await call({ key: 'k', body: 2 })).toMatchObject({ status: 422 });
  });
});

describe('a run that fails', () => {
  test('hands its error on and frees the key', async () => {
    const broken = new Error('broken');
    const { handler, call } = world(() => Promise.reject(broken));

    expect(await call()).toBe(broken);
    await call();

    expect(handler).toHaveBeenCalledTimes(2);
  });

  test.each(['text', undefined, 0])(
    'by throwing %j, which is no error, loses nothing of it',
    async (thrown) => {
      const { call } = world(() => Promise.reject(thrown));

      expect(await call()).toBe(thrown);
    },
  );

  test.each<[string, Error]>([
    ['a call was given up', new AttemptTimeoutError('payments', 100)],
    ['its time was over', new DOMException('x', 'TimeoutError')],
    ['a write was not answered', new StoreError('down')],
    ['such a thing led to the error', new Error('not charged', { cause: new StoreError('down') })],
  ])('without anybody knowing how, since %s, keeps its claim until the lease has ended', async (_, error) => {
    const { clock, handler, call } = world(() => Promise.reject(error));

    expect(await call()).toBe(error);
    await clock.advance(LEASE_MS);
    expect(await call()).toBeInstanceOf(InFlightError);
    await clock.advance(1);
    await call();

    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('by answering 5xx is not replayed', async () => {
    const statuses = [503, 200];
    const { handler, call } = world(async () => ({ statusCode: statuses.shift() }));

    expect([await call(), await call(), await call()]).toEqual([
      { statusCode: 503 },
      { statusCode: 200 },
      { statusCode: 200 },
    ]);
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('by answering 4xx is replayed: asking again changes nothing', async () => {
    const { handler, call } = world(async () => ({ statusCode: 404 }));

    await call();
    await call();

    expect(handler).toHaveBeenCalledTimes(1);
  });
});

describe('time', () => {
  test('ends the retention of a result, and the operation may run again', async () => {
    const { clock, handler, call } = world(async () => 'done', { retentionSeconds: 60 });
    await call();

    // A margin of five seconds is for clocks that differ.
    await clock.advance(65_000);
    await call();
    expect(handler).toHaveBeenCalledTimes(1);
    await clock.advance(2_000);
    await call();

    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('ends the lease of a sandbox that died, and the next call runs again', async () => {
    const dies = () => new Promise<never>(() => {});
    const { clock, handler, call } = world(dies);
    void call();

    await clock.advance(LEASE_MS);
    expect(await call()).toBeInstanceOf(InFlightError);
    await clock.advance(1);
    void call();
    await settle();

    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('a run that outlived its lease cannot overwrite the result of the one that took over', async () => {
    const results = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    let runs = 0;
    const { clock, call } = world(() => results[runs++]?.promise ?? Promise.resolve('unexpected'));
    const late = call();
    await clock.advance(LEASE_MS + 1);
    const second = call();
    await settle();
    results[1]?.resolve('second');
    await second;

    results[0]?.resolve('late');

    expect(await late).toBeInstanceOf(OwnershipLostError);
    expect(await call()).toBe('second');
  });

  test('a run that fails late cannot free what another one has completed', async () => {
    const first = Promise.withResolvers<string>();
    const runs = [first.promise, Promise.resolve('second')];
    const told: string[] = [];
    const onEvent = ({ kind }: IdempotencyEvent) => void told.push(kind);
    const { clock, handler, call } = world(() => runs.shift() ?? Promise.resolve('unexpected'), { onEvent });
    const late = call();
    await clock.advance(LEASE_MS + 1);
    await call();

    first.reject(new Error('late'));
    await late;

    expect(await call()).toBe('second');
    expect(handler).toHaveBeenCalledTimes(2);
    expect(told).toEqual(['claimed', 'claimed', 'completed', 'lost', 'replayed']);
  });

  test('a run whose record was removed does not bring it back', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const inner = memoryStore();
    const keys = new Set<string>();
    const store: Store = {
      ...inner,
      put(key, ...rest) {
        keys.add(key);
        return inner.put(key, ...rest);
      },
    };
    const { call } = world(() => promise, { store });
    const run = call();
    await settle();
    for (const key of keys) await inner.delete(key);

    resolve('late');

    expect(await run).toBeInstanceOf(OwnershipLostError);
    for (const key of keys) expect(await inner.get(key)).toBeUndefined();
  });

  test('no time left is a short lease and not one for ever', async () => {
    const clock = fakeClock();
    const options = { store: memoryStore(), operation: 'order', key: () => 'k', clock, skewMarginMs: 0 };
    const run = vi.fn(() => new Promise<never>(() => {}));
    const order = idempotent(options, run);
    const last = { getRemainingTimeInMillis: () => 0 };
    void order({}, last);

    await clock.advance(1_000);
    await expect(order({}, last)).rejects.toThrow(InFlightError);
    await clock.advance(1);
    void order({}, last);
    await settle();

    expect(run).toHaveBeenCalledTimes(2);
  });
});

describe('the options', () => {
  test.each<Partial<IdempotencyOptions<Order>>>([
    { operation: 'two words' },
    { retentionSeconds: 0 },
    { retentionSeconds: 1.5 },
    { skewMarginMs: -1 },
    { skewMarginMs: 60_001 },
  ])('out of range are refused at construction: %j', (wrong) => {
    expect(() => world(async () => 1, wrong)).toThrow(InvalidOptionError);
  });

  test('an unreadable record is an error of the deployment and never a reason to run', async () => {
    const inner = memoryStore();
    const store: Store = { ...inner, put: async () => ({ applied: false, current: { v: 99 } }) };
    const { handler, call } = world(async () => 'done', { store });

    expect(await call()).toBeInstanceOf(StoreError);

    expect(handler).not.toHaveBeenCalled();
  });
});
