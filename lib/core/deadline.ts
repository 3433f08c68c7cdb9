import type { Clock } from './clock.ts';

/** A limit on the time that something may take. */
export interface TimeLimit {
  readonly clock: Clock;
  /** From now, in milliseconds. A limit of zero or less is over at once: nothing is started. */
  readonly limitMs: number;
  /** What the clock's `monotonic` has just said. Default: it is asked. */
  readonly now?: number;
  /** The caller's own signal: when it aborts, so does everything inside, with the same reason. */
  readonly signal?: AbortSignal | undefined;
  /** The error that the run ends with when the time is over, which was noticed `lateMs` after. */
  readonly exceeded: (lateMs: number) => Error;
}

/** What the work inside a time limit is told. */
export interface Timed {
  /** Aborts when the time is over or the caller gave up. Hand it to every I/O call. */
  readonly signal: AbortSignal;
  /** When the time is over, by the monotonic clock, in milliseconds. */
  readonly endsAt: number;
  /** What is left, in milliseconds; 0 when the time is over. Measured, not timed: right after a freeze too. */
  remainingMs(): number;
}

/** Makes its signal when somebody asks for it: most calls end in time, and many never look at it. */
class Running implements Timed {
  readonly #clock: Clock;
  readonly endsAt: number;
  #controller: AbortController | undefined;
  #abort: { readonly reason: unknown } | undefined;

  constructor(clock: Clock, endsAt: number) {
    this.#clock = clock;
    this.endsAt = endsAt;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abort) this.#controller.abort(this.#abort.reason);
    }
    return this.#controller.signal;
  }

  // A getter, so that whoever takes it out of the object can call it, and nothing is made for those who do not look.
  get remainingMs(): () => number {
    return () => Math.max(0, this.endsAt - this.#clock.monotonic());
  }

  abort(reason: unknown): void {
    this.#abort = { reason };
    this.#controller?.abort(reason);
  }
}

/** Calls `run` with the reason once the signal aborts, until the listener is taken off again. */
function onAbort(signal: AbortSignal, run: (reason: unknown) => void): () => void {
  const listener = () => run(signal.reason);
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}

/**
 * Runs `work` and settles with it, or rejects the moment the time is over or the caller's signal aborts, whichever
 * comes first, whether or not `work` listens to the signal. No timer or listener is left behind, and a late outcome of
 * `work` is dropped without becoming an unhandled rejection.
 */
export function runWithin<T>(limit: TimeLimit, work: (timed: Timed) => Promise<T>): Promise<T> {
  const { clock, limitMs, signal: outer, exceeded } = limit;
  if (outer?.aborted) return Promise.reject(outer.reason);
  if (limitMs <= 0) return Promise.reject(exceeded(0));

  const { now = clock.monotonic() } = limit;
  const endsAt = now + limitMs;
  const running = new Running(clock, endsAt);
  return new Promise<T>((resolve, reject) => {
    const giveUp = (reason: unknown) => {
      settle();
      reject(reason);
      running.abort(reason);
    };
    const cancel = clock.after(limitMs, () => giveUp(exceeded(Math.max(0, clock.monotonic() - endsAt))), now);
    const unlisten = outer && onAbort(outer, giveUp);
    const settle = () => {
      cancel();
      unlisten?.();
    };
    const fail = (error: unknown) => {
      settle();
      reject(error);
    };
    try {
      work(running).then((value) => {
        settle();
        resolve(value);
      }, fail);
    } catch (error) {
      fail(error);
    }
  });
}
