import { type Clock, systemClock } from '../core/clock.ts';
import { InvalidOptionError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import {
  counted,
  type Dimensions,
  fitDimension,
  MAX_METRICS,
  type Metric,
  milliseconds,
  troubleOfDimensions,
  troubleOfMetric,
} from './emf-limits.ts';

export interface EmfOptions {
  /** Where CloudWatch keeps the metrics. 1 to 100 letters, digits, ".", "_", "-". */
  readonly namespace: string;
  /** Dimensions of every metric, e.g. the stage. At most 30 with those of a call, named as metrics are. Default: none. */
  readonly dimensions?: Dimensions;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
  /** Takes one line. Default: stdout, past the console, which Lambda's JSON logs would wrap. */
  readonly write?: (line: string) => void;
  /** Told, once a reason, of a metric that was left out since CloudWatch would not take it. Default: a line on stderr. */
  readonly onWarning?: (warning: string) => void;
}

/** Writes metrics. A name is 1 to 100 letters, digits, ".", "_", "-". */
export interface EmfMetrics {
  /** Counts so many of something. Default one. */
  count(name: string, value?: number, dimensions?: Dimensions): void;
  /** Notes how long something took, in milliseconds. */
  durationMs(name: string, value: number, dimensions?: Dimensions): void;
  /** Writes several metrics under the same dimensions: one line for each 100 of them. */
  put(metrics: Readonly<Record<string, Metric>>, dimensions?: Dimensions): void;
}

const toStdout = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * CloudWatch metrics as log lines in the Embedded Metric Format: no client, no request, no wait. What CloudWatch would not
 * take is left out and warned of, never thrown: a metric is not worth a request. In the value of a dimension, characters
 * that it would not take are replaced.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @example
 * ```ts
 * const metrics = emfMetrics({ namespace: 'Shop', dimensions: { stage: 'prod' } });
 * metrics.count('OrderPlaced', 1, { channel: 'web' });
 * metrics.durationMs('Checkout', 182);
 * metrics.put({ Items: { value: 3, unit: 'Count' }, Basket: { value: 59.9 } });
 * ```
 */
export function emfMetrics(options: EmfOptions): EmfMetrics {
  checkOptions('emfMetrics', options, {
    required: { namespace: rule.name() },
    optional: { dimensions: rule.object(), clock: rule.object(), write: rule.fn(), onWarning: rule.fn() },
  });
  const { namespace, dimensions: ofAll = {}, clock = systemClock } = options;
  const { write = toStdout, onWarning = console.error } = options;
  const trouble = troubleOfDimensions(ofAll);
  if (trouble !== undefined) throw new InvalidOptionError(`emfMetrics: \`dimensions\`: ${trouble}`);

  const warned = new Set<string>();
  const warn = (reason: string) => {
    if (warned.has(reason)) return;
    warned.add(reason);
    onWarning(`emfMetrics: a metric was left out: ${reason}`);
  };

  const writeLine = (metrics: readonly (readonly [string, Metric])[], dimensions: Dimensions) => {
    const CloudWatchMetrics = [
      {
        Namespace: namespace,
        Dimensions: [Object.keys(dimensions)],
        Metrics: metrics.map(([Name, { unit: Unit = 'None' }]) => ({ Name, Unit })),
      },
    ];
    const values = Object.fromEntries(metrics.map(([name, { value }]) => [name, value]));
    write(JSON.stringify({ _aws: { Timestamp: clock.now(), CloudWatchMetrics }, ...dimensions, ...values }));
  };

  const put: EmfMetrics['put'] = (metrics, dimensions) => {
    const sound = Object.entries(metrics).filter(([name, metric]) => {
      const reason = troubleOfMetric(name, metric);
      if (reason !== undefined) warn(reason);
      return reason === undefined;
    });
    const all = { ...ofAll, ...dimensions };
    const reason = troubleOfDimensions(
      all,
      sound.map(([name]) => name),
    );
    // Without one of its dimensions it would be another metric.
    if (reason !== undefined) return warn(reason);
    const fitting = Object.fromEntries(
      Object.entries(all).map(([name, value]) => [name, fitDimension(String(value))]),
    );
    for (let from = 0; from < sound.length; from += MAX_METRICS)
      writeLine(sound.slice(from, from + MAX_METRICS), fitting);
  };

  return {
    put,
    count: (name, value = 1, dimensions = {}) => put({ [name]: counted(value) }, dimensions),
    durationMs: (name, value, dimensions = {}) => put({ [name]: milliseconds(value) }, dimensions),
  };
}
