import { type Clock, systemClock } from '../core/clock.ts';
import { checkOptions, rule } from '../core/options.ts';

export interface EmfOptions {
  /** Where CloudWatch keeps the metrics. 1 to 100 letters, digits, ".", "_", "-". */
  readonly namespace: string;
  readonly clock?: Clock;
  /** Takes one line. Default: stdout, past the console, which Lambda's JSON logs would wrap. */
  readonly write?: (line: string) => void;
}

/** Counts one of something, under dimensions by which it can be told apart. Few values each: every combination is a metric. */
export type Count = (metric: string, dimensions?: Readonly<Record<string, string>>) => void;

const toStdout = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * CloudWatch metrics as log lines in the Embedded Metric Format: no client, no request, no wait.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @example
 * ```ts
 * const count = emfCounter({ namespace: 'Shop' });
 * count('OrderPlaced', { channel: 'web' });
 * ```
 */
export function emfCounter(options: EmfOptions): Count {
  checkOptions('emfCounter', options, {
    required: { namespace: rule.name() },
    optional: { clock: rule.object(), write: rule.fn() },
  });
  const { namespace, clock = systemClock, write = toStdout } = options;
  return (metric, dimensions = {}) => {
    const CloudWatchMetrics = [
      {
        Namespace: namespace,
        Dimensions: [Object.keys(dimensions)],
        Metrics: [{ Name: metric, Unit: 'Count' }],
      },
    ];
    write(
      JSON.stringify({ _aws: { Timestamp: clock.now(), CloudWatchMetrics }, ...dimensions, [metric]: 1 }),
    );
  };
}
