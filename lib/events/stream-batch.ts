import { FibrinError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import {
  BATCH_RULES,
  type BatchEvent,
  type BatchOptions,
  type BatchResponse,
  batchTime,
  failureListener,
  recordsOf,
} from './batch.ts';

/** A record of a Kinesis or a DynamoDB stream, as far as its batch needs it. */
export interface StreamRecord {
  readonly kinesis?: { readonly sequenceNumber?: string };
  readonly dynamodb?: { readonly SequenceNumber?: string | undefined } | undefined;
}

export const sequenceNumberOf = ({ kinesis, dynamodb }: StreamRecord): string | undefined =>
  (kinesis?.sequenceNumber ?? dynamodb?.SequenceNumber) || undefined;

/**
 * The answer with which Lambda goes on from this record. Naming it is naming all after it.
 * @throws {FibrinError} `NO_SEQUENCE_NUMBER` for a record without one: the whole batch comes again.
 */
export function failedFrom(record: StreamRecord, cause: unknown): BatchResponse {
  const itemIdentifier = sequenceNumberOf(record);
  if (itemIdentifier === undefined) {
    throw new FibrinError('NO_SEQUENCE_NUMBER', 'A record that failed has no sequence number to report', {
      cause,
    });
  }
  return { batchItemFailures: [{ itemIdentifier }] };
}

/**
 * A handler for the batches of a Kinesis or a DynamoDB stream: handles its records one after the other and stops at the first that
 * fails. Lambda goes on from that record, so what is before it is done once, and all after it comes again. The event source mapping
 * must report batch item failures; let it bisect batches too, so that a record that is given up does not take others with it.
 *
 * When the invocation's time is over but for a reserve, the record that has not ended or begun is reported in the same way.
 * @throws {InvalidOptionError} for an unknown option or a bad one.
 * @throws {FibrinError} `NOT_A_BATCH` from the handler, for an event without records, and `NO_SEQUENCE_NUMBER`.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 * @example
 * ```ts
 * export const handler = streamBatch(async ({ kinesis }: StreamRecord, _context: RemainingTime) =>
 *   console.log(kinesis?.sequenceNumber),
 * );
 * ```
 */
export function streamBatch<R extends StreamRecord, C>(
  handle: (record: R, context: C) => Promise<unknown>,
  options: BatchOptions<R> = {},
): (event: BatchEvent<R>, context: C) => Promise<BatchResponse> {
  checkOptions('streamBatch', { handle }, { required: { handle: rule.fn() } });
  checkOptions('streamBatch', options, { optional: BATCH_RULES });
  const report = failureListener<R>('streamBatch', options, sequenceNumberOf);
  return async (event, context) => {
    const records = recordsOf('streamBatch', event);
    const time = batchTime(context, options);
    for (const record of records) {
      try {
        await time.run(async () => handle(record, context));
      } catch (error) {
        report(record, error);
        return failedFrom(record, error);
      }
    }
    return { batchItemFailures: [] };
  };
}
