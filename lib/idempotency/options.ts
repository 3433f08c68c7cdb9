import { type Clock, systemClock } from '../core/clock.ts';
import { checkOptions } from '../core/options.ts';
import { type Random, systemRandom } from '../core/random.ts';
import * as rule from '../core/rules.ts';
import { safeListener } from '../core/safe-listener.ts';
import type { Store } from '../core/store.ts';
import type { ResultStore } from './codec.ts';
import type { IdempotencyEvent } from './events.ts';
import type { OnUnknownOutcome } from './protocol.ts';
import type { ReplayCacheOptions } from './replay-cache.ts';

export interface IdempotencyOptions<E> {
  /** Where the records are kept. */
  readonly store: Store;
  /** Name of what must happen once. Keys of different operations never meet. 1 to 100 letters, digits, ".", "_", "-". */
  readonly operation: string;
  /**
   * The key that the caller repeats when it repeats the request. Plain JSON; undefined and null are refused, 0, false and ''
   * are keys. Computed once, before the handler can change the event, and digested before it is stored.
   */
  readonly key: (event: E, context: unknown) => unknown;
  /** What the same key must always come with; a difference is refused with 422. Default: nothing is compared. */
  readonly payload?: (event: E, context: unknown) => unknown;
  /** Whose key it is, where callers choose their keys: theirs never meet. Required in each event once given. */
  readonly principal?: (event: E, context: unknown) => unknown;
  /** The same for the tenant. */
  readonly tenant?: (event: E, context: unknown) => unknown;
  /** Keys and payloads that can be guessed are digested with it (HMAC). Text or bytes, from 16 on. Default: none. */
  readonly hmacSecret?: string | Uint8Array;
  /** How long a result is replayed. Seconds, 1 to 31,536,000. Default 86,400 (a day). */
  readonly retentionSeconds?: number;
  /** The most by which the clocks of two environments may differ; added to the lease. Milliseconds, 0 to 60,000. Default 5,000. */
  readonly skewMarginMs?: number;
  /**
   * What a request meets when the run before it ended without an outcome and its lease is over: `rerun` runs again, since
   * the effect may not have happened; `hold` refuses with 409 until the key is released, since it may. Default `rerun`.
   */
  readonly onUnknownOutcome?: OnUnknownOutcome;
  /**
   * Whether an error proves that the effect has not happened, so that the key is free. `definite` is the default's answer: with
   * `hold`, whether something proves it (a table in the guide says what); with `rerun`, whether nothing leaves it open.
   */
  readonly isDefiniteFailure?: (error: unknown, about: { readonly definite: boolean }) => boolean;
  /** How long a duplicate waits for the result of the run that is under way before it is refused. Milliseconds. Default 0. */
  readonly waitMs?: number;
  /** Where results go that are too large for a record (350 KB). Default: they are not kept, a replay says so. */
  readonly resultStore?: ResultStore;
  /** Keeps results in this environment too. Default: none are. */
  readonly replayCache?: ReplayCacheOptions;
  /** When the claim fails for want of the store: `fail` with 503, or `run` without protection. Default `fail`. */
  readonly onStoreError?: 'fail' | 'run';
  /**
   * How long a durable execution may be at work, all its invocations together; one that is under way after that keeps the
   * key until it must have ended. Milliseconds. Default 86,400,000 (a day).
   */
  readonly durableWorkMs?: number;
  /** Called with each event of a key: for metrics. What it throws or rejects with changes nothing; it is warned of once. */
  readonly onEvent?: (event: IdempotencyEvent) => unknown;
  readonly clock?: Clock;
  readonly random?: Random;
}

type WithDefault =
  | 'retentionSeconds'
  | 'skewMarginMs'
  | 'onUnknownOutcome'
  | 'waitMs'
  | 'onStoreError'
  | 'durableWorkMs'
  | 'onEvent'
  | 'clock'
  | 'random';

/** The options with their defaults. */
export type IdempotencySettings<E> = IdempotencyOptions<E> &
  Required<Pick<IdempotencyOptions<E>, WithDefault>>;

/** @throws {InvalidOptionError} naming the option, the expectation and the value. */
export function checkIdempotencyOptions<E>(options: IdempotencyOptions<E>): IdempotencySettings<E> {
  checkOptions('idempotency', options, {
    required: { store: rule.object(), operation: rule.name(), key: rule.fn() },
    optional: {
      payload: rule.fn(),
      principal: rule.fn(),
      tenant: rule.fn(),
      hmacSecret: rule.secret(16),
      retentionSeconds: rule.integer(1, 31_536_000),
      skewMarginMs: rule.integer(0, 60_000),
      onUnknownOutcome: rule.oneOf('rerun', 'hold'),
      isDefiniteFailure: rule.fn(),
      waitMs: rule.integer(0, 900_000),
      resultStore: rule.object(),
      replayCache: rule.object(),
      onStoreError: rule.oneOf('fail', 'run'),
      durableWorkMs: rule.durationMs(1_000, 31_622_400_000),
      onEvent: rule.fn(),
      clock: rule.object(),
      random: rule.object(),
    },
  });
  if (options.replayCache) {
    checkOptions('idempotency.replayCache', options.replayCache, {
      optional: {
        maxEntries: rule.integer(1, 10_000),
        maxBytes: rule.integer(1, 1_000_000_000),
        maxAgeMs: rule.durationMs(),
      },
    });
  }
  const { clock = systemClock, random = systemRandom, retentionSeconds = 86_400 } = options;
  const { skewMarginMs = 5_000, onUnknownOutcome = 'rerun', waitMs = 0, onStoreError = 'fail' } = options;
  const { durableWorkMs = 86_400_000, onEvent: listener = () => undefined } = options;
  const onEvent = safeListener(listener, `${options.operation}: onEvent`);
  return {
    ...options,
    ...{
      clock,
      random,
      retentionSeconds,
      skewMarginMs,
      onUnknownOutcome,
      waitMs,
      onStoreError,
      durableWorkMs,
      onEvent,
    },
  };
}
