/* The widgets of `ResilienceDashboard`: each of one kind of resource, undefined where there is none. */
import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  AlarmStatusWidgetSortBy,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  MathExpression,
  type Metric,
  SingleValueWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { breakerOpenings, idempotencyEvents, type MetricsSource } from './own-metrics.ts';
import type { RequestMetrics } from './request-metrics.ts';
import type { WatchedProps } from './watched-props.ts';

const FULL = 24;
const MINUTE = Duration.minutes(1);

const graph = (title: string, left: readonly IMetric[], more: object = {}, width = FULL / 2): IWidget =>
  new GraphWidget({ title, left: [...left], leftYAxis: { min: 0 }, width, ...more });

export const alarmStatus = (alarms: readonly IAlarm[] = []): IWidget | undefined =>
  alarms.length === 0
    ? undefined
    : new AlarmStatusWidget({
        ...{ title: 'Alarms', alarms: [...alarms], width: FULL, height: 3 },
        sortBy: AlarmStatusWidgetSortBy.STATE_UPDATED_TIMESTAMP,
      });

export function availability({ errors, requests }: RequestMetrics, objective: number): IWidget {
  const succeeded = new MathExpression({
    ...{ expression: '100 * (1 - FILL(errors, 0) / requests)', usingMetrics: { errors, requests } },
    ...{ label: 'Succeeded, %', period: MINUTE },
  });
  const annotations = [{ value: objective * 100, label: 'objective' }];
  return graph(
    'Availability',
    [succeeded],
    { leftYAxis: { max: 100 }, leftAnnotations: annotations },
    FULL / 3,
  );
}

export const latency = (metric: Metric | undefined): IWidget | undefined =>
  metric &&
  graph(
    'Latency, ms',
    ['p50', 'p95', 'p99'].map((statistic) => metric.with({ statistic, label: statistic, period: MINUTE })),
    {},
    FULL / 3,
  );

/** Below 0 where more is gone than there was. */
export function budgetLeft({ errors, requests }: RequestMetrics, objective: number): IWidget {
  const budget = Number((1 - objective).toPrecision(10));
  const left = new MathExpression({
    expression: `100 * (1 - FILL(errors, 0) / requests / ${budget})`,
    usingMetrics: { errors, requests },
    label: 'Left, %',
    period: Duration.days(1),
  });
  return new SingleValueWidget({
    ...{ title: 'Error budget of 30 days', metrics: [left], width: FULL / 3, height: 6 },
    // The whole range is one period, whatever range the dashboard shows.
    ...{ setPeriodToTimeRange: true, start: '-P30D', end: 'P0D' },
  });
}

export const breakers = (source: MetricsSource, names: readonly string[] = []): IWidget | undefined =>
  names.length === 0
    ? undefined
    : graph(
        'Breakers that opened',
        names.flatMap((name) =>
          breakerOpenings(source, name, { period: MINUTE }).map((metric) =>
            metric.with({ label: `${name} ${metric.label}` }),
          ),
        ),
      );

export const idempotency = (
  source: MetricsSource,
  operations: readonly string[] = [],
): IWidget | undefined =>
  operations.length === 0
    ? undefined
    : graph(
        'Idempotency keys',
        operations.flatMap((operation) =>
          (['Replayed', 'Conflicted', 'Held', 'Unknown'] as const).map((kind) =>
            idempotencyEvents(source, operation, kind, { label: `${operation} ${kind}`, period: MINUTE }),
          ),
        ),
      );

export function queues(read: readonly IQueue[] = [], dead: readonly IQueue[] = []): IWidget | undefined {
  if (read.length + dead.length === 0) return undefined;
  const named = (queue: IQueue) => ({ label: queue.node.path, period: MINUTE });
  return graph(
    'Dead letters; oldest message, s',
    dead.map((queue) =>
      queue.metricApproximateNumberOfMessagesVisible({ ...named(queue), statistic: 'Maximum' }),
    ),
    {
      right: read.map((queue) => queue.metricApproximateAgeOfOldestMessage(named(queue))),
      rightYAxis: { min: 0 },
    },
  );
}

export function concurrency({
  functions = [],
  provisioned = [],
  warmed = [],
}: Pick<WatchedProps, 'functions' | 'provisioned' | 'warmed'>): IWidget | undefined {
  if (functions.length + provisioned.length + warmed.length === 0) return undefined;
  const of = (fn: IFunction, name: string, statistic: string, label: string) =>
    fn.metric(name, { statistic, label: `${fn.node.path} ${label}`, period: MINUTE });
  const counts = [
    ...functions.flatMap((fn) => [
      of(fn, 'ConcurrentExecutions', 'Maximum', 'at once'),
      of(fn, 'Throttles', 'Sum', 'throttled'),
    ]),
    ...provisioned.map((fn) => of(fn, 'ProvisionedConcurrencySpilloverInvocations', 'Sum', 'spilled over')),
  ];
  const fractions = [
    ...provisioned.map((fn) => of(fn, 'ProvisionedConcurrencyUtilization', 'Maximum', 'provisioned, used')),
    ...warmed.map((alias) => alias.metricFraction({ label: `${alias.functionPath} warm` })),
  ];
  return graph('Concurrency; fractions', counts, { right: fractions, rightYAxis: { min: 0, max: 1 } });
}
