import type { BatchResponse } from './batch.ts';
import { type Envelope, readEnvelope } from './envelope.ts';
import type { EventPublisher } from './publisher.ts';

/** The attribute in which an item carries the event that its last write caused. */
export const OUTBOX_ATTRIBUTE = 'outbox';

/** A stream record, as far as the relay looks at it. */
export interface OutboxRecord {
  readonly dynamodb?:
    | {
        readonly SequenceNumber?: string | undefined;
        readonly NewImage?: Readonly<Record<string, { readonly S?: string }>> | undefined;
        readonly OldImage?: Readonly<Record<string, { readonly S?: string }>> | undefined;
      }
    | undefined;
}

/** The event that a change of an item put into its outbox, or undefined when it put none there. */
function eventOf({ dynamodb }: OutboxRecord): Envelope | undefined {
  const text = dynamodb?.NewImage?.[OUTBOX_ATTRIBUTE]?.S;
  // A change of something else carries the old event along.
  if (text === undefined || text === dynamodb?.OldImage?.[OUTBOX_ATTRIBUTE]?.S) return undefined;
  return readEnvelope(JSON.parse(text));
}

/**
 * A handler for the stream of a table whose items carry an outbox: publishes what each change put there, in order.
 * The write of an item and of its event are one, so there is no event without the change and no change without the
 * event; a sandbox that dies in the middle publishes some events again, under the same ids.
 */
export function outboxRelay(
  publisher: EventPublisher,
): (event: { readonly Records: readonly OutboxRecord[] }) => Promise<BatchResponse> {
  return async ({ Records }) => {
    const pending = Records.flatMap((record) => {
      const event = eventOf(record);
      return event ? [{ event, sequenceNumber: record.dynamodb?.SequenceNumber ?? '' }] : [];
    });
    const failed = new Set(
      (await publisher.publish(pending.map(({ event }) => event))).map(({ event }) => event.id),
    );
    const first = pending.find(({ event }) => failed.has(event.id));
    if (first === undefined) return { batchItemFailures: [] };
    console.error(
      JSON.stringify({ level: 'ERROR', message: 'Some events were not published', events: [...failed] }),
    );
    // Lambda starts over from the first that failed, so naming it is naming all after it.
    return { batchItemFailures: [{ itemIdentifier: first.sequenceNumber }] };
  };
}
