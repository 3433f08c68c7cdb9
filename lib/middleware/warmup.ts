import { type Clock, sleep, systemClock } from '../core/clock.ts';
import { fieldOf } from '../core/field.ts';
import { checkOptions } from '../core/options.ts';
import { type Random, systemRandom } from '../core/random.ts';
import { remainingMsOf } from '../core/remaining-time.ts';
import * as rule from '../core/rules.ts';
import { MAX_HOLD_MS, WARMUP_SOURCE, type WarmupAnswer } from '../core/warmup.ts';
import { orderCheck } from './adapter/order.ts';
import type { Middleware } from './types.ts';

export interface WarmupOptions {
  /** Whether an event only keeps an execution environment warm. Default: one whose `source` is `fibrin.warmup`. */
  readonly isWarmup?: (event: unknown) => boolean;
  /**
   * How long a ping is held that does not say it by its `holdMs`, so that others that come meanwhile warm other environments.
   * Milliseconds, 0 to 1,000. Default 0. Never more than half of what is left of the invocation.
   */
  readonly delayMs?: number;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
  /** What names this execution environment. Default: the system's. */
  readonly random?: Random;
}

const holdRule = rule.durationMs(0, MAX_HOLD_MS);

let nameOfEnvironment: string | undefined;

/** One for all handlers of this environment. */
function environmentName(random: Random): string {
  nameOfEnvironment ??= random.token();
  return nameOfEnvironment;
}

const isOfWarmupSource = (event: unknown): boolean => fieldOf(event, ['source']) === WARMUP_SOURCE;

/**
 * Answers pings, events that only keep execution environments warm, without the handler: `{ environment }`, a name of this
 * environment by which a warmer counts how many it has reached. What is loaded outside of the handler is warm then.
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
    optional: { isWarmup: rule.fn(), delayMs: holdRule, clock: rule.object(), random: rule.object() },
  });
  const { isWarmup = isOfWarmupSource, delayMs = 0, clock = systemClock, random = systemRandom } = options;
  const checkOrder = orderCheck('warmup');
  return {
    async before(request) {
      checkOrder(request);
      if (!isWarmup(request.event)) return undefined;
      const asked = fieldOf(request.event, ['holdMs']);
      const wantedMs = holdRule(asked) === undefined ? (asked as number) : delayMs;
      const heldMs = Math.min(wantedMs, (remainingMsOf(request.context) ?? wantedMs * 2) / 2);
      if (heldMs > 0) await sleep(clock, heldMs);
      const answer: WarmupAnswer = { environment: environmentName(random) };
      request.earlyResponse = answer as R;
      return undefined;
    },
  };
}
