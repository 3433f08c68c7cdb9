import type { RetryOptions } from './retry-options.ts';

/** Retries of a failing dependency then stay below half of its successes. */
const DEFAULT_RATIO = 0.5;
/** Five for each further attempt: at 30 % random failures three attempts keep 97 % of calls alive, with three in all 93 %. */
const DEFAULT_BURST = 5;
const NO_LIMIT: Extract<RetryOptions['budget'], object> = { burst: Infinity };

/** A budget may lack this much of a whole retry, since fractions do not add up exactly. */
const ROUNDING = 1e-9;

/** How many retries and hedges one execution environment may make. */
export interface RetryBudget {
  /** A call has succeeded. */
  earn(): void;
  /** Whether one more retry or hedge is paid for. A yes is for one. */
  spend(): boolean;
}

/**
 * Each success earns `ratio` of a retry, and at most `burst` are saved. While everything fails nothing is earned, so an
 * outage is met with hardly more calls than were asked for.
 * @param burst Also what an environment begins with.
 */
export function retryBudget(ratio: number, burst: number): RetryBudget {
  let saved = burst;
  return {
    earn() {
      saved = Math.min(burst, saved + ratio);
    },
    spend() {
      if (saved < 1 - ROUNDING) return false;
      saved--;
      return true;
    },
  };
}

/** The budget of a call's retries and hedges. A call that is not retried has one attempt. */
export function budgetOf(
  { budget = {}, maxAttempts = 2 }: Pick<RetryOptions, 'budget' | 'maxAttempts'>,
  maxHedges = 0,
): RetryBudget {
  const further = maxAttempts - 1 + maxHedges;
  const { ratio = DEFAULT_RATIO, burst = DEFAULT_BURST * further } = budget || NO_LIMIT;
  return retryBudget(ratio, burst);
}
