/** What Lambda wants to hear of a batch: the records that it has to bring again. */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

interface QueueEvent<R> {
  readonly Records: readonly R[];
}

export interface QueueBatchOptions<R> {
  /** Told of each record that failed. Default: one JSON line on stderr with the record's id and the error. */
  readonly onFailure?: (record: R, error: unknown) => void;
}

const logFailure = (record: { readonly messageId: string }, error: unknown): void => {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  console.error(JSON.stringify({ level: 'ERROR', message, error: name, messageId: record.messageId }));
};

/**
 * A handler for a queue that takes each record by itself: those that fail come again, the others do not. The event
 * source mapping must report batch item failures.
 * @example
 * ```ts
 * export const handler = queueBatch(async (record: { messageId: string; body: string }) => {
 *   console.log(JSON.parse(record.body));
 * });
 * ```
 */
export function queueBatch<R extends { readonly messageId: string }>(
  handle: (record: R) => Promise<void>,
  { onFailure = logFailure }: QueueBatchOptions<R> = {},
): (event: QueueEvent<R>) => Promise<BatchResponse> {
  return async ({ Records }) => {
    const outcomes = await Promise.allSettled(Records.map(async (record) => handle(record)));
    const batchItemFailures = Records.flatMap((record, index) => {
      const outcome = outcomes[index];
      if (outcome?.status !== 'rejected') return [];
      onFailure(record, outcome.reason);
      return [{ itemIdentifier: record.messageId }];
    });
    return { batchItemFailures };
  };
}
