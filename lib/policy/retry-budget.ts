/** A tank may lack this much of a whole retry, since fractions do not add up exactly. */
const ROUNDING = 1e-9;

/** How many retries a sandbox may make. */
export interface RetryBudget {
  /** A call has succeeded. */
  earn(): void;
  /** Whether one more retry is paid for. A yes is for one. */
  spend(): boolean;
}

/**
 * Successes pay for retries, `ratio` of one each, and at most `most` are saved up. While everything fails nothing is
 * earned, so that an outage is met with as many calls as were wanted and hardly one more.
 * @param most Also what a sandbox begins with. 0 or more.
 */
export function retryBudget(ratio: number, most: number): RetryBudget {
  let saved = most;
  return {
    earn() {
      saved = Math.min(most, saved + ratio);
    },
    spend() {
      if (saved < 1 - ROUNDING) return false;
      saved--;
      return true;
    },
  };
}
