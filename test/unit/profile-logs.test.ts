import { describe, expect, test, vi } from 'vitest';
import { logServerError, reasonOf } from '../../functions/shared/log.ts';
import { logEvent } from '../../functions/shared/telemetry.ts';
import { StoreError } from '../../lib/core/errors.ts';
import { HttpStatusError } from '../../lib/http/errors.ts';
import { refusalBody } from '../../lib/http/refusal-body.ts';
import { resilient } from '../../lib/index.ts';
import { withCorrelation } from '../../lib/telemetry/with-correlation.ts';

const SECRET = 'ada@example.com';

/** What is logged while it runs, at whichever level. */
async function linesOf(run: () => Promise<unknown>): Promise<readonly Record<string, unknown>[]> {
  const lines: string[] = [];
  for (const level of ['info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(line));
  await run();
  expect(lines.join()).not.toContain(SECRET);
  return lines.map((line) => JSON.parse(line));
}

const refusal = new HttpStatusError(SECRET, 503, {
  headers: { 'x-user': SECRET },
  body: refusalBody(new TextEncoder().encode(SECRET), false),
});

describe('the log of the profile app', () => {
  test('says in one line why a call is degraded: name, code and status, under the correlation id', async () => {
    const posts = resilient<readonly string[]>({
      name: 'posts',
      fallback: () => [],
      onEvent: logEvent,
    });
    const handler = withCorrelation({}, () => posts.execute(() => Promise.reject(refusal)));

    const lines = await linesOf(() => handler({ headers: { 'x-correlation-id': 'request-7' } }, {}));

    expect(lines).toEqual([
      {
        level: 'WARN',
        message: 'Call of posts is degraded',
        policy: 'posts',
        source: 'fallback',
        attempts: 1,
        durationMs: expect.any(Number),
        budgetExhausted: false,
        error: 'HttpStatusError',
        code: 'HTTP_STATUS',
        status: 503,
        correlationId: 'request-7',
      },
    ]);
  });

  test('says why a call failed, with what caused it', async () => {
    const throttled = Object.assign(new Error(SECRET), {
      name: 'ProvisionedThroughputExceededException',
      $metadata: { httpStatusCode: 400 },
    });
    const users = resilient<string>({ name: 'users', onEvent: logEvent });
    const error = new StoreError(SECRET, { cause: throttled });

    const lines = await linesOf(() => users.outcome(() => Promise.reject(error)));

    expect(lines).toMatchObject([
      {
        level: 'ERROR',
        policy: 'users',
        error: 'StoreError',
        code: 'STORE_UNAVAILABLE',
        causes: [{ error: 'ProvisionedThroughputExceededException', status: 400 }],
      },
    ]);
  });

  test('says where an error of a request was thrown, and nothing of its message', async () => {
    const lines = await linesOf(async () => logServerError(new TypeError(`x\n    at ${SECRET}`)));

    expect(lines).toMatchObject([
      { level: 'ERROR', error: 'TypeError', stack: expect.stringMatching(/^ {4}at .*profile-logs/) },
    ]);
  });

  test('says nothing of a call that is live', async () => {
    const users = resilient<string>({ name: 'users', onEvent: logEvent });

    expect(await linesOf(() => users.execute(async () => 'ada'))).toEqual([]);
  });

  test('says what a breaker does and why', async () => {
    const change = {
      kind: 'breaker-state',
      name: 'posts',
      from: 'closed',
      to: 'open',
      origin: 'self',
    } as const;

    const lines = await linesOf(async () =>
      logEvent({ ...change, admittedFraction: 0, waitMs: 5_000, cause: 'HttpStatusError status 503' }),
    );

    expect(lines).toMatchObject([{ level: 'WARN', breaker: 'posts', cause: 'HttpStatusError status 503' }]);
  });

  test.each<[string, unknown, object]>([
    [
      'a name that is content',
      Object.assign(new Error('x'), { name: `mail to ${SECRET}` }),
      { error: 'unnamed' },
    ],
    ['a code that is no word', Object.assign(new Error('x'), { code: { a: 1 } }), { error: 'Error' }],
    ['no error at all', SECRET, { error: 'string' }],
    ['null', null, { error: 'object' }],
    [
      'an error that caused itself',
      selfCaused(),
      { error: 'Error', causes: Array(5).fill({ error: 'Error' }) },
    ],
  ])('gives a reason for %s', (_, thrown, reason) => {
    expect(JSON.parse(JSON.stringify(reasonOf(thrown)))).toEqual(reason);
  });
});

function selfCaused(): Error {
  const error = new Error('x');
  error.cause = error;
  return error;
}
