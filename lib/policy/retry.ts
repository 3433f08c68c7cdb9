import { classifyError } from '../core/classify.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { BreakerOpenError, FibrinError } from '../core/errors.ts';
import { checkOptions, rule } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import { forAttempt, type Protected } from './call.ts';

export interface RetryOptions {
  /** How often the call is made at most, the first time included. Integer, 1 to 10. Default 2. */
  readonly attempts?: number;
  /** Upper bound of the wait before the second attempt; it doubles with each further one. Milliseconds. Default 50. */
  readonly baseDelayMs?: number;
  /** The most that a backoff grows to. A longer wait that the dependency asks for is kept. Milliseconds. Default 1,000. */
  readonly maxDelayMs?: number;
  /** Whether an error is worth another attempt. Default: network errors, timeouts, 408, 429, 5xx and throttling. */
  readonly retryable?: (error: unknown) => boolean;
}

const isTransient = (error: unknown): boolean => classifyError(error) === 'transient';

export function checkRetryOptions(owner: string, options: RetryOptions): Required<RetryOptions> {
  checkOptions(owner, options, {
    optional: {
      attempts: rule.integer(1, 10),
      baseDelayMs: rule.durationMs(),
      maxDelayMs: rule.durationMs(),
      retryable: rule.fn(),
    },
  });
  // Defaults by destructuring: an option handed on as undefined would overwrite those of a spread.
  const { attempts = 2, baseDelayMs = 50, maxDelayMs = 1_000, retryable = isTransient } = options;
  return { attempts, baseDelayMs, maxDelayMs, retryable };
}

/** What a retry needs beside its options. */
export interface RetryTools {
  readonly clock: Clock;
  readonly random: Random;
  /** Kept of the caller's time for what is to be done after an attempt, in milliseconds. */
  readonly reserveMs: number;
  /** Told before each wait of the attempt that follows it. */
  readonly onRetry?: ((attempt: number, delayMs: number, error: unknown) => void) | undefined;
}

/**
 * Makes the call again after a transient failure, with exponential backoff and full jitter. Ends with the last error
 * as soon as the attempts are used up, the error is not worth another, the caller aborts, or the wait would not leave
 * any time to try in.
 * @see https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 */
export function retry<T>(
  call: Protected<T>,
  options: Required<RetryOptions>,
  { clock, random, reserveMs, onRetry }: RetryTools,
): Protected<T> {
  return async (context) => {
    const { callerSignal } = context;
    // Whatever `retryable` says: a breaker that is open for seconds is not there to be asked again at once.
    const isWorthOne = (error: unknown) => !(error instanceof BreakerOpenError) && options.retryable(error);
    const timeLeftMs = () => context.remainingMs() - reserveMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await call(attempt === 1 ? context : forAttempt(context, attempt));
      } catch (error) {
        if (attempt >= options.attempts || callerSignal?.aborted || !isWorthOne(error)) throw error;
        const backoffMs =
          random.next() * Math.min(options.maxDelayMs, options.baseDelayMs * 2 ** (attempt - 1));
        const askedMs = error instanceof FibrinError ? (error.retryAfterMs ?? 0) : 0;
        const delayMs = Math.max(backoffMs, askedMs);
        if (delayMs >= timeLeftMs()) throw error;
        onRetry?.(attempt + 1, delayMs, error);
        await sleep(clock, delayMs, callerSignal);
        // A timer may be late, and a sandbox frozen meanwhile.
        if (timeLeftMs() <= 0) throw error;
      }
    }
  };
}
