import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  amountsOf,
  evidenceKey,
  expiryOf,
  isBad,
  lastSeconds,
  leastRate,
  newRate,
  newRetryShare,
  type Outcome,
  sliceOf,
  totalOf,
} from '../../lib/breaker/evidence.ts';
import { reportShare } from '../../lib/breaker/shares.ts';
import { INITIAL } from '../../lib/breaker/verdict.ts';
import type { Item } from '../../lib/core/store.ts';
import { memoryStore } from '../../lib/store/memory.ts';

interface Report {
  readonly at: number;
  readonly outcome: Outcome;
  readonly weight: number;
}

/** The items that these reports add up to. */
async function itemsOf(reports: readonly Report[]): Promise<(slice: number) => Promise<Item | undefined>> {
  const store = memoryStore();
  const keyOf = (slice: number) => evidenceKey('posts', 3, slice);
  for (const { at, outcome, weight } of reports)
    await store.add(keyOf(sliceOf(at)), amountsOf(outcome, weight, at), { expiresAt: expiryOf(at) });
  return (slice) => store.get(keyOf(slice));
}

interface Weights {
  readonly f?: number;
  readonly s?: number;
  readonly r?: number;
}
/** So many reports of each outcome, and what each of them weighs. */
const second = (failed: number, ok: number, { f = 1, s = 1, r = 1 }: Weights = {}, reliefs = 0) => ({
  failure: { weight: failed * f, reports: failed },
  relief: { weight: reliefs * r, reports: reliefs },
  success: { weight: ok * s, reports: ok },
});
const NOTHING = second(0, 0);

/** The chance of so many reports, where so many are to be expected. */
const chances = (expected: number) => {
  const most = Math.ceil(expected + 10 * Math.sqrt(expected) + 10);
  const each = [Math.exp(-expected)];
  for (let n = 1; n <= most; n++) each.push(((each[n - 1] ?? 0) * expected) / n);
  return each;
};

describe('the item of evidence', () => {
  test('is that of a breaker, an epoch and ten seconds', () => {
    expect(evidenceKey('posts', 3, sliceOf(29_999))).toBe('evidence#posts#3#2');
    expect(evidenceKey('posts', 3, sliceOf(30_000))).toBe('evidence#posts#3#3');
  });

  test('gets the weight of a report and that it is one, in the second of its slice', () => {
    expect(amountsOf('failure', 20, 27_999)).toEqual({ f7: 20, m7: 1 });
    expect(amountsOf('success', 2.5, 30_000)).toEqual({ s0: 2.5, n0: 1 });
    expect(amountsOf('relief', 3, 39_000)).toEqual({ r9: 3, q9: 1 });
  });

  test('may be removed after an hour', () => {
    expect(expiryOf(30_000)).toBe(3_630);
    expect(expiryOf(30_001)).toBe(3_631);
  });
});

