import { TimeZone } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Architecture, Code } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, test } from 'vitest';
import { KeepWarm, type KeepWarmProps } from '../../cdk/constructs/keep-warm.ts';
import { ResilientFunction } from '../../cdk/constructs/resilient-function.ts';
import { Days, type WarmWindow } from '../../cdk/constructs/warm-window.ts';
import { Warmer } from '../../cdk/constructs/warmer.ts';
import { WarmingMethod } from '../../cdk/constructs/warming-choice.ts';
import { WARMING_PRICES } from '../../cdk/constructs/warming-prices.ts';
import { newStack } from './deliveries.ts';

const code = Code.fromInline('exports.handler = async () => undefined;');
const ALWAYS: WarmWindow = {
  ...{ days: Days.EVERY_DAY, from: '00:00', to: '24:00' },
  ...{ environments: 10, timeZone: TimeZone.ETC_UTC },
};

function setUp(more: Partial<KeepWarmProps> = {}) {
  const stack = newStack();
  const charge = new ResilientFunction(stack, 'Charge', { code, memorySize: 1_024 });
  const warm = new KeepWarm(stack, 'Warm', {
    alias: charge.alias,
    windows: [ALWAYS],
    utilisation: 0,
    ...more,
  });
  const infos = () =>
    Annotations.fromStack(stack)
      .findInfo('*', Match.anyValue())
      .map(({ entry }) => String(entry.data));
  const made = () => {
    const template = Template.fromStack(stack);
    const count = (type: string) => Object.keys(template.findResources(type)).length;
    return [count('AWS::ApplicationAutoScaling::ScalableTarget'), count('AWS::Scheduler::Schedule')];
  };
  return { stack, warm, infos, made };
}

describe('a function that is kept warm', () => {
  test('has a warmer where it is idle, and the numbers are printed', () => {
    const { warm, infos, made } = setUp();
    expect(made()).toEqual([0, 1]);
    expect(warm.warmedAlias).toBeDefined();
    expect(infos()).toEqual([
      expect.stringMatching(
        /^a warmer for 10 environments of 1024 MB \(arm64\), 730 h a month at 0 % utilisation: provisioned concurrency \$87\.60, a warmer \$0\.15, no warming \$0\.00 a month;.*\(prices: 2026-11, us-east-1\)\./,
      ),
    ]);
  });

  test.each<[string, Partial<KeepWarmProps>, [number, number]]>([
    ['provisioned concurrency where it is used enough', { utilisation: 0.7 }, [1, 0]],
    ['provisioned concurrency where cold starts are no matter of cost', { guaranteed: true }, [1, 0]],
    ['nothing where that costs too much', { guaranteed: true, budgetUsdPerMonth: 50 }, [0, 0]],
    ['what is asked for', { method: WarmingMethod.PROVISIONED_CONCURRENCY }, [1, 0]],
    ['nothing where that is asked for', { method: WarmingMethod.NONE }, [0, 0]],
    ['what prices of your own say', { prices: { ...WARMING_PRICES, scheduledRun: 1 } }, [1, 0]],
  ])('has %s', (_, more, expected) => {
    expect(setUp(more).made()).toEqual(expected);
  });

  test('says so where something else is asked for than the numbers say', () => {
    expect(setUp({ method: WarmingMethod.NONE }).infos()).toEqual([
      expect.stringContaining('Asked for: no warming.'),
    ]);
  });

  test('is counted by the hours of its windows, the most where they overlap', () => {
    const day = { ...ALWAYS, days: Days.MONDAY_TO_FRIDAY, from: '08:00', to: '18:00' };
    const peak = { ...day, from: '12:00', to: '13:00', environments: 20 };
    const hours = (windows: WarmWindow[]) =>
      setUp({ windows }).warm.choice.provisionedUsd / (3_600 * WARMING_PRICES.arm64.provisioned);
    // Five minutes before a window belong to it.
    expect(hours([day])).toBeCloseTo(((5 * (10 + 5 / 60)) / 168) * 730 * 10, 3);
    expect(hours([day, peak]) - hours([day])).toBeCloseTo(((5 * (1 + 5 / 60)) / 168) * 730 * 10, 3);
  });

  test('is counted by its own architecture', () => {
    const stack = newStack();
    const { alias } = new ResilientFunction(stack, 'Charge', { code, architecture: Architecture.X86_64 });
    const { choice } = new KeepWarm(stack, 'Warm', { alias, windows: [ALWAYS], utilisation: 0 });
    expect(choice.summary).toContain('512 MB (x86_64)');
  });

  test('shares a warmer with others', () => {
    const { stack } = setUp();
    const warmer = new Warmer(stack, 'Shared');
    const { alias } = new ResilientFunction(stack, 'Refund', { code });
    const { warmedAlias } = new KeepWarm(stack, 'WarmToo', {
      alias,
      windows: [ALWAYS],
      utilisation: 0,
      warmer,
    });
    expect(warmedAlias?.node.scope).toBe(warmer);
  });

  test.each<[string, Partial<KeepWarmProps>, string]>([
    ['no window', { windows: [] }, 'expected `windows` to name one or more'],
    [
      'a utilisation of percent',
      { utilisation: 20 },
      'expected `utilisation` to be a fraction from 0 to 1, got 20',
    ],
    [
      'a method beside a guarantee',
      { method: WarmingMethod.NONE, guaranteed: true },
      'expected one of `method` and `guaranteed`',
    ],
    [
      'a method beside a budget',
      { method: WarmingMethod.NONE, budgetUsdPerMonth: 1 },
      'expected one of `method` and `budgetUsdPerMonth`',
    ],
  ])('is refused with %s', (_, more, reason) => {
    expect(() => setUp(more)).toThrow(`Shop/Warm: ${reason}`);
  });
});
