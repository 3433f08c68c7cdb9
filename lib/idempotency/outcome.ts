import { isTimeoutError, nameAndCode, REFUSED_ANSWER } from '../core/classify.ts';
import { errorChain } from '../core/error-chain.ts';
import { hasCode } from '../core/errors.ts';
import { guarded } from '../core/guarded.ts';
import { propertyOf } from '../core/property.ts';
import { isServerError } from '../core/server-error.ts';
import { statusOf } from '../core/status.ts';
import { attemptsOf, isProof, isRefusal } from './proof.ts';
import type { OnUnknownOutcome } from './protocol.ts';

/**
 * What a run has come to:
 * - `done`: it has returned its result;
 * - `failed`: its effect has not happened, so the key is free;
 * - `unknown`: its effect may have happened, so the claim stays.
 */
export type Outcome = 'done' | 'failed' | 'unknown';

/** How a run has ended: with a result, or with what it threw. */
export type RunEnd =
  | {
      readonly result: unknown;
      /** False where something answered in the place of the operation. Default true. */
      readonly wasCalled?: boolean;
    }
  | { readonly error: unknown };

/** What decides about outcomes, as options have it. */
export interface OutcomeRule {
  readonly operation: string;
  readonly onUnknownOutcome: OnUnknownOutcome;
  readonly isDefiniteFailure?:
    | ((error: unknown, about: { readonly definite: boolean }) => boolean)
    | undefined;
}

/** Whether an error says that an answer of success came, and could not be used. */
function hasSucceeded(error: unknown): boolean {
  const status = statusOf(error);
  const sign = nameAndCode(error);
  return (
    (status !== undefined && status >= 200 && status < 300) ||
    REFUSED_ANSWER.test(sign) ||
    sign.endsWith(' INVALID_ANSWER') ||
    // axios: the answer is longer than it takes.
    (status === undefined && sign.endsWith(' ERR_BAD_RESPONSE'))
  );
}

/** Whether an error leaves open if its effect has happened, or says that it has: a second run could make it happen twice. */
const leavesOpen = (error: unknown): boolean =>
  isTimeoutError(error) ||
  errorChain(error).some((link) => hasCode(link, 'STORE_UNAVAILABLE') || hasSucceeded(link));

/** Whether a result says that the run failed: a status of 500 or more, or a batch that names records that failed. */
export function isFailedResult(result: unknown): boolean {
  const failures = propertyOf(result, 'batchItemFailures');
  return isServerError(result) || (Array.isArray(failures) && failures.length > 0);
}

/**
 * Decides about the outcome of a run. This is the one place where that is decided. With `hold`, only a proof that nothing has
 * happened is a failure, and what ends a run speaks for no earlier try of a durable execution. With `rerun`, an error is a
 * failure unless it leaves the outcome open.
 * @param isFailure Whether a result says that the run failed.
 * @returns the outcome of a run by its end; undefined: it may go on, and nothing waits for it any more.
 */
export function outcomes(
  { operation, onUnknownOutcome, isDefiniteFailure }: OutcomeRule,
  isFailure: (result: unknown) => boolean,
): (ended: RunEnd | undefined, run?: { readonly isResumed: boolean }) => Outcome {
  const holds = onUnknownOutcome === 'hold';
  const decide = guarded(
    `${operation}: isDefiniteFailure`,
    isDefiniteFailure,
    (_error, { definite }) => definite,
    'boolean',
  );
  const isFailedAttempt = (error: unknown) => isProof(error) || !(holds || leavesOpen(error));
  return (ended, { isResumed } = { isResumed: false }) => {
    const isOpenBefore = holds && isResumed;
    if (ended === undefined) return 'unknown';
    if ('error' in ended) {
      const definite = !isOpenBefore && [...attemptsOf(ended.error)].every(isFailedAttempt);
      return decide(ended.error, { definite }) ? 'failed' : 'unknown';
    }
    if (!isFailure(ended.result)) return 'done';
    const { result, wasCalled = true } = ended;
    const isProved = !wasCalled || isRefusal(statusOf(result) ?? 0);
    return isOpenBefore || (holds && !isProved) ? 'unknown' : 'failed';
  };
}
