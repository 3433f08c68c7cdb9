import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  admittedFraction,
  claimProbability,
  refreshProbability,
  reportEvery,
} from '../../lib/breaker/sampling.ts';
import { INITIAL, type StateNow, type StoredState } from '../../lib/breaker/state.ts';

const inEpoch = (epoch: number, rate: number): StoredState => ({ ...INITIAL, epoch, rate });
const closedFor = (ageMs: number): StateNow => ({
  ...{ kind: 'closed', waitMs: 0, freeMs: 0, isCapped: false, ageMs },
});
const rates = fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 1e6, noNaN: true }));

describe('the fraction of calls that is admitted', () => {
  test.each([
    ['all', 'closed', 0, 1],
    ['none', 'open', 3, 0],
    ['none', 'forced-open', 3, 0],
    ['all', 'forced-closed', 3, 1],
  ] as const)('is %s while the breaker is %s in epoch %d', (_, kind, epoch, fraction) => {
    expect(admittedFraction(inEpoch(epoch, 5_000), { ...closedFor(0), kind })).toBe(fraction);
  });

  test.each([
    ['two per cent of many calls', 5_000, 0.02],
    ['ten calls a second', 200, 0.05],
    ['two per cent of an unknown rate', 0, 0.02],
    ['all of ten calls a second', 10, 1],
    ['all of fewer', 0.5, 1],
  ])('is at first %s when the breaker has closed', (_, rate, fraction) => {
    expect(admittedFraction(inEpoch(2, rate), closedFor(0))).toBeCloseTo(fraction, 10);
  });

  test('doubles every 400 ms until it is all', () => {
    const fractions = [400, 800, 2_257, 2_258].map((ageMs) =>
      admittedFraction(inEpoch(2, 5_000), closedFor(ageMs)),
    );

    expect(fractions).toEqual([0.04, 0.08, expect.closeTo(1, 2), 1]);
  });

  test('never falls while time goes on, and is never none', () => {
    fc.assert(
      fc.property(rates, fc.nat(10_000), fc.nat(10_000), (rate, ageMs, laterMs) => {
        const fraction = admittedFraction(inEpoch(2, rate), closedFor(ageMs));
        const later = admittedFraction(inEpoch(2, rate), closedFor(ageMs + laterMs));

        expect(fraction).toBeGreaterThanOrEqual(0.01);
        expect(later).toBeGreaterThanOrEqual(fraction);
        expect(later).toBeLessThanOrEqual(1);
      }),
      { seed: 61 },
    );
  });
});

/** Of how many calls one is reported. */
const everyOf = (state: StoredState, now: StateNow) => reportEvery(state.rate, admittedFraction(state, now));

describe('the calls of which one is reported', () => {
  test.each([
    ['each of an unknown rate', 0, 1],
    ['each of up to 26 a second', 26, 1],
    ['one of four of a hundred', 104, 4],
    ['one of 192 of five thousand', 5_000, 192],
  ])('are %s', (_, rate, every) => {
    expect(everyOf(inEpoch(0, rate), closedFor(0))).toBe(every);
    // Also long after it has closed.
    expect(everyOf(inEpoch(2, rate), closedFor(60_000))).toBe(every);
  });

  test('are fewer while the breaker admits a fraction of all calls', () => {
    expect(everyOf(inEpoch(2, 5_000), closedFor(0))).toBe(4);
    expect(everyOf(inEpoch(2, 5_000), closedFor(800))).toBe(15);
  });

  test('are each of those that began before the breaker opened', () => {
    expect(everyOf(inEpoch(2, 5_000), { ...closedFor(0), kind: 'open' })).toBe(1);
  });

  test('ask between 19 and 39 writes a second of the store, however many there are', () => {
    fc.assert(
      fc.property(fc.double({ min: 26, max: 1e6, noNaN: true }), fc.nat(20_000), (rate, ageMs) => {
        const state = inEpoch(2, rate);
        const admitted = rate * admittedFraction(state, closedFor(ageMs));
        const reports = admitted / everyOf(state, closedFor(ageMs));

        expect(reports).toBeLessThanOrEqual(39);
        expect(reports).toBeGreaterThanOrEqual(Math.min(19, admitted));
      }),
      { seed: 62 },
    );
  });
});

describe('the probability that a call reads the state', () => {
  test('is 1 up to 4,800 calls a second, and makes as many reads of more', () => {
    expect([0, 1, 4_800, 9_600].map(refreshProbability)).toEqual([1, 1, 1, 0.5]);
  });
});

describe('the probability that a call claims the probe', () => {
  test('is 1 up to 20 calls a second, and makes as many claims of more', () => {
    expect([1, 20, 2_000].map((rate) => claimProbability(rate, 0))).toEqual([1, 1, 0.01]);
  });

  test('doubles every 400 ms while no call claims it', () => {
    expect([400, 800, 60_000].map((freeMs) => claimProbability(2_000, freeMs))).toEqual([0.02, 0.04, 1]);
  });

  test('begins with that of the largest fleets where the rate is unknown', () => {
    expect([0, 400, 6_000].map((freeMs) => claimProbability(0, freeMs))).toEqual([0.0004, 0.0008, 1]);
  });
});
