import { type Clock, MAX_TIMER_MS, systemClock } from './clock.ts';
import { LimitTimers } from './limit-timers.ts';

const limits = new Map<number, LimitTimers>();

function limitTimers(delayMs: number): LimitTimers {
  const known = limits.get(delayMs);
  if (known) return known;
  const timers = new LimitTimers(delayMs, () => limits.delete(delayMs));
  limits.set(delayMs, timers);
  return timers;
}

/** The system's clock, for those who set a limit to each of many calls: limits of one length share a timer. */
export const limitClock: Clock = {
  ...systemClock,
  after(delayMs, run, now = performance.now()) {
    const boundMs = Math.min(delayMs, MAX_TIMER_MS);
    // Whole numbers are limits that somebody has set and come again with each call; what was computed has fractions.
    return boundMs >= 1 && Number.isInteger(boundMs)
      ? limitTimers(boundMs).set(run, now)
      : systemClock.after(boundMs, run);
  },
};
