import { type Stack, TimeZone } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Alias, Code } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { describe, expect, test } from 'vitest';
import { DeadLetterQueue } from '../../cdk/constructs/dead-letter-queue.ts';
import { ResilientFunction } from '../../cdk/constructs/resilient-function.ts';
import type { ResilientFunctionProps } from '../../cdk/constructs/resilient-function-props.ts';
import { Days, type WarmWindow } from '../../cdk/constructs/warm-window.ts';
import { type WarmedAliasOptions, Warmer, type WarmerProps } from '../../cdk/constructs/warmer.ts';
import { allowedToRoles, attribute, newFunction, newStack, warnings } from './deliveries.ts';
import { stable } from './stable.ts';

const SCHEDULE = 'AWS::Scheduler::Schedule';
const code = Code.fromInline('exports.handler = async () => undefined;');
const OFFICE: WarmWindow = {
  ...{ days: Days.MONDAY_TO_FRIDAY, from: '08:00', to: '18:00' },
  ...{ environments: 10, timeZone: TimeZone.EUROPE_BERLIN },
};

interface More {
  readonly options?: Partial<WarmedAliasOptions>;
  readonly props?: (stack: Stack) => WarmerProps;
  readonly fn?: Partial<ResilientFunctionProps>;
}

function setUp({ options, props, fn }: More = {}) {
  const stack = newStack();
  const charge = new ResilientFunction(stack, 'Charge', { code, ...fn });
  const warmer = new Warmer(stack, 'Warmer', props?.(stack) ?? {});
  const warmed = warmer.keepWarm(charge.alias, { windows: [OFFICE], ...options });
  return { stack, charge, warmer, warmed, template: () => Template.fromStack(stack) };
}

const schedulesOf = (template: Template) =>
  Object.values(template.findResources(SCHEDULE)).map(({ Properties }) => [
    Properties.ScheduleExpression,
    Properties.ScheduleExpressionTimezone,
    JSON.stringify(Properties.Target.Input).match(/environments\\":(\d+)/)?.[1],
  ]);

describe('a schedule of a warmer', () => {
  test('runs in the windows, every five minutes, from five minutes before on', () => {
    expect(schedulesOf(setUp().template())).toEqual([
      ['cron(55 7 ? * MON-FRI *)', 'Europe/Berlin', '10'],
      ['cron(0/5 8-17 ? * MON-FRI *)', 'Europe/Berlin', '10'],
    ]);
  });

  test('asks for the most of windows that overlap', () => {
    const lunch = { ...OFFICE, from: '12:00', to: '13:00', environments: 30 };
    const rows = schedulesOf(setUp({ options: { windows: [OFFICE, lunch] } }).template());
    expect(rows.filter(([, , environments]) => environments === '30')).toEqual([
      ['cron(55 11 ? * MON-FRI *)', 'Europe/Berlin', '30'],
      ['cron(0/5 12 ? * MON-FRI *)', 'Europe/Berlin', '30'],
    ]);
    expect(
      rows.some(
        ([expression]) => /\b12\b/.test(String(expression)) && expression !== 'cron(0/5 12 ? * MON-FRI *)',
      ),
    ).toBe(false);
  });

  test('tries once, for a minute, into a dead-letter queue, where the CDK tries 185 times in a day', () => {
    const template = setUp().template();
    template.allResourcesProperties(SCHEDULE, {
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: { Ref: Match.stringLikeRegexp('^WarmerPingsLive') },
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^WarmerUndelivered'), 'Arn'] } },
      },
    });
    const plain = newStack();
    new Schedule(plain, 'Plain', {
      schedule: ScheduleExpression.expression('rate(5 minutes)'),
      target: new LambdaInvoke(newFunction(plain, 'Function')),
    });
    Template.fromStack(plain).hasResourceProperties(SCHEDULE, {
      Target: {
        DeadLetterConfig: Match.absent(),
        RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 },
      },
    });
  });

  test('may invoke the warmer and send to its dead-letter queue, in the name of this account only', () => {
    const template = setUp().template();
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          Match.objectLike({
            Principal: { Service: 'scheduler.amazonaws.com' },
            Condition: { StringEquals: Match.objectLike({ 'aws:SourceAccount': '111122223333' }) },
          }),
        ],
      },
    });
    expect(allowedToRoles(template, 'lambda:').map(({ resource }) => resource)).toEqual(
      expect.arrayContaining([{ Ref: expect.stringMatching('^WarmerPingsLive') }]),
    );
  });
});

