import { describe, expect, test } from 'vitest';
import { classifyError, evidenceOf, isTimeoutError } from '../../lib/core/classify.ts';
import {
  AttemptTimeoutError,
  BreakerOpenError,
  DeadlineExceededError,
  type DeadlineLimit,
  FibrinError,
  StoreError,
  ValidationError,
} from '../../lib/core/errors.ts';
import {
  EncodedAnswerError,
  HttpStatusError,
  NoAnswerError,
  ResponseTooLargeError,
} from '../../lib/http/errors.ts';
import { InFlightError } from '../../lib/idempotency/errors.ts';
import { BulkheadFullError } from '../../lib/policy/bulkhead.ts';
import { RateLimitedError } from '../../lib/policy/rate-limit.ts';
import { OverloadedError } from '../../lib/shedding/overloaded.ts';

const meaningOf = (error: unknown) => [classifyError(error), evidenceOf(error)];

const FAILED = ['transient', 'failed'];
const ANSWERED = ['permanent', 'answered'];
const UNCOUNTED = ['permanent', 'none'];
const BUG = ['bug', 'none'];

describe('an error of the toolkit', () => {
  test.each<[string, unknown, readonly string[]]>([
    ['an attempt timeout', new AttemptTimeoutError('x', 1), FAILED],
    ['an invalid answer', new ValidationError('x', []), FAILED],
    ['no answer', new NoAnswerError('x', undefined, false), FAILED],
    ['a retryable one without a status', new FibrinError('BUSY', 'x', { retryable: true }), FAILED],
    ['a refusal of a breaker, which made no call', new BreakerOpenError('x', 1), UNCOUNTED],
    ['a refusal of a bulkhead, which made no call', new BulkheadFullError('x', 'y'), UNCOUNTED],
    ['a request that was shed before its handler ran', new OverloadedError('queue', 1_000), UNCOUNTED],
    ['a refusal of a rate limiter, which made no call', new RateLimitedError('x', 1, 1), UNCOUNTED],
    ['a store that failed', new StoreError('x'), ['permanent', 'failed']],
    [
      'one of a user, with a status of trouble',
      new FibrinError('DOWN', 'x', { status: 503 }),
      ['permanent', 'failed'],
    ],
    ['one of a user, with a status of a refusal', new FibrinError('NO', 'x', { status: 409 }), ANSWERED],
    ['one without a status', new FibrinError('NOT_JSON', 'x'), UNCOUNTED],
    ['a 409 that is worth a retry', new InFlightError('x', 1), ['transient', 'answered']],
    ['a status of the service', new HttpStatusError('x', 503), FAILED],
    ['a refusal by the service', new HttpStatusError('x', 404), ANSWERED],
    ['a redirect', new HttpStatusError('x', 301), ANSWERED],
    ['a request that came too early', new HttpStatusError('x', 425), ['transient', 'answered']],
    ['a method that the service does not have', new HttpStatusError('x', 501), ANSWERED],
    ['an answer that is too large', new ResponseTooLargeError('x', 1), ANSWERED],
    ['an answer that is encoded', new EncodedAnswerError('x'), ANSWERED],
  ])('means what it is: %s', (_, error, meaning) => {
    expect(meaningOf(error)).toEqual(meaning);
    expect(meaningOf(new Error('wrapped', { cause: error }))).toEqual(meaning);
  });

  test('decides over what caused it', () => {
    const cause = new TypeError('a validator could not read the answer');

    expect(meaningOf(new ValidationError('x', [], { cause }))).toEqual(FAILED);
  });

  test.each([
    [0, 'failed'],
    [499, 'failed'],
    [500, 'none'],
    [60_000, 'none'],
  ])('that came %d ms late says: %s', (lateMs, evidence) => {
    expect(meaningOf(new AttemptTimeoutError('posts', 1_000, lateMs))).toEqual(['transient', evidence]);
  });

  test.each<[DeadlineLimit, boolean, string]>([
    ['total timeout', true, 'failed'],
    ["caller's time limit", true, 'none'],
    ["invocation's deadline", true, 'none'],
    ['total timeout', false, 'none'],
  ])('for the %s, called: %s, says: %s', (limit, called, evidence) => {
    expect(meaningOf(new DeadlineExceededError('posts', limit, 1, { called }))).toEqual([
      'permanent',
      evidence,
    ]);
  });

  test('means the same when another copy of the package made it', async () => {
    const copy = new URL('../../lib/core/errors.ts?copy', import.meta.url).href;
    const other = (await import(/* @vite-ignore */ copy)) as typeof import('../../lib/core/errors.ts');

    const errors: readonly [FibrinError, readonly string[]][] = [
      [new other.InvalidOptionError('x'), BUG],
      [new other.BreakerOpenError('x', 1), UNCOUNTED],
      [new other.AttemptTimeoutError('x', 1), FAILED],
      [new other.AttemptTimeoutError('x', 1, 500), ['transient', 'none']],
      [new other.DeadlineExceededError('x', 'total timeout', 1, { called: false }), UNCOUNTED],
      [new other.ValidationError('x', []), FAILED],
      [new other.FibrinError('X', 'x', { status: 404 }), ANSWERED],
    ];
    for (const [error, meaning] of errors) {
      expect(error).not.toBeInstanceOf(FibrinError);
      expect(meaningOf(error)).toEqual(meaning);
    }
    expect(isTimeoutError(new other.DeadlineExceededError('x', 'total timeout', 1))).toBe(true);
  });
});
