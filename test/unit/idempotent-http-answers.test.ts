import middy from '@middy/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type HttpIdempotencyOptions, idempotentHttp } from '../../lib/idempotency/http.ts';
import { type HttpEvent, header } from '../../lib/idempotency/sources.ts';
import { idempotency } from '../../lib/middleware/idempotency.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { contextWith } from '../support/lambda-context.ts';

type Event = HttpEvent & Readonly<Record<string, unknown>>;

const context = contextWith(3_000);
const headers = { 'idempotency-key': 'k' };

/** The same request as each kind of event has it. */
const EVENTS = {
  'an HTTP API': {
    ...{ version: '2.0', rawPath: '/orders/7', headers },
    requestContext: { http: { method: 'PUT', path: '/orders/7' } },
  },
  'a REST API': {
    ...{ httpMethod: 'PUT', path: '/orders/7', headers },
    multiValueHeaders: { 'idempotency-key': ['k'] },
    requestContext: { httpMethod: 'PUT', stage: 'prod' },
  },
  'a load balancer': {
    ...{ httpMethod: 'PUT', path: '/orders/7', headers },
    requestContext: { elb: { targetGroupArn: 'arn' } },
  },
  'a load balancer with multi-value headers': {
    ...{ httpMethod: 'PUT', path: '/orders/7' },
    multiValueHeaders: { 'idempotency-key': ['k'] },
    requestContext: { elb: { targetGroupArn: 'arn' } },
  },
} as const satisfies Readonly<Record<string, Event>>;

const HTTP_API: Event = EVENTS['an HTTP API'];
const MULTI_VALUE: Event = EVENTS['a load balancer with multi-value headers'];

function world(answer: () => unknown, more: Partial<HttpIdempotencyOptions<Event>> = {}) {
  const handler = vi.fn(async () => answer());
  const order = idempotentHttp<Event, typeof context, unknown>(
    { store: memoryStore(), operation: 'order', principal: null, ...more },
    handler,
  );
  return { handler, call: (event: Event = HTTP_API) => order(event, context) };
}

afterEach(() => void vi.restoreAllMocks());

describe('an answer that Lambda takes', () => {
  test.each<[string, unknown, unknown?]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'created'],
    ['an object without a status', { id: 7 }],
    ['a list', [1, 2]],
    ['null for headers', { statusCode: 201, headers: null }, { statusCode: 201, headers: null }],
    ['a body that is no text', { statusCode: 201, body: 7 }, { statusCode: 201, body: 7 }],
    ['a status in text', { statusCode: '201' }],
  ])('is recorded and replayed: %s', async (_, answer, first = answer) => {
    const { handler, call } = world(() => answer);

    expect(await call()).toEqual(first);
    const replay = await call();

    expect(handler).toHaveBeenCalledTimes(1);
    if (first === answer && typeof answer !== 'object') expect(replay).toEqual(answer);
  });

  test('is recorded where `recordStatus` throws: the default decides', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const recordStatus = () => {
      throw new Error('bug');
    };
    const { handler, call } = world(() => ({ statusCode: 201 }), { recordStatus });
    await call();
    await call();

    expect(handler).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test('is handed through as a stream, and replayed as one that was not kept', async () => {
    const stream = Object.assign(new Response('x').body as object, {
      statusCode: 200,
      pipe: () => undefined,
    });
    const { handler, call } = world(() => stream);

    expect(await call()).toBe(stream);
    expect(await call()).toMatchObject({ statusCode: 500 });
    expect(handler).toHaveBeenCalledTimes(1);
  });
});

describe('a key is that of one method and path', () => {
  test.each(Object.entries(EVENTS))('of %s', async (_, event) => {
    const { handler, call } = world(() => ({ statusCode: 200 }));
    await call(event);

    expect(await call({ ...event, path: '/orders/8', rawPath: '/orders/8' })).toMatchObject({
      statusCode: 422,
    });
    expect(
      await call({
        ...event,
        httpMethod: 'DELETE',
        requestContext: {
          ...event.requestContext,
          ...('http' in event.requestContext && { http: { method: 'DELETE' } }),
        },
      }),
    ).toMatchObject({ statusCode: 422 });
    expect(await call(event)).toMatchObject({ statusCode: 200 });
    expect(handler).toHaveBeenCalledTimes(1);
  });
});