describe('the function of a warmer', () => {
  test('may invoke the alias, and nothing else: no function pings itself', () => {
    const { template } = setUp();
    expect(allowedToRoles(template(), 'lambda:')).toEqual([
      {
        actions: ['lambda:InvokeFunction'],
        condition: undefined,
        resource: { Ref: expect.stringMatching('^ChargeLive') },
      },
      {
        actions: ['lambda:InvokeFunction'],
        condition: undefined,
        resource: { Ref: expect.stringMatching('^WarmerPingsLive') },
      },
    ]);
  });

  test('is run once for each event, and what fails goes to the dead-letter queue', () => {
    const { template } = setUp();
    template().hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('^WarmerUndelivered'), 'Arn'] } },
      },
    });
    expect(allowedToRoles(template(), 'sqs:').map(({ resource }) => resource)).toEqual([
      attribute('^WarmerUndelivered'),
      attribute('^WarmerUndelivered'),
    ]);
  });

  test.each<[string, More, string, object]>([
    [
      'logRetention',
      { props: () => ({ logRetention: RetentionDays.ONE_WEEK }) },
      'AWS::Logs::LogGroup',
      { RetentionInDays: 7 },
    ],
    [
      'undelivered',
      { props: (stack) => ({ undelivered: new DeadLetterQueue(stack, 'Own') }) },
      SCHEDULE,
      { Target: { DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Own'), 'Arn'] } } } },
    ],
    [
      'namespace',
      { props: () => ({ namespace: 'Shop' }) },
      SCHEDULE,
      {
        Target: {
          Input: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('"namespace":"Shop"')])] },
        },
      },
    ],
    [
      'holdMs',
      { options: { holdMs: 40 } },
      SCHEDULE,
      { Target: { Input: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('"holdMs":40')])] } } },
    ],
  ])('takes %s', (_, more, type, expected) => {
    setUp(more).template().hasResourceProperties(type, expected);
  });
});

describe('the metrics of a warmed alias', () => {
  test('are what was asked for and what was met', () => {
    const { warmed } = setUp({ props: () => ({ namespace: 'Shop' }) });
    expect(warmed.metricRequested()).toMatchObject({ namespace: 'Shop', metricName: 'WarmingRequested' });
    expect(warmed.metricEnvironments({ statistic: 'Minimum' })).toMatchObject({ statistic: 'Minimum' });
    expect(warmed.metricFraction()).toMatchObject({ expression: 'environments / requested' });
  });

  test('are beside one of runs that were lost', () => {
    expect(setUp().warmer.metricUndelivered().metricName).toBe('ApproximateNumberOfMessagesVisible');
  });
});

describe('a warmer', () => {
  test.each([
    [
      10,
      '10 warm environments, and its reserved concurrency is 10: requests are throttled while pings are held',
    ],
    [8, '10 warm environments, and its reserved concurrency is 8: 2 are never warm'],
  ])('warns where it takes all of the reserved concurrency of %i', (reservedConcurrency, warning) => {
    expect(warnings(setUp({ fn: { reservedConcurrency } }).stack)).toEqual([
      expect.stringContaining(warning),
    ]);
  });

  test('warns of nothing where there is room for requests, or no reservation', () => {
    expect(warnings(setUp({ fn: { reservedConcurrency: 11 } }).stack)).toEqual([]);
    expect(warnings(setUp().stack)).toEqual([]);
  });

  test.each<[string, Partial<WarmedAliasOptions>, string]>([
    ['no window', { windows: [] }, 'expected `windows` to name one or more'],
    ['a bad window', { windows: [{ ...OFFICE, from: '8' }] }, 'expected `windows[0].from`'],
    [
      'too many environments',
      { windows: [{ ...OFFICE, environments: 101 }] },
      'expected windows of at most 100 environments, got 101',
    ],
    ['a hold of nothing', { holdMs: 0 }, 'expected `holdMs` to be an integer from 1 to 1000, got 0'],
    ['a hold that no function keeps', { holdMs: 1_001 }, 'expected `holdMs`'],
  ])('is refused with %s', (_, options, reason) => {
    expect(() => setUp({ options })).toThrow(`Shop/Warmer: ${reason}`);
  });

  test('is refused for $LATEST', () => {
    const stack = newStack();
    const version = newFunction(stack, 'Plain').latestVersion;
    const alias = new Alias(stack, 'Latest', { aliasName: 'live', version });
    expect(() => new Warmer(stack, 'Warmer').keepWarm(alias, { windows: [OFFICE] })).toThrow('got $LATEST');
  });

  test.each<[string, object]>([
    ['tenant isolation', { tenancyConfig: { tenantIsolationMode: 'PER_TENANT' } }],
    [
      'a capacity provider',
      {
        capacityProviderConfig: {
          lambdaManagedInstancesCapacityProviderConfig: { capacityProviderArn: 'arn' },
        },
      },
    ],
  ])('is refused for a function with %s, which pings cannot keep warm', (kind, props) => {
    const stack = newStack();
    const charge = new ResilientFunction(stack, 'Charge', { code });
    Object.assign(charge.function.node.defaultChild ?? {}, props);
    expect(() => new Warmer(stack, 'Warmer').keepWarm(charge.alias, { windows: [OFFICE] })).toThrow(kind);
  });

  test('synthesizes to the template of the snapshot', () => {
    expect(stable(setUp().template())).toMatchSnapshot();
  });
});
