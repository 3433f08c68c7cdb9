import type { Series } from './metric-math.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** How a metric alarm decides. */
export interface Evaluation {
  readonly operator: string;
  readonly threshold: number;
  /** N of M out of N. */
  readonly evaluationPeriods: number;
  /** M of M out of N. */
  readonly datapointsToAlarm: number;
  readonly treatMissingData: string;
}

/** What CloudWatch looks at beyond the evaluation periods where data points are missing, in the examples of its documentation. */
export const EXTRA_PERIODS = 2;

const BREACHES: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/**
 * The state of a metric alarm, after "Evaluating an alarm" and "How alarm state is evaluated when data is missing".
 * @param range The data points of the evaluation range, the latest first.
 * @param previous The state that `ignore` keeps.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function stateOf(range: Series, evaluation: Evaluation, previous: AlarmState): AlarmState {
  const { operator, threshold, evaluationPeriods, datapointsToAlarm, treatMissingData } = evaluation;
  const breaches = BREACHES[operator];
  if (breaches === undefined) throw new Error(`an alarm cannot compare by ${operator}`);
  const count = (values: readonly number[]) => values.filter((value) => breaches(value, threshold)).length;
  const byCount = (breaching: number): AlarmState => (breaching >= datapointsToAlarm ? 'ALARM' : 'OK');

  const real = range.filter((value) => value !== undefined);
  // Enough real ones: the latest of them decide, however far back they are.
  if (real.length >= evaluationPeriods) return byCount(count(real.slice(0, evaluationPeriods)));

  const missing = evaluationPeriods - real.length;
  if (treatMissingData === 'breaching') return byCount(count(real) + missing);
  if (treatMissingData === 'notBreaching') return byCount(count(real));
  const keep = treatMissingData === 'ignore' ? previous : undefined;
  if (real.length === 0) return keep ?? 'INSUFFICIENT_DATA';
  // None but breaching ones, the oldest of which is old enough: no later one can make good for it.
  const oldest = range.findLastIndex((value) => value !== undefined);
  if (count(real) === real.length && oldest + 1 >= datapointsToAlarm) return keep ?? 'ALARM';
  return byCount(count(real));
}
