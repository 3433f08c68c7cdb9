import { describe, expect, test, vi } from 'vitest';
import { BreakerOpenError, FibrinError, StoreError } from '../../lib/core/errors.ts';
import { toProblem } from '../../lib/core/problem.ts';
import { unreadableErrors } from '../support/unreadable-errors.ts';

const bodyOf = (error: unknown): unknown => JSON.parse(toProblem(error).body);
const waitOf = (error: unknown): string | undefined => toProblem(error).headers['retry-after'];
const BARE = { type: 'about:blank', title: 'Internal Server Error', status: 500 };

describe('toProblem', () => {
  test.each<[string, unknown]>([
    ['an error', new Error('password=hunter2')],
    ['a foreign error with a status', Object.assign(new Error('hunter2'), { status: 404 })],
    ['a FibrinError without a status', new FibrinError('NOT_JSON', 'hunter2')],
    ['a string', 'hunter2'],
    ['null', null],
    ['undefined', undefined],
  ])('makes a bare 500 of %s', (_, thrown) => {
    expect(toProblem(thrown)).toEqual({
      statusCode: 500,
      headers: { 'content-type': 'application/problem+json' },
      body: JSON.stringify(BARE),
    });
  });

  test.each([Number.NaN, 0, 200, 304, 399, 404.5, 600, Infinity, '404', {}])(
    'makes a bare 500 of a FibrinError whose status is %o',
    (status) => {
      expect(bodyOf(Object.assign(new FibrinError('X', 'hunter2'), { status }))).toEqual(BARE);
    },
  );

  test('keeps the status and the code of a 5xx, and not its message', () => {
    expect(bodyOf(new FibrinError('DOWN', 'table "hunter2" is down', { status: 503 }))).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      code: 'DOWN',
    });
  });

  test.each([
    [415, 'Unsupported Media Type'],
    [413, 'Content Too Large'],
    [422, 'Unprocessable Content'],
    [499, 'Error'],
  ])('titles a %d "%s"', (status, title) => {
    expect(bodyOf(new FibrinError('X', 'x', { status }))).toMatchObject({ status, title });
  });

  test('knows a FibrinError of another copy of the package', async () => {
    vi.resetModules();
    const other = await import('../../lib/core/errors.ts');
    const details = { status: 404, retryAfterMs: 1_500 };
    const copy = new other.FibrinError('NO_SUCH_ORDER', 'There is no order 7', details);
    expect(copy).not.toBeInstanceOf(FibrinError);

    expect(bodyOf(copy)).toMatchObject({ status: 404, detail: 'There is no order 7', code: 'NO_SUCH_ORDER' });
    expect(waitOf(copy)).toBe('2');
  });

  test.each([
    [0, '0'],
    [-0, '0'],
    [0.1, '1'],
    [1_000, '1'],
    [1_001, '2'],
    [1e300, '2147483647'],
  ])('rounds a wait of %d ms up to %s seconds', (retryAfterMs, seconds) => {
    expect(waitOf(new FibrinError('X', 'x', { status: 429, retryAfterMs }))).toBe(seconds);
  });

  test.each([Number.NaN, -1, Infinity, -Infinity, '5', 5n, null, {}, Symbol('x')])(
    'ignores a wait of %o: only a 503 then asks for a second',
    (retryAfterMs) => {
      const withStatus = (status: number) =>
        Object.assign(new FibrinError('X', 'x', { status }), { retryAfterMs });

      expect(waitOf(withStatus(429))).toBeUndefined();
      expect(waitOf(withStatus(503))).toBe('1');
    },
  );

  test('asks for the wait of the error, and for a second where a 503 has none', () => {
    expect(waitOf(new BreakerOpenError('posts', 1_001))).toBe('2');
    expect(waitOf(new StoreError('down'))).toBe('1');
    expect(waitOf(new FibrinError('X', 'x', { status: 404 }))).toBeUndefined();
  });

  test.each(unreadableErrors())('answers with a problem for %s', (_, make) => {
    const { statusCode, body } = toProblem(make());

    expect([500, 503]).toContain(statusCode);
    expect(JSON.parse(body)).toMatchObject({ status: statusCode, type: 'about:blank' });
  });

  test('keeps the status of a FibrinError whose message and code cannot be read', () => {
    const error = new FibrinError('X', 'x', { status: 404 });
    const fail = () => expect.fail('not to be read');
    for (const name of ['message', 'code', 'retryAfterMs']) Object.defineProperty(error, name, { get: fail });

    expect(bodyOf(error)).toEqual({ type: 'about:blank', title: 'Not Found', status: 404 });
    expect(
      bodyOf(Object.assign(new FibrinError('X', 'x', { status: 409 }), { message: {}, code: 7 })),
    ).toEqual({
      type: 'about:blank',
      title: 'Conflict',
      status: 409,
    });
  });
});
