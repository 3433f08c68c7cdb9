import type { Item } from '../core/store.ts';

/*
 * What the fleet has seen, added up by the store in items of ten seconds. For each second: `f`, `r` and `s`, the weights of
 * failures, reliefs and other successes, and `m`, `q` and `n`, how many reports those are. A relief is a success of a sandbox
 * whose last call had failed. The epoch in the key fences late reports.
 */

export const SLICE_MS = 10_000;
const SECONDS = 10;
/** Evidence is of no use after its window; this is for whoever looks into an outage. */
const KEPT_SECONDS = 3_600;

export const evidenceKey = (name: string, epoch: number, slice: number): string =>
  `evidence#${name}#${epoch}#${slice}`;

export const sliceOf = (now: number): number => Math.floor(now / SLICE_MS);
const secondOf = (now: number): number => Math.floor(now / 1_000) % SECONDS;

export type Outcome = 'failure' | 'relief' | 'success';

/** What the weights of an outcome are called in the item, and how many there are. */
const NAMES = { failure: ['f', 'm'], relief: ['r', 'q'], success: ['s', 'n'] } as const;

/** What one report adds to the item of its slice. */
export const amountsOf = (
  outcome: Outcome,
  weight: number,
  now: number,
): Readonly<Record<string, number>> => {
  const second = secondOf(now);
  const [weights, reports] = NAMES[outcome];
  return { [`${weights}${second}`]: weight, [`${reports}${second}`]: 1 };
};

/** When the item may be removed. Seconds since the epoch. */
export const expiryOf = (now: number): number => Math.ceil(now / 1_000) + KEPT_SECONDS;

/** Of one outcome, or of all. */
interface Seen {
  readonly weight: number;
  readonly reports: number;
}
const NOTHING: Seen = { weight: 0, reports: 0 };
const plus = (one: Seen, other: Seen): Seen => ({
  weight: one.weight + other.weight,
  reports: one.reports + other.reports,
});

type Second = Readonly<Record<Outcome, Seen>>;
const allOf = ({ failure, relief, success }: Second): Seen => plus(plus(failure, relief), success);

const numberIn = (item: Item | undefined, name: string): number => {
  const value = item?.[name];
  return typeof value === 'number' ? value : 0;
};

/** The last ten seconds, this one first. */
export function lastSeconds(item: Item, previous: Item | undefined, now: number): readonly Second[] {
  const present = secondOf(now);
  return Array.from({ length: SECONDS }, (_, age) => {
    const second = (present - age + SECONDS) % SECONDS;
    const from = age <= present ? item : previous;
    const seen = (outcome: Outcome): Seen => {
      const [weights, reports] = NAMES[outcome];
      return {
        weight: numberIn(from, `${weights}${second}`),
        reports: numberIn(from, `${reports}${second}`),
      };
    };
    return { failure: seen('failure'), relief: seen('relief'), success: seen('success') };
  });
}

/** Of what was seen in one second, the reports of which weigh about the same: those of another may weigh more or less. */
const varianceOf = ({ weight, reports }: Seen): number => weight ** 2 / Math.max(1, reports);

export interface Threshold {
  readonly failureRatio: number;
  /** Reports of failure that are needed. */
  readonly leastReports: number;
  /** How likely a success is reported. */
  readonly okShare: number;
  /** How sure it has to be that the ratio is reached, in standard deviations. */
  readonly sure: number;
}

/**
 * Whether any of the windows that end now, of one to ten seconds, is bad enough to open the breaker. A plain ratio of counts
 * that were sampled unevenly would open it for nothing, and so would one of few calls. So failures have to outweigh
 * successes by as many standard deviations as all that was sampled has together, and by what may be missing where the rarest
 * of reports have stayed away.
 */
export function isBad(
  seconds: readonly Second[],
  { failureRatio, leastReports, okShare, sure }: Threshold,
): boolean {
  const ofFailure = 1 - failureRatio;
  let [failures, excess, variance] = [0, 0, 0];
  let rarest = 1 / okShare;
  return seconds.some(({ failure, relief, success }) => {
    failures += failure.reports;
    excess += ofFailure * failure.weight - failureRatio * (relief.weight + success.weight);
    variance +=
      ofFailure ** 2 * varianceOf(failure) + failureRatio ** 2 * (varianceOf(relief) + varianceOf(success));
    rarest = Math.max(rarest, success.weight / Math.max(1, success.reports));
    if (failures < leastReports) return false;
    const missing = failureRatio * rarest;
    return excess - missing >= sure * Math.sqrt(variance + missing ** 2) + missing * (sure / 2) ** 2;
  });
}

