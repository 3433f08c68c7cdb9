import type { Item } from '../core/store.ts';

/*
 * What the fleet has seen, added up by the store in items of ten seconds. For each second: `f` and `s`, the weights of
 * failures and successes, and `m` and `n`, how many reports those are. The epoch in the key fences late reports.
 */

export const SLICE_MS = 10_000;
const SECONDS = 10;
/** Evidence is of no use after its window; this is for whoever looks into an outage. */
const KEPT_SECONDS = 3_600;

export const evidenceKey = (name: string, epoch: number, slice: number): string =>
  `evidence#${name}#${epoch}#${slice}`;

export const sliceOf = (now: number): number => Math.floor(now / SLICE_MS);
const secondOf = (now: number): number => Math.floor(now / 1_000) % SECONDS;

/** What one report adds to the item of its slice. */
export const amountsOf = (failed: boolean, weight: number, now: number): Readonly<Record<string, number>> => {
  const second = secondOf(now);
  return failed
    ? { [`f${second}`]: weight, [`m${second}`]: 1 }
    : { [`s${second}`]: weight, [`n${second}`]: 1 };
};

/** When the item may be removed. Seconds since the epoch. */
export const expiryOf = (now: number): number => Math.ceil(now / 1_000) + KEPT_SECONDS;

interface Second {
  readonly failures: number;
  readonly failedReports: number;
  readonly successes: number;
  readonly okReports: number;
}

const numberIn = (item: Item | undefined, name: string): number => {
  const value = item?.[name];
  return typeof value === 'number' ? value : 0;
};

/** The last ten seconds, this one first. */
export function lastSeconds(item: Item, previous: Item | undefined, now: number): readonly Second[] {
  const present = secondOf(now);
  return Array.from({ length: SECONDS }, (_, age) => {
    const second = (present - age + SECONDS) % SECONDS;
    const of = age <= present ? item : previous;
    return {
      failures: numberIn(of, `f${second}`),
      failedReports: numberIn(of, `m${second}`),
      successes: numberIn(of, `s${second}`),
      okReports: numberIn(of, `n${second}`),
    };
  });
}

/** How sure an upper bound is, in standard deviations. */
export const SURE = 3;

/**
 * The most calls that there may have been where so many were reported: of rare reports many can be missing. A plain ratio
 * of counts that were sampled unevenly would open a breaker for nothing, and so would one of few calls.
 */
function mostCalls(weight: number, reports: number, share: number, sure: number): number {
  const each = Math.max(reports > 0 ? weight / reports : 0, 1 / share);
  return (Math.sqrt(reports + 1) + sure / 2) ** 2 * each;
}

export interface Threshold {
  readonly failureRatio: number;
  /** Reports of failure that are needed. */
  readonly leastReports: number;
  /** How likely a success is reported. */
  readonly okShare: number;
  /** How sure it has to be that the ratio is reached, in standard deviations. */
  readonly sure: number;
  /** What is known of the calls that there are. Calls a second; 0 where nothing is. */
  readonly rate: number;
}

/** How much surer it has to be where there are too few failures for the rate that is known. Standard deviations. */
const SURER = 1.5;

/**
 * Whether any of the windows that end now, of one to ten seconds, is bad enough to open the breaker. Failures are reported
 * more often than successes, so that chance makes successes rare before it makes failures many: the two together seldom.
 */
export function isBad(
  seconds: readonly Second[],
  now: number,
  { failureRatio, leastReports, okShare, sure, rate }: Threshold,
): boolean {
  const begun = (now % 1_000) / 1_000;
  let failures = 0;
  let failedReports = 0;
  let successes = 0;
  let okReports = 0;
  return seconds.some((second, age) => {
    failures += second.failures;
    failedReports += second.failedReports;
    successes += second.successes;
    okReports += second.okReports;
    if (failedReports < leastReports) return false;
    const isFew = failures < failureRatio * rate * (age + begun);
    const most = mostCalls(successes, okReports, okShare, isFew ? sure + SURER : sure);
    return failures / (failures + most) >= failureRatio;
  });
}

/** Reports and seconds from which a rate can be told: where there is one already, and where there is none. */
const ENOUGH = { reports: 20, seconds: 5 } as const;
const ENOUGH_AT_FIRST = { reports: 5, seconds: 2 } as const;
/** A rate that is off by less is right enough. */
const OFF_BY = 1.5;

/** What was seen in all of these seconds. */
export const totalOf = (
  seconds: readonly Second[],
): { readonly weight: number; readonly failures: number; readonly reports: number } => ({
  weight: seconds.reduce((sum, { failures, successes }) => sum + failures + successes, 0),
  failures: seconds.reduce((sum, { failures }) => sum + failures, 0),
  reports: seconds.reduce((sum, { failedReports, okReports }) => sum + failedReports + okReports, 0),
});

/** A slice without the second in which the first report came, which may have begun without anybody who reports. */
function traffic(item: Item, now: number) {
  const all = lastSeconds(item, undefined, now).slice(0, secondOf(now) + 1);
  const first = all.findLastIndex(({ failedReports, okReports }) => failedReports + okReports > 0);
  return {
    elapsed: first - 1 + (now % 1_000) / 1_000,
    seen: totalOf(all.slice(0, first)),
    all: totalOf(all),
  };
}

const isOff = (value: number, known: number): boolean => value > known * OFF_BY || value < known / OFF_BY;

/**
 * The rate that a slice shows, in calls a second, where it differs from the known one; else undefined. Where reports stay
 * away the rate is lower for sure, and the highest that it can be is told: otherwise failures would go on to be reported
 * as rarely as those of many calls, and never be enough.
 */
export function newRate(item: Item, now: number, known: number): number | undefined {
  const { elapsed, seen, all } = traffic(item, now);
  const enough = known > 0 ? ENOUGH : ENOUGH_AT_FIRST;
  if (elapsed < enough.seconds) return undefined;
  const isEnough = seen.reports >= enough.reports;
  const most = isEnough ? seen.weight : mostCalls(seen.weight, seen.reports, all.reports / all.weight, SURE);
  const rate = most / elapsed;
  return isOff(rate, known) && (isEnough || rate < known)
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
  Math.max(
    ...Array.from(
      { length: SECONDS },
      (_, second) => numberIn(item, `f${second}`) + numberIn(item, `s${second}`),
    ),
  );
