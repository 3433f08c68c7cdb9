import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { type Clock, systemClock } from '../core/clock.ts';
import { FibrinError, hasCode, InvalidOptionError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { type Random, systemRandom } from '../core/random.ts';
import * as rule from '../core/rules.ts';
import { resilient } from '../policy/resilient.ts';
import { retryBudget } from '../policy/retry-budget.ts';
import { checkRetryOptions, type RetryOptions } from '../policy/retry-options.ts';
import { type Entry, entryOf, fits } from './entry.ts';
import type { Envelope } from './envelope.ts';
import { type PutTools, putEvents } from './put-events.ts';

export interface PublisherOptions {
  /** Name or ARN of the bus for events without a sensitivity. */
  readonly bus: string;
  /**
   * Name or ARN of the bus for each sensitivity, e.g. `{ restricted: 'orders-restricted' }`. An event goes to the bus that is named for its
   * `metadata.sensitivity`, and is refused where there is none. Default: none, so every event with a sensitivity is refused.
   */
  readonly buses?: Readonly<Record<string, string>>;
  /** What publishes, e.g. `profiles`. 1 to 256 characters; not `aws.`, which is AWS's own. */
  readonly source: string;
  /**
   * Retries of what the bus did not take, as in `resilient`, but for the budget, which counts events: each one that is taken earns a part
   * of a retry of one. Default `{ maxAttempts: 3, budget: { ratio: 0.5, burst: 100 } }`, or false.
   */
  readonly retry?: RetryOptions | false;
  /** Limit on each request. Milliseconds. Default 2,000. */
  readonly attemptTimeoutMs?: number;
  /** Limit on the requests for one batch of up to ten events, waits and all. Milliseconds. Default 10,000. */
  readonly totalTimeoutMs?: number;
  /** Receives each attempt, wait and outcome of a batch, as in `resilient`, under the name `event-bus`. */
  readonly onEvent?: (event: PolicyEvent) => unknown;
  /** Give yours `maxAttempts: 1`: it would retry within each attempt. Default: one with its own configuration, and that. */
  readonly client?: EventBridgeClient;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
  /** Where chance comes from. Default: the system's. */
  readonly random?: Random;
}

/** An event that was not published, and why. */
export interface Unpublished {
  /** The very object that was handed in. */
  readonly event: Envelope;
  /**
   * A `FibrinError` with the code `BAD_ENVELOPE`, `EVENT_TOO_LARGE`, `NO_BUS_FOR_SENSITIVITY`, `EVENT_EXPIRED`, `EVENT_REJECTED`,
   * `RETRY_BUDGET_EXHAUSTED` or `EVENT_HELD_BACK`; or what the last request failed with.
   */
  readonly error: unknown;
}

export interface PublishOptions {
  /**
   * What an event is about, such as the id of an order. Events of one key are sent one after the other, in their order, and after one that
   * is not published the others of its key are held back (`EVENT_HELD_BACK`). Default: the order is not kept.
   */
  readonly orderBy?: (event: Envelope) => string;
}

export interface EventPublisher {
  /**
   * Publishes each event, and gives those that were not published, in their order. Never rejects for those.
   * @throws {InvalidOptionError} for an unknown option or a bad one.
   */
  publish(events: readonly Envelope[], options?: PublishOptions): Promise<readonly Unpublished[]>;
}

/** Ten requests whose events all failed once. */
const DEFAULT_BURST = 100;

const sourceRule = rule.unless(
  (value) => typeof value === 'string' && /^(?!aws\.).{1,256}$/.test(value),
  'a text of 1 to 256 characters that does not begin with "aws."',
);

/** @throws {InvalidOptionError} where restricted events would go where all others go. */
function checkBuses(bus: string, buses: Readonly<Record<string, string>>): void {
  for (const [sensitivity, own] of Object.entries(buses)) {
    const option = `\`buses.${sensitivity}\``;
    const wrong = rule.text()(own);
    if (wrong) throw new InvalidOptionError(`eventPublisher: expected ${option} to be ${wrong}`);
    if (own === bus)
      throw new InvalidOptionError(`eventPublisher: expected ${option} to be another bus than \`bus\``);
  }
}

/** What one call of `publish` has come to. */
class Publication {
  readonly #tools: PutTools;
  readonly #errors = new Map<Envelope, unknown>();
  readonly #failedKeys = new Set<string>();
  #batch: Entry[] = [];

  constructor(tools: PutTools) {
    this.#tools = tools;
  }

  async add(entry: Entry): Promise<void> {
    if (!fits(entry, this.#batch)) await this.flush();
    if (entry.key !== undefined && this.#failedKeys.has(entry.key)) {
      const error = new FibrinError('EVENT_HELD_BACK', 'An event before this one was not published', {
        retryable: true,
      });
      return this.refuse(entry, error);
    }
    this.#batch.push(entry);
  }

  async flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length === 0) return;
    for (const { entry, error } of await putEvents(batch, this.#tools)) this.refuse(entry, error);
  }

  refuse({ event, key }: Pick<Entry, 'event' | 'key'>, error: unknown): void {
    this.#errors.set(event, error);
    // Of what has expired nothing is to come any more.
    if (key !== undefined && !hasCode(error, 'EVENT_EXPIRED')) this.#failedKeys.add(key);
  }

  unpublished(events: readonly Envelope[]): readonly Unpublished[] {
    return events.flatMap((event) =>
      this.#errors.has(event) ? [{ event, error: this.#errors.get(event) }] : [],
    );
  }
}

function toolsOf(options: PublisherOptions): PutTools {
  const { retry = {}, attemptTimeoutMs = 2_000, totalTimeoutMs = 10_000, onEvent } = options;
  const { clock = systemClock, random = systemRandom } = options;
  const { client = new EventBridgeClient({ maxAttempts: 1 }) } = options;
  const { budget = {}, ...others } = retry || {};
  const { ratio = 0.5, burst = DEFAULT_BURST } = budget || { burst: Infinity };
  const policy = resilient<void>({
    ...{ name: 'event-bus', attemptTimeoutMs, totalTimeoutMs, clock, random },
    // Its own budget would count requests, most of whose events may have been taken.
    retry: retry && { maxAttempts: 3, ...others, budget: false },
    ...(onEvent && { onEvent }),
  });
  const put: PutTools['put'] = async (Entries, abortSignal) =>
    (await client.send(new PutEventsCommand({ Entries }), { abortSignal })).Entries ?? [];
  return { put, policy, budget: retryBudget(ratio, burst), clock };
}

/**
 * Publishes to an event bus, in requests of up to ten events and 1 MB. A request can succeed and some of its events fail: those
 * alone are sent again, within the time that the invocation has left. An event that is malformed, too large or expired fails alone. One may
 * be published twice when an answer is lost; its `id` stays the same.
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
    required: { bus: rule.text(), source: sourceRule },
    optional: {
      buses: rule.object(),
      retry: rule.switchable(rule.object()),
      attemptTimeoutMs: rule.durationMs(),
      totalTimeoutMs: rule.durationMs(),
      onEvent: rule.fn(),
      client: rule.object(),
      clock: rule.object(),
      random: rule.object(),
    },
  });
  const { bus, buses = {}, source, retry } = options;
  if (retry) checkRetryOptions('eventPublisher.retry', retry);
  checkBuses(bus, buses);
  const route = { bus, buses, source };
  const tools = toolsOf(options);
  return {
    async publish(events, publishOptions = {}) {
      const { orderBy } = checkOptions('publish', publishOptions, { optional: { orderBy: rule.fn() } });
      const publication = new Publication(tools);
      for (const event of events) {
        let key: string | undefined;
        let entry: Entry | undefined;
        try {
          key = orderBy?.(event);
          entry = entryOf(event, route, key);
        } catch (error) {
          publication.refuse({ event, key }, error);
        }
        if (entry) await publication.add(entry);
      }
      await publication.flush();
      return publication.unpublished(events);
    },
  };
}
