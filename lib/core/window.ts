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
 * @param slotAt The slot of an outcome that comes now, and of the totals. Slots never go back.
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

  return {
    record({ failed, slow }, now) {
      rotate(slotAt(now, newest, true));
      const at = (newest % size) * WIDTH;
      for (const [each, counted] of [true, failed, slow].entries()) {
        counts[at + each] = (counts[at + each] as number) + Number(counted);
        sums[each] = (sums[each] as number) + Number(counted);
      }
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
  ring(SLOTS, function slotOfTime(now) {
    return Math.floor((now * SLOTS) / windowMs);
  });

/** Counts the last `size` outcomes, whenever they were: each has a slot of its own. */
export const countWindow = (size: number): Window =>
  ring(size, (_now, newest, isOutcome) => (isOutcome ? newest + 1 : newest));
