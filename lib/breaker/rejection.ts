import { BreakerOpenError } from '../core/errors.ts';

const hidden = (value: string) => ({ value, enumerable: false, writable: true, configurable: true });

/**
 * What a breaker rejects a call with: a `BreakerOpenError` in all but its stack. Its constructor looks for the stack, which
 * takes ten times as long as all the rest of a rejection, and an open breaker rejects thousands of calls at one place.
 * @param waitMs The next try is worth it after a millisecond at the soonest.
 */
export function rejection(breaker: string, waitMs: number): BreakerOpenError {
  const message = BreakerOpenError.messageFor(breaker);
  const error = Object.create(BreakerOpenError.prototype, {
    message: hidden(message),
    stack: hidden(`BreakerOpenError: ${message}`),
  });
  const members = { name: 'BreakerOpenError', code: 'BREAKER_OPEN', retryable: false, status: 503 };
  return Object.assign(error, members, { retryAfterMs: Math.max(1, waitMs) });
}