describe('the format of an answer', () => {
  const created = { statusCode: 201, headers: { etag: '7' } };

  test.each(['an HTTP API', 'a REST API', 'a load balancer'] as const)('has headers for %s', async (name) => {
    const { call } = world(() => created);
    await call(EVENTS[name]);

    expect(await call(EVENTS[name])).toEqual({
      statusCode: 201,
      headers: { etag: '7', 'idempotent-replayed': 'true' },
    });
    expect(await call({ ...EVENTS[name], headers: {}, multiValueHeaders: null })).toMatchObject({
      statusCode: 400,
      headers: { 'content-type': 'application/problem+json' },
    });
  });

  test('has lists for a load balancer with multi-value headers, which reads no others', async () => {
    const cookies = { 'Set-Cookie': ['a=1', 'b=2'], vary: ['origin', 'accept'] };
    const { call } = world(() => ({ statusCode: 201, multiValueHeaders: cookies }));

    expect(await call(MULTI_VALUE)).toEqual({ statusCode: 201, multiValueHeaders: cookies });
    expect(await call(MULTI_VALUE)).toEqual({
      statusCode: 201,
      multiValueHeaders: { vary: ['origin', 'accept'], 'idempotent-replayed': ['true'] },
    });
    expect(await call({ ...MULTI_VALUE, multiValueHeaders: {} })).toMatchObject({
      statusCode: 400,
      multiValueHeaders: { 'content-type': ['application/problem+json'] },
    });
  });

  test('keeps lists of a REST API beside headers', async () => {
    const event = EVENTS['a REST API'];
    const { call } = world(() => ({
      ...created,
      multiValueHeaders: { link: ['</a>', '</b>'], 'set-cookie': ['a=1'] },
    }));
    await call(event);

    expect(await call(event)).toEqual({
      statusCode: 201,
      headers: { etag: '7', 'idempotent-replayed': 'true' },
      multiValueHeaders: { link: ['</a>', '</b>'] },
    });
  });
});

describe('headers of CORS', () => {
  const cors = { 'Access-Control-Allow-Origin': 'https://shop.example' };

  test('of the first answer are replayed', async () => {
    const { call } = world(() => ({ statusCode: 201, headers: cors }));
    await call();

    expect(await call()).toMatchObject({ headers: cors });
  });

  test('are added to replays and problems, by the event', async () => {
    const extraHeaders = ({ rawPath }: Event) => ({ ...cors, 'x-path': String(rawPath) });
    const { call } = world(() => ({ statusCode: 201 }), { extraHeaders });
    const more = { ...cors, 'x-path': '/orders/7' };

    expect(await call()).toEqual({ statusCode: 201 });
    expect(await call()).toMatchObject({ statusCode: 201, headers: more });
    expect(await call({ ...HTTP_API, headers: {} })).toMatchObject({ statusCode: 400, headers: more });
  });

  test('that cannot be made are left out, with a warning', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const extraHeaders = () => {
      throw new TypeError('no origin');
    };
    const { call } = world(() => ({ statusCode: 201 }), { extraHeaders, operation: 'order-cors' });
    await call();

    expect(await call()).toEqual({ statusCode: 201, headers: { 'idempotent-replayed': 'true' } });
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      'order-cors: extraHeaders threw TypeError; the headers are left out',
      'FibrinWarning',
    );
  });
});

test('whose key it is has to be said', () => {
  const options = { store: memoryStore(), operation: 'order' } as never;

  expect(() => idempotentHttp(options, async () => undefined)).toThrow(
    'idempotentHttp: expected `principal` to be a function, or null where all callers share their keys, got undefined',
  );
});

describe('the middleware', () => {
  function lambda(answer: unknown, more: object = {}) {
    const handler = vi.fn(async () => answer);
    const options = { store: memoryStore(), operation: 'order', key: header('Idempotency-Key') };
    const wrapped = middy<Event, unknown>({ timeoutEarlyInMillis: 0 })
      .use(idempotency<Event>({ ...options, ...more }))
      .handler(handler);
    return { handler, call: (event: Event = HTTP_API) => wrapped(event, context as never) };
  }

  test('keeps cookies and the headers of one request for the first caller', async () => {
    const answer = { statusCode: 201, headers: { etag: '7', 'x-correlation-id': 'a' }, cookies: ['a=1'] };
    const { call } = lambda(answer);

    expect(await call()).toEqual(answer);
    expect(await call()).toEqual({ statusCode: 201, headers: { etag: '7', 'idempotent-replayed': 'true' } });
  });

  test('does not record a 429, and takes the same options', async () => {
    const busy = lambda({ statusCode: 429 });
    await busy.call();
    await busy.call();
    expect(busy.handler).toHaveBeenCalledTimes(2);

    const own = lambda(
      { statusCode: 429, headers: { 'X-Total': '7' } },
      {
        recordStatus: () => true,
        replayHeaders: ['x-total'],
      },
    );
    await own.call();
    expect(await own.call()).toEqual({
      statusCode: 429,
      headers: { 'X-Total': '7', 'idempotent-replayed': 'true' },
    });
  });

  test('leaves the result for another event as it is', async () => {
    const result = { statusCode: 200, headers: { 'x-id': 'a' }, rows: [1] };
    const { handler, call } = lambda(result, { key: () => 'k' });
    const event = { detail: 1 } as unknown as Event;

    expect([await call(event), await call(event)]).toEqual([result, result]);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('frees the key of a batch that names records which failed, so that it runs again', async () => {
    const { handler, call } = lambda({ batchItemFailures: [{ itemIdentifier: '1' }] }, { key: () => 'k' });
    await call();
    await call();

    expect(handler).toHaveBeenCalledTimes(2);
  });
});
