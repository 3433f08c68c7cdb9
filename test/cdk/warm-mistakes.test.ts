import { TimeZone } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import {
  Alias,
  type CfnFunction,
  Code,
  Function as Fn,
  type Function as LambdaFunction,
  Runtime,
  SnapStartConf,
  TenancyConfig,
  Version,
} from 'aws-cdk-lib/aws-lambda';
import { describe, expect, test } from 'vitest';
import { WARM_CAPACITY_KIND } from '../../cdk/constructs/checks/warm-kind.ts';
import {
  BERLIN_HOURS,
  findingsIn,
  MONDAY_NIGHT,
  MONDAY_NOON,
  newAlias,
  newFunction,
  plainStack,
  runWeek,
  TUESDAY_NOON,
  WEEK,
  warmStack,
} from './warm/app.ts';
import { expectedLevels } from './warm/expected.ts';
import { CONTRADICTION, INIT_FAILED, LATEST, NOT_FOUND, SAME_VERSION, STUCK, WEIGHTS } from './warm/model.ts';
import { scalesOut } from './warm/tracking.ts';

const zone = { timeZone: TimeZone.EUROPE_BERLIN };
const MORNING = { schedule: Schedule.cron({ minute: '0', hour: '8', weekDay: 'MON-FRI' }) };
const EVENING = { schedule: Schedule.cron({ minute: '0', hour: '18', weekDay: 'MON-FRI' }) };
const both = (capacity: number) => ({ minCapacity: capacity, maxCapacity: capacity });

const expected = expectedLevels(
  [{ ...BERLIN_HOURS, days: BERLIN_HOURS.days.names, timeZone: 'Europe/Berlin' }],
  0,
  WEEK,
);
/** Minutes of windows without their environments, once the week has begun. */
const coldMinutes = (ready: readonly number[]): number =>
  ready.filter((environments, minute) => environments < (expected[minute] ?? 0)).length;

describe('warm capacity', () => {
  test('passes all rules, is warm in its windows, and lets every deployment through', () => {
    expect(findingsIn(warmStack())).toEqual([]);
    expect(findingsIn(warmStack(1, { floor: 1 }))).toEqual([]);
    expect(findingsIn(warmStack(1, { windows: [], floor: 2 }))).toEqual([]);
    expect(findingsIn(warmStack(1, { tracking: { maxEnvironments: 20 } }))).toEqual([]);
    const { outcomes, ready, model } = runWeek(warmStack(), {
      [MONDAY_NOON]: warmStack(2),
      [MONDAY_NIGHT]: warmStack(3),
      [TUESDAY_NOON]: warmStack(4),
    });
    expect(outcomes).toEqual([{}, {}, {}, {}]);
    expect(coldMinutes(ready)).toBe(0);
    expect(Math.max(...ready)).toBe(10);
    expect(model.requested).toBe(0);
  });
});

describe('provisioned concurrency of a version', () => {
  const stackWith = (provisionedConcurrentExecutions: number) =>
    plainStack((stack) => {
      const version = new Version(stack, 'Version', {
        lambda: newFunction(stack),
        provisionedConcurrentExecutions,
      });
      new Alias(stack, 'Live', { aliasName: 'live', version });
    });

  test('cannot be changed, and cannot be rolled back', () => {
    const { outcomes } = runWeek(stackWith(2), { 10: stackWith(3) }, 20);
    expect(outcomes).toEqual([{}, { error: SAME_VERSION, rollbackError: SAME_VERSION }]);
  });

  test('is refused', () => {
    expect(findingsIn(stackWith(2))).toEqual([
      'WarmCapacityVersion: Shop/Version/Resource: expected provisioned concurrency of an alias, got 2 of a version: ' +
        'a version cannot be updated, so a deployment that changes the number alone rolls back, and so does each after it; ' +
        'give it to the alias that callers invoke',
    ]);
  });

  test('is not what warm capacity makes, whose number changes', () => {
    const more = warmStack(1, { windows: [{ ...BERLIN_HOURS, environments: 12 }] });
    const { outcomes, ready } = runWeek(warmStack(), { [MONDAY_NOON]: more });
    expect(outcomes).toEqual([{}, {}]);
    expect(ready[MONDAY_NOON + 8]).toBe(12);
  });
});

