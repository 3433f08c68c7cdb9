import type { StandardSchemaV1 } from '@standard-schema/spec';
import { circuitBreaker } from '../breaker/local.ts';
import { type CircuitBreaker, isBreaker } from '../breaker/permit.ts';
import { systemClock } from '../core/clock.ts';
import { beginCall, type Call, type CallContext, type ExecuteOptions } from '../core/execution.ts';
import { compose, type Invoke, type Layer } from '../core/layer.ts';
import { systemRandom } from '../core/random.ts';
import { safeListener } from '../core/safe-listener.ts';
import { deadlineLayer } from './deadline.ts';
import { fallbackLayer } from './fallback.ts';
import { checkResilientOptions, type ResilientOptions, timesOf } from './options.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { retryLayer } from './retry.ts';
import { budgetOf } from './retry-budget.ts';
import { inOrder } from './slots.ts';
import { attemptLayer, outcomeLayer } from './telemetry.ts';
import { timeoutLayer } from './timeout.ts';
import { type Check, validationLayer } from './validate.ts';

/** What a wrapped function may say about each of its calls. */
export interface WrapOptions<A extends readonly unknown[]> {
  /** What each call is about, or what makes that of its arguments. Default: nothing. */
  readonly key?: string | ((...args: A) => string);
}

/** `Raw` is what the function gives: `unknown` where a schema makes the value of it. */
export interface Resilient<T, Raw = T> {
  /** Makes the call and gives its value, live or from the fallback; throws when there is neither. */
  execute(call: Call<Raw>, options?: ExecuteOptions): Promise<T>;
  /** Makes the call and says what came of it. Never throws. */
  outcome(call: Call<Raw>, options?: ExecuteOptions): Promise<Outcome<T>>;
  /** A function of the same arguments, but for the context that comes first, each call of which is protected. */
  wrap<A extends readonly unknown[]>(
    call: (context: CallContext, ...args: A) => Raw | Promise<Raw>,
    options?: WrapOptions<NoInfer<A>>,
  ): (...args: A) => Promise<T>;
  /** The breaker of these calls, to see its state and to force it. Undefined where there is none. */
  readonly breaker: CircuitBreaker | undefined;
}

/** So that an attempt ends before the timer of the whole call and is recorded: a tenth of the time, up to this. Milliseconds. */
const TIMER_RESERVE_MS = 5;

function breakerOf<T>({ name, breaker, clock, onEvent }: ResilientOptions<T>): CircuitBreaker | undefined {
  if (!breaker) return undefined;
  if (isBreaker(breaker)) return breaker;
  return circuitBreaker({ name, ...breaker, ...(clock && { clock }), ...(onEvent && { onEvent }) });
}

/** The layers that the options ask for, in order. */
function layersOf<T>(options: ResilientOptions<T>, breaker: CircuitBreaker | undefined): readonly Layer<T>[] {
  const { name, clock = systemClock, random = systemRandom, layers: placed = [] } = options;
  const { cache, hedge, retry, rateLimit, bulkhead, validate, fallback, faults } = options;
  const [timeoutMs, totalTimeoutMs] = timesOf(options);
  const report = options.onEvent && safeListener(options.onEvent, `${name}: onEvent`);
  const budget = budgetOf(retry || { maxAttempts: 1 }, hedge ? hedge.maxHedges : 0);
  const tools = { name, clock, random, budget, report };
  const needsTimer = placed.length > 0;
  const cacheLayers = cache ? cache.layersFor({ name, totalTimeoutMs, report }) : undefined;
  // A load of the cache has a timer of its own.
  const timerReserveMs = needsTimer || cacheLayers ? Math.min(TIMER_RESERVE_MS, totalTimeoutMs / 10) : 0;
  const reserveMs = Math.max(breaker?.reserveMs ?? 0, timerReserveMs);
  const isInDoubt = breaker && (() => breaker.isInDoubt);

  return inOrder<T>(`resilient "${name}".layers`, placed, {
    telemetry: [report && outcomeLayer({ name, report })],
    fallback: [fallback !== undefined && fallbackLayer({ ...options, fallback }, tools), cacheLayers?.stale],
    deadline: [totalTimeoutMs < Infinity && deadlineLayer({ name, clock, totalTimeoutMs, needsTimer })],
    cache: [cacheLayers?.cached],
    hedge: [hedge ? hedge.layerWith({ ...tools, earns: !retry, isInDoubt, reserveMs }) : undefined],
    retry: [retry && retryLayer(retry, { ...tools, reserveMs })],
    breaker: [report && attemptLayer({ name, clock, report }), breaker?.layer],
    rateLimit: [rateLimit ? rateLimit.layer : undefined],
    bulkhead: [bulkhead ? bulkhead.layer : undefined],
    timeout: [timeoutLayer({ name, clock, timeoutMs, reserveMs })],
    validation: [validate && validationLayer(validate, name)],
    faults: [faults ? faults.layer(name, clock, random) : undefined],
  });
}

/**
 * Protects the calls to one dependency. The order of its layers, outermost first: telemetry, fallback, deadline, cache, hedge,
 * retry, breaker, rateLimit, bulkhead, timeout, validation, faults, your function. So every attempt is counted by the breaker
 * and rejected while it is open, and the total timeout limits all waits too.
 *
 * In an invocation whose time is known (`withDeadline`, the `deadline` middleware) no call takes longer than that has left;
 * nor does a call in a call. Elsewhere, hand a call within a call the context of the outer one.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @example
 * ```ts
 * const friends = resilient<number | null>({
 *   name: 'social',
 *   attemptTimeoutMs: 1_000,
 *   retry: { maxAttempts: 2 },
 *   fallback: null,
 * });
 * const count = await friends.execute(async ({ signal }) => {
 *   const answer = await boundedFetch('https://social.example/friends/7', { signal });
 *   return Number(answer.text());
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
  const { clock = systemClock } = options;
  const breaker = breakerOf(options);
  const invoke: Invoke<T> = compose(layersOf(options, breaker));

  const execute = (call: Call<T>, callOptions?: ExecuteOptions): Promise<T> =>
    invoke(beginCall(clock, call, callOptions));

  const outcome = async (call: Call<T>, callOptions?: ExecuteOptions): Promise<Outcome<T>> => {
    const execution = beginCall(clock, call, callOptions);
    try {
      return outcomeOf(execution, { value: await invoke(execution) });
    } catch (error) {
      return outcomeOf(execution, { error });
    }
  };

  return {
    breaker,
    execute,
    outcome,
    wrap:
      (call, { key } = {}) =>
      async (...args) =>
        execute((context) => call(context, ...args), {
          key: typeof key === 'function' ? key(...args) : key,
        }),
  };
}
