/*
 * How soon the alarms on an error budget go off. Pure: the construct, its documentation and the tests share it.
 */

/** A rule in minutes: in ALARM while both windows burn the budget faster than the burn rate. */
export interface BurnRateRule {
  /** How many times faster than the objective allows. */
  readonly burnRate: number;
  readonly longMinutes: number;
  readonly shortMinutes: number;
}

/**
 * 2 % of a month's budget within 1 h, 5 % within 6 h, 10 % within a day. The short window is a twelfth of the long one, so that
 * the alarm ends soon after the trouble.
 * @see https://sre.google/workbook/alerting-on-slos/
 */
export const BURN_RATE_RULES: Readonly<Record<'fast' | 'slow' | 'steady', BurnRateRule>> = {
  fast: { burnRate: 14.4, longMinutes: 60, shortMinutes: 5 },
  slow: { burnRate: 6, longMinutes: 360, shortMinutes: 30 },
  steady: { burnRate: 3, longMinutes: 1_440, shortMinutes: 120 },
};

/** The budget is that of 30 days. */
const BUDGET_MINUTES = 30 * 24 * 60;

/** What a metric alarm of CloudWatch takes: Period × EvaluationPeriods of at most 7 days. Over a day it is evaluated hourly. */
export const MAX_WINDOW_MINUTES: number = 7 * 24 * 60;
const HOURLY_ABOVE_MINUTES = 24 * 60;

/** Fraction of the requests that has to fail for a rule to hold. Without the noise of the last binary digits. */
export const thresholdOf = ({ burnRate }: Pick<BurnRateRule, 'burnRate'>, availability: number): number =>
  Number((burnRate * (1 - availability)).toPrecision(10));

/** Fraction of the month's budget that is gone when the rule holds for the first time. */
export const budgetSpent = ({ burnRate, longMinutes }: BurnRateRule): number =>
  (burnRate * longMinutes) / BUDGET_MINUTES;

/** Failures that begin while all went well before. */
export interface Trouble {
  /** Objective, such as 0.999. */
  readonly availability: number;
  /** Fraction of the requests that fails. */
  readonly errorRatio: number;
  /** At a steady rate. Undefined: so many that the minimum of errors does not matter. */
  readonly requestsPerMinute?: number;
  /** What the long window must have. */
  readonly minimumErrors?: number;
}

/**
 * How long after its beginning trouble puts a rule into ALARM, at most: by the metrics of CloudWatch, which arrive within a minute
 * or two. Undefined where it never does.
 */
export function detectionMinutes(rule: BurnRateRule, trouble: Trouble): number | undefined {
  const {
    availability,
    errorRatio,
    requestsPerMinute = Number.POSITIVE_INFINITY,
    minimumErrors = 0,
  } = trouble;
  const { longMinutes } = rule;
  const threshold = thresholdOf(rule, availability);
  if (errorRatio <= threshold || errorRatio * requestsPerMinute * longMinutes < minimumErrors)
    return undefined;
  // Alarms are evaluated every minute and compare by "greater than". The short window is over its threshold sooner.
  const byRatio = Math.floor((longMinutes * threshold) / errorRatio) + 1;
  const byCount = Math.ceil(minimumErrors / (errorRatio * requestsPerMinute));
  const hourly = longMinutes > HOURLY_ABOVE_MINUTES ? 60 : 0;
  return Math.min(Math.max(byRatio, byCount, 1), longMinutes) + hourly;
}
