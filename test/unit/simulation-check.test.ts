import { describe, expect, test } from 'vitest';
import type { CheckRequest } from '../../lib/cli/simulate/arguments.ts';
import { collector, jobsOf, textOf } from '../../lib/cli/simulate/checks.ts';
import { type CacheCheck, type Check, checkFigures, type Line } from '../../lib/simulation/check.ts';
import { CHECKS, checksOf } from '../../lib/simulation/checks.ts';
import type { Figures } from '../../lib/simulation/figures.ts';
import { scenarioOf } from '../../lib/simulation/scenario.ts';
import { CACHE_FIGURES, GOOD_FIGURES as good } from '../support/figures.ts';

const checkOf = (...lines: readonly Line[]): Check => ({
  ...{ name: 'some', scenario: 'outage', seeds: 5, lines },
});
const resultOf = (line: Line, all: readonly Partial<Figures>[], beside?: readonly Partial<Figures>[]) => {
  const full = (some: readonly Partial<Figures>[]) => some.map((figures) => ({ ...good, ...figures }));
  const [result] = checkFigures(checkOf(line), full(all), beside && full(beside));
  return result;
};
const recovered = (...values: readonly (number | null)[]) => values.map((value) => ({ recovered: value }));

describe('a line of a check', () => {
  test('is met while the median of the seeds is at most its limit', () => {
    const line: Line = { figure: 'recovered', median: 15 };
    expect(resultOf(line, recovered(10, 15, 40))).toMatchObject({ isHeld: true, isMet: true });
    expect(resultOf(line, recovered(10, 15.1, 40))).toMatchObject({
      ...{ isMet: false, value: '15.1 (10 to 40)', limits: 'median at most 15' },
      label: '95 % admitted after the outage, s',
    });
  });

  test('is missed when the worst seed is beyond its own limit', () => {
    const line: Line = { figure: 'recovered', median: 15, worst: 23 };
    expect(resultOf(line, recovered(10, 10, 10, 10, 24))).toMatchObject({
      ...{ isMet: false, limits: 'median at most 15, worst at most 23' },
    });
  });

  test('leaves the median of few seeds to luck where the worst has a limit', () => {
    const line: Line = { figure: 'recovered', median: 15, worst: 23 };
    expect(resultOf(line, recovered(16))).toMatchObject({ isMet: true, limits: 'worst at most 23' });
    expect(resultOf(line, recovered(16, 16, 16, 10, 10))).toMatchObject({ isMet: false });
  });

  test('is missed when its figure never came', () => {
    expect(resultOf({ figure: 'recovered', worst: 23 }, recovered(1, null))).toMatchObject({
      ...{ isMet: false, value: '1 (1 to never)' },
    });
  });

  test('may ask for the least of a figure', () => {
    const line: Line = { figure: 'live', limit: 'least', median: 0.95 };
    expect(resultOf(line, [{ live: 0.96 }])).toMatchObject({ isMet: true });
    expect(resultOf(line, [{ live: 0.94 }])).toMatchObject({
      ...{ isMet: false, limits: 'median at least 0.95' },
    });
    const worst: Line = { figure: 'live', limit: 'least', worst: 0.9 };
    expect(resultOf(worst, [{ live: 0.96 }, { live: 0.8 }])).toMatchObject({ isMet: false });
  });

  test('may be of the mean, and of the runs in which something happened', () => {
    const mean: Line = { figure: 'rejectedHealthy', mean: 0.005 };
    const some = [{ rejectedHealthy: 0 }, { rejectedHealthy: 0.02 }];
    expect(resultOf(mean, some)).toMatchObject({ isMet: false, value: '0 (0 to 0.02), mean 0.01' });
    const runs: Line = { figure: 'falseOpens', runs: 0 };
    expect(resultOf(runs, [{ falseOpens: 0 }, { falseOpens: 3 }])).toMatchObject({
      ...{ isMet: false, value: '0 (0 to 3), in 1 of 2 runs', limits: 'runs at most 0' },
    });
  });

  test('may be of the difference to the same without a fault, from five seeds on', () => {
    const line: Line = { figure: 'recovered', median: 0.6 };
    const five = (value: number | null) => recovered(value, value, value, value, value);
    expect(resultOf(line, five(5), five(4.5))).toMatchObject({
      ...{ isMet: true, value: '5 beside 4.5', limits: 'difference at most 0.6' },
    });
    expect(resultOf(line, five(5), five(4))).toMatchObject({ isMet: false });
    expect(resultOf(line, five(null), five(null))).toMatchObject({ isMet: false });
    expect(resultOf(line, recovered(9), recovered(1))).toMatchObject({
      ...{ isHeld: false, isMet: true, limits: 'no limit for fewer than 5 seeds' },
    });
  });

  test('without a limit is shown and always met', () => {
    expect(resultOf({ figure: 'recovered' }, recovered(null))).toMatchObject({
      ...{ isHeld: false, isMet: true, limits: 'no limit' },
    });
  });
});

