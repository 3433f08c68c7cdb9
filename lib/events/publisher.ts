import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { type Clock, sleep, systemClock } from '../core/clock.ts';
import { AttemptTimeoutError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import { type Random, systemRandom } from '../core/random.ts';
import * as rule from '../core/rules.ts';
import { runWithin } from '../core/time-limit.ts';
import type { Envelope } from './envelope.ts';

export interface PublisherOptions {
  /** Name or ARN of the bus. */
  readonly bus: string;
  /** Who says so, e.g. `profiles`. */
  readonly source: string;
  /** How often a failed entry is tried, the first time included. Integer, 1 to 10. Default 3. */
  readonly attempts?: number;
  /** Bound on each call of the bus. Milliseconds. Default 2,000. */
  readonly attemptTimeoutMs?: number;
  /** Default: a client with its own configuration and no retries of its own. */
  readonly client?: EventBridgeClient;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** An event that the bus did not take, and why. */
export interface Unpublished {
  readonly event: Envelope;
  readonly error: unknown;
}

export interface EventPublisher {
  /** Publishes each event, and gives those that the bus did not take in the end. Never throws for those. */
  publish(events: readonly Envelope[]): Promise<readonly Unpublished[]>;
}

/** EventBridge's limit on one PutEvents. */
const BATCH_SIZE = 10;
const BASE_DELAY_MS = 50;

/**
 * Publishes to an event bus. A call can succeed and some of its entries fail: those alone are tried again, with
 * exponential backoff and full jitter. An event may be published twice when an answer is lost; its `id` stays the same.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 * @example
 * ```ts
 * const publisher = eventPublisher({ bus: 'orders', source: 'shop' });
 * const unpublished = await publisher.publish([
 *   { id: 'order-7#placed', type: 'order.placed', time: '2026-03-04T05:06:07Z', data: { total: 12 } },
 * ]);
 * ```
 */
export function eventPublisher(options: PublisherOptions): EventPublisher {
  checkOptions('eventPublisher', options, {
    required: { bus: rule.text(), source: rule.text() },
    optional: {
      attempts: rule.integer(1, 10),
      attemptTimeoutMs: rule.durationMs(),
      client: rule.object(),
      clock: rule.object(),
      random: rule.object(),
    },
  });
  const { bus, source, attempts = 3, attemptTimeoutMs = 2_000 } = options;
  const { clock = systemClock, random = systemRandom } = options;
  const { client = new EventBridgeClient({ maxAttempts: 1 }) } = options;

  const toEntry = (event: Envelope): PutEventsRequestEntry => ({
    EventBusName: bus,
    Source: source,
    DetailType: event.type,
    Time: new Date(event.time),
    Detail: JSON.stringify(event),
  });

  /** One call. Gives what failed of it: some entries, or all of them. */
  const put = async (events: readonly Envelope[]): Promise<readonly Unpublished[]> => {
    try {
      const { Entries = [] } = await runWithin(
        {
          clock,
          limitMs: attemptTimeoutMs,
          exceeded: () => new AttemptTimeoutError(`Event bus "${bus}"`, attemptTimeoutMs),
        },
        ({ signal }) =>
          client.send(new PutEventsCommand({ Entries: events.map(toEntry) }), { abortSignal: signal }),
      );
      return events.flatMap((event, index) => {
        const entry = Entries[index];
        return entry?.EventId
          ? []
          : [{ event, error: new Error(`${entry?.ErrorCode}: ${entry?.ErrorMessage}`) }];
      });
    } catch (error) {
      return events.map((event) => ({ event, error }));
    }
  };

  const publishBatch = async (events: readonly Envelope[]): Promise<readonly Unpublished[]> => {
    for (let attempt = 1, left = events; ; attempt++) {
      const failed = await put(left);
      if (failed.length === 0 || attempt >= attempts) return failed;
      left = failed.map(({ event }) => event);
      await sleep(clock, random.next() * BASE_DELAY_MS * 2 ** attempt);
    }
  };

  return {
    async publish(events) {
      const failed: Unpublished[] = [];
      for (let start = 0; start < events.length; start += BATCH_SIZE) {
        failed.push(...(await publishBatch(events.slice(start, start + BATCH_SIZE))));
      }
      return failed;
    },
  };
}
