/** What came of a call, as a window counts it. A call may be slow and fail, or be slow and succeed. */
export interface Counted {
  readonly failed: boolean;
  readonly slow: boolean;
}

export interface WindowTotals {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

/** Counts outcomes, and forgets them when they are old. Times are of a monotonic clock, in milliseconds. */
export interface Window {
  record(outcome: Counted, now: number): void;
  totals(now: number): WindowTotals;
  /** Forgets everything. */
  clear(): void;
}

/** Of each slot: calls, failures, slow calls. */
const WIDTH = 3;

/**
 * Counts in a ring of slots, of which the newest is the present one. An older slot has left the window.
 * @param slotAt The slot of an outcome that comes now, and of a look at the totals. Slots never go back.
 */
function ring(size: number, slotAt: (now: number, newest: number, isOutcome: boolean) => number): Window {
  const counts = new Uint32Array(size * WIDTH);
  const sums = new Uint32Array(WIDTH);
  let newest = -1;

  const forget = (slot: number) => {
    const at = (slot % size) * WIDTH;
    for (let each = 0; each < WIDTH; each++) {
      sums[each] = (sums[each] as number) - (counts[at + each] as number);
      counts[at + each] = 0;
    }
  };
  const rotate = (slot: number) => {
    for (let next = Math.max(newest + 1, slot - size + 1); next <= slot; next++) forget(next);
    newest = Math.max(newest, slot);
  };
  const count = (at: number, which: number) => {
    (counts[at + which] as number)++;
    (sums[which] as number)++;
  };

  return {
    record({ failed, slow }, now) {
      rotate(slotAt(now, newest, true));
      const at = (newest % size) * WIDTH;
      count(at, 0);
      if (failed) count(at, 1);
      if (slow) count(at, 2);
    },
    totals(now) {
      rotate(slotAt(now, newest, false));
      const [calls = 0, failures = 0, slow = 0] = sums;
      return { calls, failures, slow };
    },
    clear() {
      counts.fill(0);
      sums.fill(0);
    },
  };
}

const SLOTS = 10;

/**
 * Counts the outcomes of the last `windowMs`, in ten slots that rotate by the clock and not by calls: what is older has
 * left it, however long no call was made. A clock that goes back changes nothing.
 */
export const timeWindow = (windowMs: number): Window =>
  ring(SLOTS, (now) => Math.floor((now * SLOTS) / windowMs));

/** Counts the last `size` outcomes, whenever they were: each has a slot of its own. */
export const countWindow = (size: number): Window =>
  ring(size, (_now, newest, isOutcome) => (isOutcome ? newest + 1 : newest));
