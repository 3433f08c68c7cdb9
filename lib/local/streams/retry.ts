import type { Batch, Waiting } from './batch.ts';
import type { StreamMappingModel } from './model.ts';

type RetryPolicy = Pick<
  StreamMappingModel,
  'bisectBatchOnError' | 'maximumRetryAttempts' | 'maximumRecordAgeSeconds'
>;

/** How long DynamoDB Streams keeps a record: 24 hours. */
const RETENTION_SECONDS = 86_400;

/** The longest wait before a further attempt. */
export const MAX_DELAY_MS = 60_000;

export function maximumAgeMs({ maximumRecordAgeSeconds }: RetryPolicy): number {
  const seconds =
    maximumRecordAgeSeconds < 0 ? RETENTION_SECONDS : Math.min(maximumRecordAgeSeconds, RETENTION_SECONDS);
  return seconds * 1_000;
}

/** What to try next, in order, or what is not tried any more. */
export type AfterFailure =
  | { readonly kind: 'again'; readonly batches: readonly Batch[] }
  | { readonly kind: 'exhausted'; readonly items: readonly Waiting[] };

/**
 * What becomes of a batch whose records are done up to `from`. Splitting does not use up attempts, so that what is
 * given up in the end is the record that fails, alone. A split that the function reports is where it reports it; where
 * it reports the first record, there is nothing to split off and the batch is halved.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 */
export function afterFailure(batch: Batch, from: number, policy: RetryPolicy): AfterFailure {
  const items = batch.items.slice(from);
  if (policy.bisectBatchOnError && from > 0) return { kind: 'again', batches: [{ ...batch, items }] };
  if (policy.bisectBatchOnError && items.length > 1) {
    const middle = Math.ceil(items.length / 2);
    const halves = [items.slice(0, middle), items.slice(middle)];
    return { kind: 'again', batches: halves.map((half) => ({ ...batch, items: half })) };
  }
  const { maximumRetryAttempts } = policy;
  if (maximumRetryAttempts >= 0 && batch.retries >= maximumRetryAttempts) return { kind: 'exhausted', items };
  return { kind: 'again', batches: [{ ...batch, items, retries: batch.retries + 1 }] };
}
