import { type Clock, systemClock } from '../core/clock.ts';

/**
 * The time of the platform around the functions: of back-off, visibility, batching windows and schedules. It can run
 * faster than the functions' own, so that minutes of retries can be watched in seconds. A scale of 1 is AWS's pace.
 */
export function platformClock(scale: number, clock: Clock = systemClock): Clock {
  const startedAt = clock.now();
  const origin = clock.monotonic();
  const elapsed = () => (clock.monotonic() - origin) * scale;
  return {
    now: () => startedAt + elapsed(),
    monotonic: elapsed,
    after: (delayMs, run) => clock.after(delayMs / scale, run),
  };
}