describe('a value in the template', () => {
  const scheduled = (version: number, night = 0) =>
    plainStack((stack) => {
      const scaling = newAlias(stack, version, 2).addAutoScaling({ minCapacity: 1, maxCapacity: 10 });
      scaling.scaleOnSchedule('Morning', { ...MORNING, ...zone, ...both(10) });
      scaling.scaleOnSchedule('Evening', { ...EVENING, ...zone, ...both(night) });
    });
  const never = (version: number) =>
    plainStack((stack) => {
      newAlias(stack, version, 2).addAutoScaling({ minCapacity: 0, maxCapacity: 0 });
    });

  test('and a schedule to 0 make the next deployment fail while nothing is provisioned', () => {
    const { outcomes } = runWeek(scheduled(1), {
      [MONDAY_NOON]: scheduled(2),
      [MONDAY_NIGHT]: scheduled(3),
      [TUESDAY_NOON]: scheduled(4),
    });
    expect(outcomes).toEqual([{}, {}, { error: NOT_FOUND }, {}]);
    expect(runWeek(scheduled(1, 1), { [MONDAY_NIGHT]: scheduled(2, 1) }).outcomes).toEqual([{}, {}]);
  });

  test('and limits of 0 make each deployment fail', () => {
    expect(runWeek(never(1), { [MONDAY_NOON]: never(2) }).outcomes).toEqual([{}, { error: NOT_FOUND }]);
  });

  test('is refused beside a 0, with each 0 named', () => {
    const rest =
      ': at 0 their configuration is gone, and the next update of the alias fails with ProvisionedConcurrencyConfigNotFoundException; ' +
      'leave the value out of the alias and let the schedule set it, or let the schedule go down to 1';
    const start =
      'WarmCapacityZero: Shop/Live/AliasScaling/Target/Resource: expected no 0 beside the 2 provisioned environments that the template ' +
      'gives Shop/Live/Resource, got ';
    expect(findingsIn(scheduled(1))).toEqual([
      `${start}a minimum of 0 in Evening and a maximum of 0 in Evening${rest}`,
    ]);
    expect(findingsIn(never(1))).toEqual([`${start}a minimum of 0 and a maximum of 0${rest}`]);
    expect(findingsIn(scheduled(1, 1))).toEqual([]);
  });

  test('changes in no deployment that changes the function too', () => {
    const stackWith = (version: number, value?: number) =>
      plainStack((stack) => {
        newAlias(stack, version, value);
      });
    const collision = [{}, { error: WEIGHTS, rollbackError: WEIGHTS }];
    expect(runWeek(stackWith(1, 2), { 10: stackWith(2, 3) }, 20).outcomes).toEqual(collision);
    expect(runWeek(stackWith(1, 2), { 10: stackWith(2) }, 20).outcomes).toEqual(collision);
    expect(runWeek(stackWith(1, 2), { 10: stackWith(1), 15: stackWith(2) }, 20).outcomes).toEqual([
      {},
      {},
      {},
    ]);
    const more = warmStack(2, { windows: [{ ...BERLIN_HOURS, environments: 12 }] });
    expect(runWeek(warmStack(1), { [MONDAY_NOON]: more }).outcomes).toEqual([{}, {}]);
  });

  test('makes a deployment fail whose init throws', () => {
    const stackWith = (version: number, code?: string) =>
      plainStack((stack) => {
        newAlias(stack, version, 2, code);
      });
    const { outcomes, model } = runWeek(stackWith(1), { 10: stackWith(2, 'throw 1;') }, 20);
    expect(outcomes).toEqual([{}, { error: INIT_FAILED }]);
    expect(model.version).toBe(runWeek(stackWith(1), {}, 1).model.version);
  });
});

