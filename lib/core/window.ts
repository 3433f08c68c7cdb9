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

type MutableTotals = { -readonly [Member in keyof WindowTotals]: WindowTotals[Member] };

const NOTHING: WindowTotals = { calls: 0, failures: 0, slow: 0 };

function count(totals: MutableTotals, { failed, slow }: Counted): void {
  totals.calls++;
  if (failed) totals.failures++;
  if (slow) totals.slow++;
}

const SLOTS = 10;

/**
 * Counts the outcomes of the last `windowMs`, in ten slots that rotate by the clock and not by calls: what is older has
 * left it, however long nobody called. A clock that goes back changes nothing.
 */
export function timeWindow(windowMs: number): Window {
  const slotMs = windowMs / SLOTS;
  // A ring: slot n is at n % SLOTS.
  const slots = Array.from({ length: SLOTS }, (): MutableTotals => ({ ...NOTHING }));
  const slotAt = (n: number) => slots[n % SLOTS] as MutableTotals;
  const sums: MutableTotals = { ...NOTHING };
  let newest = Number.NEGATIVE_INFINITY;

  const clear = () => {
    for (const totals of [...slots, sums]) Object.assign(totals, NOTHING);
  };

  const forget = (n: number) => {
    const slot = slotAt(n);
    sums.calls -= slot.calls;
    sums.failures -= slot.failures;
    sums.slow -= slot.slow;
    Object.assign(slot, NOTHING);
  };

  const rotate = (now: number) => {
    const slot = Math.floor(now / slotMs);
    if (slot <= newest) return;
    if (slot - newest >= SLOTS) clear();
    else for (let next = newest + 1; next <= slot; next++) forget(next);
    newest = slot;
  };

  return {
    record(outcome, now) {
      rotate(now);
      count(slotAt(newest), outcome);
      count(sums, outcome);
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
  const sums: MutableTotals = { ...NOTHING };
  let next = 0;

  return {
    record(outcome) {
      if (sums.calls === size) {
        const oldest = ring[next] as number;
        sums.calls--;
        if (oldest & FAILED) sums.failures--;
        if (oldest & SLOW) sums.slow--;
      }
      ring[next] = (outcome.failed ? FAILED : 0) | (outcome.slow ? SLOW : 0);
      count(sums, outcome);
      next = (next + 1) % size;
    },
    totals: () => ({ ...sums }),
    clear() {
      Object.assign(sums, NOTHING);
      next = 0;
    },
  };
}
