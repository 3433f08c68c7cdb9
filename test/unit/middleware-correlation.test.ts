import { AsyncLocalStorage } from 'node:async_hooks';
import middy from '@middy/core';
import { describe, expect, test } from 'vitest';
import { FibrinError } from '../../lib/core/errors.ts';
import { sqsBatch } from '../../lib/events/sqs-batch.ts';
import { correlation } from '../../lib/middleware/correlation.ts';
import { problemDetails } from '../../lib/middleware/problem-details.ts';
import type { CorrelationOptions } from '../../lib/telemetry/correlated-invocations.ts';
import {
  correlated,
  correlationHeaders,
  correlationId,
  enterCorrelation,
} from '../../lib/telemetry/correlation.ts';
import { seededRandom } from '../../lib/testing/index.ts';
import { httpEvent, manyValueEvent } from '../support/http-event.ts';
import { contextWith } from '../support/lambda-context.ts';

/** Runs something where no test has entered a correlation. */
const outside = AsyncLocalStorage.snapshot();

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const context = contextWith();
const request = (id: string) => ({ headers: { 'X-Correlation-Id': id } });

function lambdaWith(handler: () => Promise<unknown>, options: CorrelationOptions = {}) {
  return middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
    .use(correlation<unknown, unknown>({ random: seededRandom(1), ...options }))
    .handler(handler);
}

/** Ready only when all who come together have come, so that they are interleaved. */
function meetingOf(guests: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let missing = guests;
  return () => {
    if (--missing === 0) resolve();
    return promise;
  };
}