test('warm capacity alone lets a version through whose init throws, and the deployment after it fails: it wants a prewarm', () => {
  const { outcomes } = runWeek(
    warmStack(1),
    { [MONDAY_NOON]: warmStack(2, {}, 'throw 1;'), [MONDAY_NOON + 30]: warmStack(3) },
    TUESDAY_NOON,
  );
  expect(outcomes).toEqual([{}, {}, { error: STUCK, rollbackError: STUCK }]);
});

describe('scaling of $LATEST', () => {
  const latest = () =>
    plainStack((stack) => {
      const alias = new Alias(stack, 'Live', {
        aliasName: 'live',
        version: newFunction(stack).latestVersion,
      });
      alias.addAutoScaling({ minCapacity: 1, maxCapacity: 10 });
    });

  test('is never warm', () => {
    const { model, ready } = runWeek(latest(), {}, 30);
    expect(model.failures).toEqual([LATEST]);
    expect(Math.max(...ready)).toBe(0);
  });

  test('is refused', () => {
    expect(findingsIn(latest())).toEqual([
      'WarmCapacityLatest: Shop/Live/AliasScaling/Target/Resource: expected provisioned concurrency of a published version, got ' +
        'Shop/Live/Resource, an alias of $LATEST: $LATEST never has any; let the alias name a version, such as `currentVersion` of the ' +
        'function, and let callers invoke the alias',
    ]);
  });
});

describe('a schedule', () => {
  const scheduled = (
    morning: object,
    evening?: object,
    limits: object = { minCapacity: 1, maxCapacity: 10 },
  ) =>
    plainStack((stack) => {
      const scaling = newAlias(stack).addAutoScaling({ maxCapacity: 10, ...limits });
      scaling.scaleOnSchedule('Morning', { ...MORNING, ...morning });
      if (evening) scaling.scaleOnSchedule('Evening', { ...EVENING, ...evening });
    });
  const START = 'Shop/Live/AliasScaling/Target/Resource: expected';

  test('without a time zone is cold for the difference to UTC', () => {
    const stack = scheduled(both(10), both(1));
    // An hour each day, and the minutes in which environments start.
    expect(coldMinutes(runWeek(stack).ready)).toBe(5 * 63);
    expect(findingsIn(stack)).toEqual(
      [
        ['Morning', '8'],
        ['Evening', '18'],
      ].map(
        ([name, hour]) =>
          `WarmCapacityTimeZone: ${START} a time zone of ${name}, got none beside cron(0 ${hour} ? * MON-FRI *), which then means UTC, ` +
          'in summer and winter; set `timeZone`; `TimeZone.ETC_UTC` if UTC is meant',
      ),
    );
    expect(findingsIn(scheduled({ ...zone, ...both(10) }, { ...zone, ...both(1) }))).toEqual([]);
  });

  test('without an end stays warm for good', () => {
    const stack = scheduled({ ...zone, ...both(10) });
    expect(runWeek(stack).model.requested).toBe(10);
    expect(findingsIn(stack)).toEqual([
      `WarmCapacityEnd: ${START} an action that lowers again what Morning raises to 10, got none with a maximum below it: 10 ` +
        'environments stay, and are paid for, after the window has ended; add an action for the end of the window, with a minimum and a maximum',
    ]);
  });

  test('with a minimum alone may contradict the maximum, or never go back', () => {
    const stack = scheduled({ ...zone, minCapacity: 10 }, { ...zone, minCapacity: 1 });
    expect(runWeek(stack).model.requested).toBe(10);
    const above = scheduled({ ...zone, minCapacity: 10 }, { ...zone, ...both(1) }, { maxCapacity: 5 });
    const { model, ready } = runWeek(above);
    expect(new Set(model.failures)).toEqual(new Set([CONTRADICTION]));
    expect(coldMinutes(ready)).toBe(5 * 600);
    const alone = (name: string, got: string) =>
      `WarmCapacityLimits: ${START} minimum and maximum of ${name}, got ${got} alone: what an earlier action has set as the other may ` +
      'contradict it, and then it fails, or may keep the capacity where it was; give both';
    expect(findingsIn(stack).slice(0, 2)).toEqual([
      alone('Morning', 'a minimum of 10'),
      alone('Evening', 'a minimum of 1'),
    ]);
    expect(findingsIn(scheduled({ ...zone, ...both(10) }, { ...zone, maxCapacity: 1 }))).toEqual([
      alone('Evening', 'a maximum of 1'),
    ]);
  });

  test('that is removed leaves what it set; one of warm capacity is followed by the level of the moment', () => {
    const bare = plainStack((stack) => {
      newAlias(stack).addAutoScaling({ minCapacity: 1, maxCapacity: 10 });
    });
    const plain = runWeek(scheduled({ ...zone, ...both(10) }, { ...zone, ...both(1) }), {
      [MONDAY_NOON]: bare,
    });
    expect(plain.model.requested).toBe(10);
    const none = warmStack(1, { windows: [], floor: 1 });
    const { outcomes, ready } = runWeek(warmStack(1), { [MONDAY_NOON]: none });
    expect(outcomes).toEqual([{}, {}]);
    expect(ready.slice(MONDAY_NOON - 1, MONDAY_NOON + 1)).toEqual([10, 1]);
  });

  test('of warm capacity is emptied before it is taken away, since Application Auto Scaling leaves what it set', () => {
    const bare = plainStack((stack) => {
      newAlias(stack);
    });
    expect(runWeek(warmStack(), { [MONDAY_NOON]: bare }).model.requested).toBe(10);
    const emptied = warmStack(1, { windows: [] });
    const { outcomes, model } = runWeek(warmStack(), { [MONDAY_NOON]: emptied, [MONDAY_NOON + 6]: bare });
    expect(outcomes).toEqual([{}, {}, {}]);
    expect(model.requested).toBe(0);
  });
});

