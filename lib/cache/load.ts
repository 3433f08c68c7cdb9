import type { Clock } from '../core/clock.ts';
import { DeadlineExceededError, hasCode } from '../core/errors.ts';
import { beginCall, type CallState, Execution } from '../core/execution.ts';
import { type Invocation, invocationContext, runInContext } from '../core/invocation-context.ts';
import { elapsedMs, type Moment, momentOf } from '../core/moment.ts';
import { type LimitedRun, runWithin } from '../core/time-limit.ts';

export type CacheResult = 'hit' | 'stale' | 'miss' | 'coalesced';

/** A load as what makes it sees it. */
export interface LoadView<T> {
  /** Whether it may place what it brings: the key was neither set nor invalidated since it began. */
  readonly isCurrent: boolean;
  /** Whether a stale value was handed out, and no call need wait for it. */
  readonly isRefresh: boolean;
  /** Until when it may wait for a load of another environment, by the monotonic clock: half of the time of its call is left then. */
  readonly waitsUntil: number;
  /** What the call that has begun it got. */
  result: CacheResult;
  /** A value that only is to be stored yet: a call whose time is over gets it. */
  inHand: { readonly value: T } | undefined;
}

/** What a load does: a call, or what asks a shared tier first. */
export type Source<T, R> = (execution: Execution, load: LoadView<T>) => Promise<R>;

/** What a load is for, and what becomes of it. `R` is what its source brings, `T` what calls get. */
export interface LoadPlan<T, R> {
  /** Of what is called, in errors. */
  readonly name: string;
  readonly limitMs: number;
  /** The call whose attempts those of the load are. Undefined: a refresh, which is beside the call. */
  readonly leader: CallState | undefined;
  /** Called before anything is called. */
  readonly begins: (load: Load<T, R>) => void;
  readonly isCurrent: (load: Load<T, R>) => boolean;
  /** Is handed what was loaded, and gives what is handed out. */
  readonly succeeded: (load: Load<T, R>, loaded: R) => T;
  readonly failed: (load: Load<T, R>, error: unknown) => void;
}

/** Attempts count for the call at once: what ends it before the load has ended must know whether the function was called. */
function countedFor(leader: CallState, own: CallState): CallState {
  let made = 0;
  return {
    ...own,
    get attempts() {
      return made;
    },
    set attempts(attempts) {
      leader.attempts += attempts - made;
      made = attempts;
    },
  };
}

/**
 * One load of a value, for all calls that wait for it. It runs under a limit of its own and in a context of its own, as an
 * invocation does: whatever the call that began it is part of may end before it does.
 */
export class Load<T, R> implements LoadView<T> {
  result: CacheResult = 'miss';
  inHand: { readonly value: T } | undefined = undefined;
  /** When it began. */
  readonly since: Moment;
  readonly waitsUntil: number;
  /** What it has done so far. */
  readonly state: CallState;
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #plan: LoadPlan<T, R>;
  /** Settles once, with what all are handed. Rejections are handled. */
  readonly #value: Promise<T>;
  readonly #invocation: Invocation = { isOver: false };
  readonly #controller = new AbortController();
  #waiting = 0;

  constructor(source: Source<T, R>, begun: Execution, plan: LoadPlan<T, R>) {
    const { call, clock, key } = begun.state;
    const { name, limitMs, leader, begins, succeeded, failed } = plan;
    const { signal } = this.#controller;
    const invocation = this.#invocation;
    this.since = momentOf(clock);
    const endsAt = this.since.monotonic + limitMs;
    const context = { scope: invocation, invocation, clock, endsAt };
    const { state: own, attemptState } = runInContext(context, beginCall, clock, call, { key, signal });
    const state = leader ? countedFor(leader, own) : own;
    const exceeded = () =>
      new DeadlineExceededError(name, 'total timeout', limitMs, { called: state.attempts > 0 });
    const begin = (run: LimitedRun): Promise<R> => {
      const execution = new Execution(state, attemptState, endsAt, 'total timeout', run);
      return runInContext({ ...context, scope: run, parent: context, attempt: run }, source, execution, this);
    };
    this.state = state;
    this.waitsUntil = this.since.monotonic + Math.min(limitMs, leader ? begun.remainingMs() : limitMs) / 2;
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#plan = plan;
    begins(this);
    this.#value = runInContext(context, runWithin<R>, { clock, limitMs, signal, exceeded }, begin)
      .finally(() => {
        invocation.isOver = true;
      })
      .then((loaded) => succeeded(this, loaded));
    this.#value.catch((error: unknown) => failed(this, error));
  }

  get isCurrent(): boolean {
    return this.#plan.isCurrent(this);
  }

  /** Whether the last of its callers has left. */
  get wasGivenUp(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Whether its time is over, as far as a clock says. */
  get isOverdue(): boolean {
    return elapsedMs(this.#clock, this.since) >= this.#limitMs;
  }

  /** Whether its attempts are those of this call. */
  isLedBy(state: CallState): boolean {
    return this.#plan.leader === state;
  }

  get isRefresh(): boolean {
    return this.#plan.leader === undefined;
  }

  /**
   * Whether a call may wait for it. Not when it is over, was given up, or its time is over though no timer may have fired yet:
   * the environment was frozen.
   */
  get isOpen(): boolean {
    return !this.#invocation.isOver && !this.#controller.signal.aborted && !this.isOverdue;
  }

  /** Whether the present call is made in this load, so that to wait for it would be to wait for itself. */
  get isAround(): boolean {
    return invocationContext()?.invocation === this.#invocation;
  }

  /** It goes on though no call waits for it. */
  keepGoing(): void {
    this.#waiting++;
  }

  /** Waits as long as the call may. The load is aborted when no call waits for it any more. */
  async wait(name: string, execution: Execution): Promise<T> {
    const { state, endsAt, limit, outerSignal } = execution;
    const { clock } = state;
    const leftMs = execution.remainingMs();
    const loadLeftMs = this.#limitMs - (this.#clock.monotonic() - this.since.monotonic);
    // Where the load ends first, no timer is needed.
    const limitMs = leftMs < loadLeftMs ? leftMs : Number.POSITIVE_INFINITY;
    const exceeded = () =>
      new DeadlineExceededError(name, limit, endsAt - state.startedAt, { called: this.state.attempts > 0 });
    this.#waiting++;
    try {
      return await runWithin({ clock, limitMs, signal: outerSignal, exceeded }, () => this.#value);
    } catch (error) {
      if (this.inHand && hasCode(error, 'DEADLINE_EXCEEDED')) return this.inHand.value;
      if (this.#waiting === 1 && !this.#invocation.isOver) this.#controller.abort(error);
      throw error;
    } finally {
      this.#waiting--;
    }
  }
}
