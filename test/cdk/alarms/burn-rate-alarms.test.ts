import { Duration, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import {
  BURN_RATE_RULES,
  budgetSpent,
  detectionMinutes,
  thresholdOf,
} from '../../../cdk/constructs/alarms/burn-rate.ts';
import {
  BurnRateAlarms,
  type BurnRateAlarmsProps,
  type BurnRateWindow,
} from '../../../cdk/constructs/alarms/burn-rate-alarms.ts';
import { RequestMetricsOf } from '../../../cdk/constructs/alarms/request-metrics.ts';
import { AlarmSeverity } from '../../../cdk/constructs/alarms/severity.ts';
import { compositeAlarmsOf, metricAlarmsOf } from '../../support/alarms/template-alarms.ts';
import { newFunction, newStack, warnings } from '../deliveries.ts';

const ALARM = 'AWS::CloudWatch::Alarm';
const COMPOSITE = 'AWS::CloudWatch::CompositeAlarm';

type More = Partial<BurnRateAlarmsProps>;

function setUp(more: More | ((stack: Stack) => More) = {}) {
  const stack = newStack();
  const metrics = RequestMetricsOf.httpApi(new HttpApi(stack, 'Api'));
  const props = typeof more === 'function' ? more(stack) : more;
  const alarms = new BurnRateAlarms(stack, 'Availability', { ...metrics, availability: 0.999, ...props });
  return { stack, alarms, template: () => Template.fromStack(stack) };
}

const window = (more: Partial<BurnRateWindow> = {}): BurnRateWindow => ({
  ...{ burnRate: 10, longWindow: Duration.hours(2), shortWindow: Duration.minutes(10) },
  ...{ severity: AlarmSeverity.PAGE, ...more },
});

describe('alarms on an error budget', () => {
  test('are a long and a short window in a composite, three times', () => {
    const template = setUp().template();
    const alarms = metricAlarmsOf(template.toJSON());
    expect(
      alarms.map(({ id, periodMinutes, threshold }) => [id.slice(12, -8), periodMinutes, threshold]),
    ).toEqual([
      ['Within1hLong', 60, 0.0144],
      ['Within1hShort', 5, 0.0144],
      ['Within6hLong', 360, 0.006],
      ['Within6hShort', 30, 0.006],
      ['Within1dLong', 1_440, 0.003],
      ['Within1dShort', 120, 0.003],
    ]);
    const composites = compositeAlarmsOf(template.toJSON());
    expect(composites).toHaveLength(3);
    for (const [index, { rule }] of composites.entries())
      expect(rule).toBe(`(ALARM("${alarms[2 * index]?.id}") AND ALARM("${alarms[2 * index + 1]?.id}"))`);
  });

  test('stay within what CloudWatch evaluates: one period of at most a day, and two metrics', () => {
    for (const alarm of metricAlarmsOf(setUp().template().toJSON())) {
      expect(alarm).toMatchObject({
        evaluationPeriods: 1,
        datapointsToAlarm: 1,
        treatMissingData: 'notBreaching',
      });
      expect(alarm.periodMinutes).toBeLessThanOrEqual(1_440);
      expect(alarm.metrics.size).toBe(2);
    }
  });

  test('page for the fast windows, write a ticket for the slow one, and say when it is over', () => {
    const { stack, template } = setUp((scope) => ({
      pageActions: [new SnsAction(new Topic(scope, 'Pages'))],
      ticketActions: [new SnsAction(new Topic(scope, 'Tickets'))],
    }));
    const actionsOf = Object.values(template().findResources(COMPOSITE)).map(({ Properties }) => [
      ...(Properties.AlarmActions as readonly { readonly Ref: string }[]),
      ...(Properties.OKActions as readonly { readonly Ref: string }[]),
    ]);
    expect(actionsOf.map((actions) => actions.map(({ Ref }) => Ref.slice(0, 5)))).toEqual([
      ['Pages', 'Pages'],
      ['Pages', 'Pages'],
      ['Ticke', 'Ticke'],
    ]);
    template().allResourcesProperties(ALARM, { AlarmActions: Match.absent(), OKActions: Match.absent() });
    expect(warnings(stack)).toEqual([]);
  });

  test('warn where nobody hears of them', () => {
    expect(warnings(setUp().stack)).toEqual([
      expect.stringContaining('severity page notify no one; give `pageTopics` or `pageActions`'),
      expect.stringContaining('severity ticket notify no one'),
    ]);
  });

  test('cost what they say, by the metrics that they read', () => {
    expect(setUp().alarms.monthlyCost).toBe(2.7);
    expect(setUp({ windows: [window()] }).alarms.monthlyCost).toBe(0.9);
  });

  test('say how soon they begin, by their windows and the minimum of errors', () => {
    expect(setUp().alarms.detectionMinutes(0.02)).toEqual([44, 109, 217]);
    expect(setUp().alarms.detectionMinutes(0.005)).toEqual([undefined, undefined, 865]);
    expect(setUp().alarms.detectionMinutes(1, 1)).toEqual([10, 10, 10]);
    expect(setUp({ minimumErrors: 30, windows: [window()] }).alarms.detectionMinutes(1, 1)).toEqual([30]);
  });

  test('have a window and its numbers of your own', () => {
    const { alarms, template } = setUp({ windows: [window()], availability: 0.99, minimumErrors: 3 });
    expect([alarms.alarms.length, alarms.composites.length]).toEqual([2, 1]);
    expect(metricAlarmsOf(template().toJSON())).toMatchObject([
      { periodMinutes: 120, threshold: 0.1, expression: expect.stringContaining('FILL(errors, 0) >= 3') },
      { periodMinutes: 10, threshold: 0.1 },
    ]);
  });

  test('name the objective and the runbook, where it is', () => {
    const [first] = compositeAlarmsOf(
      setUp({ runbookUrl: 'https://wiki.example/fibrin' }).template().toJSON(),
    );
    expect(first?.description).toBe(
      'Requests fail 14.4 times as often as the objective of 99.9 % allows, within 1h and still within 5m. ' +
        'Runbook: https://wiki.example/fibrin#error-budget-burns',
    );
    const [own] = compositeAlarmsOf(setUp().template().toJSON());
    expect(own?.description).toContain('Runbook: node_modules/fibrin/docs/runbook.md#error-budget-burns');
  });

  test('count invocations of a function, or any metrics', () => {
    const ofFunction = setUp((stack) =>
      RequestMetricsOf.function(newFunction(stack, 'Function').currentVersion),
    );
    const [alarm] = metricAlarmsOf(ofFunction.template().toJSON());
    expect([...(alarm?.metrics.values() ?? [])]).toMatchObject([
      { namespace: 'AWS/Lambda', name: 'Errors', statistic: 'Sum' },
      { namespace: 'AWS/Lambda', name: 'Invocations', statistic: 'Sum' },
    ]);
    const metric = (metricName: string) => new Metric({ namespace: 'Shop', metricName, statistic: 'Sum' });
    const errors = new MathExpression({
      expression: 'a + b',
      usingMetrics: { a: metric('A'), b: metric('B') },
    });
    const { template } = setUp({ errors, requests: metric('Requests') });
    template().hasResourceProperties(ALARM, {
      Metrics: Match.arrayWith([
        Match.objectLike({ Id: 'errors', Expression: 'a + b' }),
        Match.objectLike({ Id: 'a', MetricStat: Match.objectLike({ Period: 3_600 }) }),
      ]),
    });
  });

  test.each<[string, More, string]>([
    ['an objective of everything', { availability: 1 }, 'expected `availability` to be between 0 and 1'],
    ['an objective in percent', { availability: 99.9 }, 'such as 0.999, got 99.9'],
    [
      'no errors at all',
      { minimumErrors: 0 },
      'expected `minimumErrors` to be an integer of at least 1, got 0',
    ],
    ['no window', { windows: [] }, 'expected `windows` to have one or more'],
    [
      'a burn that no outage reaches',
      { availability: 0.9 },
      'expected `burnRate` of the window over 1 hour to be under 10, got 14.4: more than 144 % of the requests would have to fail',
    ],
    [
      'a burn rate of 0',
      { windows: [window({ burnRate: 0 })] },
      'expected `burnRate` of the window over 2 hours to be over 0',
    ],
    [
      'half a minute',
      { windows: [window({ shortWindow: Duration.seconds(90) })] },
      'expected both windows to be whole minutes, got 7200 s and 90 s',
    ],
    [
      'a short window that is none',
      { windows: [window({ shortWindow: Duration.hours(2) })] },
      'expected `shortWindow` of the window over 2 hours to be shorter',
    ],
    [
      'more than CloudWatch looks at',
      { windows: [window({ longWindow: Duration.days(8) })] },
      'expected `longWindow` of at most 7 days',
    ],
  ])('refuse %s', (_name, more, trouble) => {
    expect(() => setUp(more)).toThrow(trouble);
    expect(() => setUp(more)).toThrow('Shop/Availability: ');
  });

  test('synthesize to the template of the snapshot', () => {
    expect(
      setUp((stack) => ({ pageTopics: [new Topic(stack, 'Pages')] }))
        .template()
        .toJSON(),
    ).toMatchSnapshot();
  });
});

describe('the promise of a window', () => {
  test('is a fraction of the budget', () => {
    const spent = Object.values(BURN_RATE_RULES).map((rule) => Number(budgetSpent(rule).toFixed(3)));
    expect(spent).toEqual([0.02, 0.05, 0.1]);
  });

  test('is not made below the threshold, nor for fewer errors than the minimum', () => {
    const { fast } = BURN_RATE_RULES;
    expect(thresholdOf(fast, 0.999)).toBe(0.0144);
    expect(detectionMinutes(fast, { availability: 0.999, errorRatio: 0.0144 })).toBeUndefined();
    const few = { availability: 0.999, errorRatio: 1, minimumErrors: 10 };
    expect(detectionMinutes(fast, { ...few, requestsPerMinute: 0.1 })).toBeUndefined();
    expect(detectionMinutes(fast, { ...few, requestsPerMinute: 0.5 })).toBe(20);
  });

  test('is later by up to an hour where the window is over a day, since CloudWatch looks once an hour', () => {
    const rule = { burnRate: 1, longMinutes: 3 * 1_440, shortMinutes: 360 };
    expect(detectionMinutes(rule, { availability: 0.999, errorRatio: 1 })).toBe(5 + 60);
  });
});
