import { InvalidOptionError } from '../core/errors.ts';
import { type LocalBreaker, localBreaker } from './local.ts';
import { type BreakerOptions, type BreakerStore, checkBreakerOptions } from './options.ts';
import type { CircuitBreaker } from './permit.ts';

/** @throws {InvalidOptionError} for a store that cannot. */
function sharedBreaker(options: BreakerOptions, store: BreakerStore): CircuitBreaker {
  if (typeof store.shareBreaker === 'function') return store.shareBreaker(options, store);
  throw new InvalidOptionError(
    `circuitBreaker "${options.name}": expected \`store\` to have \`shareBreaker\`, as those of dynamoStore() and memoryStore() do; give your own \`shareBreaker: fleetBreaker\``,
  );
}

/**
 * A circuit breaker: with a `store` all sandboxes share its verdict, without one each keeps its own.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @see Nygard, Release It! 2nd ed., "Circuit Breaker"
 * @example
 * ```ts
 * const breaker = circuitBreaker({ name: 'posts', failureRatio: 0.5, slowCallMs: 1_000, openMs: 30_000 });
 * const list = await breaker.execute(({ signal }) => fetch('https://posts.example/7', { signal }));
 * ```
 */
export function circuitBreaker(options: BreakerOptions & { readonly store: BreakerStore }): CircuitBreaker;
export function circuitBreaker(options: BreakerOptions & { readonly store?: undefined }): LocalBreaker;
export function circuitBreaker(options: BreakerOptions): CircuitBreaker;
export function circuitBreaker(options: BreakerOptions): CircuitBreaker {
  checkBreakerOptions(options);
  return options.store ? sharedBreaker(options, options.store) : localBreaker(options);
}
