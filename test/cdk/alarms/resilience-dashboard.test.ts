import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { BurnRateAlarms } from '../../../cdk/constructs/alarms/burn-rate-alarms.ts';
import { RequestMetricsOf } from '../../../cdk/constructs/alarms/request-metrics.ts';
import {
  ResilienceDashboard,
  type ResilienceDashboardProps,
} from '../../../cdk/constructs/alarms/resilience-dashboard.ts';
import { newFunction, newStack } from '../deliveries.ts';
import { stable } from '../stable.ts';
import { warmedAlias } from '../warm-alias-of.ts';

type More = Partial<ResilienceDashboardProps>;

interface Widget {
  readonly y: number;
  readonly width: number;
  readonly properties: Readonly<Record<string, unknown>> & {
    readonly title: string;
    readonly metrics?: unknown;
  };
}

function setUp(more: (stack: Stack, api: HttpApi) => More = () => ({})) {
  const stack = newStack();
  const api = new HttpApi(stack, 'Api');
  const metrics = RequestMetricsOf.httpApi(api);
  new ResilienceDashboard(stack, 'Dashboard', {
    ...metrics,
    namespace: 'Shop',
    availability: 0.999,
    ...more(stack, api),
  });
  const template = Template.fromStack(stack);
  const [dashboard = {}] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  const [, parts] = dashboard['Properties'].DashboardBody['Fn::Join'] as [string, readonly unknown[]];
  const body = parts.map((part) => (typeof part === 'string' ? part : 'resolved')).join('');
  const { widgets } = JSON.parse(body) as { readonly widgets: readonly Widget[] };
  return { template, widgets, titles: widgets.map(({ properties }) => properties.title) };
}

const everything = (stack: Stack, api: HttpApi): More => {
  const metrics = RequestMetricsOf.httpApi(api);
  const alias = newFunction(stack, 'Function').addAlias('live');
  return {
    alarms: new BurnRateAlarms(stack, 'Availability', { ...metrics, availability: 0.999 }).composites,
    latency: api.metricLatency(),
    ...{ breakers: ['payments'], operations: ['charge'] },
    ...{ queues: [new Queue(stack, 'Orders')], deadLetterQueues: [new Queue(stack, 'Failed')] },
    ...{ functions: [alias], provisioned: [alias] },
    warmed: [warmedAlias(stack)],
  };
};

describe('the dashboard', () => {
  test('has eight widgets, symptoms first', () => {
    const { widgets, titles } = setUp(everything);
    expect(titles).toEqual([
      'Alarms',
      'Availability',
      'Latency, ms',
      'Error budget of 30 days',
      'Breakers that opened',
      'Idempotency keys',
      'Dead letters; oldest message, s',
      'Concurrency; fractions',
    ]);
    const rows = Map.groupBy(widgets, ({ y }) => y);
    expect([...rows.values()].map((row) => row.reduce((sum, { width }) => sum + width, 0))).toEqual([
      24, 24, 24, 24,
    ]);
  });

  test('has no widget for what is not given', () => {
    expect(setUp().titles).toEqual(['Availability', 'Error budget of 30 days']);
  });

  test('shows what is left of the budget over 30 days, whatever range is shown', () => {
    const widget = setUp().widgets[1];
    expect(widget?.properties).toMatchObject({ setPeriodToTimeRange: true, start: '-P30D', end: 'P0D' });
    expect(JSON.stringify(widget?.properties.metrics)).toContain(
      '100 * (1 - FILL(errors, 0) / requests / 0.001)',
    );
  });

  test('marks the objective', () => {
    expect(setUp().widgets[0]?.properties).toMatchObject({
      annotations: { horizontal: [{ value: 99.9, yAxis: 'left' }] },
    });
  });

  test('takes props of the dashboard, and refuses what is no objective and no name', () => {
    const named = setUp(() => ({ dashboardProps: { dashboardName: 'shop' } })).template;
    named.hasResourceProperties('AWS::CloudWatch::Dashboard', { DashboardName: 'shop' });
    expect(() => setUp(() => ({ availability: 99.9 }))).toThrow('Shop/Dashboard: expected `availability`');
    expect(() => setUp(() => ({ breakers: ['*'] }))).toThrow('Shop/Dashboard: expected `breakers`');
    expect(() => setUp(() => ({ operations: ['*'] }))).toThrow('Shop/Dashboard: expected `operations`');
  });

  test('synthesizes to the template of the snapshot', () => {
    expect(stable(setUp(everything).template)).toMatchSnapshot();
  });
});
