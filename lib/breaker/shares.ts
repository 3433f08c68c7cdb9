import type { Outcome } from './evidence.ts';
import type { Verdict } from './verdict.ts';

/*
 * What share of the fleet's calls does what. Each sandbox throws its own dice; how many there are nobody knows. All shares
 * follow from the rate of calls that the fleet's evidence has shown.
 */

/** What is assumed of a rate that nobody knows yet. Calls a second. */
const UNKNOWN_RATE = 50;
/** Of a rate that nobody knows, successes have to tell it soon, however low it is. */
const UNKNOWN_OK_SHARE = 0.5;
/** Reads a second of one item. It can take 6,000 of those that may be from a moment ago, and a rate may be off by half. */
const READS_PER_ITEM = 3_500;
/** More copies would read more than a table takes that was made a moment ago: 12,000 units, two reads each. */
const MOST_ITEMS = 4;
/** Reports a second, of successes the most: of few calls there are fewer, √rate. */
const OK_REPORTS = 12;
const FAILED_REPORTS = 50;
/** After it has closed, for so long: it may have been too soon. */
const PROBATION_REPORTS = 40;
const PROBATION_MS = 6_000;
/** Claims a second, of which one wins. */
const CLAIMS = 20;
/** Calls a second that hardly any fleet makes. */
const HIGHEST_RATE = 50_000;
/** A share that grows does so tenfold in this time. */
const RAMP_MS = 1_500;
const LEAST_SHARE = 0.01;
/** Calls a second that a breaker lets through at first when it closes. */
const LEAST_CALLS = 10;

const known = (rate: number): number => (rate > 0 ? rate : UNKNOWN_RATE);

/**
 * The share of calls that a breaker lets through. After it has closed it grows by the clock, so that nobody has to write
 * and a dependency that has just come back is not met by all at once.
 */
export function admittedShare({ state, epoch, since, rate }: Verdict, now: number): number {
  if (state === 'open' || state === 'forced-open') return 0;
  if (state === 'forced-closed' || epoch === 0) return 1;
  const first = rate > 0 ? Math.max(LEAST_SHARE, LEAST_CALLS / rate) : LEAST_SHARE;
  return Math.min(1, first * 10 ** (Math.max(0, now - since) / RAMP_MS));
}

/**
 * How likely an outcome is reported. What is reported stands for as many as were not: it weighs one by this. A relief is
 * reported as often as a failure, so that there are many reports of success exactly where it is in question whether there
 * are any, and hardly more of a fleet that is well.
 */
export function reportShare(outcome: Outcome, verdict: Verdict, now: number): number {
  const { epoch, since, rate } = verdict;
  const calls = known(rate) * admittedShare(verdict, now);
  if (outcome !== 'success') return Math.min(1, FAILED_REPORTS / calls);
  if (epoch > 0 && now - since < PROBATION_MS) return Math.min(1, PROBATION_REPORTS / calls);
  if (rate === 0) return UNKNOWN_OK_SHARE;
  return Math.min(1, Math.min(OK_REPORTS, Math.sqrt(calls)) / calls);
}

/** How many items should hold the verdict, so that all who want to can read it. */
export const itemsFor = (rate: number): number =>
  Math.min(MOST_ITEMS, Math.max(1, Math.ceil(rate / READS_PER_ITEM)));

/** How likely a call that has a reason to look at the verdict does so. */
export const lookShare = (rate: number): number =>
  Math.min(1, (READS_PER_ITEM * itemsFor(rate)) / known(rate));

/**
 * How likely a call claims the probe that nobody has claimed for so long. It grows, since there may be fewer calls than
 * there were. Where nobody knows the rate it begins with what would do for a very high one.
 */
export const claimShare = (rate: number, unclaimedMs: number): number =>
  Math.min(1, (CLAIMS / (rate > 0 ? rate : HIGHEST_RATE)) * 10 ** (unclaimedMs / RAMP_MS));
