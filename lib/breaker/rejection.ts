import { BreakerOpenError } from '../core/errors.ts';
import { REJECTED_STATUS } from './constants.ts';

/** Makes the errors that one breaker rejects calls with. */
export type Reject = (waitMs: number) => BreakerOpenError;

/**
 * The rejections of a breaker are `BreakerOpenError`s in all but the stack, which would be the same each time: to look for it
 * takes fifty times as long as all the rest. Message and stack are those of a prototype, and can be set like any other.
 */
export function rejections(breaker: string): Reject {
  const text = (value: string) => ({ value, writable: true });
  const message = BreakerOpenError.messageFor(breaker);
  const prototype = Object.create(BreakerOpenError.prototype, {
    message: text(message),
    stack: text(`BreakerOpenError: ${message}`),
  });
  return function reject(waitMs) {
    const error = Object.create(prototype);
    error.name = 'BreakerOpenError';
    error.code = 'BREAKER_OPEN';
    error.retryable = false;
    error.status = REJECTED_STATUS;
    // The next try is worth it after a millisecond at the soonest.
    error.retryAfterMs = Math.max(1, waitMs);
    return error;
  };
}
