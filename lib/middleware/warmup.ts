import { type Clock, sleep, systemClock } from '../core/clock.ts';
import { fieldOf } from '../core/field.ts';
import { checkOptions } from '../core/options.ts';
import { remainingMsOf } from '../core/remaining-time.ts';
import * as rule from '../core/rules.ts';
import { orderCheck } from './adapter/order.ts';
import type { Middleware } from './types.ts';

export interface WarmupOptions {
  /** Whether an event only keeps an execution environment warm. Default: one whose `source` is `fibrin.warmup`. */
  readonly isWarmup?: (event: unknown) => boolean;
  /**
   * How long a ping is held, so that others that come meanwhile warm other environments. Milliseconds, 0 to 1,000. Default 0.
   * Never more than half of what is left of the invocation.
   */
  readonly delayMs?: number;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

const WARMUP_SOURCE = 'fibrin.warmup';

/** The source is the top level's, which no caller of an HTTP API reaches. */
const isOfWarmupSource = (event: unknown): boolean => fieldOf(event, ['source']) === WARMUP_SOURCE;

/**
 * Answers pings, events that only keep execution environments warm, with null and without the handler. What is loaded outside
 * of the handler is warm then.
 *
 * Use it first, so that it is outermost: what is outside of it treats a ping as a request.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * export const handler = middy()
 *   .use(warmup({ delayMs: 75 }))
 *   .handler(async () => ({ statusCode: 200 }));
 * ```
 */
export function warmup<E, R>(
  options: WarmupOptions = {},
): Pick<Required<Middleware<E, unknown, R>>, 'before'> {
  checkOptions('warmup', options, {
    optional: { isWarmup: rule.fn(), delayMs: rule.durationMs(0, 1_000), clock: rule.object() },
  });
  const { isWarmup = isOfWarmupSource, delayMs = 0, clock = systemClock } = options;
  const checkOrder = orderCheck('warmup');
  return {
    async before(request) {
      checkOrder(request);
      if (!isWarmup(request.event)) return undefined;
      const heldMs = Math.min(delayMs, (remainingMsOf(request.context) ?? delayMs * 2) / 2);
      if (heldMs > 0) await sleep(clock, heldMs);
      request.earlyResponse = null;
      return undefined;
    },
  };
}
