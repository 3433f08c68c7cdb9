import type { Store } from '../core/store.ts';
import { fleetBreaker } from './fleet.ts';
import { type LocalBreaker, localBreaker } from './local.ts';
import { type BreakerOptions, checkBreakerOptions } from './options.ts';
import type { CircuitBreaker } from './permit.ts';

/**
 * A circuit breaker: with a `store` all sandboxes share its verdict, without one each keeps its own.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @see Nygard, Release It! 2nd ed., "Circuit Breaker"
 * @example
 * ```ts
 * const breaker = circuitBreaker({ name: 'posts', failureRatio: 0.5, slowCallMs: 1_000, openMs: 30_000 });
 * const list = await breaker.protect(async ({ signal }) => fetch('https://posts.example/7', { signal }))({
 *   signal: AbortSignal.timeout(2_000),
 * });
 * ```
 */
export function circuitBreaker(options: BreakerOptions & { readonly store: Store }): CircuitBreaker;
export function circuitBreaker(options: BreakerOptions & { readonly store?: undefined }): LocalBreaker;
export function circuitBreaker(options: BreakerOptions): CircuitBreaker;
export function circuitBreaker(options: BreakerOptions): CircuitBreaker {
  checkBreakerOptions(options);
  return options.store ? fleetBreaker(options, options.store) : localBreaker(options);
}
