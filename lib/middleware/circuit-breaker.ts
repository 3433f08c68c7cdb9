import { circuitBreaker as breakerOf } from '../breaker/breaker.ts';
import { settleBy } from '../breaker/guard.ts';
import type { BreakerOptions } from '../breaker/options.ts';
import type { Permit } from '../breaker/permit.ts';
import { classifyError, evidenceOf } from '../core/classify.ts';
import { systemClock } from '../core/clock.ts';
import { isServerError } from '../idempotency/outcome.ts';
import type { Middleware, MiddyRequest } from './types.ts';

/**
 * A breaker around a whole handler, its verdict shared by the fleet: while it is open, invocations are refused with
 * `BreakerOpenError` (503) before the handler runs. A thrown error and an answer of 500 or more are failures, and with
 * `slowCallMs` a handler that takes longer; a thrown 4xx (but 408 and 429) and any other answer are successes. What another
 * breaker refused does not count.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 */
export function circuitBreaker<E, R>(options: BreakerOptions): Required<Middleware<E, unknown, R>> {
  const { clock = systemClock } = options;
  const breaker = breakerOf(options);
  const tell = settleBy(options, clock);
  const entered = new WeakMap<object, { readonly permit: Permit; readonly startedAt: number }>();
  const settle = async (request: MiddyRequest<E, unknown, R>, failed: boolean | undefined) => {
    const held = entered.get(request);
    entered.delete(request);
    if (held) await tell(held.permit, failed, held.startedAt);
  };
  return {
    async before(request) {
      const permit = await breaker.enter();
      entered.set(request, { permit, startedAt: clock.monotonic() });
      return undefined;
    },
    after: (request) => settle(request, isServerError(request.response)),
    // A refusal in `before` brought no permit, so it is never counted as a failure.
    onError(request) {
      const { error } = request;
      // A bug says nothing about what a handler calls, but the handler itself is what is protected here.
      const evidence = classifyError(error) === 'bug' ? 'failed' : evidenceOf(error);
      return settle(request, evidence === 'nothing' ? undefined : evidence === 'failed');
    },
  };
}
