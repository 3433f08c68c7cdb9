import { AttemptTimeoutError, DeadlineExceededError, FibrinError } from './errors.ts';

/**
 * What an error says about trying again:
 * - `transient`: the same call may succeed later (network, timeout, 429, 5xx, throttling);
 * - `permanent`: it will fail again (another 4xx, an open breaker, a passed deadline);
 * - `bug`: a programming error, which neither a retry nor a fallback should hide.
 */
export type ErrorKind = 'transient' | 'permanent' | 'bug';

const BUGS: readonly (new (...args: never[]) => Error)[] = [TypeError, ReferenceError, RangeError];

/**
 * What AWS calls throttling and timeouts. They often come as a 400, and the SDK marks few of them. This is the list of
 * `@smithy/core`, but for `LimitExceededException`: mostly a quota that no retry gets past.
 */
const AWS_TRANSIENT: ReadonlySet<unknown> = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestTimeout',
  'RequestTimeoutException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);

/** Whether AWS says by a name or a mark, whatever the status, that the same request may pass later. */
function isAwsTransient(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name, $retryable } = error as { name?: unknown; $retryable?: unknown };
  return AWS_TRANSIENT.has(name) || Boolean($retryable);
}

/** HTTP status of an error as the common clients carry it, or undefined. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { status, statusCode, $metadata } = error as {
    status?: unknown;
    statusCode?: unknown;
    $metadata?: { httpStatusCode?: unknown };
  };
  return [status, statusCode, $metadata?.httpStatusCode].find((value) => typeof value === 'number');
}

export function classifyError(error: unknown): ErrorKind {
  if (error instanceof FibrinError) return error.retryable ? 'transient' : 'permanent';
  if (isAwsTransient(error)) return 'transient';
  const status = statusOf(error);
  if (status !== undefined)
    return status === 408 || status === 429 || status >= 500 ? 'transient' : 'permanent';
  // fetch reports the network as a TypeError too, always with the reason as its cause.
  const isBug = BUGS.some((type) => error instanceof type) && (error as Error).cause === undefined;
  return isBug ? 'bug' : 'transient';
}

/** Whether the error says that some time limit was over: ours, or that of `AbortSignal.timeout`. */
export function isTimeUp(error: unknown): boolean {
  return (
    error instanceof DeadlineExceededError ||
    error instanceof AttemptTimeoutError ||
    (error instanceof DOMException && error.name === 'TimeoutError')
  );
}
