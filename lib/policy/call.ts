import type { Clock } from '../core/clock.ts';

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
}

/** A call under policies. Each policy makes one of another. */
export type Protected<T> = (context: PolicyContext) => Promise<T>;

/** The context of a whole call, from which those of its attempts are made. */
export class TotalContext implements PolicyContext {
  readonly attempt = 1;
  readonly callerSignal: AbortSignal | undefined;
  readonly remainingMs: () => number;

  constructor(clock: Clock, limitMs: number, callerSignal: AbortSignal | undefined) {
    const endsAt = clock.monotonic() + limitMs;
    this.callerSignal = callerSignal;
    this.remainingMs = () => Math.max(0, endsAt - clock.monotonic());
  }

  get signal(): AbortSignal {
    return this.callerSignal ?? new AbortController().signal;
  }
}

/** The context of one attempt among others. */
export class AttemptContext implements PolicyContext {
  readonly #outer: Pick<CallContext, 'signal' | 'remainingMs'>;
  readonly attempt: number;
  readonly callerSignal: AbortSignal | undefined;

  constructor(
    outer: Pick<CallContext, 'signal' | 'remainingMs'>,
    attempt: number,
    callerSignal?: AbortSignal,
  ) {
    this.#outer = outer;
    this.attempt = attempt;
    this.callerSignal = callerSignal;
  }

  get signal(): AbortSignal {
    return this.#outer.signal;
  }

  // A field, so that whoever takes it out of the object can call it.
  readonly remainingMs = (): number => this.#outer.remainingMs();
}
