import { describe, expect, it } from 'vitest';
import { APPS } from '../conformance/apps.ts';
import { readArguments } from '../conformance/arguments.ts';
import { AREAS, type ConformanceCase } from '../conformance/case.ts';
import { reportOf, textOf } from '../conformance/report.ts';

const cases = APPS.flatMap((app) => app.cases);

describe('the conformance suite', () => {
  it('has at least 300 cases', () => {
    expect(cases.length).toBeGreaterThanOrEqual(300);
  });

  it.each(AREAS)('has at least 20 cases about %s', (area) => {
    expect(cases.filter((one) => one.area === area).length).toBeGreaterThanOrEqual(20);
  });

  it('has a page for each case, and a title that no other has', () => {
    for (const { title, page } of cases)
      expect([title, page]).toEqual([
        title,
        expect.stringMatching(/^https:\/\/(docs\.aws\.amazon\.com|aws\.amazon\.com|www\.npmjs\.com)\/./),
      ]);
    const titles = cases.map(({ area, title }) => `${area}: ${title}`);
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
  });

  it('explains no more than one of twenty cases of an area away', () => {
    for (const area of AREAS) {
      const own = cases.filter((one) => one.area === area);
      expect(own.filter(({ difference }) => difference !== undefined).length).toBeLessThanOrEqual(
        own.length * 0.05,
      );
    }
  });
});

describe('the report of the conformance suite', () => {
  const caseOf = (title: string, more: Partial<ConformanceCase> = {}): ConformanceCase => ({
    ...{ area: 'sqs', title, page: 'https://docs.aws.amazon.com/x', check: async () => undefined },
    ...more,
  });
  const many = Array.from({ length: 39 }, (_, index) => caseOf(String(index)));
  const explained = caseOf('explained', { difference: 'there is no other way' });
  const bare = caseOf('bare');
  const held = (all: readonly ConformanceCase[], ...differing: readonly ConformanceCase[]) =>
    new Map(all.map((one) => [one, differing.includes(one) ? 'expected 1, got 2' : undefined]));

  it('lets a difference pass that is explained, and one of another target', () => {
    const all = [...many, explained];
    const results = new Map([
      ['local', held(all, explained)],
      ['ministack', held(all, ...all)],
    ] as const);
    const report = reportOf(all, results);
    expect(report.wrong).toEqual([]);
    expect(report.areas).toEqual([
      { area: 'sqs', cases: 40, on: { local: { tried: 40, held: 39 }, ministack: { tried: 40, held: 0 } } },
    ]);
    expect(textOf(report)).toMatch(/^sqs +40 +39 of 40 +0 of 40$/m);
    expect(textOf(report)).toMatch(/explained\n.*\n {2}expected 1, got 2\n {2}because there is no other way/);
  });

  it('fails for a difference of the local run without an explanation', () => {
    const all = [...many, bare];
    expect(reportOf(all, new Map([['local', held(all, bare)]])).wrong).toEqual([
      'sqs: no explanation why it differs: bare',
    ]);
  });

  it('fails where too few hold, explained or not', () => {
    const all = [...many.slice(0, 10), explained];
    expect(reportOf(all, new Map([['local', held(all, explained)]])).wrong).toEqual([
      'sqs: 10 of 11 hold, expected at least 95 %',
    ]);
  });

  it('counts on each target the cases that were tried there', () => {
    const all = [...many, bare];
    const results = new Map([
      ['local', held(all)],
      ['ministack', held(many)],
    ] as const);
    expect(textOf(reportOf(all, results))).toMatch(/^all +40 +40 of 40 +39 of 39$/m);
  });
});

describe('the arguments of the conformance suite', () => {
  it('choose areas and a target', () => {
    expect(readArguments(['--area', 'sqs', '--area', 'fifo', '--only', 'local'])).toMatchObject({
      areas: ['sqs', 'fifo'],
      targets: ['local'],
    });
    expect(readArguments([])).toMatchObject({ areas: AREAS, targets: ['local', 'ministack'], json: false });
  });

  it.each([
    [['--area', 'mail'], /areas of http-api, .*got mail/],
    [['--only', 'aws'], /--only to be one of local, ministack, got aws/],
  ])('are refused: %j', (args, reason) => {
    expect(() => readArguments(args)).toThrow(reason);
  });
});
