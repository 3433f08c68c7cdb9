import { isDeepStrictEqual } from 'node:util';
import { FibrinError } from '../core/errors.ts';
import { outboxContent } from './attribute.ts';
import { type Envelope, envelope } from './envelope.ts';
import type { StreamRecord } from './stream-batch.ts';

/** The attribute in which an item carries the event that its last write caused, or a list of them. */
export const OUTBOX_ATTRIBUTE = 'outbox';

/** A record of a DynamoDB stream, as far as the relay reads it. */
export interface OutboxRecord extends Pick<StreamRecord, 'dynamodb'> {
  readonly eventName?: string | undefined;
  readonly dynamodb?:
    | {
        readonly SequenceNumber?: string | undefined;
        readonly StreamViewType?: string | undefined;
        readonly Keys?: Readonly<Record<string, unknown>> | undefined;
        readonly NewImage?: Readonly<Record<string, unknown>> | undefined;
        readonly OldImage?: Readonly<Record<string, unknown>> | undefined;
      }
    | undefined;
}

/** An event that a change of an item put into its outbox. */
export interface Pending {
  readonly record: OutboxRecord;
  readonly event: Envelope;
  /** Of the item: its events are published in their order. */
  readonly key: string;
}

/**
 * The events that a change put into the outbox. None where it put none there: an item that was removed, by TTL too, has no
 * outbox any more, and a change of something else carries the old one along.
 * @throws {FibrinError} `BAD_STREAM_VIEW` for a stream that does not show items before and after, `BAD_OUTBOX`, and as `envelope`.
 */
function eventsOf({ eventName, dynamodb }: OutboxRecord): readonly Envelope[] {
  if (eventName === 'REMOVE') return [];
  const { StreamViewType = 'NEW_AND_OLD_IMAGES', NewImage, OldImage } = dynamodb ?? {};
  // With NEW_IMAGE alone each change of anything would publish the last event once more.
  if (StreamViewType !== 'NEW_AND_OLD_IMAGES' || NewImage === undefined)
    throw new FibrinError('BAD_STREAM_VIEW', 'The outbox relay needs a stream of NEW_AND_OLD_IMAGES');
  const attribute = NewImage[OUTBOX_ATTRIBUTE];
  if (isDeepStrictEqual(attribute, OldImage?.[OUTBOX_ATTRIBUTE])) return [];
  const content = outboxContent(attribute) ?? [];
  return (Array.isArray(content) ? content : [content]).map((event: Envelope) => envelope(event));
}

export interface ReadOutboxes {
  readonly pending: readonly Pending[];
  /** The first record whose outbox cannot be published. What is after it is not read. */
  readonly poison?: { readonly record: OutboxRecord; readonly error: unknown };
}

/** Reads the outboxes of a batch, in order, up to the first that cannot be published. */
export function readOutboxes(records: readonly OutboxRecord[]): ReadOutboxes {
  const pending: Pending[] = [];
  for (const record of records) {
    try {
      const key = JSON.stringify(record.dynamodb?.Keys) ?? '';
      // All of them before any is added: a record with one that cannot be published is reported as a whole.
      pending.push(...eventsOf(record).map((event) => ({ record, event, key })));
    } catch (error) {
      return { pending, poison: { record, error } };
    }
  }
  return { pending };
}
