import { type Stack, TimeZone } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import {
  Alias,
  type CfnFunction,
  Code,
  Function as Fn,
  Runtime,
  TenancyConfig,
  Version,
} from 'aws-cdk-lib/aws-lambda';
import { describe, expect, test } from 'vitest';
import { ResilientFunction } from '../../cdk/constructs/resilient-function.ts';
import { WarmCapacity } from '../../cdk/constructs/warm-capacity.ts';
import type { WarmCapacityProps } from '../../cdk/constructs/warm-capacity-props.ts';
import { Days, type WarmWindow } from '../../cdk/constructs/warm-window.ts';
import {
  BERLIN_HOURS,
  findingsIn,
  newAlias,
  newFunction,
  newStack,
  runWeek,
  WEEK,
  warmStack,
} from './warm/app.ts';
import { deployedOf } from './warm/deployed.ts';
import { WarmModel } from './warm/model.ts';
import { PLAIN, runMinute, Timetable } from './warm/simulate.ts';

const TARGET = 'AWS::ApplicationAutoScaling::ScalableTarget';

/** Actions as `environments: cron zone`; `environments-maximum` where the two differ. */
function actionsIn(stack: Stack): readonly string[] {
  const { target } = deployedOf(stack);
  return (target?.actions ?? []).map(
    ({ min, max, schedule, timeZone }) => `${min === max ? min : `${min}-${max}`}: ${schedule} ${timeZone}`,
  );
}

const withWindow = (window: Partial<WarmWindow>, props: Partial<WarmCapacityProps> = {}) =>
  warmStack(1, { windows: [{ ...BERLIN_HOURS, ...window }], ...props });

