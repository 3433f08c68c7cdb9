import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import { FibrinError, InvalidOptionError } from '../../lib/core/errors.ts';
import { type ProblemDetailsOptions, problemDetails } from '../../lib/middleware/problem-details.ts';
import { httpEvent, manyValueEvent } from '../support/http-event.ts';
import { contextWith } from '../support/lambda-context.ts';
import { unreadableErrors } from '../support/unreadable-errors.ts';

const context = contextWith();

/** The response of a handler that throws. */
function responseTo(thrown: unknown, options?: ProblemDetailsOptions, event: unknown = httpEvent()) {
  const handler = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
    .use(problemDetails<unknown, unknown>(options))
    .handler(() => Promise.reject(thrown));
  return handler(event, context);
}

/** The one line that a handler prints on stderr when it throws. */
async function lineFor(thrown: unknown): Promise<string> {
  const print = vi.spyOn(console, 'error').mockReturnValue(undefined);
  await responseTo(thrown);
  expect(print).toHaveBeenCalledTimes(1);
  const line = String(print.mock.calls[0]?.[0]);
  print.mockRestore();
  expect(line).not.toContain('\n');
  return line;
}

const logged = async (thrown: unknown): Promise<Record<string, unknown>> => JSON.parse(await lineFor(thrown));

const missing = new FibrinError('NO_SUCH_ORDER', 'There is no order 7', { status: 404 });

describe('problemDetails', () => {
  test('answers with the status, the code and the message of an error for clients', async () => {
    const response = await responseTo(missing);

    expect(response).toMatchObject({
      statusCode: 404,
      headers: { 'content-type': 'application/problem+json' },
    });
    expect(JSON.parse((response as { body: string }).body)).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'There is no order 7',
      code: 'NO_SUCH_ORDER',
    });
  });

  test('has its headers as lists for a load balancer that reads no others', async () => {
    const busy = new FibrinError('BUSY', 'Come back later', { status: 429, retryAfterMs: 2_000 });

    expect(await responseTo(busy, {}, manyValueEvent())).toMatchObject({
      statusCode: 429,
      multiValueHeaders: { 'content-type': ['application/problem+json'], 'retry-after': ['2'] },
    });
  });

  test('does not report an error with a status below 500', async () => {
    const onServerError = vi.fn<() => void>();

    await responseTo(missing, { onServerError });

    expect(onServerError).not.toHaveBeenCalled();
  });

  test('hands an error with a status of 500 or more to onServerError', async () => {
    const seen: unknown[] = [];
    const broken = new Error('broken');

    await responseTo(broken, { onServerError: (error) => seen.push(error) });

    expect(seen).toEqual([broken]);
  });

  test.each([
    ['throws', () => expect.fail('no log today')],
    ['rejects', () => Promise.reject(new Error('no log today'))],
  ])('answers when onServerError %s', async (_, onServerError) => {
    expect(await responseTo(new Error('broken'), { onServerError })).toMatchObject({ statusCode: 500 });
  });

  test('leaves the response of another middleware alone', async () => {
    const handler = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(problemDetails<unknown, unknown>())
      .onError((request) => {
        request.response = { statusCode: 302 };
      })
      .handler(() => Promise.reject(new Error('moved')));

    expect(await handler(httpEvent(), context)).toEqual({ statusCode: 302 });
  });

  const restEvent = { httpMethod: 'GET', path: '/', requestContext: { httpMethod: 'GET', stage: 'prod' } };
  test.each<[string, object]>([
    ['an HTTP API or a function URL', httpEvent()],
    ['a REST API', restEvent],
    ['VPC Lattice', { method: 'GET', path: '/', requestContext: { serviceNetworkArn: 'a' } }],
    ['VPC Lattice in its first form', { method: 'GET', raw_path: '/' }],
    ['a load balancer', { httpMethod: 'GET', path: '/', requestContext: { elb: { targetGroupArn: 'a' } } }],
    [
      'a WebSocket API',
      { requestContext: { connectionId: 'c', eventType: 'CONNECT', routeKey: '$connect' } },
    ],
  ])('answers a request of %s', async (_, event) => {
    expect(await responseTo(missing, {}, event)).toMatchObject({ statusCode: 404 });
  });

  test.each<[string, unknown]>([
    ['the batch of a queue', { Records: [{ messageId: 'm', body: '{}', eventSource: 'aws:sqs' }] }],
    ['the batch of a stream', { Records: [{ eventID: '1', dynamodb: {}, eventSource: 'aws:dynamodb' }] }],
    ['an event of a bus', { 'detail-type': 'order.placed', source: 'shop', detail: {} }],
    ['a destination', { requestContext: { condition: 'RetriesExhausted' }, requestPayload: {} }],
    ['an authorizer of a REST API', { ...restEvent, type: 'REQUEST', methodArn: 'a' }],
    ['a direct invocation', { orderId: 7 }],
    ['a direct invocation with a context that is null', { requestContext: null }],
    ['a direct invocation without an event', null],
  ])('throws the error on for %s', async (_, event) => {
    const onServerError = vi.fn<() => void>();
    const broken = new Error('broken');

    await expect(responseTo(broken, { onServerError }, event)).rejects.toBe(broken);

    expect(onServerError).not.toHaveBeenCalled();
  });

  test('throws an error of another middleware on for the batch of a queue', async () => {
    const handler = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(problemDetails<unknown, unknown>())
      .before(() => Promise.reject(missing))
      .handler(async () => ({ batchItemFailures: [] }));

    await expect(handler({ Records: [] }, context)).rejects.toBe(missing);
  });

  test.each([{ onServerError: 'log' }, { colour: 'red' }])('refuses the options %j', (options) => {
    expect(() => problemDetails(options as ProblemDetailsOptions)).toThrow(InvalidOptionError);
  });
});

