import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import { DeadlineExceededError } from '../../lib/core/errors.ts';
import { InFlightError, OwnershipLostError } from '../../lib/idempotency/errors.ts';
import { header } from '../../lib/idempotency/sources.ts';
import { idempotency } from '../../lib/middleware/idempotency.ts';
import { problemDetails } from '../../lib/middleware/problem-details.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';
import { httpEvent } from '../support/http-event.ts';
import { contextWith } from '../support/lambda-context.ts';

interface Event {
  readonly headers: Record<string, string>;
}

const context = contextWith(3_000);
const LEASE_MS = 3_000 + 5_000;
const event = (key = 'k'): Event => httpEvent({ headers: { 'Idempotency-Key': key } });

function settings() {
  const clock = fakeClock();
  const store = memoryStore();
  const operation = { operation: 'order', key: header('Idempotency-Key') };
  return { clock, store, once: { ...operation, store, clock, random: seededRandom(1) } };
}

/** Middy's own timer is real, so it is off except where it is what is tested. */
const plain = () => middy<Event, unknown>({ timeoutEarlyInMillis: 0 });

function lambdaWith(run: () => Promise<unknown>) {
  const { clock, store, once } = settings();
  const handler = vi.fn(run);
  const lambda = plain().use(idempotency<Event>(once)).handler(handler);
  const call = (key?: string) => lambda(event(key), context).catch((error: unknown) => error);
  return { clock, store, once, handler, call };
}

