import { FibrinError } from 'fibrin';

/** Another request wrote an item in the meantime, or is writing it: from what it wrote, this one may succeed. */
const CONFLICTS = new Set(['ConditionalCheckFailed', 'TransactionConflict']);
/** The same transaction may succeed later. */
const THROTTLES = new Set(['ProvisionedThroughputExceeded', 'ThrottlingError']);

/** The codes for which DynamoDB cancelled a transaction, of which it then wrote nothing. Undefined for any other error. */
export function cancellationReasons(error: unknown): readonly string[] | undefined {
  const { name, CancellationReasons = [] } = (error ?? {}) as {
    readonly name?: unknown;
    readonly CancellationReasons?: readonly { readonly Code?: string }[];
  };
  if (name !== 'TransactionCanceledException') return undefined;
  return CancellationReasons.flatMap(({ Code = 'None' }) => (Code === 'None' ? [] : [Code]));
}

/**
 * Whether a transaction was cancelled because of other requests alone. Not where one of its writes could not succeed by
 * itself either (`ValidationError`, `AccessDenied`, `ItemCollectionSizeLimitExceeded` and what else there may be), nor where
 * no reason is given.
 */
export function isConflict(error: unknown): boolean {
  const reasons = cancellationReasons(error) ?? [];
  return (
    reasons.some((reason) => CONFLICTS.has(reason)) &&
    reasons.every((reason) => CONFLICTS.has(reason) || THROTTLES.has(reason))
  );
}

/**
 * The error for a caller whose transaction was cancelled without a conflict: 503 where it may succeed later, else one of
 * ours. Any other error as it is.
 */
export function cancelledError(error: unknown): unknown {
  const reasons = cancellationReasons(error);
  if (reasons === undefined) return error;
  if (reasons.length > 0 && reasons.every((reason) => THROTTLES.has(reason))) {
    const details = { status: 503, retryable: true, retryAfterMs: 1_000, cause: error };
    return new FibrinError('THROTTLED', 'The profile cannot be written right now', details);
  }
  return new FibrinError('NOT_WRITTEN', 'The profile cannot be written', { cause: error });
}
