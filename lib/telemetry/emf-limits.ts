import * as rule from '../core/rules.ts';

/** What a metric can be told apart by. Few values each: every combination is a metric, and is billed as one. */
export type Dimensions = Readonly<Record<string, string>>;

const UNITS = [
  'None',
  'Count',
  'Percent',
  'Microseconds',
  'Milliseconds',
  'Seconds',
  'Bytes',
  'Kilobytes',
  'Megabytes',
  'Gigabytes',
  'Count/Second',
  'Bytes/Second',
] as const;

/** Units of CloudWatch, as it spells them. */
export type MetricUnit = (typeof UNITS)[number];

/** One value of a metric. */
export interface Metric {
  readonly value: number;
  /** Default `None`. */
  readonly unit?: MetricUnit;
}

export const counted = (value: number): Metric => ({ value, unit: 'Count' });
export const milliseconds = (value: number): Metric => ({ value, unit: 'Milliseconds' });

/** The most metrics that CloudWatch reads out of one line. */
export const MAX_METRICS = 100;
const MAX_DIMENSIONS = 30;
const MAX_DIMENSION_LENGTH = 1_024;
const MAX_VALUE = 2 ** 360;

const isName = (name: string): boolean => rule.name()(name) === undefined;

const NAME = '1 to 100 letters, digits, ".", "_" or "-" that start with a letter or digit';

/** What keeps CloudWatch from taking a metric. Never quotes what it was given. Undefined when it is sound. */
export function troubleOfMetric(name: string, { value, unit = 'None' }: Metric): string | undefined {
  if (!isName(name)) return `a name must be ${NAME}`;
  if (!Number.isFinite(value) || Math.abs(value) > MAX_VALUE)
    return 'a value must be a finite number of at most 2^360';
  return UNITS.includes(unit) ? undefined : `a unit must be one of ${UNITS.join(', ')}`;
}

/** The same for the dimensions of a line. Metrics and dimensions share its members, so no name can be both. */
export function troubleOfDimensions(
  dimensions: Dimensions,
  metrics: readonly string[] = [],
): string | undefined {
  const names = Object.keys(dimensions);
  if (names.length > MAX_DIMENSIONS) return `there must be ${MAX_DIMENSIONS} dimensions at most`;
  if (!names.every(isName)) return `the name of a dimension must be ${NAME}`;
  return names.some((name) => metrics.includes(name))
    ? 'a dimension must not be named as a metric'
    : undefined;
}

/** CloudWatch takes printable ASCII. A dimension's value may come from data, and must not cost the metric. */
export const fitDimension = (value: string): string =>
  value
    .slice(0, MAX_DIMENSION_LENGTH)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .trim() || 'none';
