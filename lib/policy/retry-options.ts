import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';

export interface RetryBudgetOptions {
  /** How much of a retry each success earns. Fraction, 0 to 1. Default 0.5. */
  readonly ratio?: number;
  /**
   * The most retries that are saved, and what an environment begins with. Integer, 0 to 1,000. Default: five for each
   * attempt after the first, so 5 with two attempts and 10 with three, and five for each hedge of `maxHedges`.
   */
  readonly burst?: number;
}

export interface RetryOptions {
  /** How often the call is made at most, the first time included. Integer, 1 to 10. Default 2. */
  readonly maxAttempts?: number;
  /** Upper bound of the wait before the second attempt; it doubles with each further one. Milliseconds. Default 50. */
  readonly baseDelayMs?: number;
  /** The most that a backoff grows to. A longer wait that the dependency asks for is kept. Milliseconds. Default 1,000. */
  readonly maxDelayMs?: number;
  /** A dependency that asks for a longer wait (`Retry-After`) is not called again. Milliseconds. Default 60,000. */
  readonly maxRetryAfterMs?: number;
  /**
   * Makes the backoff after the nth attempt, in milliseconds, 0 to `maxDelayMs`; what is beyond is cut. Default: full jitter,
   * anything up to `baseDelayMs` × 2^(n − 1).
   */
  readonly backoff?: (attempt: number, error: unknown) => number;
  /**
   * Whether an error is worth another attempt. `transient` is the default's answer: network errors, timeouts, 408, 425, 429,
   * 5xx, throttling, and what says `retryable` of itself.
   */
  readonly shouldRetry?: (error: unknown, about: { readonly transient: boolean }) => boolean;
  /** Whether a value is worth another attempt, for polling. The last one is returned whatever it is. Default: none is. */
  readonly shouldRetryResult?: (value: unknown) => boolean;
  /**
   * How many retries the successes of this environment pay for, so that retries do not amplify an outage. Hedges are paid for
   * from the same budget. False: no limit but `maxAttempts` and `maxHedges`. Default `{ ratio: 0.5 }`.
   */
  readonly budget?: RetryBudgetOptions | false;
}

const RULES: Readonly<Record<keyof RetryOptions, rule.OptionRule>> = {
  maxAttempts: rule.integer(1, 10),
  baseDelayMs: rule.durationMs(),
  maxDelayMs: rule.durationMs(),
  maxRetryAfterMs: rule.durationMs(0),
  backoff: rule.fn(),
  shouldRetry: rule.fn(),
  shouldRetryResult: rule.fn(),
  budget: rule.switchable(rule.object()),
};

const BUDGET_RULES: Readonly<Record<keyof RetryBudgetOptions, rule.OptionRule>> = {
  ratio: rule.fraction(),
  burst: rule.integer(0, 1_000),
};

/**
 * @param more Rules of options that a retry has by itself.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 */
export function checkRetryOptions(
  owner: string,
  options: RetryOptions,
  more?: Readonly<Record<string, rule.OptionRule>>,
): void {
  checkOptions(owner, options, { optional: { ...RULES, ...more } });
  const { budget } = options;
  if (budget) checkOptions(`${owner}.budget`, budget, { optional: BUDGET_RULES });
}