describe('the log line of problemDetails', () => {
  test('has the name, the code, the message and the stack of a FibrinError', async () => {
    expect(await logged(new FibrinError('DOWN', 'it is down'))).toEqual({
      level: 'ERROR',
      error: 'FibrinError',
      message: 'it is down',
      code: 'DOWN',
      stack: expect.stringMatching(/^ {4}at .*problem-details\.test/),
    });
  });

  test('has the message of a FibrinError of another copy of the package', async () => {
    vi.resetModules();
    const other = await import('../../lib/core/errors.ts');
    const copy = new other.FibrinError('DOWN', 'it is down');
    expect(copy).not.toBeInstanceOf(FibrinError);

    expect(await logged(copy)).toMatchObject({ message: 'it is down', code: 'DOWN' });
  });

  test('has the name, the code and the stack of another error, and never its message', async () => {
    const parse = async () => JSON.parse('{"password":"hunter2"');
    const thrown = await parse().catch((error: unknown) => error);

    expect(await lineFor(thrown)).not.toContain('hunter');
    expect(await logged(Object.assign(new TypeError('hunter2'), { code: 'ERR_X' }))).toEqual({
      level: 'ERROR',
      error: 'TypeError',
      code: 'ERR_X',
      stack: expect.stringMatching(/^ {4}at .*problem-details\.test/),
    });
  });

  test.each(['hunter2\n    at hunter2 (hunter2:1:1)', 'hunter2\r\n    at hunter2', 'Error', ''])(
    'has only frames of a stack whose message is %j',
    async (message) => {
      const line = await lineFor(new Error(message));

      expect(line).not.toContain('hunter');
      expect(JSON.parse(line).stack).toMatch(/^ {4}at .*problem-details\.test/);
    },
  );

  test('has only frames of a stack whose message was changed later', async () => {
    const error = new Error('hunter2');
    // Node makes the text of a stack when it is first read.
    expect(error.stack).toContain('hunter2');
    error.message = 'changed';

    const line = await lineFor(error);

    expect(line).not.toMatch(/hunter|changed/);
    expect(JSON.parse(line).stack).toMatch(/^ {4}at .*problem-details\.test/);
  });

  test('has the causes of an error, each with its name and code', async () => {
    const refused = Object.assign(new Error('hunter2'), { code: 'ECONNREFUSED' });
    const fetched = new TypeError('hunter2', { cause: refused });
    const down = new FibrinError('DOWN', 'it is down', { cause: fetched });

    expect(await logged(new Error('hunter2', { cause: down }))).toMatchObject({
      error: 'Error',
      causes: [
        { error: 'FibrinError', message: 'it is down', code: 'DOWN' },
        { error: 'TypeError' },
        { error: 'Error', code: 'ECONNREFUSED' },
      ],
    });
  });

  test('has five causes at most, and ends for an error that is its own cause', async () => {
    const chain = Array.from({ length: 9 }).reduce<Error>(
      (cause) => new Error('x', { cause }),
      new Error('x'),
    );
    const own = new Error('own');
    own.cause = own;

    expect((await logged(chain))['causes']).toEqual(Array(5).fill({ error: 'Error' }));
    expect(await logged(own)).toMatchObject({ error: 'Error' });
  });

  test.each<[unknown, string]>([
    ['hunter2', 'string'],
    [7, 'number'],
    [Symbol('hunter2'), 'symbol'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Object.create(null), 'object'],
    [{ message: 'hunter2' }, 'object'],
  ])('has the type of what is thrown and is no error: %o', async (thrown, type) => {
    expect(await logged(thrown)).toEqual({ level: 'ERROR', error: type });
  });

  test('cuts a name and a code after 100 characters, and keeps a code that is a number', async () => {
    const long = 'x'.repeat(101);

    expect(await logged(Object.assign(new Error(''), { name: long, code: long }))).toMatchObject({
      error: long.slice(1),
      code: long.slice(1),
    });
    expect(await logged({ name: 'X', code: 7 })).toEqual({ level: 'ERROR', error: 'X', code: 7 });
  });

  test.each(unreadableErrors())('is written for %s', async (_, make) => {
    const line = await logged(make());

    expect(line).toMatchObject({ level: 'ERROR', error: expect.any(String) });
    for (const value of Object.values(line)) expect(Array.isArray(value) || typeof value).not.toBe('object');
  });
});
