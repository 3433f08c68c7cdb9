import type { OpeningRule, Slot } from './rule.ts';

interface Counted {
  /** The end of its time, by the monotonic clock, in milliseconds. */
  readonly endsAt: number;
  reports: number;
  failures: number;
  slow: number;
}

/** The outcomes of one environment's calls that are in the window. Nothing waits for a timer: slots age by the clock. */
export class OutcomeWindow {
  readonly #rules: readonly OpeningRule[];
  readonly #slotMs: number;
  readonly #windowCalls: number | undefined;
  /** The oldest first. */
  #slots: Counted[] = [];
  #reports = 0;

  /**
   * @param rules Those that judge it: it holds what one of them needs.
   * @param windowCalls Counts the last so many calls instead, each in a slot of its own.
   */
  constructor(rules: readonly [OpeningRule, OpeningRule | undefined], windowCalls?: number) {
    this.#rules = rules.filter((rule) => rule !== undefined);
    this.#slotMs = rules[0].slotMs;
    this.#windowCalls = windowCalls;
  }

  record(failed: boolean, slow: boolean, now: number): void {
    const slot = this.#slotAt(now);
    slot.reports++;
    if (failed) slot.failures++;
    if (slow) slot.slow++;
    this.#reports++;
  }

  /** The slots of the window with the failures of each, or its slow calls, the newest first. */
  slots(what: 'failures' | 'slow', now: number): readonly Slot[] {
    this.#forgetOld(now);
    return this.#slots
      .map((slot) => ({
        // No rate of calls follows from a window that counts calls.
        ageMs: this.#windowCalls === undefined ? Math.max(0, now - slot.endsAt) : Infinity,
        reports: slot.reports,
        failures: slot[what],
      }))
      .reverse();
  }

  clear(): void {
    this.#slots = [];
    this.#reports = 0;
  }

  #slotAt(now: number): Counted {
    const newest = this.#slots.at(-1);
    if (newest && now < newest.endsAt && this.#windowCalls === undefined) return newest;
    this.#forgetOld(now);
    const endsAt = (Math.floor(now / this.#slotMs) + 1) * this.#slotMs;
    const slot: Counted = { endsAt, reports: 0, failures: 0, slow: 0 };
    this.#slots.push(slot);
    return slot;
  }

  #forgetOld(now: number): void {
    for (let oldest = this.#slots[0]; oldest; oldest = this.#slots[0]) {
      const newer = this.#reports - oldest.reports;
      const isKept =
        this.#windowCalls === undefined
          ? this.#rules.some((rule) => rule.isInWindow(now - oldest.endsAt, newer))
          : newer < this.#windowCalls;
      if (isKept) return;
      this.#slots.shift();
      this.#reports = newer;
    }
  }
}
