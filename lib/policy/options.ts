import { type CircuitBreakerOptions, checkBreakerOptions } from '../breaker/options.ts';
import { type CircuitBreaker, isBreaker } from '../breaker/permit.ts';
import type { Clock } from '../core/clock.ts';
import type { Invoke, Layer } from '../core/layer.ts';
import { checkOptions } from '../core/options.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import type { Random } from '../core/random.ts';
import * as rule from '../core/rules.ts';
import type { Bulkhead } from './bulkhead.ts';
import type { Fallback } from './fallback.ts';
import type { Hedge } from './hedge.ts';
import type { RateLimiter } from './rate-limit.ts';
import { checkRetryOptions, type RetryOptions } from './retry-options.ts';
import { checkPlacedLayers, type PlacedLayer } from './slots.ts';
import { type Validation, validationRule } from './validate.ts';

/** Options of a breaker of this environment. Its name, clock and listener are those of the policy. */
export type OwnBreakerOptions = Omit<CircuitBreakerOptions, 'name' | 'onEvent' | 'clock'>;

/** Injected failures, as `injectFaults` of `fibrin/chaos` makes them: a layer for the policy of this name. */
export interface FaultInjection {
  layer(name: string, clock: Clock, random: Random): <T>(next: Invoke<T>) => Invoke<T>;
}

/** A cache, as `cache` of `fibrin/cache` makes it: layers for a policy. */
export interface CallCache<T> {
  layersFor(policy: {
    readonly name: string;
    readonly totalTimeoutMs: number;
    readonly report: ((event: PolicyEvent) => void) | undefined;
  }): { readonly stale: Layer<T> | undefined; readonly cached: Layer<T> };
}

export interface ResilientOptions<T> {
  /** Name of the dependency in errors, events and state. 1 to 100 letters, digits, ".", "_", "-". */
  readonly name: string;
  /** Limit on the whole call: attempts, waits and all. Milliseconds, or false. Default 10,000. */
  readonly totalTimeoutMs?: number | false;
  /** Limit on each attempt, body included. Milliseconds, or false. Default 3,000. */
  readonly attemptTimeoutMs?: number | false;
  /**
   * A cache for the calls that have a `key`, made by `cache` of `fibrin/cache`, which several policies can share. Default: none.
   */
  readonly cache?: CallCache<T> | false;
  /**
   * A second call beside one that takes long, for reads whose slowest answers take too long: what `hedge` makes. Default: none,
   * since only you know whether the call may be made twice, at the same time too. Hedges and retries have one budget: see
   * `retry.budget`.
   */
  readonly hedge?: Hedge | false;
  /** Retries of transient failures. Default: none, since only you know whether the call may be made twice. */
  readonly retry?: RetryOptions | false;
  /**
   * A circuit breaker: options of one for this environment, or an instance made by `circuitBreaker` or `sharedBreaker`, which
   * several policies can share. Default: none.
   */
  readonly breaker?: OwnBreakerOptions | CircuitBreaker | false;
  /** The most attempts a second of this execution environment: what `rateLimit` makes, which several policies can share. Default: no limit. */
  readonly rateLimit?: RateLimiter | false;
  /** The most attempts at once of this execution environment: what `bulkhead` makes, which several policies can share. Default: no limit. */
  readonly bulkhead?: Bulkhead | false;
  /**
   * What an answer has to be: any Standard Schema (zod, valibot, arktype, …), a check of the value against the `key` of the
   * call, or an array of both. An answer that is not valid is a failure of the dependency. Default: anything is valid.
   */
  readonly validate?: Validation<T> | false;
  /**
   * The degraded value when everything else failed, or a function that makes one of the error and the call's context. An
   * object is the same one each time: use a function where callers change it. Default: none, the error is thrown.
   */
  readonly fallback?: Fallback<T>;
  /**
   * For which errors the fallback stands in. Default: for all but programming errors (`TypeError`, `ReferenceError`,
   * `RangeError`, `SyntaxError` without a cause, an invalid option). Never for a caller that gave up.
   */
  readonly fallbackWhen?: (error: unknown) => boolean;
  /**
   * The most that a fallback may take, after the call, and no more than the caller's own time. Milliseconds. Default 500.
   */
  readonly fallbackTimeoutMs?: number;
  /** Layers of your own, before (outside of) or after (inside of) a named slot, outermost first. Default: none. */
  readonly layers?: readonly PlacedLayer<T>[];
  /**
   * Receives each attempt, wait, rejection and outcome, and what happens to the breaker that this policy makes, for metrics,
   * logs and traces. What it throws changes nothing. Default: nothing is reported, which costs nothing.
   */
  readonly onEvent?: (event: PolicyEvent) => unknown;
  /** Injected failures, for game days: what `injectFaults` gives. Default: none. */
  readonly faults?: FaultInjection | false | undefined;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
  /** Where chance comes from. Default: the system's. */
  readonly random?: Random;
}

/** Made by a function of its own, so that a bundle has only what it uses. */
const madeBy = (make: string, layer: string): rule.OptionRule =>
  rule.unless(
    (given) => typeof (given as Readonly<Record<string, unknown>> | null)?.[layer] === 'function',
    `what \`${make}\` gives`,
  );

/** @throws {InvalidOptionError} for an unknown option or one out of range. */
export function checkResilientOptions<T>(options: ResilientOptions<T>): void {
  checkOptions('resilient', options, {
    required: { name: rule.name() },
    optional: {
      totalTimeoutMs: rule.switchable(rule.durationMs()),
      attemptTimeoutMs: rule.switchable(rule.durationMs()),
      cache: rule.switchable(madeBy('cache({ name, ttlMs }) of fibrin/cache', 'layersFor')),
      hedge: rule.switchable(madeBy('hedge({ delayMs })', 'layerWith')),
      retry: rule.switchable(rule.object()),
      breaker: rule.switchable(rule.object()),
      rateLimit: rule.switchable(madeBy('rateLimit({ perSecond })', 'layer')),
      bulkhead: rule.switchable(madeBy('bulkhead({ limit })', 'layer')),
      validate: rule.switchable(validationRule),
      fallback: rule.defined(),
      fallbackWhen: rule.fn(),
      fallbackTimeoutMs: rule.durationMs(),
      layers: rule.array(),
      onEvent: rule.fn(),
      faults: rule.switchable(rule.object()),
      clock: rule.object(),
      random: rule.object(),
    },
  });
  const owner = `resilient "${options.name}"`;
  const { hedge, retry, breaker, bulkhead, layers = [] } = options;
  if (hedge) hedge.checkCalls(owner, ...timesOf(options));
  if (retry) checkRetryOptions(`${owner}.retry`, retry);
  checkPlacedLayers(`${owner}.layers`, layers);
  if (bulkhead) bulkhead.checkCalls(owner, ...timesOf(options));
  if (!breaker) return;
  if (isBreaker(breaker)) breaker.checkCalls?.(owner, ...timesOf(options));
  else checkBreakerOptions(`${owner}.breaker`, breaker);
}

/** The limits of an attempt and of the whole call. Milliseconds, Infinity where there is none. */
export const timesOf = ({
  attemptTimeoutMs = 3_000,
  totalTimeoutMs = 10_000,
}: Pick<ResilientOptions<unknown>, 'attemptTimeoutMs' | 'totalTimeoutMs'>): readonly [number, number] => [
  attemptTimeoutMs || Infinity,
  totalTimeoutMs || Infinity,
];
