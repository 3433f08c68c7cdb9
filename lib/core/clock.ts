/** Cancels a timer. Calling it twice, or after the timer ran, does nothing. */
export type CancelTimer = () => void;

/**
 * Time, handed in. Everything in the toolkit that waits or reads a clock does so through this interface, so that a test or
 * a simulation decides what time it is.
 */
export interface Clock {
  /** Wall clock, in milliseconds since the Unix epoch. May jump; the only clock that other machines share. */
  now(): number;
  /** Milliseconds from an arbitrary start, never going back. For measuring durations in this process. */
  monotonic(): number;
  /** Calls `run` once, `delayMs` from now or later: a frozen environment fires it after the thaw, or never. */
  after(delayMs: number, run: () => void): CancelTimer;
}

/** The longest delay that Node's timers hold; a longer one would fire at once. Milliseconds, 24.8 days. */
const MAX_TIMER_MS = 2_147_483_647;

/** The system's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    // Node drops what is beyond whole milliseconds, and fires too early for it.
    const timer = setTimeout(run, Math.min(Math.ceil(delayMs), MAX_TIMER_MS));
    return function cancelTimer() {
      clearTimeout(timer);
    };
  },
};

/** Resolves after `delayMs`; rejects with the signal's reason as soon as the signal aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
