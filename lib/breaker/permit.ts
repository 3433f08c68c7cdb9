import type { BreakerOpenError } from '../core/errors.ts';

/** What a breaker looks at of a call's context. */
export interface Entering {
  readonly signal: AbortSignal;
  /** What is left of the caller's time, in milliseconds: entering takes no longer. Default: no limit of the caller's. */
  readonly remainingMs?: () => number;
}

/** Leave to make one call. Settle it with what came of the call. */
export interface Permit {
  /**
   * @param failed Undefined is neutral: the call was never made, or nobody waited for its end.
   * @param slow Whether it took longer than it may, however it ended.
   * @returns What is to be awaited before the invocation ends, where there is something.
   */
  settle(failed: boolean | undefined, slow?: boolean): Promise<void> | undefined;
}

export interface CircuitBreaker {
  readonly name: string;
  /** What a call would be refused with at this moment, as far as is known without asking anybody; undefined: nothing. */
  refusal(): BreakerOpenError | undefined;
  /**
   * Leave to make one call: at once where nothing has to be asked.
   * @throws {BreakerOpenError} while the breaker is open.
   */
  enter(context?: Entering): Permit | Promise<Permit>;
  /**
   * Runs a call under the breaker: refused while open, its outcome recorded. A refusal of the request (a thrown 4xx but
   * 408 and 429) is an answer, so it counts as a success; a bug and a caller that gave up do not count.
   */
  protect<C extends Entering, T>(call: (context: C) => Promise<T>): (context: C) => Promise<T>;
}
