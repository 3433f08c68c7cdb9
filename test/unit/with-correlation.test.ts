import { AsyncLocalStorage } from 'node:async_hooks';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  type CorrelationOptions,
  correlatedInvocations,
} from '../../lib/telemetry/correlated-invocations.ts';
import { correlated, correlationHeaders, correlationId } from '../../lib/telemetry/correlation.ts';
import { withCorrelation } from '../../lib/telemetry/with-correlation.ts';
import { seededRandom } from '../../lib/testing/index.ts';
import { contextWith } from '../support/lambda-context.ts';

/** Runs something where no test has entered a correlation. */
const outside = AsyncLocalStorage.snapshot();

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const context = contextWith();
const request = (id: string) => ({ headers: { 'X-Correlation-Id': id } });
const aTurn = () => new Promise((resolve) => setImmediate(resolve));

const answering = (answer: unknown, options: CorrelationOptions = {}) =>
  withCorrelation(options, (_event: unknown, _context: unknown) => answer);

describe('withCorrelation', () => {
  it('gives each of several invocations at once its own id, after awaits and timers', async () => {
    const lambda = withCorrelation({}, async (_event: object, _context: object) => {
      const seen = [correlationId()];
      for (let turns = 0; turns < 3; turns++) {
        await aTurn();
        seen.push(correlationId());
      }
      return seen;
    });

    const [a, b] = await Promise.all([lambda(request('a'), context), lambda(request('b'), context)]);

    expect(a).toEqual(Array(4).fill('a'));
    expect(b).toEqual(Array(4).fill('b'));
  });

  it('leaks no id, neither while an invocation runs nor after it', async () => {
    await outside(async () => {
      const running = answering(aTurn())(request('a'), context);
      expect(correlationId()).toBeUndefined();
      await running;
      expect([correlationId(), correlationHeaders()]).toEqual([undefined, {}]);
    });
  });

  it('keeps the id for work that the handler left running, also while the next invocation runs', async () => {
    const { promise: next, resolve: begin } = Promise.withResolvers<void>();
    const left: Promise<unknown>[] = [];
    const first = withCorrelation({}, () => {
      left.push(next.then(() => [correlationId(), correlationHeaders()]));
      return 'ok';
    });
    await first(request('a'), context);
    await answering(begin())(request('b'), context);

    expect(await Promise.all(left)).toEqual([['a', { 'x-correlation-id': 'a' }]]);
  });

  it('gives the headers to send on, with the trace context of the caller', async () => {
    const lambda = withCorrelation({}, async (_event: object, _context: object) => correlationHeaders());
    const headers = { 'x-correlation-id': 'a', traceparent: TRACEPARENT, tracestate: 'a=1,b=2' };

    expect(await lambda({ headers }, context)).toEqual(headers);
    expect(await lambda({ headers: { ...headers, tracestate: 'A=1' } }, context)).toEqual({
      ...{ 'x-correlation-id': 'a', traceparent: TRACEPARENT },
    });
    expect(await lambda(request('a'), context)).toEqual({ 'x-correlation-id': 'a' });
  });

  it.each([
    ['no id', {}],
    ['an id that is not valid', request('<script>')],
    ['no event', undefined],
  ])('makes a new id for each event with %s', async (_, event) => {
    const lambda = withCorrelation({ random: seededRandom(1) }, (_event: unknown, _context: object) =>
      correlationId(),
    );

    expect(await lambda(event, context)).toBe('token-1-1');
    expect(await lambda(event, context)).toBe('token-1-2');
  });

  it('makes valid ids by default', async () => {
    expect(await withCorrelation({}, () => correlationId())({}, context)).toMatch(/^[A-Za-z0-9._:-]{1,128}$/);
  });

  it('puts the id into an HTTP answer, under the header of the option and no other spelling of it', async () => {
    const answer = { statusCode: 200, headers: { etag: '1', 'X-Request-ID': 'own' }, body: '' };
    const event = { headers: { 'x-request-id': 'a' } };
    expect(await answering(answer, { header: 'x-request-id' })(event, context)).toEqual({
      ...answer,
      headers: { etag: '1', 'x-request-id': 'a' },
    });
    expect(answer.headers).toEqual({ etag: '1', 'X-Request-ID': 'own' });
  });

  it.each([undefined, null])('puts the id into an HTTP answer with the headers %s', async (headers) => {
    expect(await answering({ statusCode: 204, headers })(request('a'), context)).toEqual({
      statusCode: 204,
      headers: { 'x-correlation-id': 'a' },
    });
  });

  it('puts the id into an answer whose body is a stream, and leaves the stream unread', async () => {
    const body = Readable.from(['a']);
    const answer = await answering({ statusCode: 200, body })(request('a'), context);
    expect(answer).toMatchObject({ headers: { 'x-correlation-id': 'a' } });
    expect((answer as { body: unknown }).body).toBe(body);
    expect(body.readableDidRead).toBe(false);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'done'],
    ['data without a status', { headers: { a: 1 } }],
    ['a stream', Readable.from(['a'])],
    ['a stream with a status', Object.assign(new IncomingMessage(new Socket()), { statusCode: 200 })],
    ['a web stream with a status', Object.assign(new ReadableStream(), { statusCode: 200 })],
    ['an answer with its own JSON', { statusCode: 200, toJSON: () => ({}) }],
    ['an answer with a `Headers` object', { statusCode: 200, headers: new Headers({ etag: '1' }) }],
    ['an answer that cannot be read', new Proxy({ statusCode: 200 }, { has: () => thrown(new Error('x')) })],
  ])('hands on as it is: %s', async (_, answer) => {
    expect(await answering(answer)(request('a'), context)).toBe(answer);
  });

  it.each<[string, (error: Error) => unknown]>([
    ['throws', thrown],
    ['rejects', (error) => Promise.reject(error)],
  ])('hands on the error of a handler that %s', async (_, fail) => {
    const error = new Error('x');
    await expect(withCorrelation({}, () => fail(error))({}, context)).rejects.toBe(error);
  });

  it('hands the response stream and the context of a streaming handler on', async () => {
    const responseStream = { write: () => true };
    const lambda = withCorrelation({}, async (...args: [event: object, stream: object, context: object]) => [
      correlationId(),
      ...args,
    ]);
    const event = request('a');
    expect(await lambda(event, responseStream, context)).toEqual(['a', event, responseStream, context]);
  });

  it.each([
    [{ header: 'x correlation' }, /withCorrelation: expected `header` to be a name/],
    [{ headers: 'a' }, /unknown option `headers`/],
  ])('refuses bad options: %j', (options, reason) => {
    expect(() => withCorrelation(options as CorrelationOptions, async () => 'ok')).toThrow(reason);
  });
});