describe('the table of checks', () => {
  test('has names of their own, enough seeds, and lines', () => {
    expect(new Set(CHECKS.map(({ name }) => name)).size).toBe(CHECKS.length);
    for (const { lines, seeds, takesMinutes } of CHECKS) {
      expect(lines.length).toBeGreaterThan(0);
      expect(takesMinutes || seeds >= 5).toBe(true);
    }
  });

  test('gives scenarios that can be made', () => {
    for (const { scenario, given } of CHECKS) expect(scenarioOf(scenario, 1, given).rate).toBeGreaterThan(0);
  });

  test('finds a check by its name, several by how they begin, and all', () => {
    const namesOf = (name: string) => checksOf(name).map((check) => check.name);
    expect(namesOf('outage')).toEqual(['outage']);
    expect(namesOf('store')).toEqual(['store-refused', 'store-throttled', 'store-slow']);
    expect(namesOf('hostile').length).toBe(30);
    expect(namesOf('all')).toHaveLength(CHECKS.length);
    expect(namesOf('out')).toEqual([]);
  });

  test('is met by an outage in which all is as it should be, and missed by a figure that is not', () => {
    const [outage] = checksOf('outage') as [Check];
    const missed = (figures: Figures) =>
      checkFigures(outage, [figures])
        .filter(({ isMet }) => !isMet)
        .map(({ figure }) => figure);
    expect(missed(good)).toEqual([]);
    expect(missed({ ...good, failedCalls: 15_001, probesAtOnce: 2 })).toEqual([
      'failedCalls',
      'probesAtOnce',
    ]);
  });
});

describe('the simulations of checks', () => {
  const line: Line = { figure: 'recovered', median: 15 };
  const check: Check = { ...checkOf(line), beside: { skewMs: 1 } };
  const request: CheckRequest = {
    ...{ kind: 'check', checks: [check, { ...checkOf(line), name: 'other' }], skipped: [] },
    ...{ firstSeed: 3, seedCount: undefined, json: false },
  };
  const seconds: readonly never[] = [];

  test('are as many as its seeds, and as many beside them', () => {
    const jobs = jobsOf(request);
    const scenarios = jobs.map((job) => ('scenario' in job ? job.scenario : undefined));
    expect(scenarios.map((scenario) => scenario?.seed)).toEqual([
      ...[3, 3, 4, 4, 5, 5, 6, 6, 7, 7],
      ...[3, 4, 5, 6, 7],
    ]);
    expect(scenarios[0]?.skewMs).toBeUndefined();
    expect(scenarios[1]?.skewMs).toBe(1);
    expect(jobsOf({ ...request, seedCount: 1 })).toHaveLength(3);
  });

  test('are of caches where the check is', () => {
    const cache: CacheCheck = {
      name: 'some',
      seeds: 2,
      draft: { rate: 7 },
      lines: [{ figure: 'loadsPerTtl', worst: 2 }],
    };
    const jobs = jobsOf({ ...request, checks: [cache] });
    expect(jobs).toMatchObject([{ cacheScenario: { seed: 3, rate: 7 } }, { cacheScenario: { seed: 4 } }]);
    const { take } = collector(jobs);
    take(0, { figures: { ...CACHE_FIGURES, loadsPerTtl: 1 } });
    expect(take(1, { figures: { ...CACHE_FIGURES, loadsPerTtl: 3 } })).toMatchObject({
      ...{ isMet: false, lines: [{ value: '1 (1 to 3)', label: 'loads of a key in a TTL, mean' }] },
    });
  });

  test('give the result of a check when the last of it has ended', () => {
    const jobs = jobsOf({ ...request, seedCount: 1 });
    const { take } = collector(jobs);
    expect(take(0, { figures: good, seconds })).toBeUndefined();
    expect(take(2, { figures: { ...good, recovered: 16 }, seconds })).toMatchObject({
      ...{ name: 'other', seeds: 1, isMet: false },
    });
    expect(take(1, { figures: good, seconds })).toMatchObject({ name: 'some', isMet: true, errors: [] });
  });

  test('miss the check when one of them ends early', () => {
    const { take } = collector(jobsOf({ ...request, checks: [checkOf(line)], seedCount: 2 }));
    take(0, { figures: good, seconds });
    const result = take(1, { error: 'RangeError: too much\n    at somewhere' });
    expect(result).toMatchObject({ isMet: false, seeds: 1 });
    expect(result && textOf(result, 8).split('\n')).toEqual([
      'MISSED  some    ended early: RangeError: too much',
      expect.stringMatching(/^ok {6}some {4}95 % admitted after the outage, s +10 +median at most 15$/),
    ]);
  });
});
