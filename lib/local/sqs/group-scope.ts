import { createHash } from 'node:crypto';
import type { QueueModel } from './model.ts';
import type { Input } from './platform-seconds.ts';

/** Stands between an ID and its group. Neither of them can contain it. */
const SEPARATOR = '\n';

/**
 * The engine compares the deduplication IDs of a whole queue. Where a queue compares those of each group by itself, the group
 * is made a part of the ID.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
 */
export function withGroupInId(input: Input, queue: QueueModel | undefined): Input {
  if (queue?.deduplicatesInGroup !== true) return input;
  const change = (entry: Input): Input => {
    const { MessageGroupId: group, MessageBody: body, MessageDeduplicationId: own } = entry;
    if (typeof group !== 'string') return entry;
    const byContent = queue.contentBasedDeduplication && typeof body === 'string';
    const id = own ?? (byContent ? createHash('sha256').update(body).digest('hex') : undefined);
    return id === undefined ? entry : { ...entry, MessageDeduplicationId: `${id}${SEPARATOR}${group}` };
  };
  const { Entries } = input;
  return Array.isArray(Entries)
    ? { ...input, Entries: (Entries as readonly Input[]).map(change) }
    : change(input);
}

/** The ID as it was given. */
export const withoutGroup = (id: string): string => id.split(SEPARATOR)[0] ?? id;