describe('warm capacity', () => {
  test('states the level of the moment every five minutes, and begins ten minutes early', () => {
    expect(actionsIn(warmStack())).toEqual([
      '0: cron(0/5 * ? * SUN,SAT *) Europe/Berlin',
      '0: cron(0/5 0-6,18-23 ? * MON-FRI *) Europe/Berlin',
      '0: cron(0,5,10,15,20,25,30,35,40,45 7 ? * MON-FRI *) Europe/Berlin',
      '10: cron(50,55 7 ? * MON-FRI *) Europe/Berlin',
      '10: cron(0/5 8-17 ? * MON-FRI *) Europe/Berlin',
    ]);
  });

  test('scales the alias, by the role that the account has for it', () => {
    const stack = newStack();
    const { alias } = new ResilientFunction(stack, 'Charge', {
      code: Code.fromInline('exports.handler = async () => undefined;'),
    });
    new WarmCapacity(stack, 'Warm', { alias, windows: [BERLIN_HOURS], floor: 2 });
    const template = Template.fromStack(stack);
    template.hasResourceProperties(TARGET, {
      ServiceNamespace: 'lambda',
      ScalableDimension: 'lambda:function:ProvisionedConcurrency',
      MinCapacity: 2,
      MaxCapacity: 10,
      ResourceId: {
        'Fn::Join': ['', ['function:', Match.anyValue(), ':live']],
      },
      RoleARN: {
        'Fn::Join': [
          '',
          Match.arrayWith([
            Match.stringLikeRegexp(
              'role/aws-service-role/lambda.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency$',
            ),
          ]),
        ],
      },
    });
    template.hasResourceProperties('AWS::Lambda::Alias', { ProvisionedConcurrencyConfig: Match.absent() });
    template.resourceCountIs('AWS::ApplicationAutoScaling::ScalingPolicy', 0);
    expect(template.toJSON()).toMatchSnapshot();
  });

  test('keeps a floor outside of windows', () => {
    expect(actionsIn(warmStack(1, { floor: 3 }))[0]).toBe('3: cron(0/5 * ? * SUN,SAT *) Europe/Berlin');
    expect(actionsIn(warmStack(1, { windows: [], floor: 3 }))).toEqual(['3: cron(0/5 * ? * * *) UTC']);
    expect(actionsIn(warmStack(1, { windows: [] }))).toEqual(['0: cron(0/5 * ? * * *) UTC']);
  });

  test('takes the time that environments need', () => {
    expect(actionsIn(withWindow({}, { leadMinutes: 30 }))).toContain(
      '10: cron(30,35,40,45,50,55 7 ? * MON-FRI *) Europe/Berlin',
    );
  });

  test('is warm all week where a window covers each day', () => {
    const stack = withWindow({ days: Days.EVERY_DAY, from: '00:00', to: '24:00' });
    expect(actionsIn(stack)).toEqual(['10: cron(0/5 * ? * * *) Europe/Berlin']);
    expect(findingsIn(stack)).toEqual([]);
  });

  test('begins and ends at no minute that clocks skip or repeat', () => {
    const stack = withWindow({ days: Days.of('SUN'), from: '02:30', to: '02:40' });
    expect(actionsIn(stack)).toEqual([
      '0: cron(0/5 0,3-23 ? * SUN *) Europe/Berlin',
      '0: cron(0/5 * ? * MON-SAT *) Europe/Berlin',
      '0: cron(0,5,10,15,20,25,30,35,40,45 1 ? * SUN *) Europe/Berlin',
      '10: cron(50,55 1 ? * SUN *) Europe/Berlin',
    ]);
    // What is due at a skipped minute may run late, when the next level has been stated.
    const after = withWindow({ days: Days.of('SUN'), from: '03:10', to: '04:00' });
    expect(actionsIn(after).filter((action) => action.includes('SUN'))).toEqual([
      '0: cron(0/5 0,1,4-23 ? * SUN *) Europe/Berlin',
      '10: cron(0/5 3 ? * SUN *) Europe/Berlin',
    ]);
    const monday = withWindow({ days: Days.of('MON'), from: '02:30', to: '02:40' });
    expect(actionsIn(monday)).toContain('10: cron(20,25,30,35 2 ? * MON *) Europe/Berlin');
  });

  test('has no gap between windows, takes the most of those that overlap, and crosses midnight', () => {
    const day = { ...BERLIN_HOURS, days: Days.of('MON') };
    const levels = (windows: WarmWindow[]) => {
      const { ready } = runWeek(warmStack(1, { windows }));
      // Monday begins at 23:00 UTC of the day before.
      return [8, 9, 12, 17, 23, 25].map((hour) => ready[(hour - 1) * 60]);
    };
    expect(
      levels([
        { ...day, to: '12:00' },
        { ...day, from: '12:00', environments: 20 },
      ]),
    ).toEqual([10, 10, 20, 20, 0, 0]);
    expect(levels([day, { ...day, from: '09:00', to: '12:00', environments: 30 }])).toEqual([
      10, 30, 10, 10, 0, 0,
    ]);
    expect(levels([{ ...day, from: '22:00', to: '02:00' }])).toEqual([0, 0, 0, 0, 10, 10]);
  });

  test.each(['Etc/UTC', 'UTC', 'Asia/Kolkata', 'US/Eastern', 'Etc/GMT+9'])(
    'takes the time zone %s',
    (name) => {
      expect(actionsIn(withWindow({ timeZone: TimeZone.of(name) }))[0]).toContain(` ${name}`);
    },
  );

  test('lets clocks of other zones state what depends on them', () => {
    const windows = [
      BERLIN_HOURS,
      { ...BERLIN_HOURS, environments: 20, timeZone: TimeZone.AMERICA_NEW_YORK },
    ];
    const actions = actionsIn(warmStack(1, { windows }));
    expect(actions).toHaveLength(14);
    expect(actions).toContain('20: cron(0/5 14-22 ? * MON-FRI *) Europe/Berlin');
    expect(actions).toContain('20: cron(50,55 7 ? * MON-FRI *) America/New_York');
    expect(actions).toContain('0: cron(0/5 18 ? * MON-FRI *) America/New_York');
  });

  test('lets target tracking move an open window, by the maximum, and nothing outside of it', () => {
    const stack = warmStack(1, { floor: 1, tracking: { maxEnvironments: 30, utilization: 0.6 } });
    const limits = actionsIn(stack).map((action) => action.split(':')[0]);
    expect(new Set(limits)).toEqual(new Set(['1', '10-30']));
    const template = Template.fromStack(stack);
    template.hasResourceProperties(TARGET, { MinCapacity: 1, MaxCapacity: 30 });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: {
        CustomizedMetricSpecification: {
          Namespace: 'AWS/Lambda',
          MetricName: 'ProvisionedConcurrencyUtilization',
          Statistic: 'Maximum',
          Dimensions: Match.arrayWith([Match.objectLike({ Name: 'Resource' })]),
        },
        TargetValue: 0.6,
      },
    });
    template.resourcePropertiesCountIs(
      'AWS::ApplicationAutoScaling::ScalingPolicy',
      { TargetTrackingScalingPolicyConfiguration: { TargetValue: 0.7 } },
      0,
    );
    Template.fromStack(warmStack(1, { tracking: { maxEnvironments: 30 } })).hasResourceProperties(
      'AWS::ApplicationAutoScaling::ScalingPolicy',
      { TargetTrackingScalingPolicyConfiguration: { TargetValue: 0.7 } },
    );
  });

  test('gives the metrics of its alias', () => {
    const stack = newStack();
    const warm = new WarmCapacity(stack, 'Warm', { alias: newAlias(stack), windows: [] });
    expect(warm.metricUtilization().statistic).toBe('Maximum');
    expect(warm.metricSpillover().metricName).toBe('ProvisionedConcurrencySpilloverInvocations');
    for (const metric of [warm.metricUtilization(), warm.metricSpillover({ statistic: 'Average' })])
      expect(Object.keys(metric.dimensions ?? {})).toEqual(['FunctionName', 'Resource']);
  });

  test('lets a deployment through at every minute of two days, forward and back', () => {
    const [first, second] = [deployedOf(warmStack(1)), deployedOf(warmStack(2))];
    const due = new Timetable(first.target?.actions ?? []).during(WEEK, PLAIN);
    for (let deployed = 1; deployed <= 2 * 24 * 60; deployed += 1) {
      const model = new WarmModel();
      const from = Math.max(0, deployed - 20);
      model.advance(from);
      model.deploy(first);
      const errors: unknown[] = [];
      for (let minute = from; minute < deployed + 20; minute += 1) {
        const next = minute === deployed ? second : minute === deployed + 10 ? first : undefined;
        const { error } = runMinute(model, minute, due(minute), next);
        if (error !== undefined) errors.push(error);
      }
      expect(errors).toEqual([]);
    }
  });
});

