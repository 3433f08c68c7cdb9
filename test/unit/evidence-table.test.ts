import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import {
  AttemptTimeoutError,
  BreakerOpenError,
  DeadlineExceededError,
  type DeadlineLimit,
  FibrinError,
  InvalidOptionError,
} from '../../lib/core/errors.ts';
import type { Call, CallContext, ExecuteOptions } from '../../lib/core/execution.ts';
import { noteOwnWait } from '../../lib/core/own-wait.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { EncodedAnswerError, NoAnswerError, ResponseTooLargeError } from '../../lib/http/errors.ts';
import { BulkheadFullError, bulkhead } from '../../lib/policy/bulkhead.ts';
import { hedge } from '../../lib/policy/hedge.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { RateLimitedError } from '../../lib/policy/rate-limit.ts';
import { type Resilient, resilient } from '../../lib/policy/resilient.ts';
import { type FakeClock, fakeClock, lambdaContext } from '../../lib/testing/index.ts';
import { never, outage } from '../support/outcomes.ts';
import { recordingBreaker } from '../support/recording-breaker.ts';

const GUIDE = new URL('../../docs/guides/calls.md', import.meta.url);
const HEADING = '## What counts against a dependency';

/** The rows of the table in that section of the guide. */
function rowsOfGuide(): readonly (readonly [what: string, recordedAs: string])[] {
  const [, section = ''] = readFileSync(GUIDE, 'utf8').split(`${HEADING}\n`);
  const [table = ''] = /(?:^\|.*\n)+/m.exec(section) ?? [];
  return table
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((row) => {
      const [what = '', recordedAs = ''] = row.slice(2, -2).split(' | ');
      return [what, recordedAs] as const;
    });
}

const ATTEMPT_MS = 500;
const SLOW_MS = 300;
/** Of a caller who leaves less than an attempt takes. */
const SHORT_MS = 100;
const LONG_MS = 400;

interface Subject {
  readonly clock: FakeClock;
  readonly posts: Resilient<unknown>;
}

/** A call that ends in some way. */
interface Ending {
  readonly options?: Partial<ResilientOptions<unknown>>;
  run(subject: Subject): Promise<unknown>;
  /** Lets the time pass. Default: 10 s. */
  pass?(clock: FakeClock): Promise<void>;
}

const calls = (call: Call<unknown>, options?: ExecuteOptions): Ending => ({
  run: ({ posts }) => posts.outcome(call, options),
});
const throws = (...errors: readonly unknown[]): readonly Ending[] =>
  errors.map((error) => calls(() => Promise.reject(error)));

/** An invocation keeps 300 ms of its time for its answer. */
const inInvocation = (call: Call<unknown>, ms: number): Ending => ({
  run: ({ clock, posts }) =>
    withDeadline({ clock }, () => posts.outcome(call))({}, lambdaContext({ remainingMs: 300 + ms, clock })),
});
const abortedAfter = (ms: number): Ending => ({
  run({ clock, posts }) {
    const controller = new AbortController();
    clock.after(ms, () => controller.abort());
    return posts.outcome(never, { signal: controller.signal });
  },
});
/** The second attempt has what the first one and the wait after it have left. */
const secondAttempt = (leftMs: number): Ending => ({
  options: { totalTimeoutMs: 200 + leftMs, retry: { backoff: () => 200 } },
  run: ({ posts }) => posts.outcome(({ attempt }) => (attempt === 1 ? Promise.reject(outage()) : never())),
});
/** The first call is cancelled, since its hedge answers. */
const lostAfter = (ms: number): Ending => ({
  options: { hedge: hedge({ delayMs: ms - 10 }) },
  run: ({ clock, posts }) => posts.outcome(({ attempt }) => (attempt === 1 ? never() : sleep(clock, 10))),
});
const endedByOthersAfter = (ms: number): readonly Ending[] => [
  calls(never, { remainingMs: ms }),
  abortedAfter(ms),
  inInvocation(never, ms),
  secondAttempt(ms),
  lostAfter(ms),
];

