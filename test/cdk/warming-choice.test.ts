import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, test } from 'vitest';
import {
  chooseWarming,
  type ExpectedUse,
  pingsUsd,
  WarmingMethod,
} from '../../cdk/constructs/warming-choice.ts';
import { WARMING_PRICES } from '../../cdk/constructs/warming-prices.ts';

/** One environment of a gigabyte on arm64, all month. */
const ALL_MONTH: ExpectedUse = { environments: 1, hoursPerMonth: 730, memorySize: 1_024, utilisation: 0 };
const METHODS = ['PROVISIONED_CONCURRENCY', 'WARMER', 'NONE'] as const;
const nameOf = (method: WarmingMethod) => METHODS.find((name) => WarmingMethod[name] === method);
/** The price of the pings alone, without the runs of the warmer. */
const pingsOnly = { ...WARMING_PRICES, scheduledRun: -0.2e-6, arm64: WARMING_PRICES.arm64 };

describe('the break-even', () => {
  test('is at 60 % utilisation on both architectures', () => {
    expect(chooseWarming(ALL_MONTH).breakEvenUtilisation).toBeCloseTo(0.6, 4);
    expect(
      chooseWarming({ ...ALL_MONTH, architecture: Architecture.X86_64 }).breakEvenUtilisation,
    ).toBeCloseTo(0.6, 4);
  });

  test('has an idle environment of a gigabyte on provisioned concurrency cost 8.76 USD a month', () => {
    expect(chooseWarming(ALL_MONTH).provisionedUsd).toBeCloseTo(8.76, 2);
  });

  test('has pings of 100 ms every 5 minutes cost 0.013 USD a month, and the runs of the warmer 0.016 more', () => {
    // The runs of the warmer are subtracted as a difference: they are the same for two environments as for one.
    const one = pingsUsd({ ...ALL_MONTH, prices: pingsOnly });
    const two = pingsUsd({ ...ALL_MONTH, environments: 2, prices: pingsOnly });
    expect(two - one).toBeCloseTo(0.0134, 4);
    expect(pingsUsd(ALL_MONTH) - (two - one)).toBeCloseTo(0.0164, 4);
  });

  test('is a little lower against a warmer, whose pings cost something', () => {
    const { breakEvenUtilisation, breakEvenWithWarmer } = chooseWarming(ALL_MONTH);
    expect(breakEvenWithWarmer).toBeLessThan(breakEvenUtilisation);
    const at = (utilisation: number) => chooseWarming({ ...ALL_MONTH, utilisation });
    expect(at(breakEvenWithWarmer).provisionedUsd).toBeCloseTo(at(breakEvenWithWarmer).warmerUsd, 6);
    expect(at(breakEvenUtilisation).provisionedUsd).toBeCloseTo(at(breakEvenUtilisation).noneUsd, 6);
  });

  test('moves with prices of your own', () => {
    const prices = {
      ...WARMING_PRICES,
      basis: '2027-01, mine',
      arm64: { onDemand: 3e-5, provisioned: 1e-5, provisionedDuration: 1e-5 },
    };
    const { breakEvenUtilisation, summary } = chooseWarming({ ...ALL_MONTH, prices });
    expect(breakEvenUtilisation).toBeCloseTo(0.5, 6);
    expect(summary).toContain('(prices: 2027-01, mine)');
  });

  test('has cold pings pay for their init', () => {
    expect(pingsUsd({ ...ALL_MONTH, coldFraction: 0.5, initMs: 1_000 })).toBeGreaterThan(
      3 * pingsUsd(ALL_MONTH),
    );
  });
});

describe('what is chosen', () => {
  test.each<[string, Partial<ExpectedUse>, string]>([
    ['a warmer for environments that are idle', {}, 'WARMER'],
    ['a warmer below the break-even', { utilisation: 0.59 }, 'WARMER'],
    ['provisioned concurrency above the break-even', { utilisation: 0.61 }, 'PROVISIONED_CONCURRENCY'],
    [
      'provisioned concurrency where cold starts are no matter of cost',
      { guaranteed: true },
      'PROVISIONED_CONCURRENCY',
    ],
    ['nothing where it costs more than it may', { guaranteed: true, budgetUsdPerMonth: 8 }, 'NONE'],
    ['nothing where even pings cost more than they may', { budgetUsdPerMonth: 0.01 }, 'NONE'],
    [
      'provisioned concurrency that saves money, whatever the budget',
      { utilisation: 0.8, budgetUsdPerMonth: 0 },
      'PROVISIONED_CONCURRENCY',
    ],
    ['nothing for no environments', { environments: 0 }, 'NONE'],
    ['nothing for no hours', { hoursPerMonth: 0 }, 'NONE'],
  ])('is %s', (_, use, expected) => {
    const choice = chooseWarming({ ...ALL_MONTH, ...use });
    expect(nameOf(choice.method)).toBe(expected);
    expect(Object.values(choice).every((value) => typeof value !== 'number' || Number.isFinite(value))).toBe(
      true,
    );
  });

  test('is said in a sentence with its numbers', () => {
    const use = { environments: 10, hoursPerMonth: 176, memorySize: 512, utilisation: 0.2 };
    expect(chooseWarming(use).summary).toMatchInlineSnapshot(
      `"a warmer for 10 environments of 512 MB (arm64), 176 h a month at 20 % utilisation: provisioned concurrency $15.49, a warmer $8.47, no warming $8.45 a month; provisioned concurrency costs less than a warmer from 60 % on (prices: 2026-11, us-east-1)"`,
    );
  });
});
