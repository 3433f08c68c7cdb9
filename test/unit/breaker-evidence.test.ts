import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  amountsOf,
  evidenceKey,
  expiryOf,
  isBad,
  lastSeconds,
  newRate,
  newRetryShare,
  sliceOf,
} from '../../lib/breaker/evidence.ts';
import { reportShare } from '../../lib/breaker/shares.ts';
import type { Item } from '../../lib/core/store.ts';
import { memoryStore } from '../../lib/store/memory.ts';

interface Report {
  readonly at: number;
  readonly failed: boolean;
  readonly weight: number;
}

/** The items that these reports add up to. */
async function itemsOf(reports: readonly Report[]): Promise<(slice: number) => Promise<Item | undefined>> {
  const store = memoryStore();
  const keyOf = (slice: number) => evidenceKey('posts', 3, slice);
  for (const { at, failed, weight } of reports)
    await store.add(keyOf(sliceOf(at)), amountsOf(failed, weight, at), { expiresAt: expiryOf(at) });
  return (slice) => store.get(keyOf(slice));
}

const second = (failedReports: number, okReports: number, weights: { f?: number; s?: number } = {}) => ({
  failures: failedReports * (weights.f ?? 1),
  failedReports,
  successes: okReports * (weights.s ?? 1),
  okReports,
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
    expect(amountsOf(true, 20, 27_999)).toEqual({ f7: 20, m7: 1 });
    expect(amountsOf(false, 2.5, 30_000)).toEqual({ s0: 2.5, n0: 1 });
  });

  test('may be removed after an hour', () => {
    expect(expiryOf(30_000)).toBe(3_630);
    expect(expiryOf(30_001)).toBe(3_631);
  });
});

describe('the last ten seconds', () => {
  test('come from this slice and the one before', () => {
    const item = { s0: 1, n0: 1, f1: 20, m1: 2 };
    const previous = { f1: 5, m1: 5, s2: 40, n2: 4, s9: 7, n9: 7 };

    const seconds = lastSeconds(item, previous, 31_500);

    expect(seconds).toHaveLength(10);
    expect(seconds[0]).toEqual(second(2, 0, { f: 10 }));
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
      failed: fc.boolean(),
      weight: fc.integer({ min: 1, max: 50 }),
    });
    const property = fc.asyncProperty(
      fc.array(report, { maxLength: 60, size: 'max' }),
      fc.integer({ min: 30_000, max: 39_999 }),
      async (reports, now) => {
        const itemOf = await itemsOf(reports);
        const sumOf = (failed: boolean, age: number) => {
          const of = reports.filter(
            ({ at, ...report }) =>
              report.failed === failed && Math.floor(at / 1_000) === Math.floor(now / 1_000) - age,
          );
          return { reports: of.length, weight: of.reduce((sum, { weight }) => sum + weight, 0) };
        };

        const seconds = lastSeconds((await itemOf(3)) ?? {}, await itemOf(2), now);

        expect(seconds).toEqual(
          Array.from({ length: 10 }, (_, age) => ({
            failures: sumOf(true, age).weight,
            failedReports: sumOf(true, age).reports,
            successes: sumOf(false, age).weight,
            okReports: sumOf(false, age).reports,
          })),
        );
      },
    );
    await fc.assert(property, { seed: 71, numRuns: 200 });
  });
});