describe('an entered correlation', () => {
  const invocations = correlatedInvocations('correlation', {});

  it('leaks into its caller and the work that it left running, and has no id for either once it has ended', async () => {
    await outside(async () => {
      const invocation = invocations.begin(request('a'), context);
      invocation.activate();
      const { promise, resolve } = Promise.withResolvers<void>();
      const left = promise.then(() => correlationId());
      expect(correlationId()).toBe('a');

      invocation.end({ response: 'ok' });
      resolve();

      expect([correlationId(), correlationHeaders()]).toEqual([undefined, {}]);
      expect(await left).toBeUndefined();
    });
  });

  it('does not end the correlation of an invocation that was begun after it', async () => {
    await outside(async () => {
      const [first, second] = ['a', 'b'].map((id) => invocations.begin(request(id), context));
      first?.activate();
      second?.activate();
      first?.end({ error: new Error('x') });
      expect(correlationId()).toBe('b');
      second?.end({ error: undefined });
      expect(correlationId()).toBeUndefined();
    });
  });

  it('gives no header to records that are handled after it has ended', async () => {
    await outside(async () => {
      const named = correlatedInvocations('correlation', { header: 'x-request-id' });
      const invocation = named.begin({}, context);
      invocation.activate();
      const handle = correlated(async () => correlationHeaders());
      const record = {
        messageAttributes: {
          correlationId: { stringValue: 'sqs-1' },
          traceparent: { stringValue: TRACEPARENT },
          tracestate: { stringValue: 'a=1' },
        },
      };
      const trace = { traceparent: TRACEPARENT, tracestate: 'a=1' };
      expect(await handle(record, context)).toEqual({ 'x-request-id': 'sqs-1', ...trace });
      invocation.end({ response: undefined });
      expect(await handle(record, context)).toEqual({ 'x-correlation-id': 'sqs-1', ...trace });
    });
  });

  it('gives back the answer with the id, and nothing for an error', () => {
    const invocation = invocations.begin(request('a'), context);
    expect(invocation.end({ response: { statusCode: 200 } })).toEqual({
      statusCode: 200,
      headers: { 'x-correlation-id': 'a' },
    });
    expect(invocation.end({ error: undefined })).toBeUndefined();
  });
});

function thrown(error: unknown): never {
  throw error;
}
