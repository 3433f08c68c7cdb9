import type { Clock } from './clock.ts';
import type { DeadlineLimit } from './errors.ts';
import { guarded } from './guarded.ts';
import { type InvocationContext, invocationContext } from './invocation-context.ts';

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
  /** What the call is about, e.g. the id of a user: validation and fallback are handed it, and a cache keeps values by it. */
  readonly key?: string | undefined;
  /** Aborts the call, retries included. */
  readonly signal?: AbortSignal | undefined;
  /** What is left of the caller's own time, in milliseconds. Can only shorten the call. Default: no limit. */
  readonly remainingMs?: number | (() => number) | undefined;
}

/**
 * Where a value came from. `cache`: it was fresh, or stale and is refreshed meanwhile. `stale`: it was too old, and stands in for
 * an error.
 */
export type Source = 'live' | 'cache' | 'stale' | 'fallback';

/** What is known about one attempt. */
export interface AttemptState {
  /** From 1. */
  readonly number: number;
  /** Whether the function was called. */
  called: boolean;
  /** When its time is over, by the monotonic clock. Infinity where nothing limits it. */
  dueAt: number;
  /**
   * Set where a limit of time ended it: the policy's own, or one that left it less time than the policy gives an attempt. A
   * timer that was late by `FROZEN_MS` has seen a freeze: an answer may have come in time.
   */
  endedBy: 'own limit' | 'cut short' | 'frozen' | undefined;
  /**
   * How long it has waited for a limit of this environment's own, such as a bulkhead: that is no time of its dependency.
   * Milliseconds, Infinity while it waits.
   */
  waitedMs: number;
}

/** What has to know when the function has really ended: one that ignores its signal runs on after its attempt. */
export interface WorkHolder {
  hold(work: Promise<unknown>): void;
}

/** What is around an attempt and can give it up: a limit of time, or the branch of a hedged call. */
export interface Enclosure {
  readonly signal: AbortSignal;
  readonly isAborted: boolean;
  /** Whether it was given up since another branch has answered. */
  readonly hasLost?: boolean;
  /** Whether the retry budget ended it. Undefined where it is no branch. */
  budgetExhausted?: boolean;
}

/** What a caller has asked for, and what has come of it so far, whatever attempts it takes: layers note what an outcome says. */
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
  /** How often the function was called. */
  attempts: number;
  /** The highest number that an attempt has. */
  numbered: number;
  source: Source;
  /** The error that a degraded value stands in for. */
  error: unknown;
  /** Whether the retry budget ended the call. */
  budgetExhausted: boolean;
  /** Whether the value is that of a hedge. */
  hedgeWon: boolean;
}

const noLimit = () => undefined;

const newAttempt = (number: number): AttemptState => ({
  number,
  called: false,
  dueAt: Infinity,
  endedBy: undefined,
  waitedMs: 0,
});

/** When a context's time is over, by the clock of a call, which may be another one. */
const endOf = ({ endsAt, clock: own }: InvocationContext, clock: Clock, now: number): number =>
  own === clock ? endsAt : now + endsAt - own.monotonic();

/** One call on its way through the layers. A layer hands it on as it is, or a narrower one that it has made of it. */
export class Execution implements CallContext {
  declare readonly state: CallState;
  declare readonly attemptState: AttemptState;
  /** When the time is over, by the monotonic clock. Infinity: never. */
  declare readonly endsAt: number;
  /** Whose limit that is. */
  declare readonly limit: DeadlineLimit;
  /** What can give the attempt up, if something can. */
  declare readonly run: Enclosure | undefined;
  /** What is handed the function's own promise, if something is. */
  declare readonly holder: WorkHolder | undefined;

  constructor(
    state: CallState,
    attemptState: AttemptState,
    endsAt: number,
    limit: DeadlineLimit,
    run?: Enclosure,
    holder?: WorkHolder,
  ) {
    this.state = state;
    this.attemptState = attemptState;
    this.endsAt = endsAt;
    this.limit = limit;
    this.run = run;
    this.holder = holder;
  }

  /** What the call is about, as its caller has said. */
  get key(): string | undefined {
    return this.state.key;
  }

  /** Number of the attempt, from 1. */
  get attempt(): number {
    return this.attemptState.number;
  }

  /** How long the attempt has waited for this environment's own limits. Milliseconds, Infinity while it waits. */
  get waitedMs(): number {
    return this.attemptState.waitedMs;
  }

  /** The signal of what is around, if there is one. `signal` makes one where there is none, which takes its time. */
  get outerSignal(): AbortSignal | undefined {
    return this.run?.signal ?? this.state.callerSignal;
  }

  get signal(): AbortSignal {
    return this.outerSignal ?? new AbortController().signal;
  }

  // A getter, so that it works out of the object too, and costs nothing where it is not read.
  get remainingMs(): () => number {
    return () => Math.max(0, this.endsAt - this.state.clock.monotonic());
  }

  /** Whether the caller has aborted the call, or what runs this attempt has given it up. */
  get isAborted(): boolean {
    return this.run?.isAborted === true || this.state.callerSignal?.aborted === true;
  }

  /** Whether the invocation that the call is part of has given its answer, so that no caller waits for it any more. */
  get isAbandoned(): boolean {
    return this.state.context?.invocation?.isOver === true;
  }

  /** The next attempt of the same call. Several may run at once. */
  withAttempt(): Execution {
    const { state, endsAt, limit, run, holder } = this;
    return new Execution(state, newAttempt(++state.numbered), endsAt, limit, run, holder);
  }

  /** Counts the attempt as made, once: the function is called now, or something stands in for it. */
  markCalled(): void {
    if (this.attemptState.called) return;
    this.attemptState.called = true;
    this.state.attempts++;
  }
}

/** The first attempt of a call that begins now. */
export function beginCall(
  clock: Clock,
  call: Call<unknown>,
  { key, signal, remainingMs }: ExecuteOptions = {},
): Execution {
  const context = invocationContext();
  const outer = context?.attempt?.signal;
  // Before the clock is read: an outer call that hands on its own time is then no nearer limit than its attempt.
  const callerMs =
    typeof remainingMs === 'function'
      ? guarded<[], number | undefined>('remainingMs', remainingMs, noLimit, 'number')()
      : remainingMs;
  const startedAt = clock.monotonic();
  const callerSignal =
    signal && outer && signal !== outer ? AbortSignal.any([signal, outer]) : (signal ?? outer);
  const state: CallState = {
    call,
    clock,
    key,
    callerSignal,
    context,
    startedAt,
    attempts: 0,
    numbered: 1,
    source: 'live',
    error: undefined,
    budgetExhausted: false,
    hedgeWon: false,
  };
  const contextEnds = context ? endOf(context, clock, startedAt) : Infinity;
  // What is no number limits nothing.
  const callerEnds = typeof callerMs === 'number' ? startedAt + callerMs : Infinity;
  const isCallers = callerEnds < contextEnds;
  return new Execution(
    state,
    newAttempt(1),
    isCallers ? callerEnds : contextEnds,
    isCallers || outer ? "caller's time limit" : "invocation's deadline",
  );
}
