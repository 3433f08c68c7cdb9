import type { Clock } from '../core/clock.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import { settle } from './settle.ts';
import { timerHeap } from './timers.ts';

/** A clock that stands still until it is advanced. */
export interface FakeClock extends Clock {
  /**
   * Goes on by so many milliseconds, 0 or more. Fires what falls due in the order of time, then of creation, timers that
   * are set meanwhile included, and lets what waits for each run before the next. Rejects with what a timer throws.
   */
  advance(ms: number): Promise<void>;
  /**
   * As in a sandbox that Lambda has frozen: so many milliseconds pass, 0 or more, and no timer fires. With the thaw all
   * that are overdue fire, late and in order.
   */
  freeze(ms: number): Promise<void>;
  /** Sets the wall clock forth, or back with less than 0, as a time server does. The monotonic clock and timers do not move. */
  jump(ms: number): void;
  /** How many timers wait. 0 when nothing was left behind. */
  readonly pending: number;
}

const LONGEST_MS = Number.MAX_SAFE_INTEGER;

function checkMs(owner: string, ms: number, minMs: number): void {
  checkOptions(owner, { ms }, { required: { ms: rule.durationMs(minMs, LONGEST_MS) } });
}

/**
 * A clock for tests and simulations: a day passes in a moment, and the same way each time. Hand it in as the option
 * `clock`.
 * @param start What the wall clock shows at first, in milliseconds since the Unix epoch. Default: a moment in June 2025.
 * @throws {InvalidOptionError} from `advance`, `freeze` and `jump` for what is no number of milliseconds in their range.
 * @example
 * ```ts
 * const clock = fakeClock();
 * const slow = resilient<string>({ name: 'slow', attemptTimeoutMs: 1_000, clock });
 * const outcome = slow.outcome(() => new Promise(() => {}));
 * await clock.advance(1_000);
 * console.log((await outcome).error); // AttemptTimeoutError
 * console.log(clock.pending); // 0
 * ```
 */
export function fakeClock(start = 1_750_000_000_000): FakeClock {
  const timers = timerHeap();
  let elapsed = 0;
  let jumped = 0;
  // Ahead of `elapsed` on the way there, so that one who does not wait for the first step gets a second one after it.
  let goal = 0;

  const fireUntil = async (end: number) => {
    for (let next = timers.first; next && next.at <= end; next = timers.first) {
      timers.remove(next);
      elapsed = Math.max(elapsed, next.at);
      next.run();
      await settle();
    }
    elapsed = Math.max(elapsed, end);
  };

  return {
    now: () => start + jumped + elapsed,
    monotonic: () => elapsed,
    after(delayMs, run) {
      // What is no number is over at once, as for Node's timers, and must not get into the heap's order.
      const timer = timers.add(elapsed + (delayMs > 0 ? delayMs : 0), run);
      return () => timers.remove(timer);
    },
    get pending() {
      return timers.size;
    },
    async advance(ms) {
      checkMs('advance', ms, 0);
      goal += ms;
      const end = goal;
      await settle();
      await fireUntil(end);
    },
    async freeze(ms) {
      checkMs('freeze', ms, 0);
      goal += ms;
      const end = goal;
      await settle();
      elapsed = Math.max(elapsed, end);
      await fireUntil(end);
    },
    jump(ms) {
      checkMs('jump', ms, -LONGEST_MS);
      jumped += ms;
    },
  };
}