describe('the last ten seconds', () => {
  test('come from this slice and the one before', () => {
    const item = { s0: 1, n0: 1, f1: 20, m1: 2, r1: 30, q1: 3 };
    const previous = { f1: 5, m1: 5, s2: 40, n2: 4, s9: 7, n9: 7 };

    const seconds = lastSeconds(item, previous, 31_500);

    expect(seconds).toHaveLength(10);
    expect(seconds[0]).toEqual(second(2, 0, { f: 10, r: 10 }, 3));
    expect(seconds[1]).toEqual(second(0, 1));
    expect(seconds[2]).toEqual(second(0, 7));
    expect(seconds[9]).toEqual(second(0, 4, { s: 10 }));
    expect(seconds.slice(3, 9)).toEqual(Array(6).fill(NOTHING));
  });

  test('are this slice alone at its end, and without one before there is nothing before', () => {
    const previous = { f9: 5, m9: 5 };

    expect(lastSeconds({}, previous, 39_999)).toEqual(Array(10).fill(NOTHING));
    expect(lastSeconds({}, undefined, 30_000)).toEqual(Array(10).fill(NOTHING));
    expect(lastSeconds({}, previous, 30_000)[1]).toEqual(second(5, 0));
  });

  test('hold nothing where somebody else has put something that is no number', () => {
    expect(lastSeconds({ f0: '5', m0: true }, undefined, 30_000)[0]).toEqual(NOTHING);
  });

  test('are what one counts in the reports themselves, also where clocks are ahead', async () => {
    const report = fc.record({
      at: fc.integer({ min: 20_000, max: 39_999 }),
      outcome: fc.constantFrom<Outcome>('failure', 'relief', 'success'),
      weight: fc.integer({ min: 1, max: 50 }),
    });
    const property = fc.asyncProperty(
      fc.array(report, { maxLength: 60, size: 'max' }),
      fc.integer({ min: 30_000, max: 39_999 }),
      async (reports, now) => {
        const itemOf = await itemsOf(reports);
        const sumOf = (outcome: Outcome, age: number) => {
          const of = reports.filter(
            ({ at, ...report }) =>
              report.outcome === outcome && Math.floor(at / 1_000) === Math.floor(now / 1_000) - age,
          );
          return { weight: of.reduce((sum, { weight }) => sum + weight, 0), reports: of.length };
        };

        const seconds = lastSeconds((await itemOf(3)) ?? {}, await itemOf(2), now);

        expect(seconds).toEqual(
          Array.from({ length: 10 }, (_, age) => ({
            failure: sumOf('failure', age),
            relief: sumOf('relief', age),
            success: sumOf('success', age),
          })),
        );
        const ofAge = reports.filter(
          ({ at }) =>
            at < Math.floor(now / 1_000) * 1_000 + 1_000 && at >= Math.floor(now / 1_000) * 1_000 - 9_000,
        );
        expect(totalOf(seconds)).toEqual({
          weight: ofAge.reduce((sum, { weight }) => sum + weight, 0),
          reports: ofAge.length,
          failures: seconds.reduce((sum, { failure }) => sum + failure.weight, 0),
        });
      },
    );
    await fc.assert(property, { seed: 71, numRuns: 200 });
  });
});

