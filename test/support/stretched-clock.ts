import { type Clock, systemClock } from '../../lib/core/clock.ts';

/**
 * The system's clock with timers that take so many times as long. With many, limits on time are no reason for a machine with
 * much to do to take what is slow there for broken.
 */
export const stretchedClock = (times: number): Clock => ({
  ...systemClock,
  after: (delayMs, run) => systemClock.after(delayMs * times, run),
});
