import type { Policy } from '../core/call.ts';
import type { BreakerOpenError } from '../core/errors.ts';

/** What a breaker looks at of a call's context. */
export interface Entering {
  /** That of the caller: entering ends with it, and a call that it has ended does not count. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** What is left of the caller's time, in milliseconds: entering takes no longer. Default: no limit of the caller's. */
  readonly remainingMs?: () => number;
  /** When the call was made, by the monotonic clock. Default: when it is settled. */
  readonly beganAt?: number;
}

/** Leave to make one call. Settle it with what came of the call. */
export interface Permit {
  /**
   * @param failed Undefined is neutral: the call was never made, or nobody waited for its end.
   * @param slow Whether it took longer than it may, however it ended. Default false.
   * @param context Bounds what is awaited. Default: a moment for the store.
   * @returns What is to be awaited before the invocation ends, where there is something. It never rejects.
   */
  settle(failed: boolean | undefined, slow?: boolean, context?: Entering): Promise<void> | undefined;
}

/**
 * Runs calls while it is closed, and refuses them with `BreakerOpenError` while it is open. A refusal of the request (a
 * thrown 4xx but 408 and 429) is an answer, so it counts as a success. A bug does not count, nor a caller that gave up, nor
 * what comes after its invocation has ended.
 */
export interface CircuitBreaker extends Policy {
  readonly name: string;
  /** What a call would be refused with at this moment, as far as is known without asking anybody; undefined: nothing. */
  refusal(): BreakerOpenError | undefined;
  /**
   * What share of the failed calls may be made once more, as far as is known: less than one while the fleet sees more fail
   * than it can afford to repeat, or has just closed its breaker. Fraction. Of a breaker of one sandbox it is all.
   */
  readonly retryShare: number;
  /**
   * Leave to make one call: at once where nothing has to be asked.
   * @throws {BreakerOpenError} while the breaker is open.
   */
  enter(context?: Entering): Permit | Promise<Permit>;
}
