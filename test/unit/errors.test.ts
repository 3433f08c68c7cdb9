import { describe, expect, test } from 'vitest';
import {
  AttemptTimeoutError,
  BreakerOpenError,
  DeadlineExceededError,
  FibrinError,
  hasCode,
  InvalidOptionError,
  isFibrinError,
  StoreError,
  ValidationError,
} from '../../lib/core/errors.ts';
import {
  IdempotencyKeyError,
  InFlightError,
  OwnershipLostError,
  PayloadMismatchError,
} from '../../lib/idempotency/errors.ts';
import { hostileErrors } from '../support/hostile-errors.ts';

describe('errors', () => {
  test.each([
    [new InvalidOptionError('x'), 'InvalidOptionError', 'INVALID_OPTION', false, undefined],
    [
      new DeadlineExceededError('x', 'total timeout', 1),
      'DeadlineExceededError',
      'DEADLINE_EXCEEDED',
      false,
      504,
    ],
    [new AttemptTimeoutError('x', 1), 'AttemptTimeoutError', 'ATTEMPT_TIMEOUT', true, 504],
    [new BreakerOpenError('x', 1), 'BreakerOpenError', 'BREAKER_OPEN', false, 503],
    [new ValidationError('x', []), 'ValidationError', 'INVALID_ANSWER', true, 502],
    [new StoreError('x'), 'StoreError', 'STORE_UNAVAILABLE', false, 503],
    [new IdempotencyKeyError('x'), 'IdempotencyKeyError', 'IDEMPOTENCY_KEY_MISSING', false, 400],
    [new InFlightError('x', 1), 'InFlightError', 'IDEMPOTENCY_IN_FLIGHT', true, 409],
    [new PayloadMismatchError('x'), 'PayloadMismatchError', 'IDEMPOTENCY_MISMATCH', false, 422],
    [new OwnershipLostError('x'), 'OwnershipLostError', 'IDEMPOTENCY_LOST', false, 503],
  ])('%s keeps its name, code, retryability and status', (error, name, code, retryable, status) => {
    expect(error).toBeInstanceOf(FibrinError);
    expect(error).toMatchObject({ name, code, retryable });
    expect(error.status).toBe(status);
  });

  test('keep the cause, a falsy one too, and have none where none was given', () => {
    expect(new FibrinError('X', 'x', { cause: 0 }).cause).toBe(0);
    expect(Object.hasOwn(new FibrinError('X', 'x'), 'cause')).toBe(false);
  });

  test('name limits in whole milliseconds', () => {
    expect(new AttemptTimeoutError('posts', 33.333).message).toContain(' 33 ms');
    expect(new DeadlineExceededError('posts', 'total timeout', 0.4).message).toContain(' 0 ms');
    expect(new DeadlineExceededError('posts', 'total timeout', -5).message).toContain(' 0 ms');
  });

  test('name the limit that ended a call', () => {
    const error = new DeadlineExceededError('posts', "caller's time limit", 75, {
      called: false,
      cause: 'late',
    });

    expect(error).toMatchObject({ limit: "caller's time limit", called: false, cause: 'late' });
    expect(error.message).toBe("posts exceeded the caller's time limit of 75 ms");
    expect(new DeadlineExceededError('posts', 'total timeout', 1)).toMatchObject({ called: true });
    expect(Object.hasOwn(new DeadlineExceededError('posts', 'total timeout', 1), 'cause')).toBe(false);
  });

  test('an invalid answer lists every issue but does not fill a log line with them', () => {
    const issues = Array.from({ length: 50 }, (_, index) => `issue ${index}`);

    const error = new ValidationError('posts', issues);

    expect(error.issues).toEqual(issues);
    expect(error.message).toContain('issue 2');
    expect(error.message).not.toContain('issue 3');
  });

  test('a rejection by the breaker says when to call again', () => {
    expect(new BreakerOpenError('posts', 4_200).retryAfterMs).toBe(4_200);
  });
});

describe('the brand', () => {
  test('is on errors of this copy of the package and of another one', async () => {
    const copy = new URL('../../lib/core/errors.ts?other', import.meta.url).href;
    const other = (await import(/* @vite-ignore */ copy)) as typeof import('../../lib/core/errors.ts');
    const theirs = new other.BreakerOpenError('posts', 1);

    expect(theirs).not.toBeInstanceOf(BreakerOpenError);
    expect([isFibrinError(theirs), hasCode(theirs, 'BREAKER_OPEN')]).toEqual([true, true]);
    expect(isFibrinError(new StoreError('x'))).toBe(true);
    expect(hasCode(new StoreError('x'), 'BREAKER_OPEN')).toBe(false);
  });

  test.each([undefined, null, 'BREAKER_OPEN', new Error('x'), { code: 'BREAKER_OPEN' }])(
    'is not on %s',
    (thrown) => {
      expect([isFibrinError(thrown), hasCode(thrown, 'BREAKER_OPEN')]).toEqual([false, false]);
    },
  );

  test.each(hostileErrors())('is not on what cannot be read: %s', (_, error) => {
    expect([isFibrinError(error), hasCode(error, 'BREAKER_OPEN')]).toEqual([false, false]);
  });
});
