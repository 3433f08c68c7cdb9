import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  failuresNeeded,
  OpeningRule,
  type RuleOptions,
  type Slot,
  wilsonLowerBound,
} from '../../lib/breaker/rule.ts';
import { seededRandom } from '../../lib/core/seeded-random.ts';

/** A slot with so many reports, of which so many are failures. Its age is in seconds. */
const slot = (failures: number, reports: number, age = 0): Slot => ({
  ageMs: age * 1_000,
  reports,
  failures,
});
const shouldOpen = (slots: readonly Slot[], options: RuleOptions = {}) =>
  new OpeningRule(options).shouldOpen(slots);
/** One report a second, f for a failure, the newest last. */
const inRow = (reports: string): readonly Slot[] =>
  [...reports].reverse().map((report, age) => slot(report === 'f' ? 1 : 0, 1, age));

describe("Wilson's lower bound", () => {
  test.each([
    [10, 10, 3, 10 / 19],
    [9, 9, 3, 0.5],
    [0, 50, 3, 0],
    [50, 100, 0, 0.5],
    [50, 100, 1.96, 0.4038],
  ])('of %d failures in %d reports at %d standard deviations is %d', (failures, reports, z, bound) => {
    expect(wilsonLowerBound(failures, reports, z)).toBeCloseTo(bound, 4);
  });

  test('is the ratio from which what was seen is z standard deviations away', () => {
    const counts = fc
      .integer({ min: 1, max: 5_000 })
      .chain((reports) => fc.tuple(fc.integer({ min: 1, max: reports }), fc.constant(reports)));
    fc.assert(
      fc.property(counts, fc.double({ min: 0.5, max: 5, noNaN: true }), ([failures, reports], z) => {
        const bound = wilsonLowerBound(failures, reports, z);

        expect(bound).toBeLessThan(failures / reports);
        expect((failures / reports - bound) / Math.sqrt((bound * (1 - bound)) / reports)).toBeCloseTo(z, 4);
      }),
      { seed: 5 },
    );
  });
});

describe('a breaker opens', () => {
  test.each([
    [0.5, 10],
    [0.3, 4],
    [0.8, 37],
    [0.05, 1],
  ])('at a failureRatio of %d after %d failures in a row', (failureRatio, needed) => {
    expect(failuresNeeded(failureRatio)).toBe(needed);
    const opensAfter = (failures: number) =>
      shouldOpen(inRow('f'.repeat(failures)), { failureRatio, minimumCalls: 1 });

    expect([opensAfter(needed - 1), opensAfter(needed)]).toEqual([false, true]);
  });

  test.each([
    ['f'.repeat(9), false],
    ['f'.repeat(10), true],
    ['sf'.repeat(50), false],
    [`${'s'.repeat(50)}${'f'.repeat(9)}`, false],
    [`${'s'.repeat(50)}${'f'.repeat(10)}`, true],
    // A success in between costs more than one failure.
    [`${'f'.repeat(5)}s${'f'.repeat(6)}`, false],
    [`${'f'.repeat(6)}s${'f'.repeat(7)}`, true],
    // It was failing, and is not any more.
    [`${'f'.repeat(9)}${'s'.repeat(20)}f`, false],
    ['ffs'.repeat(9), false],
    ['ffs'.repeat(40), true],
  ])('by any suffix of what was reported: %s %s', (reports, opens) => {
    expect(shouldOpen(inRow(reports))).toBe(opens);
  });

  test('not by a part of a slot: its reports are judged together', () => {
    expect(shouldOpen([slot(11, 31)])).toBe(false);
    expect(shouldOpen([slot(11, 11), slot(0, 20)])).toBe(true);
  });

  test('not before minimumCalls were reported', () => {
    expect(shouldOpen([slot(4, 4)], { failureRatio: 0.1 })).toBe(false);
    expect(shouldOpen([slot(5, 5)], { failureRatio: 0.1 })).toBe(true);
    expect(shouldOpen([slot(30, 30)], { minimumCalls: 31 })).toBe(false);
    expect(shouldOpen([slot(31, 31)], { minimumCalls: 31 })).toBe(true);
  });

  test('after a few failures more where many calls are reported, each of which may be chance', () => {
    // 24 reports a second for ten seconds: 3 + 0.35 × log10(24) standard deviations.
    const healthy = slot(0, 240, 5);
    expect(shouldOpen([slot(12, 12), healthy])).toBe(false);
    expect(shouldOpen([slot(13, 13), healthy])).toBe(true);
    // What is older than the window is no part of the rate.
    expect(shouldOpen([slot(10, 10), { ...healthy, ageMs: 10_000 }])).toBe(true);
  });

  test('not while nothing was reported', () => {
    expect(shouldOpen([])).toBe(false);
  });

  test.each([
    [0.3, 0.02],
    [0.4, 0.1],
  ])('in less than %d of runs of 250 reports with that many failures: %d', (failing, allowed) => {
    const random = seededRandom(31);
    let opened = 0;
    for (let run = 0; run < 300; run++) {
      const slots: Slot[] = [];
      const opens = Array.from({ length: 250 }, () => {
        // So old that it is no part of the rate.
        slots.unshift(slot(random.next() < failing ? 1 : 0, 1, 10));
        return slots[0]?.failures === 1 && shouldOpen(slots);
      });
      if (opens.includes(true)) opened++;
    }

    expect(opened / 300).toBeLessThanOrEqual(allowed);
  });
});

describe('the window of a breaker', () => {
  test('is ten seconds in twenty slots', () => {
    const rule = new OpeningRule({});

    expect(rule).toMatchObject({ windowMs: 10_000, slotMs: 500, windowReports: 20 });
    expect([9_999, 10_000].map((ageMs) => rule.isInWindow(ageMs, 1_000))).toEqual([true, false]);
  });

  test('reaches back for twenty reports, up to an hour, where there are fewer', () => {
    const rule = new OpeningRule({});

    expect([19, 20].map((newer) => rule.isInWindow(10_000, newer))).toEqual([true, false]);
    expect([3_599_999, 3_600_000].map((ageMs) => rule.isInWindow(ageMs, 0))).toEqual([true, false]);
  });

  test.each<[number, RuleOptions]>([
    [74, { failureRatio: 0.8 }],
    [20, { failureRatio: 0.1 }],
    [90, { minimumCalls: 90 }],
  ])('reaches back for %d reports with %j, or it would never open at low rates', (reports, options) => {
    expect(new OpeningRule(options).windowReports).toBe(reports);
  });
});
