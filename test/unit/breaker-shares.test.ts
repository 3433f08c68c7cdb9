import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../lib/breaker/evidence.ts';
import { admittedShare, claimShare, itemsFor, lookShare, reportShare } from '../../lib/breaker/shares.ts';
import { INITIAL, type Verdict } from '../../lib/breaker/verdict.ts';

const justClosed = (rate: number): Verdict => ({ ...INITIAL, epoch: 2, since: 10_000, rate });
const rates = fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 1e6, noNaN: true }));
const outcomes = fc.constantFrom<Outcome>('failure', 'relief', 'success');

describe('the share of calls that is let through', () => {
  test.each([
    ['closed', 0, 1],
    ['open', 3, 0],
    ['forced-open', 3, 0],
    ['forced-closed', 3, 1],
  ] as const)('is set for %s in epoch %d: %d', (state, epoch, share) => {
    expect(admittedShare({ ...INITIAL, state, epoch, rate: 5_000 }, 0)).toBe(share);
  });

  test.each([
    ['a hundredth of many calls', 5_000, 0.01],
    ['ten calls a second', 200, 0.05],
    ['one in a hundred where nobody knows', 0, 0.01],
    ['all of few calls', 10, 1],
    ['all of fewer', 0.5, 1],
  ])('begins with %s', (_, rate, share) => {
    expect(admittedShare(justClosed(rate), 10_000)).toBeCloseTo(share, 10);
  });

  test('grows tenfold in a second and a half, and is all in the end', () => {
    expect(admittedShare(justClosed(5_000), 11_500)).toBeCloseTo(0.1, 10);
    expect(admittedShare(justClosed(5_000), 12_999)).toBeLessThan(1);
    expect(admittedShare(justClosed(5_000), 13_001)).toBe(1);
  });

  test('is that of the beginning by a clock that is behind', () => {
    expect(admittedShare(justClosed(5_000), 4_000)).toBe(0.01);
  });

  test('never falls while time goes on, is never nothing and is all after three seconds', () => {
    fc.assert(
      fc.property(rates, fc.nat(10_000), fc.nat(10_000), (rate, atMs, laterMs) => {
        const now = 8_000 + atMs;
        const share = admittedShare(justClosed(rate), now);
        const later = admittedShare(justClosed(rate), now + laterMs);
        expect(share).toBeGreaterThanOrEqual(0.01);
        expect(later).toBeGreaterThanOrEqual(share);
        expect(later).toBeLessThanOrEqual(1);
        expect(admittedShare(justClosed(rate), 13_001 + atMs)).toBe(1);
      }),
      { seed: 61 },
    );
  });
});

describe('the share of outcomes that is reported', () => {
  test.each([
    ['each where there is hardly a call', 0.5, 1],
    ['each of one a second', 1, 1],
    ['half of four', 4, 0.5],
    ['the root of not many', 25, 0.2],
    ['the root of more', 100, 0.1],
    ['twelve a second', 600, 0.02],
    ['twelve a second of many', 5_000, 0.0024],
    ['half where nobody knows how many there are', 0, 0.5],
  ])('is, of successes, %s', (_, rate, share) => {
    expect(reportShare('success', { ...INITIAL, rate }, 0)).toBeCloseTo(share, 10);
    // Also some time after it has closed.
    expect(reportShare('success', justClosed(rate), 16_000)).toBeCloseTo(share, 10);
  });

  test('is more of successes while it has just closed', () => {
    // A tenth of the calls is let through, then all of them.
    expect(reportShare('success', justClosed(5_000), 11_500)).toBeCloseTo(0.08, 10);
    expect(reportShare('success', justClosed(5_000), 15_999)).toBeCloseTo(0.008, 10);
    expect(reportShare('success', justClosed(0), 11_500)).toBe(1);
  });

  test.each([
    ['each up to fifty a second', { ...INITIAL, rate: 50 }, 1],
    ['fifty a second of more', { ...INITIAL, rate: 5_000 }, 0.01],
    ['each where nobody knows how many there are', INITIAL, 1],
    ['fifty a second of those that are let through', justClosed(5_000), 0.1],
    ['each of those that began before it opened', { ...justClosed(5_000), state: 'open' }, 1],
  ] as const)('is, of failures, %s', (_, verdict, expected) => {
    expect(reportShare('failure', verdict, 11_500)).toBeCloseTo(expected, 10);
  });

  test('is possible, and asks little of the store however many calls there are', () => {
    const verdicts = rates.chain((rate) => fc.constantFrom({ ...INITIAL, rate }, justClosed(rate)));
    fc.assert(
      fc.property(verdicts, fc.nat(20_000), outcomes, (verdict, afterMs, outcome) => {
        const now = 10_000 + afterMs;
        const reported = reportShare(outcome, verdict, now);
        expect(reported).toBeGreaterThan(0);
        expect(reported).toBeLessThanOrEqual(1);
        if (verdict.rate === 0) return;
        const mostOk = verdict.epoch > 0 && afterMs < 6_000 ? 40 : 12;
        const calls = verdict.rate * admittedShare(verdict, now);
        expect(reported * calls).toBeLessThanOrEqual((outcome === 'success' ? mostOk : 50) * (1 + 1e-9));
        expect(reported * calls).toBeGreaterThanOrEqual(Math.min(1, calls) * (1 - 1e-9));
      }),
      { seed: 62 },
    );
  });
});

describe('the shares of calls that look and that claim', () => {
  test('are all where there are few calls, and as many as a table can take where there are many', () => {
    expect(lookShare(0)).toBe(1);
    expect(lookShare(14_000)).toBe(1);
    expect(lookShare(28_000)).toBe(0.5);
    expect(claimShare(20, 0)).toBe(1);
    expect(claimShare(2_000, 0)).toBe(0.01);
  });

  test('grow with the time that nobody claims, and of a rate that nobody knows begin as of a high one', () => {
    expect(claimShare(2_000, 1_500)).toBeCloseTo(0.1, 6);
    expect(claimShare(2_000, 60_000)).toBe(1);
    expect([0, 1_500, 3_000, 6_000].map((sinceMs) => claimShare(0, sinceMs))).toEqual([
      0.0004,
      expect.closeTo(0.004, 6),
      expect.closeTo(0.04, 6),
      1,
    ]);
  });

  test('are spread over as many items as it takes, and no more than four', () => {
    expect([0, 1, 3_500, 3_501, 10_501, 1e9].map(itemsFor)).toEqual([1, 1, 1, 2, 4, 4]);
  });
});
