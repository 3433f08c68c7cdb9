import {
  AttemptTimeoutError,
  BreakerOpenError,
  DeadlineExceededError,
  FibrinError,
  InvalidOptionError,
} from './errors.ts';

/**
 * What an error says about trying again:
 * - `transient`: the same call may succeed later (network, timeout, 429, 5xx, throttling);
 * - `permanent`: it will fail again (another 4xx, an open breaker, a passed deadline);
 * - `bug`: a programming error, which neither a retry nor a fallback should hide.
 */
export type ErrorKind = 'transient' | 'permanent' | 'bug';

const BUGS: readonly (new (...args: never[]) => Error)[] = [TypeError, ReferenceError, RangeError];

/**
 * What AWS calls throttling and timeouts, by the names of errors, which often come as a 400 without a mark. They are the
 * names in the list of `@smithy/core`, but for `LimitExceededException`: mostly a quota that no retry gets past.
 */
const AWS_TRANSIENT =
  /^((EC2|Request)?Thrott(led|ling)(Exception)?|RequestTimeout(Exception)?|(Bandwidth|Request)LimitExceeded|SlowDown|TooManyRequestsException|ProvisionedThroughputExceededException|PriorRequestNotComplete|TransactionInProgressException)$/;

/** Whether AWS says by a name or a mark, whatever the status, that the same request may pass later. */
function isAwsTransient(error: unknown): boolean {
  const { name, $retryable } = (error ?? {}) as { name?: unknown; $retryable?: unknown };
  return AWS_TRANSIENT.test(String(name)) || Boolean($retryable);
}

/**
 * HTTP status of an error as the common clients carry it, or undefined. `downstreamStatus` is what a service answered
 * where `status` is what a caller of ours is told.
 */
function statusOf(error: unknown): number | undefined {
  const { downstreamStatus, status, statusCode, $metadata } = (error ?? {}) as {
    downstreamStatus?: unknown;
    status?: unknown;
    statusCode?: unknown;
    $metadata?: { httpStatusCode?: unknown };
  };
  return [downstreamStatus, status, statusCode, $metadata?.httpStatusCode].find(
    (value) => typeof value === 'number',
  );
}

/** Whether a status speaks of the moment, not of the request. */
export const isTransientStatus = (status: number): boolean =>
  status === 408 || status === 429 || status >= 500;

export function classifyError(error: unknown): ErrorKind {
  if (error instanceof InvalidOptionError) return 'bug';
  if (error instanceof FibrinError) return error.retryable ? 'transient' : 'permanent';
  if (isAwsTransient(error)) return 'transient';
  const status = statusOf(error);
  if (status !== undefined) return isTransientStatus(status) ? 'transient' : 'permanent';
  // fetch reports the network as a TypeError too, always with the reason as its cause.
  const isBug = BUGS.some((type) => error instanceof type) && (error as Error).cause === undefined;
  return isBug ? 'bug' : 'transient';
}

/**
 * What an error says about the dependency, which is what a breaker counts:
 * - `failed`: no answer in time, or one that says that it is in trouble (408, 429, 5xx, throttling, an invalid value);
 * - `answered`: it refused this request for a reason of its own (another status below 500), so it is well;
 * - `none`: it was not called, the program itself is wrong, or the sandbox was frozen while it may have answered.
 */
export type Evidence = 'failed' | 'answered' | 'none';

/** A timer that is so late has seen a freeze: nothing ran meanwhile, so nobody knows whether an answer came in time. */
export const FROZEN_MS = 500;

export function evidenceOf(error: unknown): Evidence {
  if (error instanceof BreakerOpenError) return 'none';
  if (error instanceof DeadlineExceededError && !error.called) return 'none';
  if (error instanceof AttemptTimeoutError && error.lateMs >= FROZEN_MS) return 'none';
  if (isAwsTransient(error)) return 'failed';
  const status = statusOf(error);
  if (status !== undefined) return isTransientStatus(status) ? 'failed' : 'answered';
  return classifyError(error) === 'transient' ? 'failed' : 'none';
}

/** Whether the error says that some time limit was over: ours, or that of `AbortSignal.timeout`. */
export function isTimeoutError(error: unknown): boolean {
  return (
    error instanceof DeadlineExceededError ||
    error instanceof AttemptTimeoutError ||
    (error instanceof DOMException && error.name === 'TimeoutError')
  );
}
