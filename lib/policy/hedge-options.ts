import type { Clock } from '../core/clock.ts';
import { InvalidOptionError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';

export interface HedgeOptions {
  /**
   * How long the call may be without an answer until a second one is made beside it, and each further one after that.
   * Milliseconds, 1 to 60,000. Best the time in which 95 % of the calls answer: then one in twenty is hedged.
   */
  readonly delayMs: number;
  /** How many calls are made beside the first one at most. Integer, 1 to 4. Default 1. */
  readonly maxHedges?: number;
}

/** @throws {InvalidOptionError} for an unknown option or one out of range. */
export function checkHedgeOptions(options: HedgeOptions & { readonly clock?: Clock }): void {
  checkOptions('hedge', options, {
    required: { delayMs: rule.durationMs(1, 60_000) },
    optional: { maxHedges: rule.integer(1, 4), clock: rule.object() },
  });
}

/**
 * Checks that calls with these limits can be hedged at all. Infinity: no limit.
 * @throws {InvalidOptionError}
 */
export function checkHedgeTimes(
  owner: string,
  { delayMs }: HedgeOptions,
  attemptTimeoutMs: number,
  totalTimeoutMs: number,
): void {
  if (delayMs < attemptTimeoutMs && 2 * delayMs <= totalTimeoutMs) return;
  throw new InvalidOptionError(
    `${owner}: expected \`delayMs\` to be below \`attemptTimeoutMs\`, and at most half of \`totalTimeoutMs\`, got ${delayMs}`,
  );
}
