import type { Clock } from './clock.ts';
import type { DeadlineLimit } from './errors.ts';
import { guarded } from './guarded.ts';
import { type InvocationContext, invocationContext, runInContext } from './invocation-context.ts';
import type { LimitedRun } from './time-limit.ts';

/** What the protected function is handed about the attempt it is. */
export interface CallContext {
  /** Aborts when this attempt's time, the total timeout or the caller's signal is over. Hand it to every I/O call. */
  readonly signal: AbortSignal;
  /** Number of this attempt, from 1. */
  readonly attempt: number;
  /** What the call is about, as its caller has said. */
  readonly key?: string | undefined;
  /** What is left of this attempt's time, in milliseconds. Infinity where nothing limits it. */
  readonly remainingMs: () => number;
}

/** One call to a dependency. What it returns that is no promise is its value. */
export type Call<T> = (context: CallContext) => T | Promise<T>;

/** What a caller may say about one call. A call's context is all of it, so a policy within it can be handed that. */
export interface ExecuteOptions {
  /** What the call is about, e.g. the id of a user: validation and fallback are handed it. */
  readonly key?: string | undefined;
  /** Aborts the call, retries included. */
  readonly signal?: AbortSignal | undefined;
  /** What is left of the caller's own time, in milliseconds. Can only shorten the call. Default: no limit. */
  readonly remainingMs?: number | (() => number) | undefined;
}

/** Where a value came from. */
export type Source = 'live' | 'fallback';

/** What is known about one call, whatever attempts it takes. Layers note in it what an outcome says. */
export interface CallRecord {
  /** How often the function was called. */
  attempts: number;
  source: Source;
  /** The error that a degraded value stands in for. */
  error?: unknown;
  /** Whether the retry budget ended the call. */
  budgetExhausted: boolean;
}

/** What is known about one attempt. */
export interface AttemptState {
  /** From 1. */
  readonly number: number;
  /** Whether the function was called. */
  called: boolean;
  /**
   * Set where a limit of time ended it: the policy's own, or one that left it less time than the policy gives an attempt. A
   * timer that was late by `FROZEN_MS` has seen a freeze: an answer may have come in time.
   */
  endedBy: 'own limit' | 'cut short' | 'frozen' | undefined;
}

/** When the time is over, and whose limit that is. */
export interface Bound {
  /** By the monotonic clock. Infinity: never. */
  readonly endsAt: number;
  readonly limit: DeadlineLimit;
}

/** What a caller has asked for, and what has come of it so far. */
export interface CallState {
  readonly call: Call<unknown>;
  readonly clock: Clock;
  readonly key: string | undefined;
  /** The signal of the caller, if there is one. */
  readonly callerSignal: AbortSignal | undefined;
  /** Of when the call began. */
  readonly context: InvocationContext | undefined;
  /** By the monotonic clock. */
  readonly startedAt: number;
  readonly record: CallRecord;
}

const noLimit = () => undefined;

/** The end of a context's time, by a clock that may not be the context's. */
const endOf = (context: InvocationContext, clock: Clock): number =>
  context.clock === clock
    ? context.endsAt
    : clock.monotonic() + Math.max(0, context.endsAt - context.clock.monotonic());

function boundOf({ startedAt, clock, context }: CallState, { remainingMs }: ExecuteOptions): Bound {
  const leftMs =
    typeof remainingMs === 'function' ? guarded('remainingMs', remainingMs, noLimit)() : remainingMs;
  const contextEnds = context ? endOf(context, clock) : Number.POSITIVE_INFINITY;
  // What is no number limits nothing.
  return leftMs !== undefined && startedAt + leftMs < contextEnds
    ? { endsAt: startedAt + leftMs, limit: "caller's time limit" }
    : { endsAt: contextEnds, limit: "invocation's deadline" };
}

