import type { CircuitBreakerOptions } from '../breaker/options.ts';
import type { CircuitBreaker } from '../breaker/permit.ts';
import { HandlerBreaker } from './handler-breaker.ts';

/**
 * Wraps a handler so that it runs under a circuit breaker: while that is open, an invocation is rejected with
 * `BreakerOpenError` (503) before the handler runs. What the handler makes of an invocation is recorded:
 *
 * | end of the handler | recorded as |
 * | --- | --- |
 * | any error but those below, a bug (`TypeError`, …) too; an answer of 500 or more | failure |
 * | a thrown 4xx but 408, 425 and 429; any other answer | success |
 * | longer than `slowCallMs` | slow, as the breaker's options say |
 * | a rejection by another breaker; a time limit of the invocation or its caller, before `slowCallMs` | nothing |
 *
 * Calls that the handler makes through the same breaker run under the permit of the handler while that is a probe.
 * @param breaker An instance, such as a shared breaker, or options of one for this environment, whose `isFailedResult` is
 * called with every answer in place of the rule above. That of an instance is called with answers below 500 alone; for the
 * others its `isFailure` is called, with an error that has their `statusCode` and is not thrown.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @throws {BreakerOpenError} from the handler, while the breaker is open.
 * @example
 * ```ts
 * export const handler = withBreaker({ name: 'get-rate', slowCallMs: 2_000 }, async (_event: HttpEvent) => ({
 *   statusCode: 200,
 * }));
 * ```
 */
export function withBreaker<A extends readonly unknown[], R>(
  breaker: CircuitBreaker | CircuitBreakerOptions,
  handle: (...args: A) => R,
): (...args: A) => Promise<Awaited<R>> {
  const handler = new HandlerBreaker('withBreaker', breaker);
  return (...args) => handler.run(() => handle(...args));
}
