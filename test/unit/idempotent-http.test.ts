import { describe, expect, test, vi } from 'vitest';
import { AttemptTimeoutError, FibrinError, InvalidOptionError, StoreError } from '../../lib/core/errors.ts';
import type { TransactionalStore } from '../../lib/core/store.ts';
import { type HttpIdempotencyOptions, idempotentHttp } from '../../lib/idempotency/http.ts';
import type { HttpAnswer } from '../../lib/idempotency/http-answers.ts';
import type { Claim } from '../../lib/idempotency/run-once.ts';
import type { HttpEvent } from '../../lib/idempotency/sources.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';
import { never } from '../support/idempotency-world.ts';

const context = { getRemainingTimeInMillis: () => 3_000 };
const request = (body?: string, key = 'k'): HttpEvent => ({
  headers: { 'idempotency-key': key },
  ...(body !== undefined && { body }),
});
const CREATED = {
  statusCode: 201,
  headers: { 'Content-Type': 'application/json', location: '/orders/7' },
  body: '{"id":7}',
};

interface Answer extends HttpAnswer {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly cookies?: readonly string[];
}

function world(
  run: (claim: Claim<Answer>) => Promise<Answer>,
  more: Partial<HttpIdempotencyOptions<HttpEvent>> = {},
) {
  const store = { ...(more.store ?? memoryStore()) };
  const handler = vi.fn(run);
  const order = idempotentHttp<HttpEvent, unknown, Answer>(
    {
      operation: 'order',
      principal: null,
      payload: ({ body }) => body,
      clock: fakeClock(),
      random: seededRandom(1),
      ...more,
      store,
    },
    (_event, _context, claim) => handler(claim),
  );
  const call = (event = request()) => order(event, context);
  return { store, handler, call };
}

const problemOf = (answer: HttpAnswer): unknown => JSON.parse(String(answer.body ?? ''));
const isProblem = (statusCode: number) => ({
  statusCode,
  headers: { 'content-type': 'application/problem+json' },
});

