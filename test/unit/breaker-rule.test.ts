import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OpeningRule, type Slot, wilsonLowerBound } from '../../lib/breaker/rule.ts';

/** Slots of one second, the newest first: how many reports each has, and how many of them failures. */
const slots = (...counts: readonly (readonly [failures: number, reports: number])[]): readonly Slot[] =>
  counts.map(([failures, reports], index) => ({ ageMs: index * 1_000, reports, failures }));

describe('the Wilson lower bound', () => {
  test('is the ratio that lies z standard deviations of its own below the one that was observed', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0.5, max: 5, noNaN: true }),
      (reports, part, z) => {
        const failures = Math.round(part * reports);
        const bound = wilsonLowerBound(failures, reports, z);
        const observed = failures / reports;

        expect(bound).toBeGreaterThanOrEqual(-1e-12);
        expect(bound).toBeLessThanOrEqual(observed);
        expect(observed - bound).toBeCloseTo(z * Math.sqrt((bound * (1 - bound)) / reports), 6);
      },
    );
    fc.assert(property, { seed: 3, numRuns: 500 });
  });

  test('is zero without a failure', () => {
    expect(wilsonLowerBound(0, 50, 3)).toBeCloseTo(0, 12);
  });
});

describe('a breaker opens', () => {
  test.each([
    [0.05, 1],
    [0.1, 2],
    [0.3, 4],
    [0.5, 10],
    [0.7, 22],
    [0.8, 37],
  ])(
    'at a failureRatio of %d after %i failures in a row, at up to one report a second',
    (failureRatio, failures) => {
      const rule = new OpeningRule({ failureRatio, minimumCalls: 1, windowMs: 60_000 });

      expect(rule.shouldOpen(slots([failures - 1, failures - 1]))).toBe(false);
      expect(rule.shouldOpen(slots([failures, failures]))).toBe(true);
    },
  );

  test.each([
    [10, 10],
    [100, 12],
    [1_000, 14],
  ])('with %i reports in a window of 10 s, after %i failures in a row', (reports, failures) => {
    const rule = new OpeningRule({});
    const before = [0, reports] as const;

    expect(rule.shouldOpen(slots([failures - 1, failures - 1], before))).toBe(false);
    expect(rule.shouldOpen(slots([failures, failures], before))).toBe(true);
  });

  test('for the newest part of the window, whatever the rest of it says', () => {
    const rule = new OpeningRule({});

    expect(rule.shouldOpen(slots([7, 7], [7, 7], [0, 100], [0, 100]))).toBe(true);
    expect(rule.shouldOpen(slots([7, 7], [0, 100], [7, 7]))).toBe(false);
  });

  test('not before minimumCalls are reported', () => {
    const rule = new OpeningRule({ minimumCalls: 15 });

    expect(rule.shouldOpen(slots([14, 14]))).toBe(false);
    expect(rule.shouldOpen(slots([15, 15]))).toBe(true);
  });

  test('not at the ratio itself, however many calls there are', () => {
    expect(new OpeningRule({}).shouldOpen(slots([5_000, 10_000]))).toBe(false);
  });

  test('not without reports', () => {
    expect(new OpeningRule({}).shouldOpen([])).toBe(false);
  });
});

describe('the window', () => {
  test('holds what is younger than windowMs', () => {
    const rule = new OpeningRule({ windowMs: 5_000 });

    expect(rule.isInWindow(4_999, 1_000)).toBe(true);
    expect(rule.isInWindow(5_000, 1_000)).toBe(false);
  });

  test('reaches back for the last twenty reports, up to an hour', () => {
    const rule = new OpeningRule({});

    expect(rule.isInWindow(3_599_999, 19)).toBe(true);
    expect(rule.isInWindow(3_599_999, 20)).toBe(false);
    expect(rule.isInWindow(3_600_000, 0)).toBe(false);
  });

  test.each([
    [{ failureRatio: 0.8 }, 74],
    [{ minimumCalls: 60 }, 60],
    [{ failureRatio: 0.1 }, 20],
  ])('reaches back for as many reports as it takes to open with %o: %i', (options, reports) => {
    expect(new OpeningRule(options).windowReports).toBe(reports);
  });
});
