import type { Clock } from '../core/clock.ts';
import type { Timed } from '../core/deadline.ts';

/** What the protected function is told about the attempt it is. */
export interface CallContext {
  /** Aborts when this attempt's time, the total deadline or the caller's patience is over. Hand it to every I/O call. */
  readonly signal: AbortSignal;
  /** Number of this attempt, from 1. */
  readonly attempt: number;
  /** What is left of this attempt's time, in milliseconds. */
  readonly remainingMs: () => number;
}

/** One call to a dependency. */
export type Call<T> = (context: CallContext) => Promise<T>;

/** What a policy is told. */
export interface PolicyContext extends CallContext {
  /** The caller's own signal, if there is one. `signal` makes one where there is none, which takes its time. */
  readonly callerSignal: AbortSignal | undefined;
  /** When the caller's time is over, by the monotonic clock. */
  readonly endsAt: number;
}

/** A call under policies. Each policy makes one of another. */
export type Protected<T> = (context: PolicyContext) => Promise<T>;

/** The context of a whole call, from which those of its attempts are made. */
export class TotalContext implements PolicyContext {
  readonly attempt = 1;
  readonly callerSignal: AbortSignal | undefined;
  readonly endsAt: number;
  readonly #clock: Clock;

  constructor(clock: Clock, endsAt: number, callerSignal: AbortSignal | undefined) {
    this.#clock = clock;
    this.endsAt = endsAt;
    this.callerSignal = callerSignal;
  }

  get remainingMs(): () => number {
    return () => Math.max(0, this.endsAt - this.#clock.monotonic());
  }

  get signal(): AbortSignal {
    return this.callerSignal ?? new AbortController().signal;
  }
}

/** What the call is told: the time and the signal of its attempt. */
export class AttemptContext implements CallContext {
  readonly #timed: Timed;
  readonly attempt: number;

  constructor(timed: Timed, attempt: number) {
    this.#timed = timed;
    this.attempt = attempt;
  }

  get signal(): AbortSignal {
    return this.#timed.signal;
  }

  get remainingMs(): () => number {
    return this.#timed.remainingMs;
  }
}

/** The same context for a further attempt. */
export const forAttempt = (context: PolicyContext, attempt: number): PolicyContext => ({
  attempt,
  callerSignal: context.callerSignal,
  endsAt: context.endsAt,
  remainingMs: context.remainingMs,
  get signal() {
    return context.signal;
  },
});