describe('an alias with weights', () => {
  const weighted = (value?: number, scaled = false) =>
    plainStack((stack) => {
      const fn = newFunction(stack);
      const alias = new Alias(stack, 'Live', {
        aliasName: 'live',
        version: fn.currentVersion,
        additionalVersions: [
          { version: Version.fromVersionArn(stack, 'Old', `${fn.functionArn}:1`), weight: 0.1 },
        ],
        ...(value !== undefined && { provisionedConcurrentExecutions: value }),
      });
      if (scaled) alias.addAutoScaling({ minCapacity: 1, maxCapacity: 10 });
    });
  const finding = (beside: string) =>
    `WarmCapacityWeights: Shop/Live/Resource: expected no weights of an alias with provisioned concurrency, got 0.1 for other versions ` +
    `beside ${beside}: Lambda refuses both together, and the rollback fails too; leave out the weights, or the provisioned concurrency`;

  test('has no provisioned concurrency, and its deployment is not rolled back', () => {
    const plain = plainStack((stack) => {
      newAlias(stack);
    });
    const { outcomes } = runWeek(plain, { 10: weighted(2) }, 20);
    expect(outcomes).toEqual([{}, { error: WEIGHTS, rollbackError: WEIGHTS }]);
    const scaled = runWeek(weighted(undefined, true), {}, 30);
    expect(scaled.model.failures).toEqual([WEIGHTS]);
    expect(Math.max(...scaled.ready)).toBe(0);
  });

  test('is refused', () => {
    expect(findingsIn(weighted(2))).toEqual([finding('2')]);
    expect(findingsIn(weighted(undefined, true))).toEqual([finding('a schedule or policy')]);
    expect(findingsIn(weighted())).toEqual([]);
  });
});

