import middy from '@middy/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { BreakerOpenError, FibrinError, StoreError } from '../../lib/core/errors.ts';
import { toProblem } from '../../lib/core/problem.ts';
import { problemDetails } from '../../lib/middleware/problem-details.ts';
import { contextWith } from '../support/lambda-context.ts';

const context = contextWith();

function world(thrown: unknown, options?: Parameters<typeof problemDetails>[0]) {
  const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
    .use(problemDetails<unknown, unknown>(options))
    .handler(() => Promise.reject(thrown));
  return lambda({}, context);
}

const bodyOf = (answer: unknown): unknown => JSON.parse((answer as { body: string }).body);

describe('an error meant for callers', () => {
  const missing = new FibrinError('NO_SUCH_ORDER', 'There is no order 7', { status: 404 });

  test('becomes an answer with its status, its code and what it says', async () => {
    const answer = await world(missing);

    expect(answer).toMatchObject({
      statusCode: 404,
      headers: { 'content-type': 'application/problem+json' },
    });
    expect(bodyOf(answer)).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'There is no order 7',
      code: 'NO_SUCH_ORDER',
    });
  });

  test('is nothing to wake the operators for', async () => {
    const onServerError = vi.fn<() => void>();

    await world(missing, { onServerError });

    expect(onServerError).not.toHaveBeenCalled();
  });

  test('says when to call again in whole seconds, rounded up', () => {
    expect(toProblem(new BreakerOpenError('posts', 1_001)).headers).toMatchObject({ 'retry-after': '2' });
  });

  test('asks for a second where a 503 does not know when to come back, and for nothing elsewhere', () => {
    const down = [new StoreError('down'), new FibrinError('DOWN', 'down', { status: 503 })];

    for (const error of down) expect(toProblem(error).headers).toMatchObject({ 'retry-after': '1' });
    expect(toProblem(missing).headers).not.toHaveProperty('retry-after');
    expect(toProblem(new Error('broken')).headers).not.toHaveProperty('retry-after');
  });

  test.each([Number.NaN, Infinity, -1, 'soon'])(
    'asks for the usual wait where it knows none: %s',
    (retryAfterMs) => {
      const busy = Object.assign(new FibrinError('BUSY', 'busy', { status: 503 }), { retryAfterMs });

      expect(toProblem(busy).headers).toMatchObject({ 'retry-after': '1' });
    },
  );

  test('is answered the same when another copy of the package made it', async () => {
    const copy = new URL('../../lib/core/errors.ts?third', import.meta.url).href;
    const other = (await import(/* @vite-ignore */ copy)) as typeof import('../../lib/core/errors.ts');

    expect(toProblem(new other.BreakerOpenError('posts', 1))).toEqual(
      toProblem(new BreakerOpenError('posts', 1)),
    );
  });

  test('has a title even for a status without a usual one', () => {
    const teapot = toProblem(new FibrinError('TEAPOT', 'short and stout', { status: 418 }));

    expect(teapot.statusCode).toBe(418);
    expect(bodyOf(teapot)).toMatchObject({ title: 'Error' });
  });
});

describe('any other error', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test.each<[string, unknown]>([
    ['an error', new Error('password=hunter2')],
    ['an error of another library with a status', Object.assign(new Error('hunter2'), { status: 404 })],
    ['an error of the toolkit without a status', new FibrinError('NOT_JSON', 'hunter2')],
    ['a string', 'hunter2'],
    ['null', null],
    ['nothing', undefined],
  ])('is a bare 500 that says nothing more: %s', async (_, thrown) => {
    vi.spyOn(console, 'error').mockReturnValue(undefined);

    const answer = await world(thrown);

    expect(answer).toMatchObject({ statusCode: 500 });
    expect(bodyOf(answer)).toEqual({ type: 'about:blank', title: 'Internal Server Error', status: 500 });
  });

  test('of our own with a status of 5xx keeps its status and hides its message', () => {
    const down = toProblem(new FibrinError('DOWN', 'table "secret" is down', { status: 503 }));

    expect(bodyOf(down)).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      code: 'DOWN',
    });
  });

  test('is handed to `onServerError`', async () => {
    const seen: unknown[] = [];
    const broken = new Error('broken');

    await world(broken, { onServerError: (error) => seen.push(error) });

    expect(seen).toEqual([broken]);
  });

  async function logged(thrown: unknown): Promise<unknown> {
    const print = vi.spyOn(console, 'error').mockReturnValue(undefined);
    await world(thrown);
    expect(print).toHaveBeenCalledTimes(1);
    const line = String(print.mock.calls[0]?.[0]);
    expect(line).not.toContain('\n');
    return JSON.parse(line);
  }

  test.each<[unknown, object]>([
    [
      new FibrinError('DOWN', 'it is down'),
      {
        error: 'FibrinError',
        message: 'it is down',
        code: 'DOWN',
        stack: expect.stringContaining('problem-details.test'),
      },
    ],
    ['a string', { message: 'a string' }],
    [null, { message: 'null' }],
  ])('is one line of JSON on stderr by default: %s', async (thrown, line) => {
    expect(await logged(thrown)).toEqual({ level: 'ERROR', ...line });
  });

  test('is logged with what caused it', async () => {
    const refused = Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' });
    const fetched = new TypeError('fetch failed', { cause: refused });

    expect(await logged(new FibrinError('DOWN', 'it is down', { cause: fetched }))).toMatchObject({
      message: 'it is down',
      causes: [
        { error: 'TypeError', message: 'fetch failed' },
        { error: 'Error', message: 'connect failed', code: 'ECONNREFUSED' },
      ],
    });
  });

  test('is logged with five causes at most', async () => {
    const chain = Array.from({ length: 9 }).reduce<Error>(
      (cause, _, at) => new Error(`${at}`, { cause }),
      new Error('first'),
    );

    const { causes } = (await logged(chain)) as { causes: { message: string }[] };

    expect(causes.map(({ message }) => message)).toEqual(['7', '6', '5', '4', '3']);
  });

  test('is logged once when it is its own cause', async () => {
    const own = new Error('own');
    own.cause = own;

    expect(await logged(own)).not.toHaveProperty('causes');
  });
});

describe('an answer that another middleware has given', () => {
  test('is not changed', async () => {
    const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(problemDetails<unknown, unknown>())
      .onError((request) => {
        request.response = { statusCode: 302 };
      })
      .handler(() => Promise.reject(new Error('moved')));

    expect(await lambda({}, context)).toEqual({ statusCode: 302 });
  });
});
