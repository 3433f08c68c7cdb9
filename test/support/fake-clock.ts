import type { Clock } from '../../lib/core/clock.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still until it is told to go on. */
export interface FakeClock extends Clock {
  /** Goes on by so much, firing what falls due in its order, and lets what waits for it run in between. */
  advance(ms: number): Promise<void>;
  /** Timers that wait. */
  readonly pending: number;
}

/** Lets everything that is ready run: promises, and what they make ready in turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

export function fakeClock(start = 1_750_000_000_000): FakeClock {
  let elapsed = 0;
  const timers = new Set<Timer>();
  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    after(delayMs, run) {
      const timer = { at: elapsed + delayMs, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    get pending() {
      return timers.size;
    },
    async advance(ms) {
      const end = elapsed + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        elapsed = Math.max(elapsed, next.at);
        timers.delete(next);
        next.run();
        await settle();
      }
      elapsed = end;
    },
  };
}
