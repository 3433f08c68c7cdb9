import { type BreakerOptions, circuitBreaker as fleetBreaker, type Permit } from '../breaker/fleet.ts';
import { classifyError, isTimeUp } from '../core/classify.ts';
import { isServerError } from '../idempotency/codec.ts';
import type { Middleware, MiddyRequest } from './types.ts';

/**
 * A breaker around a whole handler, its verdict shared by the fleet: while it is open, invocations are refused with
 * `BreakerOpenError` (503) before the handler runs. A thrown error and an answer of 500 or more are failures; errors that
 * are the caller's own (4xx) do not count.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 */
export function circuitBreaker<E, R>(
  options: Omit<BreakerOptions, 'slowCallMs'>,
): Required<Middleware<E, unknown, R>> {
  const breaker = fleetBreaker(options);
  const permits = new WeakMap<object, Permit>();
  const settle = async (request: MiddyRequest<E, unknown, R>, failed: boolean | undefined) => {
    const permit = permits.get(request);
    permits.delete(request);
    await permit?.settle(failed);
  };
  return {
    async before(request) {
      permits.set(request, await breaker.enter());
      return undefined;
    },
    after: (request) => settle(request, isServerError(request.response)),
    // A refusal in `before` brought no permit, so it is never counted as a failure.
    onError(request) {
      const counts = isTimeUp(request.error) || classifyError(request.error) !== 'permanent';
      return settle(request, counts ? true : undefined);
    },
  };
}
