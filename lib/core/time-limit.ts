import { AsyncResource } from 'node:async_hooks';
import type { CancelTimer, Clock } from './clock.ts';

/** A limit on the time that something may take. */
export interface TimeLimit {
  readonly clock: Clock;
  /** From now, in milliseconds. Zero or less is over at once: nothing is started. Infinity: only the signal ends it. */
  readonly limitMs: number;
  /** What the clock's `monotonic` has just said. Default: it is read. */
  readonly now?: number;
  /** The caller's own signal: when it aborts, so does everything inside, with the same reason. */
  readonly signal?: AbortSignal | undefined;
  /** The error that the run ends with when the time is over, which was noticed `lateMs` after. */
  readonly exceeded: (lateMs: number) => Error;
}

/** What the work inside a time limit is handed. */
export interface Timed {
  /** Aborts when the time is over or the caller gave up. Hand it to every I/O call. */
  readonly signal: AbortSignal;
  /** When the time is over, by the monotonic clock, in milliseconds. */
  readonly endsAt: number;
  /** What is left, in milliseconds; 0 when the time is over. Measured, not timed: right after a freeze too. */
  readonly remainingMs: () => number;
}

/** The work while it runs. Makes its signal at the first use: most calls end in time, and many never read it. */
export class LimitedRun implements Timed {
  declare readonly endsAt: number;
  /** Whether it has ended by itself. One that was given up is not over: what it has started is to be given up too. */
  declare isOver: boolean;
  readonly #clock: Clock;
  #controller: AbortController | undefined;
  #cancelTimer: CancelTimer | undefined;
  #unlisten: CancelTimer | undefined;

  /** Begins now, and is given up when its time is over or the outer signal aborts, until it ends. */
  constructor(limit: TimeLimit, giveUp: (reason: unknown) => void) {
    const { clock, limitMs, signal: outer, exceeded, now = clock.monotonic() } = limit;
    const endsAt = now + limitMs;
    const abort = (reason: unknown) => {
      this.end(false);
      giveUp(reason);
      this.#abortable.abort(reason);
    };
    this.#clock = clock;
    this.endsAt = endsAt;
    this.isOver = false;
    if (limitMs < Infinity) {
      this.#cancelTimer = clock.after(limitMs, () => {
        abort(exceeded(Math.max(0, clock.monotonic() - endsAt)));
      });
    }
    this.#unlisten = outer && onAbort(outer, abort);
  }

  get #abortable(): AbortController {
    this.#controller ??= new AbortController();
    return this.#controller;
  }

  get signal(): AbortSignal {
    return this.#abortable.signal;
  }

  // A getter, so that it works out of the object too, and costs nothing where it is not read.
  get remainingMs(): () => number {
    return () => Math.max(0, this.endsAt - this.#clock.monotonic());
  }

  get isAborted(): boolean {
    return this.#controller?.signal.aborted === true;
  }

  /** Leaves no timer and no listener behind. */
  end(byItself: boolean): void {
    this.isOver = byItself;
    this.#cancelTimer?.();
    this.#unlisten?.();
  }
}

/**
 * Calls `run` with the reason once the signal aborts, until the listener is removed. The signal aborts in a context of
 * its own; the listener runs in the context in which it was added, and so does what it aborts in turn.
 */
export function onAbort(signal: AbortSignal, run: (reason: unknown) => void): CancelTimer {
  // `AsyncResource.bind` does the same, and takes five times as long to make the function look like the one that it binds.
  const context = new AsyncResource('fibrin.timeLimit');
  const listener = () => context.runInAsyncScope(run, undefined, signal.reason);
  signal.addEventListener('abort', listener, { once: true });
  return function unlisten() {
    signal.removeEventListener('abort', listener);
  };
}

/**
 * Runs `work` and settles with it, or rejects the moment the time is over or the caller's signal aborts, whichever
 * comes first, whether or not `work` listens to the signal. No timer or listener is left behind, and a late outcome of
 * `work` is dropped without becoming an unhandled rejection.
 */
export function runWithin<T>(limit: TimeLimit, work: (run: LimitedRun) => T | Promise<T>): Promise<T> {
  const { limitMs, signal: outer, exceeded } = limit;
  if (outer?.aborted) return Promise.reject(outer.reason);
  if (limitMs <= 0) return Promise.reject(exceeded(0));

  return new Promise<T>(function race(resolve, reject) {
    const run = new LimitedRun(limit, reject);
    const succeed = (value: T) => {
      run.end(true);
      resolve(value);
    };
    const fail = (error: unknown) => {
      run.end(true);
      reject(error);
    };
    try {
      // What is no promise is a value.
      Promise.resolve(work(run)).then(succeed, fail);
    } catch (error) {
      fail(error);
    }
  });
}
