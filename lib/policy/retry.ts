import { noteEarlierAttempts } from '../core/attempt-facts.ts';
import { fullJitter } from '../core/backoff.ts';
import { classifyError } from '../core/classify.ts';
import { type Clock, sleep, systemClock } from '../core/clock.ts';
import { hasCode } from '../core/errors.ts';
import type { Execution } from '../core/execution.ts';
import { guarded } from '../core/guarded.ts';
import { type Invoke, type Policy, policyOf } from '../core/layer.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { type Random, systemRandom } from '../core/random.ts';
import { retryAfterMs } from '../core/retry-after.ts';
import * as rule from '../core/rules.ts';
import { budgetOf, type RetryBudget } from './retry-budget.ts';
import { checkRetryOptions, type RetryOptions } from './retry-options.ts';

/** What a retry needs beside its options. */
export interface RetryTools {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Pays for further attempts. */
  readonly budget: RetryBudget;
  /** Kept of the call's time for what is to be done after an attempt. Milliseconds. */
  readonly reserveMs: number;
  readonly report?: ((event: PolicyEvent) => void) | undefined;
}

/** What a failed attempt ended with. Anything can be thrown, `undefined` too. */
interface Failure {
  readonly error: unknown;
}

const noRetry = () => false;
const ifTransient = (_error: unknown, { transient }: { readonly transient: boolean }) => transient;

/** Decides about further attempts: how long to wait for one, in milliseconds. Undefined: none is made. */
function delays(options: RetryOptions, tools: RetryTools) {
  const { maxAttempts = 2, baseDelayMs = 50, maxDelayMs = 1_000, maxRetryAfterMs = 60_000 } = options;
  const { name, clock, random, budget, reserveMs, report } = tools;
  const owner = `${name}: retry`;
  const jitter = fullJitter(random, baseDelayMs, maxDelayMs);
  const backoff = guarded(`${owner}.backoff`, options.backoff, jitter, 'number');
  const isWorth = guarded(`${owner}.shouldRetry`, options.shouldRetry, ifTransient, 'boolean');
  const isUnwanted = guarded(`${owner}.shouldRetryResult`, options.shouldRetryResult, noRetry, 'boolean');

  const isPaidFor = ({ run, state, attempt }: Execution): boolean => {
    if (budget.spend()) return true;
    // What ends is the branch of a hedged call, or the call.
    const ended = run?.budgetExhausted === undefined ? state : run;
    ended.budgetExhausted = true;
    report?.({ kind: 'budget-exhausted', name, attempt });
    return false;
  };

  return function delayAfter(
    execution: Execution,
    made: number,
    failure: Failure | undefined,
    value: unknown,
  ): number | undefined {
    if (!failure && !isUnwanted(value)) {
      budget.earn();
      return undefined;
    }
    const error = failure?.error;
    // Whatever `shouldRetry` says: a breaker that is open for seconds is not asked again at once, nor is a bulkhead that is full.
    if (made >= maxAttempts || hasCode(error, 'BREAKER_OPEN') || hasCode(error, 'BULKHEAD_FULL'))
      return undefined;
    if (execution.isAborted || execution.isAbandoned) return undefined;
    if (failure && !isWorth(error, { transient: classifyError(error) === 'transient' })) return undefined;
    const askedMs = retryAfterMs(error, clock.now()) ?? 0;
    const backoffMs = Math.min(maxDelayMs, Math.max(0, backoff(made, error)));
    const delayMs = Math.max(askedMs, backoffMs);
    if (askedMs > maxRetryAfterMs || delayMs >= execution.remainingMs() - reserveMs) return undefined;
    return isPaidFor(execution) ? delayMs : undefined;
  };
}

/** Makes a call again that failed and may succeed later. */
export function retryLayer(options: RetryOptions, tools: RetryTools): <T>(next: Invoke<T>) => Invoke<T> {
  const delayAfter = delays(options, tools);
  const { name, clock, reserveMs, report } = tools;

  return <T>(next: Invoke<T>) =>
    async function callWithRetries(first) {
      const earlier: unknown[] = [];
      let execution = first;
      // By its own count: with hedges, numbers of attempts are those of all branches.
      for (let made = 1; ; made++) {
        let value: T | undefined;
        let failure: Failure | undefined;
        try {
          value = await next(execution);
        } catch (error) {
          failure = { error };
        }
        const delayMs = delayAfter(execution, made, failure, value);
        if (delayMs !== undefined) {
          const further = first.withAttempt();
          report?.({ kind: 'retry', name, attempt: further.attempt, delayMs, ...failure });
          await sleep(clock, delayMs, execution.outerSignal);
          // A timer may be late, an environment frozen.
          if (execution.remainingMs() > reserveMs && !execution.isAbandoned) {
            earlier.push(failure?.error);
            execution = further;
            continue;
          }
        }
        if (!failure) return value as T;
        noteEarlierAttempts(failure.error, earlier);
        throw failure.error;
      }
    };
}

/**
 * Makes a call again after a transient failure, with exponential backoff and full jitter, and no sooner than the
 * dependency asks for. Rejects with the last error as soon as the attempts or the budget are used up, the error is not
 * worth another, the caller aborts, or the wait would leave no time for another attempt.
 *
 * Only for calls that may be made twice. Clients that retry by themselves should not do so within it: give those of the
 * AWS SDK `maxAttempts: 1`.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @see https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 * @example
 * ```ts
 * const policy = retry({ maxAttempts: 3 });
 * const answer = await policy.execute(({ signal }) => boundedFetch('https://rates.example/eur', { signal }));
 * ```
 */
export function retry(
  options: RetryOptions & { readonly clock?: Clock; readonly random?: Random } = {},
): Policy {
  const { clock = systemClock, random = systemRandom } = options;
  checkRetryOptions('retry', options, { clock: rule.object(), random: rule.object() });
  const budget = budgetOf(options);
  return policyOf(clock, retryLayer(options, { name: 'call', clock, random, budget, reserveMs: 0 }));
}
