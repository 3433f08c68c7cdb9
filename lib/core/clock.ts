import { LimitTimers } from './limit-timers.ts';

/** Cancels a timer. Calling it twice, or after the timer ran, does nothing. */
export type CancelTimer = () => void;

/**
 * Time, handed in. Everything in the toolkit that waits or looks at a clock does so through this interface, so that
 * a test or a simulation decides what time it is.
 */
export interface Clock {
  /** Wall clock, in milliseconds since the Unix epoch. May jump; the only clock that other machines share. */
  now(): number;
  /** Milliseconds from an arbitrary start, never going back. For measuring durations in this process. */
  monotonic(): number;
  /**
   * Calls `run` once, `delayMs` from now or later: a frozen sandbox fires it after the thaw, or never.
   * @param now What `monotonic` has just said to who calls: to read a clock is much of what a call under policies costs.
   */
  after(delayMs: number, run: () => void, now?: number): CancelTimer;
}

/** The longest delay that Node's timers hold; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

const limits = new Map<number, LimitTimers>();

/** Whole numbers are limits that somebody has set and come again with each call; what was computed has fractions. */
function limitTimers(delayMs: number): LimitTimers {
  const known = limits.get(delayMs);
  if (known) return known;
  const timers = new LimitTimers(delayMs, () => limits.delete(delayMs));
  limits.set(delayMs, timers);
  return timers;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run, now = performance.now()) {
    const boundMs = Math.min(delayMs, MAX_TIMER_MS);
    if (boundMs >= 1 && Number.isInteger(boundMs)) return limitTimers(boundMs).set(run, now);
    const timer = setTimeout(run, boundMs);
    return () => clearTimeout(timer);
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
