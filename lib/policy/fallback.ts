import { noteEarlierAttempts } from '../core/attempt-facts.ts';
import { classifyError } from '../core/classify.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { DeadlineExceededError } from '../core/errors.ts';
import type { Call, ExecuteOptions, Execution } from '../core/execution.ts';
import { guarded } from '../core/guarded.ts';
import { type Layer, policyOf } from '../core/layer.ts';
import { checkOptions } from '../core/options.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import * as rule from '../core/rules.ts';
import { runWithin } from '../core/time-limit.ts';

/** What a fallback is handed about the call that it stands in for. */
export interface FallbackContext {
  /** What the call is about, as its caller has said. */
  readonly key: string | undefined;
  /** Aborts when the fallback's time is over, or the caller gives up. */
  readonly signal: AbortSignal;
  /** What is left of the fallback's time. Milliseconds. */
  readonly remainingMs: () => number;
  /** Where time comes from. */
  readonly clock: Clock;
}

/** A degraded value, the same one each time, or a function that makes one. */
export type Fallback<T> = T | ((error: unknown, context: FallbackContext) => T | Promise<T>);

type MakesValue<T> = (error: unknown, context: FallbackContext) => T | Promise<T>;

const isMaker = <T>(given: Fallback<T>): given is MakesValue<T> & Fallback<T> => typeof given === 'function';
const isNoBug = (error: unknown): boolean => classifyError(error) !== 'bug';

/** A value that is there at once needs no time, so even without any a function is called. Milliseconds. */
const MIN_TIME_MS = 1;

/** The fallback failed as well, and what it stood in for may have happened. */
const notedAfter =
  (error: unknown) =>
  (failed: unknown): never => {
    noteEarlierAttempts(failed, [error]);
    throw failed;
  };

/** What a function of a fallback needs to be called within a limit of time. */
interface StandIn {
  readonly error: unknown;
  readonly key: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
  readonly limitMs: number;
  readonly what: string;
}

function makeWithin<T>(make: MakesValue<T>, standIn: StandIn): Promise<T> {
  const { error, key, signal: outer, clock, what } = standIn;
  const limitMs = Math.max(MIN_TIME_MS, standIn.limitMs);
  const exceeded = () => new DeadlineExceededError(what, 'fallback timeout', limitMs, { cause: error });
  return runWithin({ clock, limitMs, signal: outer, exceeded }, ({ signal, remainingMs }) =>
    make(error, { key, signal, remainingMs, clock }),
  );
}

/** Kept of a chain's time, a tenth of it at most, so that its last function ends before the chain does. Milliseconds. */
const CHAIN_RESERVE_MS = 5;

const toDivideMs = (leftMs: number): number => leftMs - Math.min(CHAIN_RESERVE_MS, leftMs / 10);

/**
 * A fallback of several: the first of them that gives a value. Each function is called when the one before has failed or
 * used up its part of the time that is left, which is an equal part for each function. All are handed the error of the call.
 * A programming error in one of them is thrown, and otherwise the error of the last one.
 * @example
 * ```ts
 * const known = new Map([['eur', 1.08]]);
 * const rates = resilient<number>({
 *   name: 'rates',
 *   fallback: fallbackChain(async (error, { key = '' }) => known.get(key) ?? Promise.reject(error), 1),
 * });
 * ```
 */
export const fallbackChain =
  <T>(...fallbacks: readonly Fallback<T>[]): MakesValue<T> =>
  async (error, { key, signal, remainingMs, clock }) => {
    let last = error;
    const earlier: unknown[] = [];
    let left = fallbacks.filter(isMaker).length;
    for (const next of fallbacks) {
      if (!isMaker(next)) return next;
      const limitMs = toDivideMs(remainingMs()) / left;
      try {
        return await makeWithin(next, {
          error,
          key,
          signal,
          clock,
          limitMs,
          what: 'A fallback of the chain',
        });
      } catch (failed) {
        noteEarlierAttempts(failed, earlier);
        if (!isNoBug(failed)) throw failed;
        earlier.push(failed);
        last = failed;
        left--;
      }
    }
    throw last;
  };

export interface FallbackOptions<T> {
  /** The degraded value, or what makes one. An object is the same one each time: use a function where callers change it. */
  readonly fallback: Fallback<T>;
  /** For which errors it stands in. Default: for all but programming errors. */
  readonly fallbackWhen?: (error: unknown) => boolean;
  /** The most that it may take, and no more than the caller's time. Milliseconds. Default 500. */
  readonly fallbackTimeoutMs?: number;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

/**
 * How long a fallback may take by default. Milliseconds. Reading a table of the same region takes 50, and 500 on a bad day;
 * who needs more has a fallback that is a dependency of its own.
 */
const DEFAULT_FALLBACK_TIMEOUT_MS = 500;

export interface FallbackTools {
  readonly name: string;
  readonly clock: Clock;
  readonly report?: ((event: PolicyEvent) => void) | undefined;
}

/** Gives a degraded value where a call fails. A caller that gave up gets its own reason, not a value. */
export function fallbackLayer<T>(options: FallbackOptions<T>, tools: FallbackTools): Layer<T> {
  const { fallback: given, fallbackWhen, fallbackTimeoutMs = DEFAULT_FALLBACK_TIMEOUT_MS } = options;
  const { name, clock, report } = tools;
  const standsIn = fallbackWhen
    ? guarded(`${name}: fallbackWhen`, fallbackWhen, isNoBug, 'boolean')
    : isNoBug;

  const valueFor = async (error: unknown, { key, outerSignal, remainingMs }: Execution): Promise<T> => {
    if (!isMaker(given)) return given;
    const limitMs = Math.min(fallbackTimeoutMs, remainingMs());
    return makeWithin(given, { error, key, signal: outerSignal, clock, limitMs, what: name });
  };

  return (next) =>
    async function callWithFallback(execution) {
      const { state } = execution;
      // A layer outside of this one may try again after a degraded value. One inside says where its value is from.
      state.source = 'live';
      try {
        return await next(execution);
      } catch (error) {
        if (state.callerSignal?.aborted || !standsIn(error)) throw error;
        const value = await valueFor(error, execution).catch(notedAfter(error));
        state.source = 'fallback';
        state.error = error;
        report?.({ kind: 'fallback', name, error });
        return value;
      }
    };
}

/**
 * Gives a degraded value where a call fails.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @example
 * ```ts
 * const policy = fallback<number | null>({ fallback: null });
 * const count = await policy.execute(async () => Promise.reject(new Error('down'))); // null
 * ```
 */
export function fallback<T>(options: FallbackOptions<T>): {
  execute(call: Call<T>, options?: ExecuteOptions): Promise<T>;
} {
  checkOptions('fallback', options, {
    required: { fallback: rule.defined() },
    optional: { fallbackWhen: rule.fn(), fallbackTimeoutMs: rule.durationMs(), clock: rule.object() },
  });
  const { clock = systemClock } = options;
  return policyOf(clock, fallbackLayer(options, { name: 'call', clock }));
}