describe('what is bad enough', () => {
  const all = { failureRatio: 0.5, leastReports: 10, sure: 2.5, okShare: 1 };

  test('needs reports of failure, however clear it is', () => {
    const clear = { ...all, sure: 1 };
    expect(isBad([second(9, 0)], clear)).toBe(false);
    expect(isBad([second(10, 0)], clear)).toBe(true);
    expect(isBad([second(1, 0, { f: 1_000 })], clear)).toBe(false);
    expect(isBad([second(7, 0)], { ...clear, leastReports: 7 })).toBe(true);
    expect(isBad([second(7, 0)], { ...clear, leastReports: 8 })).toBe(false);
    expect(isBad([], clear)).toBe(false);
  });

  test('is in any window that ends now, whatever was before', () => {
    const good = second(0, 500);

    expect(isBad([second(20, 0), good, good], all)).toBe(true);
    expect(isBad([second(6, 0), second(6, 0), good], all)).toBe(true);
    expect(isBad([good, second(20, 0)], all)).toBe(false);
    expect(isBad([NOTHING, NOTHING, second(20, 0)], all)).toBe(true);
  });

  test('leaves room for successes that may have been missed, more of them the rarer they are reported', () => {
    // Where none of them was: 1 + (2.5 / 2)² = 2.5625 calls for each that is reported, and 2.5 × √(1² + f² / m).
    const many = 1e9;
    const clear = (f: number, okShare = 1, sure = 2.5) =>
      isBad([second(many, 0, { f: f / many })], { ...all, okShare, sure });

    expect([clear(5.06), clear(5.07)]).toEqual([false, true]);
    expect([clear(50.6, 0.1), clear(50.7, 0.1)]).toEqual([false, true]);
    // To be less sure takes less: 1 + (1 / 2)² + 1 = 2.25.
    expect([clear(2.24, 1, 1), clear(2.26, 1, 1)]).toEqual([false, true]);
    // Three were reported of eight each, so of each that was not there are as many: 8 × (4 + 1.5625 + 2.5 × 2).
    expect(isBad([second(many, 3, { f: 84.4 / many, s: 8 })], all)).toBe(false);
    expect(isBad([second(many, 3, { f: 84.6 / many, s: 8 })], all)).toBe(true);
  });

  test('allows for chance in what has failed too', () => {
    // m failures and no success of as many weigh enough where m ≥ 2.5625 + 2.5 × √(m + 1).
    const of = (failed: number) => isBad([second(failed, 0, { f: 100 })], { ...all, okShare: 0.01 });
    expect([of(11), of(12)]).toEqual([false, true]);
  });

  test('takes reliefs as they are: they are reported as often as failures, so that none is likely to be missing', () => {
    const of = (ok: number, reliefs: number) =>
      isBad([second(80, ok, { f: 10, r: 10, s: 100 }, reliefs)], { ...all, okShare: 0.01 });
    expect(of(0, 5)).toBe(true);
    expect(of(0, 20)).toBe(false);
    // Fewer calls than those, which were not so likely to be seen.
    expect(of(1, 5)).toBe(false);
  });

  test('is the surer of reliefs the more there are of them', () => {
    expect(isBad([second(200, 0, { f: 2, r: 1 }, 150)], all)).toBe(true);
    expect(isBad([second(200, 0, { f: 2, r: 150 }, 1)], all)).toBe(false);
  });

  test('takes each second for itself: what was reported more often just after it had closed stays so', () => {
    const of = (failed: number) =>
      isBad([second(failed, 3, { f: 100, s: 400 }), second(300, 20, { f: 10, s: 10 })], {
        ...all,
        okShare: 0.0025,
      });
    // Of 400 each, 23 successes would outweigh that by far.
    expect([of(17), of(18)]).toEqual([false, true]);
  });

  test('is nothing where all was reported and fewer failed', () => {
    const seen = fc.record({ failed: fc.nat(300), ok: fc.nat(300), reliefs: fc.nat(300) });
    const ratio = fc.double({ min: 0.05, max: 0.95, noNaN: true });
    let near = 0;
    fc.assert(
      fc.property(fc.array(seen, { maxLength: 10 }), ratio, (seconds, failureRatio) => {
        let [failed, calls] = [0, 0];
        const isBelow = seconds.every((of) => {
          failed += of.failed;
          calls += of.failed + of.ok + of.reliefs;
          return failed === 0 || failed / calls < failureRatio;
        });
        const bad = isBad(
          seconds.map((of) => second(of.failed, of.ok, {}, of.reliefs)),
          { failureRatio, leastReports: 5, okShare: 1, sure: 0 },
        );
        if (isBelow) expect(bad).toBe(false);
        else if (bad) near++;
      }),
      { seed: 72, numRuns: 2_000 },
    );
    expect(near).toBeGreaterThan(100);
  });

  test('is hardly ever seen by chance where just too few fail, however rarely what is reported', () => {
    const expected = fc.double({ min: 1, max: 60, noNaN: true });
    const share = fc.double({ min: 0.002, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        expected,
        expected,
        share,
        fc.double({ min: 0.1, max: 0.8, noNaN: true }),
        (failedReports, okReports, okShare, failureRatio) => {
          const s = 1 / okShare;
          // As many failures as that ratio allows.
          const f = ((failureRatio / (1 - failureRatio)) * okReports * s) / failedReports;
          const threshold = { failureRatio, leastReports: 1, okShare, sure: 2.5 };
          let chance = 0;
          chances(failedReports).forEach((likely, failed) => {
            chances(okReports).forEach((asLikely, ok) => {
              if (isBad([second(failed, ok, { f, s })], threshold)) chance += likely * asLikely;
            });
          });
          expect(chance).toBeLessThan(0.01);
        },
      ),
      { seed: 73, numRuns: 200 },
    );
  });

  test('is seen where failures are twice what is allowed and reports are many', () => {
    expect(isBad([second(100, 100, { s: 0.9 })], { ...all, failureRatio: 0.3 })).toBe(true);
    expect(isBad([second(100, 100, { f: 100, s: 100 })], { ...all, failureRatio: 0.25, okShare: 0.01 })).toBe(
      true,
    );
  });
});

