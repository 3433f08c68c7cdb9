import * as limits from './constants.ts';
import type { Slot } from './rule.ts';
import type { StateNow, StoredState } from './state.ts';

/*
 * What fraction of all calls does something. How many environments there are is not known: each draws by itself, and all
 * probabilities follow from the rate of calls that the reports have shown.
 */

/**
 * The fraction of calls that a breaker admits. After it has closed this grows by the clock, so that no write is needed, and a
 * dependency that has just recovered does not get all calls at once.
 */
export function admittedFraction({ epoch, rate }: StoredState, { kind, ageMs }: StateNow): number {
  if (kind === 'open' || kind === 'forced-open') return 0;
  if (kind === 'forced-closed' || epoch === 0) return 1;
  const first = Math.max(limits.RAMP_START, rate > 0 ? limits.RAMP_CALLS / rate : 0);
  return Math.min(1, first * 2 ** (ageMs / limits.RAMP_DOUBLING_MS));
}

/** One call in so many is reported, whatever its outcome. All calls, while their rate is unknown. */
export const reportEvery = (rate: number, admitted: number): number =>
  Math.max(1, Math.round((rate * admitted) / limits.REPORTS_PER_SECOND));

/** How likely a call that has a reason to read the state does so. */
export const refreshProbability = (rate: number): number =>
  Math.min(1, limits.READS_PER_SECOND / Math.max(rate, limits.MIN_RATE));

/**
 * How likely a call claims a probe that has been free for so long. It grows, since there may be fewer calls than there were.
 */
export function claimProbability(rate: number, freeMs: number): number {
  const first = limits.CLAIMS_PER_SECOND / (rate > 0 ? rate : limits.MAX_RATE);
  return Math.min(1, first * 2 ** (freeMs / limits.RAMP_DOUBLING_MS));
}

/** A slot with the calls that its reports stand for. */
export interface CountedSlot extends Slot {
  readonly calls: number;
}

/**
 * The rate of calls that the slots of a window show, in calls a second, where the known one is surely off; else undefined.
 * @param slots The newest first. Each has the end of its time.
 * @param known 0: unknown.
 */
export function measuredRate(slots: readonly CountedSlot[], known: number): number | undefined {
  // The oldest slot may have begun before the first report.
  const elapsedMs = slots.at(-1)?.ageMs ?? 0;
  let [reports, calls] = [0, 0];
  for (const slot of slots.slice(0, -1)) {
    reports += slot.reports;
    calls += slot.calls;
  }
  if (elapsedMs < limits.MIN_RATE_MS || reports === 0) return undefined;
  const perReport = ((calls / reports) * 1_000) / elapsedMs;
  // Written above the highest, it would make the state unreadable.
  const rateOf = (root: number) =>
    Math.min(limits.MAX_STORED_RATE, Math.max(limits.MIN_RATE, root ** 2 * perReport));
  const measured = rateOf(Math.sqrt(reports));
  if (known === 0) return reports < limits.MIN_RATE_REPORTS ? undefined : measured;
  // The root of a count deviates by a half, of any count.
  const lowest = rateOf(Math.max(0, Math.sqrt(reports) - limits.RATE_CONFIDENCE / 2));
  const highest = rateOf(Math.sqrt(reports + 1) + limits.RATE_CONFIDENCE / 2);
  if (lowest > known) return measured > known * limits.RATE_TOLERANCE ? measured : undefined;
  // Of few reports many may be missing: then a fall is taken for no more than is sure.
  const fallen = reports < limits.WINDOW_REPORTS ? highest : measured;
  return highest < known && fallen * limits.RATE_TOLERANCE < known ? fallen : undefined;
}
