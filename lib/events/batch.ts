import { safeListener } from '../core/safe-listener.ts';

/** What Lambda wants to hear of a batch: the records that it has to bring again. */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

interface QueueEvent<R> {
  readonly Records: readonly R[];
}

export interface QueueBatchOptions<R> {
  /**
   * Told of each record that failed. What it throws or rejects with changes nothing; it is warned of once. Default: one JSON
   * line on stderr with the record's id and the error.
   */
  readonly onFailure?: (record: R, error: unknown) => unknown;
  /**
   * Hides a record for so many whole seconds, 1 to 43,200: SQS's ChangeMessageVisibility. Called for a record that is blocked
   * by a run of it elsewhere (`InFlightError`), so that it does not come again, and spend a receive, before that run must be
   * over. Default: it comes again after the queue's visibility timeout.
   */
  readonly hide?: (record: R, seconds: number) => Promise<void>;
}

/** SQS hides a message for twelve hours at most. */
const MAX_HIDDEN_SECONDS = 43_200;

const logFailure = (record: { readonly messageId: string }, error: unknown): void => {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  console.error(JSON.stringify({ level: 'ERROR', message, error: name, messageId: record.messageId }));
};

/** How long the run that blocks a record may go on; undefined where none does. */
function blockedMs(error: unknown): number | undefined {
  const leaseLeftMs = error instanceof Error && 'leaseLeftMs' in error ? error.leaseLeftMs : undefined;
  return typeof leaseLeftMs === 'number' ? leaseLeftMs : undefined;
}

/**
 * A handler for a queue that takes each record by itself: those that fail come again, the others do not. The event
 * source mapping must report batch item failures.
 * @example
 * ```ts
 * const store = memoryStore();
 * const once = idempotent(
 *   { store, operation: 'ship', key: recordEnvelopeId },
 *   async (record: QueueRecord, _context: RemainingTime) => console.log(JSON.parse(record.body)),
 * );
 * export const handler = queueBatch(once);
 * ```
 */
export function queueBatch<R extends { readonly messageId: string }, C>(
  handle: (record: R, context: C) => Promise<unknown>,
  { onFailure = logFailure, hide }: QueueBatchOptions<R> = {},
): (event: QueueEvent<R>, context: C) => Promise<BatchResponse> {
  const tell = safeListener(
    ({ record, error }: { readonly record: R; readonly error: unknown }) => onFailure(record, error),
    'queueBatch: onFailure',
  );
  const failed = async (record: R, error: unknown): Promise<void> => {
    tell({ record, error });
    const leftMs = blockedMs(error);
    if (hide === undefined || leftMs === undefined) return;
    const seconds = Math.min(MAX_HIDDEN_SECONDS, Math.max(1, Math.ceil(leftMs / 1_000)));
    try {
      await hide(record, seconds);
    } catch (reason) {
      // What cannot be hidden comes again sooner: that costs a receive and nothing else.
      tell({ record, error: reason });
    }
  };
  return async ({ Records }, context) => {
    const outcomes = await Promise.allSettled(Records.map(async (record) => handle(record, context)));
    const failures = Records.flatMap((record, index) => {
      const outcome = outcomes[index];
      return outcome?.status === 'rejected' ? [{ record, error: outcome.reason as unknown }] : [];
    });
    await Promise.all(failures.map(({ record, error }) => failed(record, error)));
    return { batchItemFailures: failures.map(({ record }) => ({ itemIdentifier: record.messageId })) };
  };
}
