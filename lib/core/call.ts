import { type Ambient, ambient, runInAmbient } from './ambient.ts';
import type { Clock } from './clock.ts';
import type { Timed } from './deadline.ts';

/** What the protected function is told about the attempt it is. */
export interface CallContext {
  /** Aborts when this attempt's time, the total deadline or the caller's patience is over. Hand it to every I/O call. */
  readonly signal: AbortSignal;
  /** Number of this attempt, from 1. */
  readonly attempt: number;
  /** What the call is about, as its caller has said. */
  readonly key?: string | undefined;
  /** What is left of this attempt's time, in milliseconds. Infinity where nothing bounds it. */
  readonly remainingMs: () => number;
}

/** One call to a dependency. */
export type Call<T> = (context: CallContext) => Promise<T>;

/** What a caller may say about one call. A call's context is all of it, so that a policy within it is handed that. */
export interface ExecuteOptions {
  /** What the call is about, e.g. the id of a user: validation can ask whether the answer is about the same. */
  readonly key?: string | undefined;
  /** Aborts the call, retries included. */
  readonly signal?: AbortSignal | undefined;
  /** What is left of the caller's own time, in milliseconds. Can only shorten what there is. Default: no limit. */
  readonly remainingMs?: number | (() => number) | undefined;
}

/** When what is around is over, by a clock that may not be that of what is around. */
const endOf = (around: Ambient, clock: Clock): number =>
  around.clock === clock
    ? around.endsAt
    : clock.monotonic() + Math.max(0, around.endsAt - around.clock.monotonic());

/** What the call is told: the time and the signal of its attempt. */
class AttemptContext implements CallContext {
  readonly #timed: Timed;
  readonly attempt: number;
  readonly key: string | undefined;

  constructor(timed: Timed, attempt: number, key: string | undefined) {
    this.#timed = timed;
    this.attempt = attempt;
    this.key = key;
  }

  get signal(): AbortSignal {
    return this.#timed.signal;
  }

  get remainingMs(): () => number {
    return this.#timed.remainingMs;
  }
}

/** One call on its way through the policies, each of which has been made of the next one. */
export class Run<R> implements Timed {
  readonly #clock: Clock;
  readonly #call: Call<R>;
  readonly #around: Ambient | undefined;
  readonly #limitMs: number;
  #endsAt: number | undefined;
  readonly key: string | undefined;
  /** The signal of who has made the call, if there is one. `signal` makes one where there is none, which takes its time. */
  readonly callerSignal: AbortSignal | undefined;
  /** Number of the attempt that is made, from 1. */
  attempt = 1;
  /** When the attempt began, by the monotonic clock. */
  beganAt = 0;
  /** How often the function was called. */
  made = 0;

  /** @param limitMs The most that the call may take, whatever its caller says. Milliseconds. Default: no limit. */
  constructor(
    clock: Clock,
    call: Call<R>,
    options: ExecuteOptions,
    limitMs: number = Number.POSITIVE_INFINITY,
  ) {
    const { key, signal, remainingMs } = options;
    const saidMs = typeof remainingMs === 'function' ? remainingMs() : remainingMs;
    const around = ambient();
    this.#clock = clock;
    this.#call = call;
    this.#around = around;
    // What is no number limits nothing.
    this.#limitMs = saidMs !== undefined && saidMs < limitMs ? saidMs : limitMs;
    this.key = key;
    this.callerSignal = signal ?? around?.attempt?.signal;
  }

  /** An attempt begins, at this moment of the monotonic clock. Gives the end of the call's time. */
  begin(now: number): number {
    this.beganAt = now;
    return this.endsBy(now);
  }

  /**
   * When the call's time is over, by the monotonic clock. It begins when somebody first asks, which is before anything is
   * waited for.
   * @param now What the clock has just said, to save a look at it.
   */
  endsBy(now: number): number {
    if (this.#endsAt === undefined) {
      const endsAt = now + this.#limitMs;
      this.#endsAt = this.#around ? Math.min(endsAt, endOf(this.#around, this.#clock)) : endsAt;
    }
    return this.#endsAt;
  }

  get endsAt(): number {
    return this.endsBy(this.#clock.monotonic());
  }

  // A getter, so that whoever takes it out of the object can call it.
  get remainingMs(): () => number {
    return () => {
      const now = this.#clock.monotonic();
      return Math.max(0, this.endsBy(now) - now);
    };
  }

  get signal(): AbortSignal {
    return this.callerSignal ?? new AbortController().signal;
  }

  /** Whether the invocation that the call is part of has given its answer: nobody waits for this one any more. */
  get isAbandoned(): boolean {
    return this.#around?.invocation.isOver === true;
  }

  /** Calls the function. In an invocation, what it calls under policies has no more time than it has itself. */
  make(timed: Timed): Promise<R> {
    this.made++;
    const context = new AttemptContext(timed, this.attempt, this.key);
    if (this.#around === undefined) return this.#call(context);
    const around = { ...this.#around, clock: this.#clock, endsAt: timed.endsAt, attempt: timed };
    return runInAmbient(around, this.#call, context);
  }
}

/** A call under policies: each of them makes one of the next. It rejects; what it throws is a refusal to make the call. */
export type Protected<T, R = T> = (run: Run<R>) => Promise<T>;

/** The innermost: the call itself, with all the time that its caller has. */
export const unprotected = async <R>(run: Run<R>): Promise<R> => run.make(run);

/** One policy alone. */
export interface Policy {
  /** Makes the call and settles with its outcome, or with what the policy makes of it. */
  execute<T>(call: Call<T>, options?: ExecuteOptions): Promise<T>;
}

/** A call whose time begins now. */
export function beginRun<R>(clock: Clock, call: Call<R>, options: ExecuteOptions = {}): Run<R> {
  const run = new Run(clock, call, options);
  run.begin(clock.monotonic());
  return run;
}

/** Runs calls under one policy. A call that throws at once rejects like all others. */
export const policyOf = (clock: Clock, policy: <T>(run: Run<T>) => Promise<T>): Policy => ({
  execute: async (call, options) => policy(beginRun(clock, call, options)),
});
