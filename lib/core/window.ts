/** Outcomes counted over the last `windowMs`, in slots that rotate by the clock, not by calls. */
export interface Window {
  readonly slotMs: number;
  /** The slot that `successes[0]` and `failures[0]` stand for: the oldest one kept. */
  readonly firstSlot: number;
  readonly successes: readonly number[];
  readonly failures: readonly number[];
}

export interface WindowTotals {
  readonly successes: number;
  readonly failures: number;
}

const SLOTS = 10;

export function emptyWindow(windowMs: number, now: number): Window {
  const slotMs = windowMs / SLOTS;
  const zeros = new Array<number>(SLOTS).fill(0);
  return { slotMs, firstSlot: Math.floor(now / slotMs) - SLOTS + 1, successes: zeros, failures: zeros };
}

/** The window as it is at `now`: what is older has left it. A clock that went back changes nothing. */
function rotate(window: Window, now: number): Window {
  const steps = Math.floor(now / window.slotMs) - SLOTS + 1 - window.firstSlot;
  if (steps <= 0) return window;
  const shift = (counts: readonly number[]) =>
    counts.map((_, index) => (index + steps < SLOTS ? (counts[index + steps] ?? 0) : 0));
  return {
    slotMs: window.slotMs,
    firstSlot: window.firstSlot + steps,
    successes: shift(window.successes),
    failures: shift(window.failures),
  };
}

export function recordOutcome(window: Window, failed: boolean, now: number): Window {
  const current = rotate(window, now);
  const bump = (counts: readonly number[]) => counts.with(SLOTS - 1, (counts[SLOTS - 1] ?? 0) + 1);
  return failed
    ? { ...current, failures: bump(current.failures) }
    : { ...current, successes: bump(current.successes) };
}

export function totals(window: Window, now: number): WindowTotals {
  const current = rotate(window, now);
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  return { successes: sum(current.successes), failures: sum(current.failures) };
}
