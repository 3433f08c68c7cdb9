import type { StandardSchemaV1 } from '@standard-schema/spec';
import { circuitBreaker } from '../breaker/breaker.ts';
import { guardBy } from '../breaker/guard.ts';
import { type Call, type CallContext, type ExecuteOptions, type Protected, Run } from '../core/call.ts';
import type { Timed } from '../core/deadline.ts';
import { AttemptTimeoutError, DeadlineExceededError } from '../core/errors.ts';
import { harmless } from '../core/harmless.ts';
import { limitClock } from '../core/limit-clock.ts';
import { rejectedSoon } from '../core/quiet-error.ts';
import { systemRandom } from '../core/random.ts';
import { insteadBy } from './fallback.ts';
import { checkResilientOptions, type ResilientOptions } from './options.ts';
import type { Outcome } from './outcome.ts';
import { reportAttempts, reportRefusals } from './report.ts';
import { retrying } from './retry.ts';
import { timingOut } from './timeout.ts';
import { type Check, validating } from './validate.ts';

/** Kept of the total time after the last attempt, for what an attempt's end still has to do: tell the breaker. */
const SETTLE_RESERVE_MS = 25;

/** What a wrapped function may say about each of its calls. */
export interface WrapOptions<A extends readonly unknown[]> {
  /** What each call is about, or what makes that of its arguments. Default: nothing. */
  readonly key?: string | ((...args: A) => string);
}

/** `Raw` is what the function gives: `unknown` where a schema makes the value of it. */
export interface Resilient<T, Raw = T> {
  /** Makes the call and gives its value, live or from the fallback; throws when there is neither. */
  execute(call: Call<Raw>, options?: ExecuteOptions): Promise<T>;
  /** Makes the call and tells what came of it. Never throws. */
  outcome(call: Call<Raw>, options?: ExecuteOptions): Promise<Outcome<T>>;
  /** A function of the same arguments, but for the context that comes first, each call of which is protected. */
  wrap<A extends readonly unknown[]>(
    call: (context: CallContext, ...args: A) => Promise<Raw>,
    options?: WrapOptions<A>,
  ): (...args: A) => Promise<T>;
}

/**
 * Protects the calls to one dependency. The order, outermost first: fallback, total deadline, retry, breaker, attempt
 * timeout, validation, injected faults, your function. So every attempt feeds the breaker and sees it open, and the
 * total deadline bounds the waits between attempts too.
 *
 * In an invocation whose time is known (the `deadline` middleware, `withDeadline`) no call takes longer than that has
 * left; nor does a call in a call. Elsewhere, hand a call within a call the context of the outer one.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @example
 * ```ts
 * const friends = resilient<number | null>({
 *   name: 'social',
 *   attemptTimeoutMs: 1_000,
 *   retry: { attempts: 2 },
 *   fallback: null,
 * });
 * const count = await friends.execute(async ({ signal }) => {
 *   const response = await fetch('https://social.example/friends/7', { signal });
 *   if (!response.ok) throw Object.assign(new Error('social refused'), { status: response.status });
 *   return Number(await response.text());
 * });
 * ```
 */
export function resilient<T>(
  options: ResilientOptions<T> & {
    readonly validate: StandardSchemaV1<unknown, T> | readonly [StandardSchemaV1<unknown, T>, Check<T>];
  },
): Resilient<T, unknown>;
export function resilient<T>(options: ResilientOptions<T>): Resilient<T>;
export function resilient<T>(options: ResilientOptions<T>): Resilient<T> {
  checkResilientOptions(options);
  const { name, clock = limitClock, random = systemRandom } = options;
  const { totalTimeoutMs = 10_000, attemptTimeoutMs: limitMs = 3_000 } = options;
  const report = options.onEvent && harmless(options.onEvent);
  const listener = report && { onEvent: report };
  const breakerOptions = options.breaker && { name, ...options.breaker, clock, random, ...listener };
  const breaker = breakerOptions && circuitBreaker(breakerOptions);
  const reserveMs = SETTLE_RESERVE_MS;

  /** The total deadline bounds each attempt, each wait and each access to a store, so that no timer is needed for it. */
  const compose = (): Protected<T> => {
    const validate = options.validate && validating(options.validate, name);
    const attempt = validate
      ? async (run: Run<T>, timed: Timed) => validate(await run.make(timed), run.key)
      : (run: Run<T>, timed: Timed) => run.make(timed);
    // Entering the breaker may take what was left: then the attempt is over before it began.
    const exceeded = (boundMs: number, lateMs: number) =>
      boundMs > 0
        ? new AttemptTimeoutError(name, boundMs, lateMs)
        : new DeadlineExceededError(name, totalTimeoutMs, false);
    let composed: Protected<T> = timingOut(attempt, { clock, limitMs, reserveMs, exceeded });
    if (report) composed = reportAttempts(composed, name, report, clock);
    if (breaker) {
      const enter = report ? reportRefusals(breaker.enter, name, report) : breaker.enter;
      composed = guardBy(enter, breakerOptions, clock)(composed);
    }
    if (options.retry === undefined) return composed;
    const onRetry =
      report &&
      ((next: number, delayMs: number, error: unknown) =>
        report({ kind: 'retry', name, attempt: next, delayMs, error }));
    const onBudget = report && (() => report({ kind: 'rejected', name, by: 'budget' }));
    // What the whole fleet can afford, on top of what this sandbox can.
    const share = breaker && (() => breaker.retryShare);
    return retrying(composed, options.retry, { clock, random, reserveMs, share, onRetry, onBudget });
  };
  const protect = compose();

  const begin = (call: Call<T>, callOptions: ExecuteOptions): Run<T> => {
    // A fault stands for the function, so the attempt that meets it counts as made.
    const made = options.faults ? options.faults.around(call, name, clock, random) : call;
    return new Run(clock, made, callOptions, totalTimeoutMs);
  };

  const instead = insteadBy(options);

  const settled = async (call: Call<T>, callOptions: ExecuteOptions): Promise<Outcome<T>> => {
    const startedAt = clock.monotonic();
    let run: Run<T> | undefined;
    const measured = () => ({ attempts: run?.made ?? 0, durationMs: clock.monotonic() - startedAt });
    try {
      run = begin(call, callOptions);
      const value = await protect(run);
      return { source: 'live', degraded: false, value, ...measured() };
    } catch (error) {
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

  const told = async (call: Call<T>, callOptions: ExecuteOptions): Promise<T> => {
    const result = await outcome(call, callOptions);
    if (result.source === 'none') throw result.error;
    return result.value;
  };

  const execute = (call: Call<T>, callOptions: ExecuteOptions = {}): Promise<T> => {
    if (report) return told(call, callOptions);
    // A refusal has to cost next to nothing, so it is asked for before anything is made for the call.
    const refused = breaker?.refusal();
    if (refused) return options.fallback === undefined ? rejectedSoon(refused) : instead(refused);
    try {
      return protect(begin(call, callOptions)).catch(instead);
    } catch (error) {
      // Whatever it is, nobody expects it but by the promise.
      return instead(error);
    }
  };

  return {
    outcome,
    execute,
    wrap:
      (call, { key } = {}) =>
      (...args) =>
        execute((context) => call(context, ...args), {
          key: typeof key === 'function' ? key(...args) : key,
        }),
  };
}
