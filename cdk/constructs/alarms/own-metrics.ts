import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { BREAKER_CHANGE, IDEMPOTENCY } from '#core/metric-names';

/** Where the functions write their metrics: what they give to `policyMetrics` and `idempotencyMetrics`. */
export interface MetricsSource {
  /** Their `namespace`. */
  readonly namespace: string;
  /** Their `dimensions`, those of every metric. @default - none */
  readonly dimensions?: Readonly<Record<string, string>>;
}

/** States from which a breaker opens: the calls failed, or the probe did. */
const OPENS_FROM = ['closed', 'half-open'] as const;

/** A line of metrics as `#core/metric-names` declares it. */
interface Line {
  readonly dimensions: readonly string[];
  readonly units: object;
}

/** A metric under all dimensions of its line: with one more or one less it would be another metric. */
function metric<L extends Line>(
  { namespace, dimensions }: MetricsSource,
  metricName: keyof L['units'] & string,
  dimensionsMap: Readonly<Record<L['dimensions'][number], string>>,
  options?: MetricOptions,
): Metric {
  return new Metric({
    ...{ namespace, metricName, statistic: 'Sum' },
    ...options,
    dimensionsMap: { ...dimensions, ...dimensionsMap },
  });
}

/** How often a breaker opened, by the state that it was in: each time is counted once, however many environments there are. */
export const breakerOpenings = (
  source: MetricsSource,
  breaker: string,
  options?: MetricOptions,
): readonly Metric[] =>
  OPENS_FROM.map((from) =>
    metric<typeof BREAKER_CHANGE>(
      source,
      'BreakerStateChanges',
      { breaker, from, to: 'open' },
      { label: `from ${from}`, ...options },
    ),
  );

/** Events of an operation's idempotency keys. */
export const idempotencyEvents = (
  source: MetricsSource,
  operation: string,
  kind: 'Replayed' | 'Conflicted' | 'Held' | 'Unknown' | 'Mismatched',
  options?: MetricOptions,
): Metric => metric<typeof IDEMPOTENCY>(source, `Idempotency${kind}`, { operation }, options);