/** As boundedFetch does while its agent has no connection left. */
const waitsForOwn = ({ signal }: CallContext): Promise<never> => {
  signal.addEventListener('abort', () => noteOwnWait(signal.reason));
  return never();
};

/** A call within it has a bulkhead whose slot is free after so many milliseconds. */
const innerBulkhead = (ms: number): Ending => ({
  run({ clock, posts }) {
    const slots = bulkhead({ limit: 1, queueLimit: 1, clock });
    void slots.execute(() => sleep(clock, ms));
    return posts.outcome((context) => slots.execute(never, context));
  },
});
const waitsForInner = innerBulkhead(10 * ATTEMPT_MS);
const waitedForInner = innerBulkhead(SLOW_MS);

const named = (name: string, properties: object = {}) =>
  Object.assign(new Error('x'), { name, ...properties });
const coded = (code: string) => Object.assign(new Error('x'), { code });
const status = (...statuses: readonly number[]) =>
  throws(...statuses.map((status) => named('Error', { status })));
const deadline = (limit: DeadlineLimit, called = true): Error =>
  new DeadlineExceededError('inner', limit, 1, { called });

const notJson = (): unknown => {
  try {
    return JSON.parse('<html>');
  } catch (error) {
    return error;
  }
};

/** Each row of the guide's table, with calls that end so. */
const ENDINGS: Readonly<Record<string, readonly Ending[]>> = {
  'the function was not called: breaker open, rejected or answered by another layer, no time left': [
    { ...calls(never), options: { layers: [{ after: 'timeout', layer: () => async () => 'cached' }] } },
    {
      ...calls(never),
      options: { layers: [{ after: 'timeout', layer: () => () => Promise.reject(outage()) }] },
    },
    calls(never, { remainingMs: 0 }),
    calls(never, { signal: AbortSignal.abort() }),
  ],
  'the invocation had already answered': [
    {
      async run({ clock, posts }) {
        let late: Promise<unknown> | undefined;
        const handler = withDeadline({ clock }, async () => {
          late = posts.outcome(() => sleep(clock, 10).then(() => Promise.reject(outage())));
        });
        await handler({}, lambdaContext({ clock }));
        await late;
      },
    },
  ],
  "the environment was frozen: an error came 500 ms or more after the attempt's time was over": [
    { ...calls(never), pass: (clock) => clock.freeze(ATTEMPT_MS + 500) },
  ],
  "its time ended, and it had waited for a limit of this environment's own: a connection (`boundedFetch`), a bulkhead or a rate limiter of a call within it":
    [calls(waitsForOwn), calls(waitsForOwn, { remainingMs: LONG_MS }), waitsForInner, waitedForInner],
  "its own limit ended it: `attemptTimeoutMs`, or the first attempt's `totalTimeoutMs`": [
    calls(never),
    { ...calls(never), options: { totalTimeoutMs: SHORT_MS } },
  ],
  "another limit ended it after `slowCallMs`: another branch of a hedged call that answered, the caller's signal, the caller's `remainingMs`, the invocation's deadline, or what earlier attempts left of the total":
    endedByOthersAfter(LONG_MS),
  'the same before `slowCallMs`': endedByOthersAfter(SHORT_MS),
  'a value': [calls(async () => 'fine')],
  'response too large, in its body or its headers, or encoded (`boundedFetch`, undici)': throws(
    new ResponseTooLargeError('x', 1),
    new EncodedAnswerError('x'),
    coded('UND_ERR_RES_EXCEEDED_MAX_SIZE'),
    new NoAnswerError('x', coded('HPE_HEADER_OVERFLOW'), false),
    new TypeError('fetch failed', { cause: coded('UND_ERR_HEADERS_OVERFLOW') }),
  ),
  'no file descriptor or port left: `EMFILE`, `ENFILE`, `EADDRNOTAVAIL`': throws(
    coded('EMFILE'),
    coded('ENFILE'),
    new TypeError('fetch failed', { cause: coded('EADDRNOTAVAIL') }),
    new NoAnswerError('x', coded('EMFILE'), false),
  ),
  "a call of another policy within it that was not made (breaker open, bulkhead full, rate limited, no time left), or that its caller's or the invocation's limit ended, or whose timeout came 500 ms late or more":
    throws(
      new BreakerOpenError('inner', 1),
      new BulkheadFullError('inner', 'x'),
      new RateLimitedError('inner', 1, 1),
      deadline('total timeout', false),
      deadline("caller's time limit"),
      deadline("invocation's deadline"),
      new AttemptTimeoutError('inner', 1, 500),
    ),
  'any other timeout: of the client, or of another policy within it': throws(
    new DOMException('x', 'TimeoutError'),
    named('AbortError', { cause: new DOMException('x', 'TimeoutError') }),
    coded('ECONNABORTED'),
    new AttemptTimeoutError('inner', 1, 499),
    deadline('total timeout'),
    deadline('fallback timeout'),
  ),
  'throttling, by its name or `$retryable`, whatever its status': throws(
    named('ThrottlingException', { $metadata: { httpStatusCode: 400 } }),
    named('X', { $retryable: { throttling: true }, $metadata: { httpStatusCode: 400 } }),
  ),
  'status 408, 429, 5xx but 501 and 505; an error with a 2xx, whose body could not be read': status(
    ...[408, 429, 500, 502, 503, 504, 507, 200],
  ),
  'status 425, 501, 505: an answer about the request': status(425, 501, 505),
  'the request was cancelled: `AbortError` and the like, status 499': [
    ...throws(new DOMException('x', 'AbortError'), named('CanceledError')),
    ...status(499),
  ],
  'any other 1xx, 3xx or 4xx': status(100, 304, 400, 401, 404, 409, 422),
  'network error': throws(
    coded('ECONNREFUSED'),
    coded('ENOTFOUND'),
    coded('CERT_HAS_EXPIRED'),
    new TypeError('fetch failed', { cause: coded('ECONNRESET') }),
    new NoAnswerError('x', coded('ECONNRESET'), false),
  ),
  'invalid value (`validate`), or a body that is not JSON': [
    { ...calls(async () => 'wrong'), options: { validate: () => false } },
    ...throws(notJson()),
  ],
  'a bug: `TypeError` without a network cause, `ReferenceError`, `RangeError`, `SyntaxError`, a failed assertion, a relative URL in `fetch`, an invalid option':
    [
      ...throws(new TypeError('x'), new ReferenceError('x'), new RangeError('x'), new SyntaxError('x')),
      ...throws(named('AssertionError', { code: 'ERR_ASSERTION' }), new InvalidOptionError('x')),
      calls(() => fetch('/posts')),
    ],
  'a `FibrinError` that has no status and is not `retryable`': throws(new FibrinError('FULL', 'x')),
  'any other error without a status': throws(
    new Error('x'),
    'text',
    undefined,
    new FibrinError('BUSY', 'x', { retryable: true }),
  ),
};

