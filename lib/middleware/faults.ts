import {
  type CorruptFault,
  checkFaultOptions,
  type Fault,
  type FaultOptions,
  faultsOf,
} from '../chaos/fault-options.ts';
import { corrupt, drawFaults, meetFaults } from '../chaos/faults.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { DeadlineExceededError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import { type Random, systemRandom } from '../core/random.ts';
import * as rule from '../core/rules.ts';
import { runWithin } from '../core/time-limit.ts';
import type { RemainingTime } from '../idempotency/execution.ts';
import { orderCheck } from './adapter/order.ts';
import type { Middleware } from './types.ts';

export interface FaultsMiddlewareOptions extends FaultOptions {
  /** The `target` of the faults that are met here. Default: none, so faults with a target are left out. */
  readonly name?: string;
  /** Kept of the invocation for the answer when a fault hangs. Milliseconds, 0 to 900,000. Default 100. */
  readonly reserveMs?: number;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
  /** Where chance comes from. Default: the system's. */
  readonly random?: Random;
}

const isCorrupt = (fault: Fault): fault is Fault & CorruptFault => fault.kind === 'corrupt';

/**
 * Makes a whole handler fail on purpose, for game days. Use it last, so that it is innermost: what is outside then sees a
 * handler that is slow, fails, hangs or answers nonsense. A hang, or a latency that is longer than the invocation, ends
 * with `DeadlineExceededError` when the invocation's time less `reserveMs` is over.
 *
 * What a middleware cannot do, and the option `faults` of `resilient` can:
 * - everything but `corrupt` comes before the handler, never in the middle of its work: it leaves no half-done effects;
 * - a middleware that answers early in a `before` after this one keeps `corrupt` from that answer, since Middy then runs
 *   no `after`;
 * - Middy's early timeout watches the handler alone, so it does not see a latency or a hang;
 * - a response stream is replaced as a whole and never read.
 * @throws {InvalidOptionError} when it is constructed with a bad option, and without `enabled`.
 * @example
 * ```ts
 * const enabled = process.env['GAME_DAY'] === 'on';
 * export const handler = middy<HttpEvent>()
 *   .use(problemDetails())
 *   .use(faults({ enabled, faults: [{ kind: 'latency', ms: 800, rate: 0.2 }] }))
 *   .handler(async () => ({ statusCode: 200 }));
 * ```
 */
export function faults<E, R>(
  options: FaultsMiddlewareOptions,
): Pick<Required<Middleware<E, RemainingTime, R>>, 'before' | 'after'> {
  const { name, reserveMs = 100, clock = systemClock, random = systemRandom, ...rest } = options;
  checkOptions(
    'faults',
    { name, reserveMs, clock, random },
    {
      required: { reserveMs: rule.durationMs(0, 900_000), clock: rule.object(), random: rule.object() },
      optional: { name: rule.name() },
    },
  );
  const all = faultsOf(checkFaultOptions('faults', rest), name);
  const early = all.filter((fault) => !isCorrupt(fault));
  const late = all.filter(isCorrupt);
  const checkOrder = orderCheck('faults');

  return {
    async before(request) {
      checkOrder(request);
      const { context } = request;
      const met = drawFaults(early, random);
      // An invocation that is spared must not fail for want of time here.
      if (met.length === 0) return undefined;
      const limitMs = context.getRemainingTimeInMillis() - reserveMs;
      const exceeded = () => new DeadlineExceededError('The handler', "invocation's deadline", limitMs);
      await runWithin({ clock, limitMs, exceeded }, ({ signal, remainingMs }) =>
        meetFaults(async () => {}, met, clock)({ signal, remainingMs, attempt: 1 }),
      );
      return undefined;
    },
    async after(request) {
      for (const fault of drawFaults(late, random)) request.response = corrupt(fault, request.response) as R;
    },
  };
}