describe('a kind of function without provisioned concurrency', () => {
  const scaledAlias = (fn: LambdaFunction) =>
    new Alias(fn, 'Live', { aliasName: 'live', version: fn.currentVersion }).addAutoScaling({
      minCapacity: 1,
      maxCapacity: 10,
    });
  const code = Code.fromInline('x');
  const snapped = { code: Code.fromInline('x'), handler: 'x', runtime: Runtime.PYTHON_3_13 };
  const kinds = {
    SnapStart: () =>
      plainStack((stack) => {
        scaledAlias(new Fn(stack, 'Charge', { ...snapped, snapStart: SnapStartConf.ON_PUBLISHED_VERSIONS }));
      }),
    'tenant isolation': () =>
      plainStack((stack) => {
        scaledAlias(
          new Fn(stack, 'Charge', {
            ...{ code, handler: 'index.handler', runtime: Runtime.NODEJS_24_X },
            tenancyConfig: TenancyConfig.PER_TENANT,
          }),
        );
      }),
    'Managed Instances': () =>
      plainStack((stack) => {
        const fn = newFunction(stack);
        (fn.node.defaultChild as CfnFunction).addPropertyOverride('CapacityProviderConfig', {
          LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: 'arn' },
        });
        scaledAlias(fn);
      }),
  };

  test.each(Object.entries(kinds))('is never warm, and is refused: %s', (kind, make) => {
    const { model, ready } = runWeek(make(), {}, 30);
    expect(model.failures).toEqual([
      expect.stringContaining('is not supported with Provisioned Concurrency'),
    ]);
    expect(Math.max(...ready)).toBe(0);
    expect(findingsIn(make())).toEqual([
      'WarmCapacityKind: Shop/Charge/Live/AliasScaling/Target/Resource: expected provisioned concurrency of a function that can have it, ' +
        `got it of Shop/Charge/Resource, which ${kind === 'Managed Instances' ? 'runs on' : 'has'} ${kind}: Lambda refuses it; leave out the provisioned concurrency; Managed Instances ` +
        'scale by the limits of their own scaling configuration',
    ]);
  });
});

test('a Web Function without an alias is refused too', () => {
  const resource = { stack: 'Shop', properties: {} };
  const site = { ...resource, path: 'Shop/Site', logicalId: 'Site', type: 'AWS::Lambda::WebFunction' };
  const target = {
    ...resource,
    path: 'Shop/Target',
    logicalId: 'Target',
    type: 'AWS::ApplicationAutoScaling::ScalableTarget',
    properties: {
      ServiceNamespace: 'lambda',
      ResourceId: { 'Fn::Join': ['', ['function:', { 'Fn::GetAtt': ['Site', 'Name'] }, ':live']] },
    },
  };
  const found = WARM_CAPACITY_KIND.check([site, target]);
  expect(found.map(({ message }) => message)).toEqual([
    'expected provisioned concurrency of a function that can have it, got it of Shop/Site, which is a Web Function: Lambda refuses it',
  ]);
});

describe('target tracking', () => {
  const tracked = () =>
    plainStack((stack) => {
      newAlias(stack)
        .addAutoScaling({ minCapacity: 1, maxCapacity: 10 })
        .scaleOnUtilization({ utilizationTarget: 0.7 });
    });
  /** All environments are in use for ten seconds of each minute. */
  const bursts = Array.from({ length: 5 }, () =>
    Array.from({ length: 60 }, (_, second) => (second < 10 ? 1 : 0)),
  );

  test('by the average sees no burst; by the maximum it does', () => {
    expect(scalesOut(bursts, 'Average', 0.7)).toBe(false);
    expect(scalesOut(bursts, 'Maximum', 0.7)).toBe(true);
    expect(scalesOut(bursts.slice(0, 2), 'Maximum', 0.7)).toBe(false);
  });

  test('by the average is refused', () => {
    expect(findingsIn(tracked())).toEqual([
      'WarmCapacityTracking: Shop/Live/AliasScaling/Target/Tracking/Resource: expected target tracking by the maximum of ' +
        'ProvisionedConcurrencyUtilization, got its average, which a burst within a minute does not raise; track a custom metric with the ' +
        'statistic Maximum',
    ]);
  });
});