/** Reports and seconds from which a rate can be told: where there is one already, and where there is none. */
const ENOUGH = { reports: 20, seconds: 5 } as const;
const ENOUGH_AT_FIRST = { reports: 5, seconds: 2 } as const;
/** A rate that is off by less is right enough. */
const OFF_BY = 1.5;

/** What was seen in all of these seconds. */
export const totalOf = (seconds: readonly Second[]): Seen & { readonly failures: number } => ({
  ...seconds.map(allOf).reduce(plus, NOTHING),
  failures: seconds.reduce((sum, { failure }) => sum + failure.weight, 0),
});

/** A slice without the second in which the first report came, which may have begun without anybody who reports. */
function traffic(item: Item, now: number) {
  const all = lastSeconds(item, undefined, now).slice(0, secondOf(now) + 1);
  const first = all.findLastIndex((second) => allOf(second).reports > 0);
  const later = all.slice(0, first);
  return { elapsed: first - 1 + (now % 1_000) / 1_000, later, seen: totalOf(later), all: totalOf(all) };
}

/** How sure it is that there are no more calls than that, in standard deviations. */
const SURE_OF_RATE = 3;
/** How sure it has to be that a rate is not what is known, in standard deviations: each report of a slice looks anew. */
const SURE_OF_CHANGE = 4;

/** The most calls that there may have been where so many were reported: of rare reports many can be missing. */
const mostCalls = ({ weight, reports }: Seen, each: number): number =>
  (Math.sqrt(reports + 1) + SURE_OF_RATE / 2) ** 2 * Math.max(each, weight / Math.max(1, reports));

const isOff = (value: number, known: number): boolean => value > known * OFF_BY || value < known / OFF_BY;

/** As sure as so many reports that weigh the same: few successes beside many failures tell little of all calls. */
function evenReports(seconds: readonly Second[]): number {
  const outcomes = seconds.flatMap(({ failure, relief, success }) => [failure, relief, success]);
  const variance = outcomes.reduce((sum, seen) => sum + varianceOf(seen), 0);
  return outcomes.reduce(plus, NOTHING).weight ** 2 / variance;
}

/** Whether so many reports can show this rate by chance. The root of a count deviates by a half, of any count. */
const isChance = (reports: number, rate: number, known: number): boolean =>
  Math.abs(Math.sqrt(reports) - Math.sqrt((reports * known) / rate)) < SURE_OF_CHANGE / 2;

/**
 * The rate that a slice shows, in calls a second, where it differs from the known one; else undefined. Where reports stay
 * away the rate is lower for sure, and the highest that it can be is told: otherwise failures would go on to be reported
 * as rarely as those of many calls, and never be enough.
 */
export function newRate(item: Item, now: number, known: number): number | undefined {
  const { elapsed, later, seen, all } = traffic(item, now);
  const enough = known > 0 ? ENOUGH : ENOUGH_AT_FIRST;
  if (elapsed < enough.seconds) return undefined;
  const isEnough = seen.reports >= enough.reports;
  const most = isEnough ? seen.weight : mostCalls(seen, all.weight / all.reports);
  const rate = most / elapsed;
  return isOff(rate, known) && (isEnough ? !isChance(evenReports(later), rate, known) : rate < known)
    ? Math.max(0.01, Math.round(rate * 100) / 100)
    : undefined;
}

/** So many retries a fleet can afford for each of its successes. */
const RETRIES_PER_SUCCESS = 0.2;

/** What share of its failed calls the fleet can afford to make once more, where that differs from what is known. */
export function newRetryShare(item: Item, now: number, known: number): number | undefined {
  const { elapsed, seen } = traffic(item, now);
  if (elapsed < ENOUGH.seconds || seen.reports < ENOUGH.reports) return undefined;
  const successes = seen.weight - seen.failures;
  const share = Math.max(0.01, Math.min(1, (RETRIES_PER_SUCCESS * successes) / seen.failures));
  // As much as nothing failed, so that nothing is held back.
  if (!(share < 1)) return known < 1 ? 1 : undefined;
  return isOff(share, known) ? Math.round(share * 1_000) / 1_000 : undefined;
}

/** The most calls that any second of a slice has shown: no more than there were, however few reports the store took. */
export const leastRate = (item: Item): number =>
  Math.max(...lastSeconds(item, undefined, SLICE_MS - 1).map((second) => allOf(second).weight));
