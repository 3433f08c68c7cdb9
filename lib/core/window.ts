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

const SLOTS = 10;

/**
 * Counts the outcomes of the last `windowMs`, in ten slots that rotate by the clock and not by calls: what is older has
 * left it, however long nobody called. A clock that goes back changes nothing.
 */
export function timeWindow(windowMs: number): Window {
  const slotMs = windowMs / SLOTS;
  // Rings: slot n is at n % SLOTS.
  const calls = new Uint32Array(SLOTS);
  const failures = new Uint32Array(SLOTS);
  const slow = new Uint32Array(SLOTS);
  const sums = { calls: 0, failures: 0, slow: 0 };
  let newest = Number.NEGATIVE_INFINITY;

  const clear = () => {
    for (const ring of [calls, failures, slow]) ring.fill(0);
    Object.assign(sums, { calls: 0, failures: 0, slow: 0 });
  };

  const forget = (at: number) => {
    sums.calls -= calls[at] ?? 0;
    sums.failures -= failures[at] ?? 0;
    sums.slow -= slow[at] ?? 0;
    calls[at] = failures[at] = slow[at] = 0;
  };

  const rotate = (now: number) => {
    const slot = Math.floor(now / slotMs);
    if (slot <= newest) return;
    if (slot - newest >= SLOTS) clear();
    else for (let next = newest + 1; next <= slot; next++) forget(next % SLOTS);
    newest = slot;
  };

  return {
    record(outcome, now) {
      rotate(now);
      const at = newest % SLOTS;
      sums.calls++;
      calls[at] = (calls[at] ?? 0) + 1;
      if (outcome.failed) {
        sums.failures++;
        failures[at] = (failures[at] ?? 0) + 1;
      }
      if (outcome.slow) {
        sums.slow++;
        slow[at] = (slow[at] ?? 0) + 1;
      }
    },
    totals(now) {
      rotate(now);
      return { ...sums };
    },
    clear,
  };
}

const FAILED = 1;
const SLOW = 2;

/** Counts the last `size` outcomes, whenever they were. */
export function countWindow(size: number): Window {
  const ring = new Uint8Array(size);
  const sums = { calls: 0, failures: 0, slow: 0 };
  let next = 0;

  return {
    record({ failed, slow }) {
      if (sums.calls === size) {
        const oldest = ring[next] ?? 0;
        if (oldest & FAILED) sums.failures--;
        if (oldest & SLOW) sums.slow--;
      } else sums.calls++;
      ring[next] = (failed ? FAILED : 0) | (slow ? SLOW : 0);
      if (failed) sums.failures++;
      if (slow) sums.slow++;
      next = (next + 1) % size;
    },
    totals: () => ({ ...sums }),
    clear() {
      Object.assign(sums, { calls: 0, failures: 0, slow: 0 });
      next = 0;
    },
  };
}
