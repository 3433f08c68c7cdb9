import type { StandardSchemaV1 } from '@standard-schema/spec';
import { circuitBreaker } from '../breaker/breaker.ts';
import { STORE_LIMIT_MS } from '../breaker/fleet.ts';
import { type BreakerOptions, DEFAULT_OPEN_MS } from '../breaker/options.ts';
import { guardBy } from '../breaker/protect.ts';
import { classifyError } from '../core/classify.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { AttemptTimeoutError, DeadlineExceededError, InvalidOptionError } from '../core/errors.ts';
import { harmless } from '../core/harmless.ts';
import { checkOptions, rule } from '../core/options.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { rejectedSoon } from '../core/quiet-error.ts';
import { type Random, systemRandom } from '../core/random.ts';
import { type Call, type Protected, TotalContext } from './call.ts';
import { checkFaultOptions, type FaultOptions } from './fault-options.ts';
import { injectFaults } from './faults.ts';
import { reportAttempts, reportRefusals } from './report.ts';
import { checkRetryOptions, type RetryOptions, retry } from './retry.ts';
import { timeout } from './timeout.ts';
import { validate } from './validate.ts';

export interface ResilientOptions<T> {
  /** What the dependency is called in errors and state. 1 to 100 letters, digits, ".", "_", "-". */
  readonly name: string;
  /** Bound on the whole call: attempts, waits and all. Milliseconds. Default 10,000. */
  readonly totalTimeoutMs?: number;
  /** Bound on each attempt, body included. Milliseconds. Default 3,000. */
  readonly attemptTimeoutMs?: number;
  /** Retries of transient failures. Default: none, since only you know whether the call may be made twice. */
  readonly retry?: RetryOptions;
  /** A circuit breaker whose verdict the whole fleet shares. Default: none. */
  readonly breaker?: Omit<BreakerOptions, 'name' | 'clock' | 'random'> & { readonly name?: string };
  /** Any Standard Schema (zod, valibot, arktype, …). An answer that it rejects is a failure. Default: none. */
  readonly validate?: StandardSchemaV1<unknown, T>;
  /**
   * The degraded value when everything else failed. Default: none, the error is thrown. Never stands in for a
   * programming error (`TypeError`, `ReferenceError`, `RangeError` without a cause).
   */
  readonly fallback?: (error: unknown) => T | Promise<T>;
  /**
   * Told of each attempt, wait, refusal and outcome, for metrics, logs and traces. What it throws changes nothing. Default:
   * nobody is told, which costs nothing.
   */
  readonly onEvent?: (event: PolicyEvent) => unknown;
  /** Failures on purpose, for game days, just around your function. Default: none. */
  readonly faults?: FaultOptions;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
  /** Where chance comes from. Default: the system's. */
  readonly random?: Random;
}

export interface ExecuteOptions {
  /** Aborts the call, retries included. */
  readonly signal?: AbortSignal | undefined;
  /** What is left of the caller's own time, in milliseconds. Can only shorten `totalTimeoutMs`. */
  readonly remainingMs?: number;
}

/** Kept of the total time after the last attempt, for what an attempt's end still has to do: tell the breaker. */
const SETTLE_RESERVE_MS = 25;

interface Measured {
  /** How often the function was called. 0 when a breaker refused it. */
  readonly attempts: number;
  readonly durationMs: number;
}

/** What came of a call: the value and where it is from, or the error. */
export type Outcome<T> = Measured &
  (
    | { readonly source: 'live'; readonly degraded: false; readonly value: T; readonly error?: undefined }
    | { readonly source: 'fallback'; readonly degraded: true; readonly value: T; readonly error: unknown }
    | {
        readonly source: 'none';
        readonly degraded: true;
        readonly value?: undefined;
        readonly error: unknown;
      }
  );

/** `Raw` is what the function gives: `unknown` where a schema makes the value of it. */
export interface Resilient<T, Raw = T> {
  /** Makes the call and gives its value, live or from the fallback; throws when there is neither. */
  execute(call: Call<Raw>, options?: ExecuteOptions): Promise<T>;
  /** Makes the call and tells what came of it. Never throws. */
  outcome(call: Call<Raw>, options?: ExecuteOptions): Promise<Outcome<T>>;
}

/**
 * Protects the calls to one dependency. The order, outermost first: fallback, total deadline, retry, breaker, attempt
 * timeout, validation, injected faults, your function. So every attempt feeds the breaker and sees it open, and the
 * total deadline bounds the waits between attempts too.
 *
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @example
 * ```ts
 * const friends = resilient<number | null>({
 *   name: 'social',
 *   attemptTimeoutMs: 1_000,
 *   retry: { attempts: 2 },
 *   fallback: () => null,
 * });
 * const count = await friends.execute(async ({ signal }) => {
 *   const response = await fetch('https://social.example/friends/7', { signal });
 *   if (!response.ok) throw Object.assign(new Error('social refused'), { status: response.status });
 *   return Number(await response.text());
 * });
 * ```
 */
