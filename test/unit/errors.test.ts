import { describe, expect, test } from 'vitest';
import {
  AttemptTimeoutError,
  BreakerOpenError,
  DeadlineExceededError,
  FibrinError,
  InvalidOptionError,
  StoreError,
  ValidationError,
} from '../../lib/core/errors.ts';
import {
  IdempotencyKeyError,
  InFlightError,
  OwnershipLostError,
  PayloadMismatchError,
} from '../../lib/idempotency/errors.ts';

describe('errors', () => {
  test.each([
    [new InvalidOptionError('x'), 'InvalidOptionError', 'INVALID_OPTION', false, undefined],
    [new DeadlineExceededError('x', 1), 'DeadlineExceededError', 'DEADLINE_EXCEEDED', false, 504],
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

  test('keep the cause, a falsy one too, and have none that nobody gave', () => {
    expect(new FibrinError('X', 'x', { cause: 0 }).cause).toBe(0);
    expect(Object.hasOwn(new FibrinError('X', 'x'), 'cause')).toBe(false);
  });

  test('tell limits in whole milliseconds', () => {
    expect(new AttemptTimeoutError('posts', 33.333).message).toContain(' 33 ms');
    expect(new DeadlineExceededError('posts', 0.4).message).toContain(' 0 ms');
  });

  test('an invalid answer lists every issue but does not fill a log line with them', () => {
    const issues = Array.from({ length: 50 }, (_, index) => `issue ${index}`);

    const error = new ValidationError('posts', issues);

    expect(error.issues).toEqual(issues);
    expect(error.message).toContain('issue 2');
    expect(error.message).not.toContain('issue 3');
  });

  test('a refusal by the breaker tells when to come back', () => {
    expect(new BreakerOpenError('posts', 4_200).retryAfterMs).toBe(4_200);
  });
});
