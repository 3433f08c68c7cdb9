import type { FakeClock } from '../../lib/testing/index.ts';

/** A microsecond. */
const TICK_MS = 0.001;

/**
 * A fake clock that moves on at each reading, and whose timers know whole milliseconds only: as the system's does. With a clock
 * that stands still two limits that nearly meet fall on the same moment.
 */
export function tickingClock(clock: FakeClock): FakeClock {
  let readings = 0;
  const tick = () => readings++ * TICK_MS;
  return {
    get pending() {
      return clock.pending;
    },
    now: () => clock.now(),
    monotonic: () => clock.monotonic() + tick(),
    after: (delayMs, run) => clock.after(Math.ceil(delayMs), run),
    advance: (ms) => clock.advance(ms),
    freeze: (ms) => clock.freeze(ms),
    jump: (ms) => clock.jump(ms),
  };
}
