import { describe, expect, test } from 'vitest';
import type { RunRequest } from '../../lib/cli/simulate/arguments.ts';
import { reportOf } from '../../lib/cli/simulate/report.ts';
import { GOOD_FIGURES as FIGURES } from '../support/figures.ts';

const REQUEST: RunRequest = {
  ...{ kind: 'run', scenario: 'outage', seeds: [1], given: {}, json: false, beside: false, svg: undefined },
};
const rowOf = (text: string, label: string) =>
  text
    .split('\n')
    .find((line) => line.startsWith(label))
    ?.slice(label.length)
    .trim()
    .split(/ {2,}/);

describe('the report of simulations', () => {
  const both = new Map([
    ['fibrin', [FIGURES, { ...FIGURES, failedCalls: 11_000 }]],
    ['in-process', [{ ...FIGURES, openAfter: null, rejected95: null }]],
  ] as const);

  test('of one breaker is a table without a heading, of one seed without a spread', () => {
    const text = reportOf(REQUEST, new Map([['fibrin', [FIGURES]]]));

    expect(text).toMatch(/^outage, seed 1\n\noutage, s +100\n/);
    expect(rowOf(text, 'open after, s')).toEqual(['1']);
  });

  test('of several has them side by side, and nothing where nothing is shared', () => {
    const text = reportOf({ ...REQUEST, seeds: [1, 2], beside: true }, both);

    expect(text).toContain('seeds 1, 2: median (least to most)');
    expect(text).toMatch(/\n +fibrin +in-process\n/);
    expect(rowOf(text, 'open after, s')).toEqual(['1', '–']);
    expect(rowOf(text, '95 % rejected after, s')).toEqual(['8', 'never']);
    expect(rowOf(text, 'calls that failed in the outage')).toEqual(['11000 (11000 to 12000)', '12000']);
  });

  test('for programs has the others beside the seeds', () => {
    const report = JSON.parse(reportOf({ ...REQUEST, json: true, beside: true }, both));

    expect(Object.keys(report)).toEqual(['scenario', 'seeds', 'beside']);
    expect(report.seeds).toHaveLength(2);
    expect(report.beside).toMatchObject({ 'in-process': [{ openAfter: null }] });
    const alone = JSON.parse(reportOf({ ...REQUEST, json: true }, both));
    expect(Object.keys(alone)).toEqual(['scenario', 'seeds']);
  });
});