/** What a breaker records of the last attempt of a call that ends so. */
async function recordedOf({
  options,
  run,
  pass = (clock) => clock.advance(10_000),
}: Ending): Promise<string> {
  const clock = fakeClock();
  const { breaker, recorded } = recordingBreaker(clock, { slowCallMs: SLOW_MS, slowCallRatio: 1 });
  const posts = resilient<unknown>({
    name: 'posts',
    attemptTimeoutMs: ATTEMPT_MS,
    breaker,
    clock,
    ...options,
  });
  const done = run({ clock, posts });
  await pass(clock);
  await done;
  const last = recorded.at(-1) ?? 'released';
  if (last === 'released') return 'not counted';
  if (last.failed) return 'failure';
  return last.slow ? 'slow' : 'success';
}

const rows = rowsOfGuide();

describe('the table of what a breaker records', () => {
  test('has a row for each of these endings, and no other', () => {
    expect(rows.map(([what]) => what).toSorted()).toEqual(Object.keys(ENDINGS).toSorted());
  });

  test.each(rows)('says what the code does: %s', async (what, recordedAs) => {
    const endings = ENDINGS[what] ?? [];

    expect(endings).not.toEqual([]);
    expect(await Promise.all(endings.map(recordedOf))).toEqual(endings.map(() => recordedAs));
  });
});
