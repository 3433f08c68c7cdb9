import { hasCode } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import { propertyOf } from '../core/property.ts';
import * as rule from '../core/rules.ts';
import {
  BATCH_RULES,
  type BatchEvent,
  type BatchOptions,
  type BatchResponse,
  type BatchTime,
  batchTime,
  failureListener,
  recordsOf,
} from './batch.ts';
import { type OutboxRecord, type Pending, readOutboxes } from './outbox.ts';
import type { EventPublisher } from './publisher.ts';
import { type EnvelopeHandlerOptions, expiryListener } from './record-envelope.ts';
import { failedFrom, sequenceNumberOf } from './stream-batch.ts';

/** `onExpired` receives each event that is skipped because its `expiresAt` has come. */
export type OutboxRelayOptions = BatchOptions<OutboxRecord> & Pick<EnvelopeHandlerOptions, 'onExpired'>;

const PUBLISHER = rule.unless(
  (value) => typeof propertyOf(value, 'publish') === 'function',
  'what `eventPublisher` gives',
);

/** So many are published before the next are begun: when one fails, fewer than that of those after it are published again. */
const CHUNK = 10;

/** Publishes some events. Gives the errors of those that were not published, by their ids: a publisher may give back copies. */
async function publish(
  publisher: EventPublisher,
  chunk: readonly Pending[],
  time: BatchTime,
): Promise<ReadonlyMap<string, unknown>> {
  const keys = new Map(chunk.map(({ event, key }) => [event, key]));
  const events = chunk.map(({ event }) => event);
  try {
    const orderBy = (event: unknown) => keys.get(event as Pending['event']) ?? '';
    const unpublished = await time.run(async () => publisher.publish(events, { orderBy }));
    return new Map(unpublished.map(({ event, error }) => [event.id, error]));
  } catch (error) {
    return new Map(events.map(({ id }) => [id, error]));
  }
}

/**
 * A handler for the stream of a table whose items carry an outbox: publishes the event that each change put there, or each of a list, and
 * stops at the first event that is not published. Lambda goes on from its record, so the events of an item are published in their
 * order. A record whose outbox cannot be published is reported by itself, after all that is before it was published.
 *
 * The write of an item and of its event are one, so there is no event without the change and no change without the event. Some events
 * are published twice, under the same ids: when an environment dies, and up to nine after one that failed. An event whose `expiresAt` has
 * come is skipped, which is reported to `onExpired` and is no failure.
 *
 * The stream shows NEW_AND_OLD_IMAGES. The event source mapping reports batch item failures, bisects batches, so that a record that is
 * given up does not take others with it, and has a destination for it.
 * @throws {InvalidOptionError} for an unknown option or a bad one.
 * @throws {FibrinError} `NOT_A_BATCH` from the handler, for an event without records, and `NO_SEQUENCE_NUMBER`.
 * @example
 * ```ts
 * export const handler = outboxRelay(eventPublisher({ bus: 'orders', source: 'shop' }));
 * ```
 */
export function outboxRelay(
  publisher: EventPublisher,
  options: OutboxRelayOptions = {},
): (event: BatchEvent<OutboxRecord>, context: unknown) => Promise<BatchResponse> {
  checkOptions('outboxRelay', { publisher }, { required: { publisher: PUBLISHER } });
  checkOptions('outboxRelay', options, { optional: { ...BATCH_RULES, onExpired: rule.fn() } });
  const report = failureListener<OutboxRecord>('outboxRelay', options, sequenceNumberOf);
  const reportExpired = expiryListener('outboxRelay', options);
  const fail = (record: OutboxRecord, error: unknown): BatchResponse => {
    report(record, error);
    return failedFrom(record, error);
  };
  return async (event, context) => {
    const records = recordsOf('outboxRelay', event);
    const time = batchTime(context, options);
    const { pending, poison } = readOutboxes(records);
    for (let start = 0; start < pending.length; start += CHUNK) {
      const chunk = pending.slice(start, start + CHUNK);
      const errors = await publish(publisher, chunk, time);
      for (const { record, event } of chunk) {
        if (!errors.has(event.id)) continue;
        const error = errors.get(event.id);
        if (!hasCode(error, 'EVENT_EXPIRED')) return fail(record, error);
        reportExpired(event);
      }
    }
    return poison ? fail(poison.record, poison.error) : { batchItemFailures: [] };
  };
}