describe('warm capacity refuses', () => {
  test.each<[string, Partial<WarmWindow>, string]>([
    ['no days', { days: Days.of() }, 'expected `windows[0].days` to name one day at least, got none'],
    [
      'unknown days',
      { days: Days.of('MON', 'Tuesday') },
      'expected `windows[0].days` to be of SUN, MON, TUE, WED, THU, FRI, SAT, got Tuesday',
    ],
    ['no time', { from: '8:00' }, 'expected `windows[0].from` to be a time from 00:00 to 23:59, got 8:00'],
    [
      'a start at 24:00',
      { from: '24:00' },
      'expected `windows[0].from` to be a time from 00:00 to 23:59, got 24:00',
    ],
    [
      'an end after 24:00',
      { to: '24:01' },
      'expected `windows[0].to` to be a time from 00:00 to 24:00, got 24:01',
    ],
    [
      'minutes over 59',
      { to: '12:60' },
      'expected `windows[0].to` to be a time from 00:00 to 24:00, got 12:60',
    ],
    [
      'an end that is the start',
      { to: '08:00' },
      'expected `windows[0].to` to differ from `from`, got 08:00 for both; give 00:00 to 24:00 for the whole day',
    ],
    [
      'no environments',
      { environments: 0 },
      'expected `windows[0].environments` to be an integer of at least 1, got 0; leave out a window of none',
    ],
    [
      'parts of environments',
      { environments: 1.5 },
      'expected `windows[0].environments` to be an integer of at least 1, got 1.5; leave out a window of none',
    ],
    [
      'an unknown time zone',
      { timeZone: TimeZone.of('Europe/Bonn') },
      'expected `windows[0].timeZone` to be a time zone such as Europe/Berlin, got Europe/Bonn',
    ],
    [
      'an offset for a time zone',
      { timeZone: TimeZone.of('+01:00') },
      'expected `windows[0].timeZone` to be a time zone such as Europe/Berlin, got +01:00',
    ],
    [
      'a time zone in lower case',
      { timeZone: TimeZone.of('europe/berlin') },
      'expected `windows[0].timeZone` to be a time zone such as Europe/Berlin, got europe/berlin',
    ],
  ])('%s', (_, window, message) => {
    expect(() => withWindow(window)).toThrow(`Shop/Warm: ${message}`);
  });

  test.each<[string, Partial<WarmCapacityProps>, string]>([
    ['a floor below 0', { floor: -1 }, 'expected `floor` to be an integer of at least 0, got -1'],
    [
      'less to track than a window has',
      { tracking: { maxEnvironments: 9 } },
      'expected `tracking.maxEnvironments` to be an integer of at least 10, the most of any window, got 9',
    ],
    [
      'a utilization of all',
      { tracking: { maxEnvironments: 20, utilization: 1 } },
      'expected `tracking.utilization` to be from 0.1 to 0.9, got 1',
    ],
    [
      'no time to start',
      { leadMinutes: 4 },
      'expected `leadMinutes` to be an integer from 5 to 60, since an action may be 2 minutes late and 10 environments take 3 to start, got 4',
    ],
    [
      'too little time for many environments',
      { windows: [{ ...BERLIN_HOURS, environments: 40_000 }] },
      'expected `leadMinutes` to be an integer from 11 to 60, since an action may be 2 minutes late and 40000 environments take 9 to start, got 10',
    ],
  ])('%s', (_, props, message) => {
    expect(() => warmStack(1, props)).toThrow(`Shop/Warm: ${message}`);
  });

  test('more actions than Application Auto Scaling takes', () => {
    const windows = Array.from({ length: 7 * 20 }, (_, index) => {
      const hour = String(2 + Math.floor(index / 7)).padStart(2, '0');
      const days = Days.of(Days.EVERY_DAY.names[index % 7] ?? '');
      return { ...BERLIN_HOURS, days, from: `${hour}:05`, to: `${hour}:45`, environments: index + 1 };
    });
    expect(() => warmStack(1, { windows })).toThrow(
      /^Shop\/Warm: expected windows that take at most 200 scheduled actions, got \d{3}; let more of them begin and end at the same times, on full hours$/,
    );
  });

  const refused = (make: (stack: Stack) => Alias) => () => {
    const stack = newStack();
    new WarmCapacity(stack, 'Warm', { alias: make(stack), windows: [BERLIN_HOURS] });
  };
  const aliasOf = (fn: Fn) => new Alias(fn, 'Live', { aliasName: 'live', version: fn.currentVersion });

  test('an alias of $LATEST, with weights, a value or scaling of its own', () => {
    expect(
      refused(
        (stack) => new Alias(stack, 'Live', { aliasName: 'live', version: newFunction(stack).latestVersion }),
      ),
    ).toThrow(
      'Shop/Warm: expected `alias` to name a published version, got $LATEST of Shop/Live, which gets no provisioned concurrency; give it `currentVersion` of the function',
    );
    expect(
      refused((stack) => {
        const fn = newFunction(stack);
        return new Alias(stack, 'Live', {
          aliasName: 'live',
          version: fn.currentVersion,
          additionalVersions: [
            { version: Version.fromVersionArn(stack, 'Old', `${fn.functionArn}:1`), weight: 0.1 },
          ],
        });
      }),
    ).toThrow(
      'Shop/Warm: expected `alias` to name one version, got weights in Shop/Live, beside which Lambda refuses provisioned concurrency; leave out `additionalVersions`',
    );
    expect(refused((stack) => newAlias(stack, 1, 2))).toThrow(
      'Shop/Warm: expected `alias` without `provisionedConcurrentExecutions`, got it in Shop/Live; leave it out, since the schedule sets it, and name it as `floor`',
    );
    expect(
      refused((stack) => {
        const alias = newAlias(stack);
        alias.addAutoScaling({ maxCapacity: 3 });
        return alias;
      }),
    ).toThrow(
      'Shop/Warm: expected `alias` without `addAutoScaling`, got it in Shop/Live; leave it out, and give `tracking`',
    );
  });

  test('an alias that has a schedule', () => {
    expect(
      refused((stack) => {
        const alias = newAlias(stack);
        new WarmCapacity(stack, 'Other', { alias, windows: [] });
        return alias;
      }),
    ).toThrow('Shop/Warm: expected one schedule of Shop/Live, got another; give all windows to one');
  });

  test('kinds of functions without provisioned concurrency', () => {
    const message = (kind: string) =>
      `Shop/Warm: expected a function that can have provisioned concurrency, got Shop/Charge with ${kind}; leave out one of them`;
    const own = { code: Code.fromInline('x'), handler: 'index.handler', runtime: Runtime.NODEJS_24_X };
    expect(
      refused((stack) =>
        aliasOf(new Fn(stack, 'Charge', { ...own, tenancyConfig: TenancyConfig.PER_TENANT })),
      ),
    ).toThrow(message('tenant isolation'));
    const withProperty = (set: (fn: CfnFunction) => void) =>
      refused((stack) => {
        const fn = newFunction(stack);
        set(fn.node.defaultChild as CfnFunction);
        return aliasOf(fn);
      });
    expect(
      withProperty((fn) => {
        fn.snapStart = { applyOn: 'PublishedVersions' };
      }),
    ).toThrow(message('SnapStart'));
    expect(
      withProperty((fn) => {
        fn.capacityProviderConfig = {
          lambdaManagedInstancesCapacityProviderConfig: { capacityProviderArn: 'arn' },
        };
      }),
    ).toThrow(message('a capacity provider (Managed Instances)'));
  });

  test('more environments than are reserved for the function', () => {
    const reserving = (reservedConcurrentExecutions: number) =>
      refused((stack) =>
        aliasOf(
          new Fn(stack, 'Charge', {
            ...{ code: Code.fromInline('x'), handler: 'index.handler', runtime: Runtime.NODEJS_24_X },
            reservedConcurrentExecutions,
          }),
        ),
      );
    expect(reserving(9)).toThrow(
      'Shop/Warm: expected at most the reserved concurrency of Shop/Charge, 9, to be kept ready, got 10; reserve 10 or more',
    );
    expect(reserving(10)).not.toThrow();
  });
});
