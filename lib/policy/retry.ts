import { type Policy, type Protected, policyOf, type Run, unprotected } from '../core/call.ts';
import { classifyError } from '../core/classify.ts';
import { type Clock, sleep, systemClock } from '../core/clock.ts';
import { BreakerOpenError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import { type Random, systemRandom } from '../core/random.ts';
import * as rule from '../core/rules.ts';
import { askedWaitMs, fullJitter } from './backoff.ts';
import { retryBudget } from './retry-budget.ts';

export interface RetryOptions {
  /** How often the call is made at most, the first time included. Integer, 1 to 10. Default 2. */
  readonly attempts?: number;
  /** Upper bound of the wait before the second attempt; it doubles with each further one. Milliseconds. Default 50. */
  readonly baseDelayMs?: number;
  /** The most that a backoff grows to. A longer wait that the dependency asks for is kept. Milliseconds. Default 1,000. */
  readonly maxDelayMs?: number;
  /**
   * Makes the backoff after the nth attempt has failed, in milliseconds, 0 to `maxDelayMs`; what is beyond is cut. Default:
   * full jitter, anything up to `baseDelayMs` × 2^(n − 1).
   */
  readonly backoff?: (attempt: number, error: unknown) => number;
  /**
   * Whether an error is worth another attempt. `isTransient` is what is taken for one anyway. Default: network errors,
   * timeouts, 408, 429, 5xx, throttling, and what says `retryable` of itself.
   */
  readonly retryable?: (error: unknown, isTransient: boolean) => boolean;
  /**
   * How many retries each success pays for. A sandbox begins with enough for the first call, and saves up a few at most, so
   * that retries never amplify an outage. Fraction, 0 to 1. Default 0.5.
   */
  readonly budgetRatio?: number;
}

const RULES = {
  attempts: rule.integer(1, 10),
  baseDelayMs: rule.durationMs(),
  maxDelayMs: rule.durationMs(),
  backoff: rule.fn(),
  retryable: rule.fn(),
  budgetRatio: rule.share(),
};

/** @throws {InvalidOptionError} for an unknown option or one out of range. */
export const checkRetryOptions = (owner: string, options: RetryOptions): RetryOptions =>
  checkOptions(owner, options, { optional: RULES });

/** The most retries that are saved up, where a single call does not need more. */
const SAVED_RETRIES = 3;

/** What a retry needs beside its options. */
export interface RetryTools {
  readonly clock: Clock;
  readonly random: Random;
  /** Kept of the caller's time for what is to be done after an attempt, in milliseconds. Default 0. */
  readonly reserveMs?: number;
  /** Told before each wait of the attempt that follows it. */
  readonly onRetry?: ((attempt: number, delayMs: number, error: unknown) => void) | undefined;
  /** What share of the retries that the budget allows may be made now. Fraction. Default: all. */
  readonly share?: (() => number) | undefined;
  /** Told when a retry is not made, since the budget is used up. */
  readonly onBudget?: (() => void) | undefined;
}

/** Makes a call again when it fails and may succeed later. */
export function retrying<R, T>(
  call: Protected<T, R>,
  options: RetryOptions,
  { clock, random, reserveMs = 0, share = () => 1, onRetry, onBudget }: RetryTools,
): Protected<T, R> {
  const { attempts = 2, baseDelayMs = 50, maxDelayMs = 1_000, budgetRatio = 0.5, retryable } = options;
  const { backoff = fullJitter(random, baseDelayMs, maxDelayMs) } = options;
  const budget = retryBudget(budgetRatio, Math.max(SAVED_RETRIES, attempts - 1));

  const isWorthOne = (error: unknown) => {
    // Whatever `retryable` says: a breaker that is open for seconds is not there to be asked again at once.
    if (error instanceof BreakerOpenError) return false;
    const isTransient = classifyError(error) === 'transient';
    return retryable ? retryable(error, isTransient) : isTransient;
  };
  const delayAfter = (attempt: number, error: unknown) => {
    const backoffMs = Math.min(maxDelayMs, Math.max(0, backoff(attempt, error) || 0));
    return Math.max(backoffMs, askedWaitMs(error, clock.now()));
  };

  const isAfforded = () => {
    const afforded = share();
    return afforded >= 1 || random.next() < afforded;
  };

  const makeAttempt = (run: Run<R>, attempt: number): Promise<T> => {
    run.attempt = attempt;
    // Without an async function, which would take twice as long.
    return call(run).then(
      (value) => {
        budget.earn();
        return value;
      },
      (error: unknown) => makeNext(run, attempt, error),
    );
  };

  const makeNext = async (run: Run<R>, attempt: number, error: unknown): Promise<T> => {
    if (attempt >= attempts || run.callerSignal?.aborted || run.isAbandoned) throw error;
    if (!isWorthOne(error)) throw error;
    const delayMs = delayAfter(attempt, error);
    if (delayMs >= run.remainingMs() - reserveMs) throw error;
    if (!isAfforded() || !budget.spend()) {
      onBudget?.();
      throw error;
    }
    onRetry?.(attempt + 1, delayMs, error);
    await sleep(clock, delayMs, run.callerSignal);
    // A timer may be late, and a sandbox frozen meanwhile.
    if (run.remainingMs() <= reserveMs || run.isAbandoned) throw error;
    return makeAttempt(run, attempt + 1);
  };

  return (run) => makeAttempt(run, 1);
}

/**
 * Makes a call again after a transient failure, with exponential backoff and full jitter, and no sooner than the
 * dependency asks for. Rejects with the last error as soon as the attempts or the budget are used up, the error is not
 * worth another, the caller aborts, or the wait would not leave any time to try in.
 *
 * Only for calls that may be made twice. Clients that retry by themselves should not do so within it: give those of the
 * AWS SDK `maxAttempts: 1`.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @see https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 * @example
 * ```ts
 * const thrice = retry({ attempts: 3 });
 * const answer = await thrice.execute(({ signal }) => fetch('https://rates.example/eur', { signal }));
 * ```
 */
export function retry(
  options: RetryOptions & { readonly clock?: Clock; readonly random?: Random } = {},
): Policy {
  const { clock = systemClock, random = systemRandom } = options;
  checkOptions('retry', options, { optional: { ...RULES, clock: rule.object(), random: rule.object() } });
  return policyOf(clock, retrying(unprotected, options, { clock, random }));
}
