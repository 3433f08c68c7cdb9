import type { Clock } from '../core/clock.ts';
import { checkOptions, type OptionRules } from '../core/options.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import type { Random } from '../core/random.ts';
import * as rule from '../core/rules.ts';
import type { Version } from './tier.ts';

export interface CacheOptions<T> {
  /** Name of the cache in events, metrics and errors. 1 to 100 letters, digits, ".", "_", "-". */
  readonly name: string;
  /**
   * How long a value is fresh, from the moment that its load began, or a function that says so of a value: one of 0 or less is
   * not kept. Milliseconds, 1 to 2,147,483,647. A load's time counts, since the value may be as old as that.
   */
  readonly ttlMs: number | ((value: T) => number);
  /**
   * The fraction by which that time is shortened at random, so that what was loaded together does not expire together. 0 to 1.
   * Default 0.1: a value is fresh for 90 to 100 % of `ttlMs`, never longer.
   */
  readonly ttlJitter?: number;
  /**
   * For how long after that a value is still handed out at once, while one refresh is made beside the call. Milliseconds.
   * Default 0: never.
   */
  readonly staleWhileRevalidateMs?: number;
  /**
   * For how long after it was fresh a value stands in for an error of the call. Not for an abort by the caller, nor for a
   * programming error. Milliseconds. Default 0: never.
   */
  readonly staleIfErrorMs?: number;
  /** The most values that are kept; the one that was used longest ago goes first. 1 to 1,000,000. Default 1,000. */
  readonly maxEntries?: number;
  /**
   * The most that all keys and values may take, by the length of their JSON text. The objects take two to five times that
   * in memory. A value that takes more than a tenth is not kept. 10 to 1,073,741,824. Default 10,485,760 (10 MiB).
   */
  readonly maxBytes?: number;
  /** Whether a loaded value is kept. Default: each is, also null, false, 0, an empty text and undefined. */
  readonly shouldCache?: (value: T) => boolean;
  /**
   * The version of a value, a number or a text that sorts by it (a time in ISO 8601, a ULID). A value never replaces a newer
   * one that is still kept. Default: none, the last one that is loaded or set is the newest.
   */
  readonly version?: (value: T) => Version;
  /**
   * The most that a load may take, a refresh too, and no more than the policy's `totalTimeoutMs`. Milliseconds. Default: that
   * total timeout; where there is none, 10,000.
   */
  readonly loadTimeoutMs?: number;
  /**
   * Receives a `cache` event for each call that the cache makes alone, by its own `execute`. A policy reports those of its calls
   * to its own `onEvent`. What it throws changes nothing. Default: nothing is reported.
   */
  readonly onEvent?: (event: PolicyEvent) => unknown;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
  /** Where chance comes from. Default: the system's. */
  readonly random?: Random;
}

const MAX_MS = 2_147_483_647;

const timeToLive: rule.OptionRule = (value) => {
  const wrong = typeof value === 'function' ? undefined : rule.durationMs()(value);
  return wrong?.replace(', got', ', or a function, got');
};

/**
 * @param owner In errors.
 * @param more Rules of further options.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 */
export function checkCacheOptions<T>(owner: string, options: CacheOptions<T>, more?: OptionRules): void {
  checkOptions(owner, options, {
    required: { name: rule.name(), ttlMs: timeToLive, ...more?.required },
    optional: {
      ...more?.optional,
      ttlJitter: rule.fraction(),
      staleWhileRevalidateMs: rule.durationMs(0),
      staleIfErrorMs: rule.durationMs(0),
      maxEntries: rule.integer(1, 1_000_000),
      maxBytes: rule.integer(10, 1_073_741_824),
      shouldCache: rule.fn(),
      version: rule.fn(),
      loadTimeoutMs: rule.durationMs(),
      onEvent: rule.fn(),
      clock: rule.object(),
      random: rule.object(),
    },
  });
}

/** How long a value is fresh, by what a function of the user says. Milliseconds. */
export const boundedMs = (ms: number): number => Math.min(MAX_MS, ms);
