import { FibrinError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import { propertyOf } from '../core/property.ts';
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

/** A message of a queue, as far as its batch needs it. */
export interface SqsMessage {
  readonly messageId: string;
  readonly eventSourceARN?: string;
  readonly attributes?: {
    readonly MessageGroupId?: string | undefined;
    readonly SequenceNumber?: string | undefined;
  };
}

export interface SqsBatchOptions<R> extends BatchOptions<R> {
  /**
   * How many records are handled at once; of a FIFO queue, how many message groups. Integer, 1 to 1,000. Default 10, Lambda's own
   * batch size: such a batch runs side by side, and a larger one stays within the 50 sockets of an AWS SDK client while each record
   * makes up to five calls at once.
   */
  readonly concurrency?: number;
  /**
   * Sets how long a record stays invisible from now, in whole seconds, 1 to 43,200: SQS's ChangeMessageVisibility. Called for a
   * record that is blocked by a run of it elsewhere (`InFlightError`), so that it does not come again, and use up a receive, before that
   * run must be over; and for the rest of its message group, which SQS holds back as long as one of them is invisible. Default: they
   * come again after the queue's visibility timeout. When it fails, `onFailure` receives its error.
   */
  readonly deferVisibility?: (record: R, seconds: number) => Promise<unknown>;
}

/** SQS keeps a message invisible for twelve hours at most. */
const MAX_INVISIBLE_SECONDS = 43_200;
const DEFAULT_CONCURRENCY = 10;

/** How long a record has to stay invisible because a run of it goes on elsewhere. Undefined where none does. */
function blockedSeconds(error: unknown): number | undefined {
  const leaseLeftMs = propertyOf(error, 'leaseLeftMs');
  if (typeof leaseLeftMs !== 'number' || Number.isNaN(leaseLeftMs)) return undefined;
  return Math.min(MAX_INVISIBLE_SECONDS, Math.max(1, Math.ceil(leaseLeftMs / 1_000)));
}

/** Standard queues have message groups too, for fairness. They promise no order. */
function isOfFifoQueue({ eventSourceARN, attributes }: SqsMessage): boolean {
  return eventSourceARN?.endsWith('.fifo') ?? attributes?.SequenceNumber !== undefined;
}

/** What has to be handled one by one: the records of a message group, or a single record. */
function inGroups<R extends SqsMessage>(records: readonly R[]): readonly (readonly R[])[] {
  const groups = new Map<unknown, R[]>();
  for (const record of records) {
    const group = isOfFifoQueue(record) ? (record.attributes?.MessageGroupId ?? '') : record;
    const others = groups.get(group);
    if (others) others.push(record);
    else groups.set(group, [record]);
  }
  return [...groups.values()];
}

/** Works on all of them, so many at once. The work never rejects. */
async function eachOf<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const next = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, next));
}

const heldBack = () =>
  new FibrinError('RECORD_HELD_BACK', 'A record before this one in its message group was not handled', {
    retryable: true,
  });

/**
 * A handler for the batches of a queue that handles each record by itself: those that fail come again, the others do not. The event
 * source mapping must report batch item failures.
 *
 * The records of a FIFO queue's message group are handled in order; when one fails, the rest of its group is not handled and comes
 * again with it. Groups, and the records of a standard queue, are handled side by side, up to `concurrency`.
 *
 * When the invocation's time is over but for a reserve, what has not ended is reported too, so that what is done stays done.
 * @throws {InvalidOptionError} for an unknown option or a bad one.
 * @throws {FibrinError} `NOT_A_BATCH` from the handler, for an event without records.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 * @example
 * ```ts
 * const store = memoryStore();
 * const ship = idempotent(
 *   { store, operation: 'ship', key: recordEnvelopeId },
 *   async (record: QueueRecord, _context: RemainingTime) => console.log(JSON.parse(record.body)),
 * );
 * export const handler = sqsBatch(ship, { concurrency: 5 });
 * ```
 */
export function sqsBatch<R extends SqsMessage, C>(
  handle: (record: R, context: C) => Promise<unknown>,
  options: SqsBatchOptions<R> = {},
): (event: BatchEvent<R>, context: C) => Promise<BatchResponse> {
  checkOptions('sqsBatch', { handle }, { required: { handle: rule.fn() } });
  checkOptions('sqsBatch', options, {
    optional: { ...BATCH_RULES, concurrency: rule.integer(1, 1_000), deferVisibility: rule.fn() },
  });
  const { concurrency = DEFAULT_CONCURRENCY, deferVisibility } = options;
  const report = failureListener('sqsBatch', options, ({ messageId }: R) => messageId);
  return async (event, context) => {
    const records = recordsOf('sqsBatch', event);
    const time = batchTime(context, options);
    const unhandled = new Set<R>();

    const defer = async (record: R, seconds: number): Promise<void> => {
      try {
        await time.runAfter(async () => deferVisibility?.(record, seconds));
      } catch (error) {
        // The record comes again after the queue's visibility timeout: the cost is one extra receive.
        report(record, error);
      }
    };
    const handleGroup = async (group: readonly R[]): Promise<void> => {
      for (const [index, record] of group.entries()) {
        try {
          await time.run(async () => handle(record, context));
        } catch (error) {
          const others = group.slice(index + 1);
          for (const each of [record, ...others]) unhandled.add(each);
          report(record, error);
          for (const other of others) report(other, heldBack());
          const seconds = blockedSeconds(error);
          if (deferVisibility && seconds !== undefined)
            await Promise.all([record, ...others].map((each) => defer(each, seconds)));
          return;
        }
      }
    };
    await eachOf(inGroups(records), concurrency, handleGroup);
    const failed = records.filter((record) => unhandled.has(record));
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}
