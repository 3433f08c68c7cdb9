import { type Clock, systemClock } from '../core/clock.ts';
import { InvalidOptionError } from '../core/errors.ts';
import { onceEach } from '../core/once-each.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import { safeListener } from '../core/safe-listener.ts';
import {
  counted,
  type Dimensions,
  dimensionProblem,
  dimensionValue,
  MAX_METRICS,
  type Metric,
  metricProblem,
  milliseconds,
  namespace as namespaceRule,
} from './emf-limits.ts';
import { errorCode } from './error-code.ts';

export interface EmfOptions {
  /**
   * Under which CloudWatch keeps the metrics, e.g. `Shop/Orders`. 1 to 255 printable ASCII characters that do not begin with
   * ":" or "AWS/".
   */
  readonly namespace: string;
  /** Dimensions of every metric, e.g. the stage. At most 30 with those of a call. Default: none. */
  readonly dimensions?: Dimensions;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
  /** Writes one line. Default: to stdout, past the console, which Lambda's JSON logs would wrap. */
  readonly write?: (line: string) => void;
  /** Called once for each reason for which a metric was left out. Default: a line on stderr. */
  readonly onWarning?: (warning: string) => void;
}

/**
 * Writes metrics, and never throws. A name is 1 to 255 printable ASCII characters. Dimensions of your own are not bounded:
 * a value that comes from data makes a metric, and is billed, each time that it is new.
 */
export interface EmfMetrics {
  /** Adds to a count. `value` is 1 by default. */
  count(name: string, value?: number, dimensions?: Dimensions): void;
  /** Records a duration. Unit: milliseconds. */
  durationMs(name: string, value: number, dimensions?: Dimensions): void;
  /** Writes several metrics under the same dimensions: one line for each 100 of them. */
  put(metrics: Readonly<Record<string, Metric>>, dimensions?: Dimensions): void;
}

type NamedMetric = readonly [name: string, metric: Metric];

const toStdout = (line: string): void => void process.stdout.write(`${line}\n`);

const definition = ([Name, { unit: Unit = 'None', resolution }]: NamedMetric) => ({
  Name,
  Unit,
  ...(resolution === 1 && { StorageResolution: 1 }),
});

/** A warning a reason: one bad metric in a hot path would otherwise fill the log. */
function warnOnce(onWarning: (warning: string) => unknown): (reason: string) => void {
  const warn = safeListener(onWarning, 'emfMetrics: onWarning');
  return onceEach((reason) => warn(`emfMetrics: a metric was left out: ${reason}`));
}

/**
 * CloudWatch metrics as log lines in the Embedded Metric Format: no client, no request, no wait. A metric that CloudWatch
 * would refuse is left out, and `onWarning` gets the reason; nothing is thrown. In the value of a dimension, characters
 * outside printable ASCII become "?".
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @example
 * ```ts
 * const metrics = emfMetrics({ namespace: 'Shop/Orders', dimensions: { stage: 'prod' } });
 * metrics.count('OrderPlaced', 1, { channel: 'web' });
 * metrics.durationMs('Checkout', 182);
 * metrics.put({ Basket: { value: 59.9 }, Download: { value: 3_200, unit: 'Bits/Second', resolution: 1 } });
 * ```
 */
export function emfMetrics(options: EmfOptions): EmfMetrics {
  checkOptions('emfMetrics', options, {
    required: { namespace: namespaceRule() },
    optional: { dimensions: rule.object(), clock: rule.object(), write: rule.fn(), onWarning: rule.fn() },
  });
  const { namespace, dimensions: common = {}, clock = systemClock } = options;
  const { write = toStdout, onWarning = console.error } = options;
  const problem = dimensionProblem(common);
  if (problem !== undefined) throw new InvalidOptionError(`emfMetrics: \`dimensions\`: ${problem}`);
  const warn = warnOnce(onWarning);

  const accepted = (named: NamedMetric): boolean => {
    const reason = metricProblem(...named);
    if (reason !== undefined) warn(reason);
    return reason === undefined;
  };
  const writeLine = (metrics: readonly NamedMetric[], dimensions: Dimensions) => {
    const directive = {
      Namespace: namespace,
      Dimensions: [Object.keys(dimensions)],
      Metrics: metrics.map(definition),
    };
    const values = Object.fromEntries(metrics.map(([name, { value }]) => [name, value]));
    const metadata = { Timestamp: clock.now(), CloudWatchMetrics: [directive] };
    write(JSON.stringify({ _aws: metadata, ...dimensions, ...values }));
  };
  const writeAll = (metrics: readonly NamedMetric[], own: Dimensions) => {
    const all = { ...common, ...own };
    const names = metrics.map(([name]) => name);
    const reason = dimensionProblem(all, names);
    // Without one of its dimensions it would be another metric.
    if (reason !== undefined) return warn(reason);
    const dimensions = Object.fromEntries(
      Object.entries(all).map(([name, value]) => [name, dimensionValue(value)]),
    );
    for (let from = 0; from < metrics.length; from += MAX_METRICS)
      writeLine(metrics.slice(from, from + MAX_METRICS), dimensions);
  };
  // A metric is never worth a request, whatever it is made of and wherever it is written to.
  const put: EmfMetrics['put'] = (metrics, dimensions = {}) => {
    try {
      writeAll(Object.entries(metrics).filter(accepted), dimensions);
    } catch (error) {
      warn(`it could not be written: ${errorCode(error)}`);
    }
  };

  return {
    put,
    count: (name, value = 1, dimensions = {}) => put({ [name]: counted(value) }, dimensions),
    durationMs: (name, value, dimensions = {}) => put({ [name]: milliseconds(value) }, dimensions),
  };
}
