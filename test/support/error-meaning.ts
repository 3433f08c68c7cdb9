import { classifyError, evidenceOf, isTimeoutError } from '../../lib/core/classify.ts';
import { errorChain } from '../../lib/core/error-chain.ts';
import { retryAfterMs } from '../../lib/core/retry-after.ts';
import { statusOf } from '../../lib/core/status.ts';

/** All that an error of a client says. */
export interface ErrorMeaning {
  readonly kind: 'transient' | 'permanent' | 'bug';
  readonly counts: 'failed' | 'answered' | 'none';
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly timeout?: true | undefined;
}

export const FAILED: ErrorMeaning = { kind: 'transient', counts: 'failed' };
export const CANCELLED: ErrorMeaning = { kind: 'permanent', counts: 'none' };
export const BUG: ErrorMeaning = { kind: 'bug', counts: 'none' };

/** The error that a call fails with. */
export const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => Promise.reject(new Error('expected the call to fail')),
    (error: unknown) => error,
  );

export const meaningOf = (error: unknown): ErrorMeaning => ({
  kind: classifyError(error),
  counts: evidenceOf(error),
  status: errorChain(error)
    .map(statusOf)
    .find((status) => status !== undefined),
  retryAfterMs: retryAfterMs(error, 0),
  timeout: isTimeoutError(error) || undefined,
});
