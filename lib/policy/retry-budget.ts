/** A budget may lack this much of a whole retry, since fractions do not add up exactly. */
const ROUNDING = 1e-9;

/** How many retries one execution environment may make. */
export interface RetryBudget {
  /** A call has succeeded. */
  earn(): void;
  /** Whether one more retry is paid for. A yes is for one. */
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