describe('an answer over HTTP', () => {
  test('is replayed as it was, and says then that it is a replay', async () => {
    const { handler, call } = world(async () => CREATED);

    expect(await call()).toEqual(CREATED);
    expect(await call()).toEqual({
      ...CREATED,
      headers: { ...CREATED.headers, 'idempotent-replayed': 'true' },
    });

    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('is replayed where it has neither headers nor a body', async () => {
    const { call } = world(async () => ({ statusCode: 204 }));

    expect(await call()).toEqual({ statusCode: 204 });
    expect(await call()).toEqual({ statusCode: 204, headers: { 'idempotent-replayed': 'true' } });
  });

  test('is replayed with the encoding of its body', async () => {
    const { call } = world(async () => ({ statusCode: 200, body: 'AAEC', isBase64Encoded: true }));
    await call();

    expect(await call()).toMatchObject({ body: 'AAEC', isBase64Encoded: true });
  });

  test('has its cookies once: they are for the first caller alone', async () => {
    const cookies = ['session=1'];
    const { call } = world(async () => ({
      ...CREATED,
      headers: { ...CREATED.headers, 'Set-Cookie': 'session=1', 'x-request-id': 'first' },
      cookies,
    }));

    expect(await call()).toMatchObject({
      headers: { 'Set-Cookie': 'session=1', 'x-request-id': 'first', location: '/orders/7' },
      cookies,
    });
    const replay = await call();

    expect(replay).not.toHaveProperty('cookies');
    expect(replay.headers).toEqual({ ...CREATED.headers, 'idempotent-replayed': 'true' });
  });

  test('is replayed with the headers that are named, whatever their case', async () => {
    const { call } = world(async () => ({ statusCode: 200, headers: { 'X-Total': '7', location: '/' } }), {
      replayHeaders: ['x-total'],
    });
    await call();

    expect((await call()).headers).toEqual({ 'X-Total': '7', 'idempotent-replayed': 'true' });
  });

  test('that a handler makes look like a replay does not pass for one', async () => {
    const { call } = world(async () => ({ statusCode: 200, headers: { etag: 'x' } }));

    expect((await call()).headers).not.toHaveProperty('idempotent-replayed');
  });
});

describe('which answers are recorded', () => {
  const runsOf = async (statusCode: number, more: Partial<HttpIdempotencyOptions<HttpEvent>> = {}) => {
    const { handler, call } = world(async () => ({ statusCode }), more);
    const answers = [await call(), await call()];
    expect(answers.map((answer) => answer.statusCode)).toEqual([statusCode, statusCode]);
    return handler.mock.calls.length;
  };

  test.each([200, 201, 204, 302, 400, 404, 410, 422])('%d is', async (status) => {
    expect(await runsOf(status)).toBe(1);
  });

  test.each([408, 409, 425, 429, 500, 502, 503, 504])(
    '%d frees the key: the same request may be answered otherwise later',
    async (status) => {
      expect(await runsOf(status)).toBe(2);
    },
  );

  test('is up to the caller', async () => {
    const recordStatus = (status: number) => status < 300;

    expect(await runsOf(404, { recordStatus })).toBe(2);
    expect(await runsOf(200, { recordStatus })).toBe(1);
  });

  test('and one that is not has all of its headers', async () => {
    const busy = { statusCode: 429, headers: { 'retry-after': '7' }, body: 'busy' };
    const { call } = world(async () => busy);

    expect([await call(), await call()]).toEqual([busy, busy]);
  });
});

describe('a request that is refused', () => {
  test.each<[string, HttpEvent]>([
    ['without a key', { headers: {} }],
    ['without headers', {}],
    ['with a key that is none', request('', 'two words')],
  ])('is answered with 400: %s', async (_, event) => {
    const { handler, call } = world(async () => CREATED);

    const answer = await call(event);

    expect(answer).toMatchObject(isProblem(400));
    expect(problemOf(answer)).toMatchObject({ status: 400, code: 'IDEMPOTENCY_KEY_MISSING' });
    expect(handler).not.toHaveBeenCalled();
  });

  test('because the first one is under way is answered with 409 and when to come back', async () => {
    const { call } = world(never);
    void call();
    await settle();

    const answer = await call();

    expect(answer).toMatchObject(isProblem(409));
    expect(answer.headers).toMatchObject({ 'retry-after': '1' });
    expect(problemOf(answer)).toMatchObject({ code: 'IDEMPOTENCY_IN_FLIGHT' });
  });

  test('because it brings another payload is answered with 422', async () => {
    const { call } = world(async () => CREATED);
    await call(request('tea'));

    const answer = await call(request('coffee'));

    expect(answer).toMatchObject(isProblem(422));
    expect(answer.headers).not.toHaveProperty('retry-after');
    expect(problemOf(answer)).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
  });

  test('because the store is down is answered with 503', async () => {
    const { store, call } = world(async () => CREATED);
    store.put = () => Promise.reject(new StoreError('table "secret" is down'));
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);

    const answer = await call();

    expect(logged.mock.lastCall).toEqual([expect.stringContaining('"code":"STORE_UNAVAILABLE"')]);
    expect(answer).toMatchObject(isProblem(503));
    expect(answer.headers).toMatchObject({ 'retry-after': '1' });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  test('because the answer was not recorded is answered with 500, and none of it is sent again', async () => {
    const { call } = world(async () => ({
      statusCode: 200,
      body: new Response('streamed').body as unknown as string,
    }));
    await call();

    expect(problemOf(await call())).toMatchObject({ status: 500, code: 'IDEMPOTENCY_NO_RESULT' });
  });
});

describe('a handler that throws', () => {
  test('an error meant for callers answers with it, and frees the key', async () => {
    const { handler, call } = world(() =>
      Promise.reject(new FibrinError('NO_SUCH_ORDER', 'There is no order 7', { status: 404 })),
    );

    const answer = await call();
    await call();

    expect(answer).toMatchObject(isProblem(404));
    expect(problemOf(answer)).toMatchObject({ detail: 'There is no order 7' });
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('of 500 or more is reported, and a listener that throws changes nothing', async () => {
    const reported = vi.fn(() => {
      throw new Error('bug');
    });
    const broken = new FibrinError('BROKEN', 'broken', { status: 500 });
    const { call } = world(() => Promise.reject(broken), { onServerError: reported });

    expect((await call()).statusCode).toBe(500);
    expect((await call({})).statusCode).toBe(400);
    expect(reported.mock.calls).toEqual([[broken]]);
  });

  test('because a call was given up answers 504, and keeps the key', async () => {
    const { handler, call } = world(() => Promise.reject(new AttemptTimeoutError('payments', 100)));

    expect((await call()).statusCode).toBe(504);
    expect((await call()).statusCode).toBe(409);

    expect(handler).toHaveBeenCalledTimes(1);
  });

  test.each([
    new Error('broken'),
    new FibrinError('NOT_JSON', 'without a status'),
    Object.assign(new Error('of another library'), { status: 404 }),
  ])('another error hands it on, and frees the key: %s', async (error) => {
    const { handler, call } = world(() => Promise.reject(error));

    await expect(call()).rejects.toBe(error);
    await expect(call()).rejects.toBe(error);

    expect(handler).toHaveBeenCalledTimes(2);
  });
});

describe('an answer that is completed together with other writes', () => {
  function transactional(): TransactionalStore {
    const store = memoryStore();
    return { ...store, transact: (key, item, { writes: _, ...options }) => store.put(key, item, options) };
  }

  test('is recorded without what is for the first caller alone', async () => {
    const whole = { ...CREATED, headers: { ...CREATED.headers, 'set-cookie': 'session=1' } };
    const { handler, call } = world((claim) => claim.completeWith([], whole), { store: transactional() });

    expect(await call()).toEqual(whole);
    expect(await call()).toEqual({
      ...CREATED,
      headers: { ...CREATED.headers, 'idempotent-replayed': 'true' },
    });

    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('is the recorded one though the handler returns another', async () => {
    const { call } = world(
      async (claim) => {
        await claim.completeWith([], CREATED);
        return { statusCode: 500, headers: { 'set-cookie': 'session=1' } };
      },
      { store: transactional() },
    );

    expect(await call()).toMatchObject({ ...CREATED, headers: { 'set-cookie': 'session=1' } });
    expect((await call()).statusCode).toBe(201);
  });

  test('has a fence like any other run', async () => {
    const { call } = world(async ({ fence }) => ({ statusCode: 200, body: String(fence) }));

    expect(Number((await call()).body)).toBeGreaterThan(0);
  });

  test('is made without a claim where the store fails and it may', async () => {
    const { store, call } = world(async ({ fence }) => ({ statusCode: 200, body: String(fence) }), {
      onStoreError: 'run',
    });
    store.put = () => Promise.reject(new StoreError('down'));

    expect(await call()).toEqual({ statusCode: 200, body: '0' });
  });
});

describe('the options', () => {
  test('take a key of another place', async () => {
    const { handler, call } = world(async () => CREATED, {
      key: ({ body }) => body,
      payload: () => undefined,
    });
    await call({ body: 'a' });
    await call({ body: 'b' });
    await call({ body: 'a' });

    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('keep the header for a key where an undefined one is handed on', async () => {
    // A caller without exactOptionalPropertyTypes may hand on a setting that is not there.
    const { key } = JSON.parse('{}') as { key: NonNullable<HttpIdempotencyOptions<HttpEvent>['key']> };
    const { call } = world(async () => CREATED, { key });

    expect(await call()).toEqual(CREATED);
  });

  test.each<object>([
    { recordStatus: 200 },
    { replayHeaders: 'etag' },
    { replayHeaders: {} },
    { retention: 1 },
  ])('are checked: %j', (wrong) => {
    expect(() => world(async () => CREATED, wrong)).toThrow(InvalidOptionError);
  });
});