describe('what is bad enough', () => {
  const all = { failureRatio: 0.5, leastReports: 10, sure: 3, okShare: 1, rate: 0 };

  test('needs reports of failure, however clear it is', () => {
    expect(isBad([second(9, 0)], 0, all)).toBe(false);
    expect(isBad([second(10, 0)], 0, all)).toBe(true);
    expect(isBad([second(1, 0, { f: 1_000 })], 0, all)).toBe(false);
    expect(isBad([second(7, 0)], 0, { ...all, leastReports: 7 })).toBe(true);
    expect(isBad([second(7, 0)], 0, { ...all, leastReports: 8 })).toBe(false);
    expect(isBad([], 0, all)).toBe(false);
  });

  test('is in any window that ends now, whatever was before', () => {
    const good = second(0, 500);

    expect(isBad([second(20, 0), good, good], 0, all)).toBe(true);
    expect(isBad([second(6, 0), second(6, 0), good], 0, all)).toBe(true);
    expect(isBad([good, second(20, 0)], 0, all)).toBe(false);
    expect(isBad([NOTHING, NOTHING, second(20, 0)], 0, all)).toBe(true);
  });

  test('is a share of the calls that may have been, which begins with what is asked for', () => {
    // Of no success reported there may have been (1 + 1.5)² = 6.25.
    const none = { ...all, leastReports: 1 };

    expect(isBad([second(1, 0, { f: 6.25 })], 0, none)).toBe(true);
    expect(isBad([second(1, 0, { f: 6.24 })], 0, none)).toBe(false);
    expect(isBad([second(1, 0, { f: 62.4 })], 0, { ...none, okShare: 0.1 })).toBe(false);
    expect(isBad([second(1, 0, { f: 62.5 })], 0, { ...none, okShare: 0.1 })).toBe(true);
    // To be less sure takes less: (1 + 0.5)² = 2.25.
    expect(isBad([second(1, 0, { f: 2.24 })], 0, { ...none, sure: 1 })).toBe(false);
    expect(isBad([second(1, 0, { f: 2.25 })], 0, { ...none, sure: 1 })).toBe(true);
    // Three were reported of eight each, so of each that was not there are as many.
    expect(isBad([second(1, 3, { f: 97.9, s: 8 })], 0, none)).toBe(false);
    expect(isBad([second(1, 3, { f: 98, s: 8 })], 0, none)).toBe(true);
  });

  test('has to be surer where fewer fail than the rate would have it', () => {
    const of = { ...all, leastReports: 1, rate: 100 };
    // (1 + 1.5)² = 6.25, and (1 + 2.25)² = 10.5625.
    expect(isBad([second(1, 0, { f: 10.5 })], 1_209, of)).toBe(true);
    expect(isBad([second(1, 0, { f: 10.5 })], 1_211, of)).toBe(false);
    expect(isBad([second(1, 0, { f: 10.6 })], 1_900, of)).toBe(true);
    expect(isBad([NOTHING, second(1, 0, { f: 10.5 })], 1_100, of)).toBe(false);
    expect(isBad([NOTHING, second(1, 0, { f: 10.6 })], 1_100, of)).toBe(true);
  });

  test('is nothing where all was reported and fewer failed', () => {
    const seen = fc.record({ failed: fc.nat(300), ok: fc.nat(300) });
    const ratio = fc.double({ min: 0.05, max: 1, noNaN: true });
    let near = 0;
    fc.assert(
      fc.property(fc.array(seen, { maxLength: 10 }), ratio, (seconds, failureRatio) => {
        let [failed, calls] = [0, 0];
        const isBelow = seconds.every((of) => {
          failed += of.failed;
          calls += of.failed + of.ok;
          return failed === 0 || failed / calls < failureRatio;
        });
        const bad = isBad(
          seconds.map((of) => second(of.failed, of.ok)),
          0,
          { failureRatio, leastReports: 5, okShare: 1, sure: 0, rate: 0 },
        );
        if (isBelow) expect(bad).toBe(false);
        else if (bad) near++;
      }),
      { seed: 72, numRuns: 2_000 },
    );
    expect(near).toBeGreaterThan(100);
  });

  test('is hardly ever seen by chance where just too few fail, however rarely successes are reported', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 10, max: 20_000, noNaN: true }),
        fc.double({ min: 0.002, max: 1, noNaN: true }),
        fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        (successes, okShare, failureRatio) => {
          fc.pre(successes * okShare < 500);
          const failures = ((successes * failureRatio) / (1 - failureRatio)) * 0.999;
          const threshold = { failureRatio, leastReports: 5, okShare, sure: 3, rate: 0 };
          const chance = chances(successes * okShare).reduce((sum, likely, reports) => {
            const seen = { ...second(5, reports, { s: 1 / okShare }), failures };
            return isBad([seen], 0, threshold) ? sum + likely : sum;
          }, 0);
          // Three standard deviations of counts as small as these.
          expect(chance).toBeLessThan(0.002);
        },
      ),
      { seed: 73, numRuns: 300 },
    );
  });

  test('is seen where failures are twice what is allowed and reports are many', () => {
    expect(isBad([second(100, 100, { s: 0.9 })], 0, { ...all, failureRatio: 0.3 })).toBe(true);
    expect(
      isBad([second(100, 100, { f: 100, s: 100 })], 0, { ...all, failureRatio: 0.25, okShare: 0.01 }),
    ).toBe(true);
  });
});

describe('the rate that a slice shows', () => {
  /** Evidence of calls in even gaps, of which each so many-th is reported, from one moment up to another. */
  async function steady(rate: number, oneIn: number, fromMs: number, toMs: number): Promise<Item> {
    const reports: Report[] = [];
    const gapMs = (1_000 * oneIn) / rate;
    for (let at = fromMs + gapMs / 2; at <= toMs; at += gapMs)
      reports.push({ at, failed: reports.length % 2 === 0, weight: oneIn });
    return (await (await itemsOf(reports))(3)) ?? {};
  }

  test('is told from five reports and two seconds where nobody knows one', async () => {
    expect(newRate(await steady(2, 1, 30_000, 33_500), 33_500, 0)).toBeCloseTo(2, 10);
    expect(newRate(await steady(2, 1, 30_000, 32_999), 32_999, 0)).toBeUndefined();
    expect(newRate({ n0: 1, s0: 1, n2: 4, s2: 400 }, 33_000, 0)).toBeUndefined();
    expect(newRate({ n0: 1, s0: 1, n2: 5, s2: 400 }, 33_000, 0)).toBe(200);
  });

  test('is told from twenty reports and five seconds where it is known, and differs by half', async () => {
    const item = await steady(100, 20, 30_000, 36_000);

    expect(newRate(item, 36_000, 60)).toBeCloseTo(100, 0);
    expect(newRate(item, 36_000, 160)).toBeCloseTo(100, 0);
    expect(newRate(item, 36_000, 70)).toBeUndefined();
    expect(newRate(item, 36_000, 140)).toBeUndefined();
    expect(newRate(await steady(100, 20, 30_000, 35_999), 35_999, 60)).toBeUndefined();
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

  test('hardly ever falls by chance where reports are few', () => {
    const known = fc.double({ min: 0.5, max: 10_000, noNaN: true });
    fc.assert(
      fc.property(known, fc.integer({ min: 5_000, max: 8_999 }), (rate, elapsedMs) => {
        const share = reportShare(false, rate, 1);
        const chance = chances((rate * share * elapsedMs) / 1_000)
          .slice(0, 20)
          .reduce((sum, likely, n) => {
            const item = { n0: 1, s0: 1 / share, n1: n, s1: n / share };
            return newRate(item, 31_000 + elapsedMs, rate) === undefined ? sum : sum + likely;
          }, 0);
        expect(chance).toBeLessThan(0.0005);
      }),
      { seed: 75, numRuns: 500 },
    );
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
