import {
  CONFIDENCE,
  CONFIDENCE_PER_TENFOLD,
  DEFAULT_FAILURE_RATIO,
  DEFAULT_MINIMUM_CALLS,
  DEFAULT_WINDOW_MS,
  MAX_WINDOW_MS,
  WINDOW_REPORTS,
  WINDOW_SLOTS,
} from './constants.ts';

/*
 * When a breaker opens, of one environment or of all: when it is sure that more than `failureRatio` of the calls fail, judged by
 * the Wilson lower bound of the failures over any suffix of the window.
 */

/** What was reported in one slot of time. */
export interface Slot {
  /** Since the end of the slot, in milliseconds. */
  readonly ageMs: number;
  readonly reports: number;
  readonly failures: number;
}

export interface RuleOptions {
  /** Fraction. */
  readonly failureRatio?: number | undefined;
  /** Reports. */
  readonly minimumCalls?: number | undefined;
  /** Milliseconds. */
  readonly windowMs?: number | undefined;
}

/**
 * The lowest failure ratio that the counts allow, at a confidence of `z` standard deviations.
 * @see Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927)
 */
export function wilsonLowerBound(failures: number, reports: number, z: number): number {
  const ratio = failures / reports;
  const perReport = z ** 2 / reports;
  const margin = Math.sqrt(perReport * (ratio * (1 - ratio) + perReport / (2 * 2)));
  return (ratio + perReport / 2 - margin) / (1 + perReport);
}

/** Failures in a row that open a breaker at up to one report a second. */
export const failuresNeeded = (failureRatio: number): number =>
  Math.floor((CONFIDENCE ** 2 * failureRatio) / (1 - failureRatio)) + 1;

/** Opens breakers, and says what they need to remember for it. */
export class OpeningRule {
  readonly failureRatio: number;
  readonly windowMs: number;
  readonly slotMs: number;
  /** The window reaches back for so many reports, however old, so that a breaker of few calls can open. */
  readonly windowReports: number;
  readonly #minimumCalls: number;

  constructor({ failureRatio, minimumCalls, windowMs }: RuleOptions) {
    this.failureRatio = failureRatio ?? DEFAULT_FAILURE_RATIO;
    this.windowMs = windowMs ?? DEFAULT_WINDOW_MS;
    this.slotMs = this.windowMs / WINDOW_SLOTS;
    this.#minimumCalls = minimumCalls ?? DEFAULT_MINIMUM_CALLS;
    const needed = 2 * failuresNeeded(this.failureRatio);
    this.windowReports = Math.max(WINDOW_REPORTS, needed, this.#minimumCalls);
  }

  /** Whether a slot belongs to the window, when so many reports are newer than it. */
  isInWindow(ageMs: number, newerReports: number): boolean {
    return ageMs < this.windowMs || (newerReports < this.windowReports && ageMs < MAX_WINDOW_MS);
  }

  /** @param slots Those of the window, the newest first. */
  shouldOpen(slots: readonly Slot[]): boolean {
    let recent = 0;
    for (const { ageMs, reports } of slots) if (ageMs < this.windowMs) recent += reports;
    // Standard deviations that are needed. Each report is one more chance to be wrong.
    const perSecond = Math.max(1, (recent * 1_000) / this.windowMs);
    const z = CONFIDENCE + CONFIDENCE_PER_TENFOLD * Math.log10(perSecond);
    let reports = 0;
    let failures = 0;
    for (const slot of slots) {
      reports += slot.reports;
      failures += slot.failures;
      const isEnough = reports > 0 && reports >= this.#minimumCalls;
      if (isEnough && wilsonLowerBound(failures, reports, z) > this.failureRatio) return true;
    }
    return false;
  }
}
