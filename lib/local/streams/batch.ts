import type { StreamRecord } from './source.ts';

/** A record that is not done yet. */
export interface Waiting {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** When the item changed, in seconds since the epoch. */
  readonly createdAtSeconds: number;
  /** When it was read, by the platform's monotonic clock. */
  readonly arrivedAtMs: number;
  /** The record as the function gets it. */
  readonly json: string;
  readonly bytes: number;
}

/** Records that go to the function together, with what they have been through. */
export interface Batch {
  readonly items: readonly Waiting[];
  /** How many of the further attempts are used up. */
  readonly retries: number;
  /** Invocations that had these records, whatever else they had. */
  readonly invocations: number;
}

/** Lambda's limit on the payload of an invocation. */
const MAX_PAYLOAD_BYTES = 6 * 1_024 * 1_024;
const FRAME = { before: '{"Records":[', after: ']}' };

/** A record in Lambda's form. The engine has a region and an ARN of its own; the function is to see the template's. */
export function toWaiting(
  record: StreamRecord,
  at: { shardId: string; arrivedAtMs: number; region: string; streamArn: string },
): Waiting {
  const { eventID, eventName, dynamodb, userIdentity } = record;
  const json = JSON.stringify({
    eventID,
    eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: at.region,
    dynamodb,
    ...(userIdentity && { userIdentity }),
    eventSourceARN: at.streamArn,
  });
  return {
    shardId: at.shardId,
    sequenceNumber: dynamodb.SequenceNumber,
    createdAtSeconds: dynamodb.ApproximateCreationDateTime,
    arrivedAtMs: at.arrivedAtMs,
    json,
    bytes: Buffer.byteLength(json),
  };
}

export const payloadOf = ({ items }: Batch): string =>
  `${FRAME.before}${items.map(({ json }) => json).join(',')}${FRAME.after}`;

/** How many of the first records fit one invocation: of one shard, and no more than payload and batch size hold. */
function fitting(queue: readonly Waiting[], batchSize: number): number {
  let bytes = FRAME.before.length + FRAME.after.length;
  const most = Math.min(queue.length, batchSize);
  for (let count = 0; count < most; count++) {
    const item = queue[count];
    bytes += (item?.bytes ?? 0) + 1;
    // A record that is too large by itself goes all the same: to hold it back would hold up everything behind it.
    if (count > 0 && (bytes > MAX_PAYLOAD_BYTES || item?.shardId !== queue[0]?.shardId)) return count;
  }
  return most;
}

/** Whether there is nothing to wait for: whatever comes next does not fit the batch any more. */
export const isFull = (queue: readonly Waiting[], batchSize: number): boolean =>
  queue.length >= batchSize || fitting(queue, batchSize) < queue.length;

export function takeBatch(queue: readonly Waiting[], batchSize: number): Batch {
  return { items: queue.slice(0, fitting(queue, batchSize)), retries: 0, invocations: 0 };
}