describe('the rate that a slice shows', () => {
  /** Evidence of calls in even gaps, of which each so many-th is reported, from one moment up to another. */
  async function steady(rate: number, oneIn: number, fromMs: number, toMs: number): Promise<Item> {
    const reports: Report[] = [];
    const gapMs = (1_000 * oneIn) / rate;
    for (let at = fromMs + gapMs / 2; at <= toMs; at += gapMs)
      reports.push({ at, outcome: reports.length % 2 === 0 ? 'failure' : 'success', weight: oneIn });
    return (await (await itemsOf(reports))(3)) ?? {};
  }

  test('is told from five reports and two seconds where nobody knows one', async () => {
    expect(newRate(await steady(2, 1, 30_000, 33_500), 33_500, 0)).toBeCloseTo(2, 10);
    expect(newRate(await steady(2, 1, 30_000, 32_999), 32_999, 0)).toBeUndefined();
    expect(newRate({ n0: 1, s0: 1, n2: 4, s2: 400 }, 33_000, 0)).toBeUndefined();
    expect(newRate({ n0: 1, s0: 1, n2: 5, s2: 400 }, 33_000, 0)).toBe(200);
  });

  test('is told from twenty reports and five seconds where it is known, and differs by half', async () => {
    const item = await steady(100, 2, 30_000, 36_000);

    expect(newRate(item, 36_000, 60)).toBeCloseTo(100, 0);
    expect(newRate(item, 36_000, 160)).toBeCloseTo(100, 0);
    expect(newRate(item, 36_000, 70)).toBeUndefined();
    expect(newRate(item, 36_000, 140)).toBeUndefined();
    expect(newRate(await steady(100, 2, 30_000, 35_999), 35_999, 60)).toBeUndefined();
  });

  test('has to differ by more where it is told from few reports', () => {
    const twenty = { n0: 1, s0: 1, n2: 20, s2: 100 };

    expect(newRate(twenty, 36_000, 41)).toBeUndefined();
    expect(newRate(twenty, 36_000, 6.2)).toBeUndefined();
    expect(newRate(twenty, 36_000, 43)).toBe(20);
    expect(newRate(twenty, 36_000, 6)).toBe(20);
  });

  test('has to differ by more where few of the reports stand for most of the calls', () => {
    const fiveOfMany = { n0: 1, s0: 1, m2: 95, f2: 95, n2: 5, s2: 500 };

    expect(newRate(fiveOfMany, 36_000, 360)).toBeUndefined();
    expect(newRate(fiveOfMany, 36_000, 370)).toBe(119);
  });

  test('cannot be told from one second, nor from none', () => {
    expect(newRate({}, 39_999, 0)).toBeUndefined();
    expect(newRate({ n9: 50, s9: 50 }, 39_999, 0)).toBeUndefined();
    expect(newRate({ n8: 50, s8: 50 }, 39_999, 0)).toBeUndefined();
  });

  test('does not count the time before anybody called', () => {
    const rate = fc.integer({ min: 40, max: 400 });
    return fc.assert(
      fc.asyncProperty(rate, fc.integer({ min: 0, max: 5_900 }), async (calls, beginMs) => {
        const item = await steady(calls, 4, 30_000 + beginMs, 39_900);
        const told = newRate(item, 39_900, 0);
        expect(told).toBeGreaterThan(calls * 0.85);
        expect(told).toBeLessThan(calls * 1.15);
      }),
      { seed: 74 },
    );
  });

  test('is the highest that it can be where reports stay away, so that failures are reported again', async () => {
    const twentyOfThousands = await steady(20, 20, 30_000, 38_500);

    const told = newRate(twentyOfThousands, 38_500, 5_000) ?? Number.NaN;

    expect(told).toBeGreaterThan(20);
    expect(told).toBeLessThan(80);
    // Nobody is sure of less, so it stays.
    expect(newRate(twentyOfThousands, 38_500, told)).toBeUndefined();
    // Few reports never say that there are more calls.
    expect(newRate(twentyOfThousands, 38_500, 5)).toBeUndefined();
  });

  test('is told of calls that have all but ended, and never as none', () => {
    expect(newRate({ n0: 1, s0: 20 }, 39_000, 5_000)).toBeCloseTo((2.5 ** 2 * 20) / 8, 1);
    expect(newRate({ n0: 1, s0: 0.001, n3: 30, s3: 0.03 }, 39_000, 5_000)).toBe(0.01);
  });

  test('hardly ever changes by chance', () => {
    const known = fc.double({ min: 0.5, max: 10_000, noNaN: true });
    fc.assert(
      fc.property(known, fc.integer({ min: 5_000, max: 8_999 }), (rate, elapsedMs) => {
        const share = reportShare('success', { ...INITIAL, rate }, 0);
        const chance = chances((rate * share * elapsedMs) / 1_000).reduce((sum, likely, n) => {
          const item = { n0: 1, s0: 1 / share, n1: n, s1: n / share };
          return newRate(item, 31_000 + elapsedMs, rate) === undefined ? sum : sum + likely;
        }, 0);
        expect(chance).toBeLessThan(0.0005);
      }),
      { seed: 75, numRuns: 500 },
    );
  });
});