describe('the correlation middleware', () => {
  test('gives each of several invocations at once its own id, after awaits and timers', async () => {
    const meet = [meetingOf(2), meetingOf(2), meetingOf(2)];
    const lambda = lambdaWith(async () => {
      const seen = [correlationId()];
      for (const each of meet) {
        await each();
        seen.push(correlationId());
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(correlationId());
      }
      return seen;
    });

    const [a, b] = await Promise.all([lambda(request('a'), context), lambda(request('b'), context)]);

    expect(a).toEqual(Array(7).fill('a'));
    expect(b).toEqual(Array(7).fill('b'));
  });

  test('gives the handler the id, among middlewares that wait', async () => {
    const waits = {
      before: () => new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
    };
    const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(waits)
      .use(correlation<unknown, unknown>())
      .use(waits)
      .handler(async () => correlationId());

    expect(await lambda(request('a'), context)).toBe('a');
  });

  test('would give the handler no id if it entered one after an await', async () => {
    const late = {
      before: async () => {
        await Promise.resolve();
        enterCorrelation({ id: 'late', header: 'x-correlation-id' });
      },
    };
    const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(late)
      .handler(async () => correlationId());

    expect(await outside(() => lambda({}, context))).toBeUndefined();
  });

  test('gives the headers to send on, with the trace context as it came', async () => {
    const lambda = lambdaWith(async () => correlationHeaders());

    const headers = { 'x-correlation-id': 'a', traceparent: TRACEPARENT };
    expect(await lambda({ headers }, context)).toEqual(headers);
    expect(await lambda(request('a'), context)).toEqual({ 'x-correlation-id': 'a' });
    expect(outside(correlationHeaders)).toEqual({});
    expect(outside(correlationId)).toBeUndefined();
  });

  test.each([
    ['no id', {}],
    ['an id that is not valid', request('<script>')],
  ])('makes a new id for each event with %s', async (_, event) => {
    const lambda = lambdaWith(async () => correlationId());

    expect(await lambda(event, context)).toBe('token-1-1');
    expect(await lambda(event, context)).toBe('token-1-2');
  });

  test('makes ids that are valid by default', async () => {
    const lambda = middy<unknown, unknown>()
      .use(correlation<unknown, unknown>())
      .handler(async () => correlationId());

    expect(await lambda({}, context)).toMatch(/^[A-Za-z0-9._:-]{1,128}$/);
  });

  test('brings the id back in an HTTP answer, in the chosen header', async () => {
    const lambda = lambdaWith(async () => ({ statusCode: 200, headers: { etag: '1' }, body: '' }), {
      header: 'x-request-id',
    });

    expect(await lambda({ headers: { 'x-request-id': 'a' } }, context)).toEqual({
      statusCode: 200,
      headers: { etag: '1', 'x-request-id': 'a' },
      body: '',
    });
  });

  test('brings the id back in the list of headers that a load balancer reads, in the place of another', async () => {
    const multiValueHeaders = { 'set-cookie': ['a=1', 'b=2'], 'X-Correlation-Id': ['b'] };

    expect(
      await lambdaWith(async () => ({ statusCode: 200, multiValueHeaders }))(manyValueEvent(), context),
    ).toEqual({
      statusCode: 200,
      multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'], 'x-correlation-id': ['a'] },
    });
  });

  test('brings the id back in the answer to an error, and does not change an error without an answer', async () => {
    const missing = () => Promise.reject(new FibrinError('NO_SUCH_ORDER', 'no', { status: 404 }));
    const answered = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(correlation<unknown, unknown>())
      .use(problemDetails<unknown, unknown>())
      .handler(missing);

    expect(await answered(httpEvent(request('a')), context)).toMatchObject({
      statusCode: 404,
      headers: { 'content-type': 'application/problem+json', 'x-correlation-id': 'a' },
    });
    await expect(lambdaWith(missing)(request('a'), context)).rejects.toMatchObject({ code: 'NO_SUCH_ORDER' });
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['text', 'done'],
    ['data without a status', { headers: { a: 1 } }],
  ])('does not change an answer that is not HTTP: %s', async (_, answer) => {
    expect(await lambdaWith(async () => answer)(request('a'), context)).toEqual(answer);
  });

  test('does not change the answer to an error from before it began', async () => {
    const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .before(() => Promise.reject(new Error('early')))
      .use(correlation<unknown, unknown>())
      .onError(async (failed) => {
        failed.response = { statusCode: 500 };
      })
      .handler(async () => 'never');

    expect(await lambda(request('a'), context)).toEqual({ statusCode: 500 });
  });

  test.each([
    [{ header: 'x correlation' }, /`header` to be a name/],
    [{ headers: 'a' }, /unknown option `headers`/],
  ])('refuses bad options when it is constructed: %j', (options, reason) => {
    expect(() => correlation(options as CorrelationOptions)).toThrow(reason);
  });
});

describe('the handler of a queue', () => {
  const record = (messageId: string, id?: string) => ({
    messageId,
    body: 'x',
    messageAttributes: id === undefined ? {} : { correlationId: { stringValue: id } },
  });

  test('runs each record under its own id, with the header of the invocation', async () => {
    const meet = meetingOf(3);
    const seen: Record<string, unknown> = {};
    const handle = async ({ messageId }: { readonly messageId: string }) => {
      await meet();
      seen[messageId] = [correlationId(), correlationHeaders()];
    };
    const lambda = lambdaWith(
      () =>
        sqsBatch(correlated(handle, seededRandom(2)))(
          { Records: [record('1', 'a'), record('2', 'b'), record('3')] },
          context,
        ),
      { header: 'x-request-id' },
    );

    expect(await lambda({}, context)).toEqual({ batchItemFailures: [] });

    expect(seen).toEqual({
      1: ['a', { 'x-request-id': 'a' }],
      2: ['b', { 'x-request-id': 'b' }],
      3: ['token-2-1', { 'x-request-id': 'token-2-1' }],
    });
  });

  test('correlates records without the middleware too', async () => {
    const handle = async () => correlationHeaders();
    expect(await outside(() => correlated(handle)(record('1', 'a'), context))).toEqual({
      'x-correlation-id': 'a',
    });
  });
});