describe('the idempotency middleware', () => {
  test('runs the handler once for one key and replays its response', async () => {
    let orders = 0;
    const { handler, call } = lambdaWith(async () => ({ statusCode: 201, body: `order ${++orders}` }));

    const answers = [await call(), await call()];

    expect(answers).toEqual([
      { statusCode: 201, body: 'order 1' },
      { statusCode: 201, body: 'order 1', headers: { 'idempotent-replayed': 'true' } },
    ]);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test.each([undefined, null, '', 0, false])(
    'replays a response of %j, as event handlers give it',
    async (response) => {
      const { handler, call } = lambdaWith(async () => response);
      // Middy itself has no way to tell an undefined response from an error that was not handled.

      expect([await call(), await call()]).toEqual([response, response]);

      expect(handler).toHaveBeenCalledTimes(1);
    },
  );

  test('gives the first caller the same response as a replay', async () => {
    const { call } = lambdaWith(async () => ({ at: new Date(0), none: undefined }));

    const first = await call();

    expect(await call()).toStrictEqual(first);
  });

  test('refuses a duplicate while the first runs, and keeps the claim of the first', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { handler, call } = lambdaWith(() => promise);
    const first = call();
    await settle();

    expect(await call()).toBeInstanceOf(InFlightError);
    expect(await call()).toBeInstanceOf(InFlightError);
    resolve('done');

    expect(await first).toBe('done');
    expect(await call()).toBe('done');
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('keeps concurrent invocations of one environment apart', async () => {
    const ends = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    let runs = 0;
    const { call } = lambdaWith(() => ends[runs++]?.promise ?? Promise.resolve('unexpected'));
    const [first, second] = [call('a'), call('b')];
    await settle();

    ends[1]?.resolve('of b');
    ends[0]?.resolve('of a');

    expect([await first, await second]).toEqual(['of a', 'of b']);
    expect([await call('a'), await call('b')]).toEqual(['of a', 'of b']);
  });

  test.each([
    ['throws', () => Promise.reject(new Error('broken'))],
    ['answers 5xx', async () => ({ statusCode: 502 })],
  ])('frees the key of a run that %s', async (_, run) => {
    const { handler, call } = lambdaWith(run);

    await call();
    await call();

    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('throws OwnershipLostError in a run that outlived its lease, and keeps the result of the other', async () => {
    const late = Promise.withResolvers<string>();
    const runs = [late.promise, Promise.resolve('second')];
    const { clock, call } = lambdaWith(() => runs.shift() ?? Promise.resolve('unexpected'));
    const first = call();
    await clock.advance(LEASE_MS + 1);
    await call();

    late.resolve('late');

    expect(await first).toBeInstanceOf(OwnershipLostError);
    expect(await call()).toBe('second');
  });

  test('keeps the claim when the result cannot be recorded, since the effect has happened', async () => {
    const { once } = settings();
    const store = { ...once.store };
    const handler = vi.fn(async () => {
      store.put = () => Promise.reject(new Error('down'));
      return 'done';
    });
    const lambda = plain()
      .use(idempotency<Event>({ ...once, store }))
      .handler(handler);

    await expect(lambda(event(), context)).rejects.toThrow('down');
    store.put = once.store.put;

    await expect(lambda(event(), context)).rejects.toThrow(InFlightError);
  });

  test('keeps the claim when the outcome is unknown, also where the error has been answered', async () => {
    const { once } = settings();
    const handler = vi.fn(() =>
      Promise.reject(new DeadlineExceededError('payments', 'total timeout', 1_000)),
    );
    const lambda = plain()
      .use(idempotency<Event>(once))
      .use(problemDetails<Event, unknown>({ onServerError: () => {} }))
      .handler(handler);

    expect(await lambda(event(), context)).toMatchObject({ statusCode: 504 });

    expect(await lambda(event(), context)).toMatchObject({ statusCode: 409 });
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('keeps the claim when Middy stops waiting, since the handler still runs', async () => {
    const { once } = settings();
    const handler = vi.fn(() => new Promise<never>(() => {}));
    // With no more time left than its margin, Middy's timer fires at once.
    const lambda = middy<Event, unknown>().use(idempotency<Event>(once)).handler(handler);
    await expect(lambda(event(), contextWith(5))).rejects.toThrow(
      expect.objectContaining({ name: 'TimeoutError' }),
    );

    await expect(lambda(event(), contextWith(5))).rejects.toThrow(InFlightError);

    expect(handler).toHaveBeenCalledTimes(1);
  });
});

describe('the idempotency middleware among others', () => {
  test('records the response as the others have changed it, where it is outermost', async () => {
    const { once } = settings();
    const cors = {
      after: (request: { response: unknown }) => {
        request.response = { ...(request.response as object), headers: { vary: 'origin' } };
      },
    };
    const lambda = plain()
      .use(idempotency<Event>(once))
      .use(cors)
      .handler(async () => ({ statusCode: 201 }));

    const first = await lambda(event(), context);

    expect(first).toEqual({ statusCode: 201, headers: { vary: 'origin' } });
    expect(await lambda(event(), context)).toEqual({
      statusCode: 201,
      headers: { vary: 'origin', 'idempotent-replayed': 'true' },
    });
  });

  test('does not run the handler again where a middleware outside threw afterwards', async () => {
    const { once } = settings();
    const handler = vi.fn(async () => 'done');
    let throws = true;
    const outer = {
      after: () => {
        if (throws) throw new Error('after hook');
      },
    };
    const warnings: string[] = [];
    const onWarning = (warning: string) => {
      warnings.push(warning);
      throw new Error('a bad listener');
    };
    vi.spyOn(process, 'emitWarning').mockReturnValueOnce(undefined);
    const lambda = plain()
      .use(outer)
      .use(idempotency<Event>({ ...once, onWarning }))
      .handler(handler);
    await expect(lambda(event(), context)).rejects.toThrow('after hook');
    throws = false;

    expect(await lambda(event(), context)).toBe('done');

    expect(handler).toHaveBeenCalledTimes(1);
    expect(warnings).toHaveLength(1);
  });

  test('frees no key where a middleware outside threw first', async () => {
    const { once } = settings();
    const { promise } = Promise.withResolvers<never>();
    let throws = false;
    const gate = {
      before: () => {
        if (throws) throw new Error('not allowed');
      },
    };
    const lambda = plain()
      .use(gate)
      .use(idempotency<Event>(once))
      .handler(() => promise);
    void lambda(event(), context);
    await settle();
    throws = true;
    await expect(lambda(event(), context)).rejects.toThrow('not allowed');
    throws = false;

    await expect(lambda(event(), context)).rejects.toThrow(InFlightError);
  });

  test.each(['outside', 'inside'])('has its refusals answered by problemDetails %s of it', async (where) => {
    const { once } = settings();
    const problems = problemDetails<Event, unknown>();
    const guard = idempotency<Event>(once);
    const lambda = plain();
    if (where === 'outside') lambda.use(problems).use(guard);
    else lambda.use(guard).use(problems);
    lambda.handler(() => new Promise<never>(() => {}));
    void lambda(event(), context);
    await settle();

    expect(await lambda(event(), context)).toMatchObject({
      statusCode: 409,
      headers: { 'content-type': 'application/problem+json', 'retry-after': '1' },
    });
    expect(await lambda(httpEvent({ headers: {} }), context)).toMatchObject({ statusCode: 400 });
  });
});
