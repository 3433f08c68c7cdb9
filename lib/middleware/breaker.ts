import type { CircuitBreakerOptions } from '../breaker/options.ts';
import type { CircuitBreaker } from '../breaker/permit.ts';
import { hooks } from './adapter/hooks.ts';
import { HandlerBreaker } from './handler-breaker.ts';
import type { Middleware } from './types.ts';

/**
 * A circuit breaker around the handler and the middlewares inside: while it is open, an invocation is rejected with
 * `BreakerOpenError` (503) before the handler runs. What is recorded, and what the breaker's own predicates are called with, is
 * the same as for `withBreaker`. An invocation that another middleware answers before the handler runs is not recorded.
 *
 * Use it inside of the middlewares that answer without the handler, such as `idempotency`: otherwise it rejects what they
 * would answer. Where another middleware answers early after the handler, nothing waits until a store has the record.
 * @param breaker An instance, such as a shared breaker, or options of one for this environment.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @example
 * ```ts
 * export const handler = middy()
 *   .use(problemDetails())
 *   .use(breaker({ name: 'get-rate', slowCallMs: 2_000 }))
 *   .handler(async () => ({ statusCode: 200 }));
 * ```
 */
export function breaker<E, R>(
  breaker: CircuitBreaker | CircuitBreakerOptions,
): Required<Middleware<E, unknown, R>> {
  const handler = new HandlerBreaker('breaker', breaker);
  return hooks('breaker', () => handler.begin<R>());
}
