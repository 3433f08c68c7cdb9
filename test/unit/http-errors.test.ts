import middy from '@middy/core';
import httpErrorHandler from '@middy/http-error-handler';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import createError from 'http-errors';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BreakerOpenError, FibrinError } from '../../lib/core/errors.ts';
import type { HttpResponse } from '../../lib/core/problem.ts';
import { idempotentHttp } from '../../lib/idempotency/http.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import { bodyField } from '../../lib/idempotency/sources.ts';
import { problemDetails } from '../../lib/middleware/problem-details.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { httpEvent } from '../support/http-event.ts';

interface Event {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const event = (body = '{"id":7}'): never =>
  httpEvent({ headers: { 'content-type': 'application/json', 'idempotency-key': 'k' }, body }) as never;
const context = { getRemainingTimeInMillis: () => 3_000 } as never;
const thrown = (error: unknown) => () => Promise.reject(error);
const asProblem = (handle: () => Promise<never>) =>
  middy<Event, HttpResponse>().use(problemDetails()).handler(handle);
const bodyOf = ({ body }: HttpResponse): unknown => JSON.parse(body);

beforeEach(() => void vi.spyOn(console, 'error').mockReturnValue(undefined));
afterEach(() => void vi.restoreAllMocks());

describe('problemDetails', () => {
  test.each([
    [404, 'There is no order 7', createError(404, 'There is no order 7')],
    [422, 'short of stock', createError(422, 'short of stock')],
    [404, undefined, createError(404, 'hunter2', { expose: false })],
    [503, undefined, createError(503, 'hunter2')],
    [503, 'closed on Sundays', createError(503, 'closed on Sundays', { expose: true })],
  ])('answers %d for an error of http-errors, and says %s', async (status, detail, error) => {
    const answer = await asProblem(thrown(error))(event(), context);

    expect(answer.statusCode).toBe(status);
    expect(bodyOf(answer)).toMatchObject({ status, ...(detail !== undefined && { detail }) });
    expect(answer.body).not.toContain('hunter2');
  });

  test('answers 422 for what a parser of Middy refuses', async () => {
    const handler = middy<Event, HttpResponse>()
      .use(problemDetails())
      .use(httpJsonBodyParser() as object)
      .handler(thrown(new Error('not reached')));

    expect(await handler(event('{"id":'), context)).toMatchObject({ statusCode: 422 });
  });

  test.each([
    ['without a mark', { statusCode: 404 }],
    ['with a mark that is no boolean', { statusCode: 404, expose: 'yes' }],
    ['with a status that is no error', { statusCode: 200, expose: true }],
    ['without a status', { expose: true }],
  ])('answers a bare 500 for an error %s', async (_, members) => {
    const answer = await asProblem(thrown(Object.assign(new Error('hunter2'), members)))(event(), context);

    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('hunter2');
  });

  test('says nothing of the code of another library', async () => {
    const error = Object.assign(createError(409, 'taken'), { code: 'ER_DUP_ENTRY' });

    expect((await asProblem(thrown(error))(event(), context)).body).not.toContain('ER_DUP_ENTRY');
  });
});

describe('the error handler of Middy', () => {
  test.each([
    [404, 'There is no order 7', new FibrinError('X', 'There is no order 7', { status: 404 })],
    // It answers 500 for whatever is not to be exposed.
    [500, undefined, new BreakerOpenError('posts', 1_000)],
    [500, undefined, new FibrinError('X', 'hunter2')],
  ])('answers %d for an error of this package, and says %s', async (statusCode, body, error) => {
    const handler = middy<Event, HttpResponse>()
      .use(httpErrorHandler({ logger: false }))
      .handler(thrown(error));
    const answer = await handler(event(), context);

    expect(answer.statusCode).toBe(statusCode);
    expect(answer.body).toEqual(body);
  });

  test('answers 409 for a request whose first one is under way', async () => {
    const { promise } = Promise.withResolvers<never>();
    const once = idempotent({ store: memoryStore(), operation: 'a', key: () => 'k' }, () => promise);
    void once({}, context);
    const handler = middy<Event, HttpResponse>()
      .use(httpErrorHandler({ logger: false }))
      .handler(once);

    expect(await handler(event(), context)).toMatchObject({ statusCode: 409 });
  });
});

test('idempotentHttp answers with an error of http-errors', async () => {
  const handler = idempotentHttp(
    { principal: null, store: memoryStore(), operation: 'a' },
    thrown(createError(404, 'There is no order 7')) as () => Promise<HttpResponse>,
  );

  expect(await handler(event(), context)).toMatchObject({
    statusCode: 404,
    headers: { 'content-type': 'application/problem+json' },
  });
});

test('bodyField takes the body that a parser of Middy has left', async () => {
  const ids: unknown[] = [];
  const handler = middy<Event, HttpResponse>()
    .use(httpJsonBodyParser() as object)
    .handler(async (parsed: object) => {
      ids.push(bodyField('id')(parsed));
      return { statusCode: 200, headers: {}, body: '' };
    });
  await handler(event(), context);

  expect(ids).toEqual([7]);
});