describe('the least rate that a slice shows', () => {
  test('is that of its busiest second, whatever came of the calls', () => {
    expect(leastRate({ f1: 3, m1: 1, r1: 20, q1: 2, s1: 100, n1: 1, s9: 120, n9: 3 })).toBe(123);
    expect(leastRate({ s9: 120, n9: 3 })).toBe(120);
    expect(leastRate({})).toBe(0);
  });
});

describe('the share of failed calls that the fleet can afford to make once more', () => {
  /** Of a hundred reports after the first second, so many failures. */
  const slice = (failures: number): Item => ({
    n0: 1,
    s0: 1,
    f2: failures,
    m2: failures,
    s2: 100 - failures,
    n2: 100 - failures,
  });
  const NOW = 39_000;

  test('is one retry for five successes', () => {
    expect(newRetryShare(slice(50), NOW, 1)).toBe(0.2);
    expect(newRetryShare(slice(25), NOW, 1)).toBe(0.6);
  });

  test('is all while few fail, and is told so only where it was not', () => {
    expect(newRetryShare(slice(0), NOW, 1)).toBeUndefined();
    expect(newRetryShare(slice(16), NOW, 1)).toBeUndefined();
    expect(newRetryShare(slice(16), NOW, 0.9)).toBe(1);
    expect(newRetryShare(slice(0), NOW, 0.3)).toBe(1);
  });

  test('is never nothing, or nobody would ever see that things are better', () => {
    expect(newRetryShare(slice(100), NOW, 1)).toBe(0.01);
  });

  test('is told again only where it differs by half', () => {
    expect(newRetryShare(slice(50), NOW, 0.14)).toBeUndefined();
    expect(newRetryShare(slice(50), NOW, 0.13)).toBe(0.2);
    expect(newRetryShare(slice(50), NOW, 0.29)).toBeUndefined();
    expect(newRetryShare(slice(50), NOW, 0.31)).toBe(0.2);
  });

  test('needs twenty reports and five seconds', () => {
    const few = { n0: 1, s0: 1, f2: 19, m2: 19 };
    expect(newRetryShare(few, NOW, 1)).toBeUndefined();
    expect(newRetryShare({ ...few, f3: 1, m3: 1 }, NOW, 1)).toBe(0.01);
    expect(newRetryShare(slice(50), 35_999, 1)).toBeUndefined();
    expect(newRetryShare({}, NOW, 1)).toBeUndefined();
  });
});
