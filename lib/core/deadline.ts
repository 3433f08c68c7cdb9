import type { Clock } from './clock.ts';

/** A limit on the time that something may take. */
export interface TimeLimit {
  readonly clock: Clock;
  /** From now, in milliseconds. A limit of zero or less is over at once: nothing is started. */
  readonly limitMs: number;
  /** The caller's own signal: when it aborts, so does everything inside, with the same reason. */
  readonly signal?: AbortSignal | undefined;
  /** The error that the run ends with when the time is over. */
  readonly exceeded: () => Error;
}

/** What the work inside a time limit is told. */
export interface Timed {
  /** Aborts when the time is over or the caller gave up. Hand it to every I/O call. */
  readonly signal: AbortSignal;
  /** What is left, in milliseconds; 0 when the time is over. Measured, not timed: right after a freeze too. */
  remainingMs(): number;
}

/**
 * Runs `work` and settles with it, or rejects the moment the time is over or the caller's signal aborts, whichever
 * comes first, whether or not `work` listens to the signal. No timer or listener is left behind, and a late outcome of
 * `work` is dropped without becoming an unhandled rejection.
 */
export function runWithin<T>(limit: TimeLimit, work: (timed: Timed) => Promise<T>): Promise<T> {
  const { clock, limitMs, signal: outer, exceeded } = limit;
  if (outer?.aborted) return Promise.reject(outer.reason);
  if (limitMs <= 0) return Promise.reject(exceeded());

  const endsAt = clock.monotonic() + limitMs;
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const settle = () => {
      cancel();
      outer?.removeEventListener('abort', onOuterAbort);
    };
    const giveUp = (reason: unknown) => {
      settle();
      reject(reason);
      controller.abort(reason);
    };
    const onOuterAbort = () => giveUp(outer?.reason);
    const cancel = clock.after(limitMs, () => giveUp(exceeded()));
    outer?.addEventListener('abort', onOuterAbort, { once: true });

    const timed: Timed = {
      signal: controller.signal,
      remainingMs: () => Math.max(0, endsAt - clock.monotonic()),
    };
    // The wrapper turns a synchronous throw of `work` into a rejection.
    (async () => work(timed))().then(
      (value) => {
        settle();
        resolve(value);
      },
      (error) => {
        settle();
        reject(error);
      },
    );
  });
}