/** One call on its way through the layers. A layer hands it on as it is, or a narrower one that it has made of it. */
export class Execution implements CallContext {
  readonly state: CallState;
  readonly attemptState: AttemptState;
  readonly bound: Bound;
  readonly #run: LimitedRun | undefined;

  private constructor(state: CallState, attemptState: AttemptState, bound: Bound, run?: LimitedRun) {
    this.state = state;
    this.attemptState = attemptState;
    this.bound = bound;
    this.#run = run;
  }

  static begin(clock: Clock, call: Call<unknown>, options: ExecuteOptions): Execution {
    const context = invocationContext();
    const state: CallState = {
      call,
      clock,
      key: options.key,
      callerSignal: options.signal ?? context?.attempt?.signal,
      context,
      startedAt: clock.monotonic(),
      record: { attempts: 0, source: 'live', budgetExhausted: false },
    };
    const attempt = { number: 1, called: false, endedBy: undefined };
    return new Execution(state, attempt, boundOf(state, options));
  }

  /** What the call is about, as its caller has said. */
  get key(): string | undefined {
    return this.state.key;
  }

  /** Number of the attempt, from 1. */
  get attempt(): number {
    return this.attemptState.number;
  }

  /** The signal of what is around, if there is one. `signal` makes one where there is none, which takes its time. */
  get outerSignal(): AbortSignal | undefined {
    return this.#run?.signal ?? this.state.callerSignal;
  }

  get signal(): AbortSignal {
    return this.outerSignal ?? new AbortController().signal;
  }

  // A getter, so that it works out of the object too, and costs nothing where it is not read.
  get remainingMs(): () => number {
    return () => Math.max(0, this.bound.endsAt - this.state.clock.monotonic());
  }

  /** Whether the caller has aborted the call. */
  get isAborted(): boolean {
    return this.state.callerSignal?.aborted === true;
  }

  /** Whether the invocation that the call is part of has given its answer, so that no caller waits for this one. */
  get isAbandoned(): boolean {
    return this.state.context?.invocation?.isOver === true;
  }

  /** Whether an outer call's attempt limits the time, whose signal aborts then: no timer of one's own is needed. */
  get isLimitedBySignal(): boolean {
    const { context } = this.state;
    return this.bound.endsAt === context?.endsAt && context.attempt !== undefined;
  }

  /** How long the call may take in all. Milliseconds. */
  get limitMs(): number {
    return this.bound.endsAt - this.state.startedAt;
  }

  /** The same call, with no more time than this. */
  endingBy(bound: Bound): Execution {
    const nearer = bound.endsAt < this.bound.endsAt ? bound : this.bound;
    return new Execution(this.state, this.attemptState, nearer, this.#run);
  }

  /** The same attempt within a limit of time, which has a signal of its own. */
  within(run: LimitedRun): Execution {
    const bound = { endsAt: run.endsAt, limit: this.bound.limit };
    return new Execution(this.state, this.attemptState, bound, run);
  }

  /** Another attempt of the same call. Several may run at once. */
  withAttempt(number: number): Execution {
    const attempt = { number, called: false, endedBy: undefined };
    return new Execution(this.state, attempt, this.bound, this.#run);
  }

  /** Counts the attempt as made, once: the function is called now, or something stands in for it. */
  markCalled(): void {
    if (this.attemptState.called) return;
    this.attemptState.called = true;
    this.state.record.attempts++;
  }

  /** Calls the function. In an invocation, what it calls under policies has no more time than it has itself. */
  async invoke(): Promise<unknown> {
    const { call, clock, callerSignal } = this.state;
    callerSignal?.throwIfAborted();
    this.markCalled();
    // That of here, not of the call's beginning: a layer may have made a narrower one.
    const parent = invocationContext();
    const run = this.#run;
    if (parent === undefined || run === undefined) return call(this);
    const { invocation } = parent;
    const own = { scope: run, parent, endsAt: run.endsAt, clock, invocation, attempt: run };
    return runInContext(own, call, this);
  }
}
