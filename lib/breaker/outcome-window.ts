import type { OpeningRule, Slot } from './rule.ts';

/** Of a slot of time that ends at `endsAt`, by the monotonic clock, in milliseconds. */
interface Counted {
  readonly endsAt: number;
  reports: number;
  failures: number;
}

/** The outcomes of one environment's calls that are in the window. Nothing waits for a timer: slots age by the clock. */
export class OutcomeWindow {
  readonly #rule: OpeningRule;
  readonly #windowCalls: number | undefined;
  /** The oldest first. */
  #slots: Counted[] = [];
  #reports = 0;

  /** @param windowCalls Counts the last so many calls instead, each in a slot of its own, of which no rate follows. */
  constructor(rule: OpeningRule, windowCalls?: number) {
    this.#rule = rule;
    this.#windowCalls = windowCalls;
  }

  record(failed: boolean, now: number): void {
    let slot = this.#slots.at(-1);
    if (slot === undefined || now >= slot.endsAt) {
      const { slotMs } = this.#rule;
      const endsAt = this.#windowCalls ? -Infinity : (Math.floor(now / slotMs) + 1) * slotMs;
      slot = { endsAt, reports: 0, failures: 0 };
      this.#slots.push(slot);
      this.#forgetOld(now);
    }
    slot.reports++;
    if (failed) slot.failures++;
    this.#reports++;
  }

  /** Whether the window opens the breaker now. */
  shouldOpen(now: number): boolean {
    return this.#rule.shouldOpen(this.slots(now));
  }

  /** The newest first. */
  slots(now: number): readonly Slot[] {
    this.#forgetOld(now);
    return this.#slots.map((slot) => ({ ...slot, ageMs: Math.max(0, now - slot.endsAt) })).reverse();
  }

  clear(): void {
    this.#slots = [];
    this.#reports = 0;
  }

  #forgetOld(now: number): void {
    for (let oldest = this.#slots[0]; oldest; oldest = this.#slots[0]) {
      const newer = this.#reports - oldest.reports;
      const isKept = this.#windowCalls
        ? newer < this.#windowCalls
        : this.#rule.isInWindow(now - oldest.endsAt, newer);
      if (isKept) return;
      this.#slots.shift();
      this.#reports = newer;
    }
  }
}
