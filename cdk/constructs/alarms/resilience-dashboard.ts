import { Duration } from 'aws-cdk-lib';
import { Dashboard, type DashboardProps, type IAlarm, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { checkedNames } from '../names.ts';
import { refuse } from '../refuse.ts';
import * as widgets from './dashboard-widgets.ts';
import type { RequestMetrics } from './request-metrics.ts';
import type { WatchedProps } from './watched-props.ts';

export interface ResilienceDashboardProps extends WatchedProps, RequestMetrics {
  /** Fraction of the requests that shall not fail in a month, such as 0.999. */
  readonly availability: number;
  /** Of a request, in milliseconds. It is shown with its 50th, 95th and 99th percentile. @default - no latency */
  readonly latency?: Metric;
  /** Shown in the first row, those in ALARM first: the composites of `BurnRateAlarms`, and `ResilienceAlarms`. @default - none */
  readonly alarms?: readonly IAlarm[];
  /** Queues from which functions read; how long their oldest message waits. @default - none */
  readonly queues?: readonly IQueue[];
  /** Of the dashboard; they win. @default - the last three hours */
  readonly dashboardProps?: DashboardProps;
}

/**
 * One dashboard, symptoms first: alarms, availability, latency and what is left of the error budget; then breakers and
 * idempotency keys; then queues and concurrency. What is not given has no widget. It costs $3 a month.
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { Code } from 'aws-cdk-lib/aws-lambda';
 * import { RequestMetricsOf, ResilienceDashboard, ResilientFunction } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * const code = Code.fromInline('exports.handler = async () => ({ statusCode: 204 });');
 * const orders = new ResilientFunction(stack, 'Orders', { code });
 * new ResilienceDashboard(stack, 'Dashboard', {
 *   ...RequestMetricsOf.function(orders.alias),
 *   availability: 0.999,
 *   latency: orders.metricDuration(),
 *   namespace: 'Shop',
 *   breakers: ['payments'],
 *   functions: [orders.alias],
 * });
 * ```
 */
export class ResilienceDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: ResilienceDashboardProps) {
    super(scope, id);
    const { availability } = props;
    if (!(availability > 0 && availability < 1))
      refuse(this, `expected \`availability\` to be between 0 and 1, such as 0.999, got ${availability}`);
    checkedNames(this, '`breakers`', props.breakers ?? []);
    checkedNames(this, '`operations`', props.operations ?? []);
    this.dashboard = new Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.hours(3),
      ...props.dashboardProps,
    });
    for (const row of [
      [widgets.alarmStatus(props.alarms)],
      [
        widgets.availability(props, availability),
        widgets.latency(props.latency),
        widgets.budgetLeft(props, availability),
      ],
      [widgets.breakers(props, props.breakers), widgets.idempotency(props, props.operations)],
      [widgets.queues(props.queues, props.deadLetterQueues), widgets.concurrency(props)],
    ]) {
      const given = row.filter((widget) => widget !== undefined);
      if (given.length > 0) this.dashboard.addWidgets(...given);
    }
  }
}