export function resilient<T>(
  options: ResilientOptions<T> & { readonly validate: StandardSchemaV1<unknown, T> },
): Resilient<T, unknown>;
export function resilient<T>(options: ResilientOptions<T>): Resilient<T>;
export function resilient<T>(options: ResilientOptions<T>): Resilient<T> {
  checkOptions('resilient', options, {
    required: { name: rule.name() },
    optional: {
      totalTimeoutMs: rule.durationMs(),
      attemptTimeoutMs: rule.durationMs(),
      retry: rule.object(),
      breaker: rule.object(),
      validate: rule.schema(),
      fallback: rule.fn(),
      faults: rule.object(),
      onEvent: rule.fn(),
      clock: rule.object(),
      random: rule.object(),
    },
  });
  const { name, clock = systemClock, random = systemRandom, fallback } = options;
  const { totalTimeoutMs = 10_000, attemptTimeoutMs = 3_000 } = options;
  const owner = `resilient "${name}"`;
  const retries = options.retry && checkRetryOptions(`${owner}.retry`, options.retry);
  const faults = options.faults && checkFaultOptions(`${owner}.faults`, options.faults, name);
  const breakerOptions = options.breaker && { name, ...options.breaker, clock, random };
  const breaker = breakerOptions && circuitBreaker(breakerOptions);
  const report = options.onEvent && harmless(options.onEvent);
  const enter = breaker && report ? reportRefusals(breaker.enter, name, report) : breaker?.enter;
  const guard = enter && breakerOptions && guardBy(enter, breakerOptions, clock);
  const openMs = options.breaker?.openMs ?? DEFAULT_OPEN_MS;
  // A probe is claimed, made and reported within its claim.
  const probeMs = attemptTimeoutMs + 2 * STORE_LIMIT_MS;
  if (guard && openMs < probeMs) {
    throw new InvalidOptionError(
      `${owner}.breaker: expected \`openMs\` to be at least \`attemptTimeoutMs\` and ${2 * STORE_LIMIT_MS} ms for the store (${probeMs}), so that a probe can end within it, got ${openMs}`,
    );
  }

  // Entering the breaker may take what was left: then the attempt is over before it began.
  const exceeded = (limitMs: number) =>
    limitMs > 0
      ? new AttemptTimeoutError(name, limitMs)
      : new DeadlineExceededError(name, totalTimeoutMs, false);
  const reserveMs = SETTLE_RESERVE_MS;
  const onRetry =
    report &&
    ((attempt: number, delayMs: number, error: unknown) =>
      report({ kind: 'retry', name, attempt, delayMs, error }));
  const limit = { clock, limitMs: attemptTimeoutMs, reserveMs, exceeded };

  /** The total deadline bounds each attempt, each wait and each access to a store, so that no timer is needed for it. */
  const compose = (call: Call<T>): Protected<T> => {
    let composed = timeout(options.validate ? validate(call, options.validate, name) : call, limit);
    if (report) composed = reportAttempts(composed, name, report, clock);
    if (guard) composed = guard(composed);
    return retries ? retry(composed, retries, { clock, random, reserveMs, onRetry }) : composed;
  };

  // A fault stands for the function, so the attempt that meets it counts as made.
  const faulty = (call: Call<T>): Call<T> => (faults ? injectFaults(call, faults, clock, random) : call);

  const live = (call: Call<T>, { remainingMs, signal }: ExecuteOptions, startedAt: number): Promise<T> => {
    const totalMs = Math.min(totalTimeoutMs, remainingMs ?? totalTimeoutMs);
    return compose(call)(new TotalContext(clock, startedAt + totalMs, signal));
  };

  /** What gives a value instead of an error, if something may. */
  const insteadOf = (error: unknown) =>
    fallback === undefined || classifyError(error) === 'bug' ? undefined : fallback;

  const settled = async (call: Call<T>, callOptions: ExecuteOptions): Promise<Outcome<T>> => {
    const startedAt = clock.monotonic();
    const made = faulty(call);
    let attempts = 0;
    const counted: Call<T> = (context) => {
      attempts++;
      return made(context);
    };
    const measured = () => ({ attempts, durationMs: clock.monotonic() - startedAt });
    try {
      const value = await live(counted, callOptions, startedAt);
      return { source: 'live', degraded: false, value, ...measured() };
    } catch (error) {
      const instead = insteadOf(error);
      if (instead === undefined) return { source: 'none', degraded: true, error, ...measured() };
      try {
        const value = await instead(error);
        return { source: 'fallback', degraded: true, value, error, ...measured() };
      } catch (last) {
        return { source: 'none', degraded: true, error: last, ...measured() };
      }
    }
  };

  const outcome = async (call: Call<T>, callOptions: ExecuteOptions = {}): Promise<Outcome<T>> => {
    const result = await settled(call, callOptions);
    if (report) {
      const { value: _, ...told } = result;
      report({ kind: 'outcome', name, ...told });
    }
    return result;
  };

  const execute = async (call: Call<T>, executeOptions: ExecuteOptions): Promise<T> => {
    if (report) {
      const result = await outcome(call, executeOptions);
      if (result.source === 'none') throw result.error;
      return result.value;
    }
    try {
      return await live(faulty(call), executeOptions, clock.monotonic());
    } catch (error) {
      const instead = insteadOf(error);
      if (instead) return instead(error);
      throw error;
    }
  };

  return {
    outcome,
    execute(call, executeOptions = {}) {
      // A refusal has to cost next to nothing, so it is asked for before anything is made for the call.
      const refused = fallback || report ? undefined : breaker?.refusal();
      return refused ? rejectedSoon(refused) : execute(call, executeOptions);
    },
  };
}
