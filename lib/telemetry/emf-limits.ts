import { type OptionRule, unless } from '../core/rules.ts';

/*
 * What CloudWatch takes, by two of its documents. Where they differ, the stricter limit holds: the format's schema has metric
 * names of up to 1,024 characters and the API up to 255, and CloudWatch drops a longer one without an error.
 * - The format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * - The API: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html with `API_Dimension` and
 *   `API_PutMetricData` beside it.
 */

/**
 * Name and value pairs that distinguish metrics of one name. Every combination of values is a metric of its own, and billed
 * as one. Values are text of at most 1,024 characters.
 */
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
  'Terabytes',
  'Bits',
  'Kilobits',
  'Megabits',
  'Gigabits',
  'Terabits',
  'Count/Second',
  'Bytes/Second',
  'Kilobytes/Second',
  'Megabytes/Second',
  'Gigabytes/Second',
  'Terabytes/Second',
  'Bits/Second',
  'Kilobits/Second',
  'Megabits/Second',
  'Gigabits/Second',
  'Terabits/Second',
] as const;

/** Units of CloudWatch, as it spells them. */
export type MetricUnit = (typeof UNITS)[number];

/** One value of a metric. */
export interface Metric {
  readonly value: number;
  /** Default `None`. */
  readonly unit?: MetricUnit;
  /** How finely CloudWatch stores the metric. Unit: seconds. Default 60; 1 is a high-resolution metric. */
  readonly resolution?: 1 | 60;
}

export const counted = (value: number): Metric => ({ value, unit: 'Count' });
export const milliseconds = (value: number): Metric => ({ value, unit: 'Milliseconds' });

/** Metrics in one line: the format takes no more. */
export const MAX_METRICS = 100;
/** Dimensions of one metric: format and API. */
const MAX_DIMENSIONS = 30;
/** Characters of a namespace and of a metric's name: the API. The format takes 1,024. */
const MAX_NAME_LENGTH = 255;
/** Characters of a dimension's name: the format. The API takes 255. */
const MAX_DIMENSION_NAME_LENGTH = 250;
/** Characters of a dimension's value: format and API. */
const MAX_DIMENSION_LENGTH = 1_024;
/** The API refuses values beyond it on either side of zero. */
const MAX_VALUE = 2 ** 360;
/** The member of a line that holds the format's own data. */
const RESERVED = '_aws';

const isText = (text: unknown, maxLength: number): text is string =>
  typeof text === 'string' && text.length <= maxLength && text.trim() !== '' && /^[\x20-\x7e]+$/.test(text);

const TEXT = (maxLength: number) => `1 to ${maxLength} printable ASCII characters, not all of them spaces`;

/** The API refuses a namespace that begins with ":", and "AWS/" is for AWS's own services. */
export const namespace = (): OptionRule =>
  unless(
    (value) => isText(value, MAX_NAME_LENGTH) && !/^(:|AWS\/)/.test(value),
    `${TEXT(MAX_NAME_LENGTH)}, not beginning with ":" or "AWS/"`,
  );

/** Why CloudWatch refuses a metric, or undefined. The reason never quotes the metric, which may hold anything. */
export function metricProblem(
  name: string,
  { value, unit = 'None', resolution = 60 }: Metric,
): string | undefined {
  if (!isText(name, MAX_NAME_LENGTH) || name === RESERVED)
    return `a name must be ${TEXT(MAX_NAME_LENGTH)}, other than "${RESERVED}"`;
  if (!Number.isFinite(value) || Math.abs(value) > MAX_VALUE)
    return 'a value must be a finite number from -2^360 to 2^360';
  if (!UNITS.includes(unit)) return `a unit must be one of ${UNITS.join(', ')}`;
  return resolution === 1 || resolution === 60 ? undefined : 'a resolution must be 1 or 60 seconds';
}

const isDimensionName = (name: string): boolean =>
  isText(name, MAX_DIMENSION_NAME_LENGTH) && !name.startsWith(':') && name !== RESERVED;

/** The same for the dimensions of a line. Metrics and dimensions are members of one object, so no name can be both. */
export function dimensionProblem(
  dimensions: Dimensions,
  metrics: readonly string[] = [],
): string | undefined {
  const names = Object.keys(dimensions);
  if (names.length > MAX_DIMENSIONS) return `there must be ${MAX_DIMENSIONS} dimensions at most`;
  if (!names.every(isDimensionName))
    return `the name of a dimension must be ${TEXT(MAX_DIMENSION_NAME_LENGTH)}, other than "${RESERVED}", not beginning with ":"`;
  return names.some((name) => metrics.includes(name))
    ? 'a dimension must not have the name of a metric'
    : undefined;
}

/** Text that CloudWatch takes: a dimension's value may come from data, and an odd one must not cost the metric. */
export function dimensionValue(value: unknown): string {
  const hasText = value !== undefined && typeof value !== 'object' && typeof value !== 'function';
  const text = hasText ? String(value) : '';
  return (
    text
      .slice(0, MAX_DIMENSION_LENGTH)
      .replaceAll(/[^\x20-\x7e]/g, '?')
      .trim() || 'none'
  );
}
