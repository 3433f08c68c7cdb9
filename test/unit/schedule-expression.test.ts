import { describe, expect, it } from 'vitest';
import { FibrinError } from '../../lib/core/errors.ts';
import { nextAfter } from '../../lib/local/scheduler/schedule-expression.ts';

/** The next runs, strictly after the first argument's moment. */
function runs(expression: string, after: string, count = 1, timezone = 'UTC'): string[] {
  const found: string[] = [];
  let at: number | undefined = Date.parse(after);
  while (found.length < count && at !== undefined) {
    at = nextAfter(expression, timezone, at);
    if (at !== undefined) found.push(new Date(at).toISOString().replace(':00.000Z', 'Z'));
  }
  return found;
}

describe('rate expressions', () => {
  it.each([
    ['rate(1 minute)', '2026-03-01T00:01Z'],
    ['rate(5 minutes)', '2026-03-01T00:05Z'],
    ['rate(1 hour)', '2026-03-01T01:00Z'],
    ['rate(12 hours)', '2026-03-01T12:00Z'],
    ['rate(1 day)', '2026-03-02T00:00Z'],
    ['rate(7 days)', '2026-03-08T00:00Z'],
  ])('%s comes one period later', (expression, next) => {
    expect(runs(expression, '2026-03-01T00:00Z')).toEqual([next]);
  });

  it('take a day as 24 hours, whatever the clocks do', () => {
    expect(runs('rate(1 day)', '2026-03-28T12:00Z', 1, 'Europe/Berlin')).toEqual(['2026-03-29T12:00Z']);
  });
});

describe('one-time expressions', () => {
  it('are due once, in their zone', () => {
    expect(runs('at(2026-07-01T09:30:00)', '2026-01-01T00:00Z', 2, 'America/New_York')).toEqual([
      '2026-07-01T13:30Z',
    ]);
  });

  it('are not due in the past', () => {
    expect(runs('at(2025-07-01T09:30:00)', '2026-01-01T00:00Z')).toEqual([]);
  });
});

describe('cron expressions', () => {
  it.each([
    ['cron(0 10 * * ? *)', ['2026-06-01T10:00Z', '2026-06-02T10:00Z']],
    ['cron(15 12 ? * * *)', ['2026-06-01T12:15Z', '2026-06-02T12:15Z']],
    ['cron(0 18 ? * MON-FRI *)', ['2026-06-01T18:00Z', '2026-06-02T18:00Z']],
    ['cron(0 8 1 * ? *)', ['2026-06-01T08:00Z', '2026-07-01T08:00Z']],
    ['cron(0/15 * * * ? *)', ['2026-06-01T00:15Z', '2026-06-01T00:30Z']],
    ['cron(1/10 0 * * ? *)', ['2026-06-01T00:01Z', '2026-06-01T00:11Z']],
    ['cron(*/20 3 * * ? *)', ['2026-06-01T03:00Z', '2026-06-01T03:20Z']],
    ['cron(10-20/5 3 * * ? *)', ['2026-06-01T03:10Z', '2026-06-01T03:15Z']],
    ['cron(0 0 1 JAN,jul ? *)', ['2026-07-01T00:00Z', '2027-01-01T00:00Z']],
    ['cron(0 0 1 1 ? 2028)', ['2028-01-01T00:00Z']],
    ['cron(0 0 1 1 ? 2027-2031/2)', ['2027-01-01T00:00Z', '2029-01-01T00:00Z']],
    ['cron(0 0 29 2 ? *)', ['2028-02-29T00:00Z', '2032-02-29T00:00Z']],
  ])('%s is due as EventBridge says', (expression, expected) => {
    expect(runs(expression, '2026-06-01T00:00Z', 2)).toEqual(expected);
  });

  it.each([
    ['cron(0 0 ? * 1 *)', '2026-06-07T00:00Z', 'day 1 is Sunday'],
    ['cron(0 0 ? * 7 *)', '2026-06-06T00:00Z', 'day 7 is Saturday'],
    ['cron(0 0 ? * L *)', '2026-06-06T00:00Z', 'the last day of the week is Saturday'],
    ['cron(0 0 ? * 6L *)', '2026-06-26T00:00Z', '6L is the last Friday of the month'],
    ['cron(0 0 ? * FRIL *)', '2026-06-26T00:00Z', 'a name works with L'],
    ['cron(0 0 ? * 3#2 *)', '2026-06-09T00:00Z', '3#2 is the second Tuesday'],
    ['cron(0 0 ? * SUN,SAT *)', '2026-06-06T00:00Z', 'names can be listed'],
    ['cron(0 0 L * ? *)', '2026-06-30T00:00Z', 'L is the last day of the month'],
    ['cron(0 0 7W * ? *)', '2026-06-08T00:00Z', 'a Sunday gives its turn to Monday'],
    ['cron(0 0 6W * ? *)', '2026-06-05T00:00Z', 'a Saturday gives its turn to Friday'],
  ])('%s next comes at %s: %s', (expression, next) => {
    expect(runs(expression, '2026-06-01T00:00Z')).toEqual([next]);
  });

  it('never comes where the year is over', () => {
    expect(runs('cron(0 0 1 1 ? 2020)', '2026-06-01T00:00Z')).toEqual([]);
  });

  it('keeps to the time of day in its zone through the year', () => {
    const zone = 'America/New_York';
    expect(runs('cron(30 8 * * ? *)', '2026-01-10T00:00Z', 1, zone)).toEqual(['2026-01-10T13:30Z']);
    expect(runs('cron(30 8 * * ? *)', '2026-07-10T00:00Z', 1, zone)).toEqual(['2026-07-10T12:30Z']);
  });

  it('leaves a time out that is skipped in spring', () => {
    // The clocks go from 02:00 to 03:00 on 29 March.
    expect(runs('cron(30 2 * * ? *)', '2026-03-27T12:00Z', 2, 'Europe/Berlin')).toEqual([
      '2026-03-28T01:30Z',
      '2026-03-30T00:30Z',
    ]);
  });

  it('runs once at a time that comes twice in autumn', () => {
    // The clocks go from 03:00 back to 02:00 on 25 October.
    expect(runs('cron(30 2 * * ? *)', '2026-10-24T12:00Z', 2, 'Europe/Berlin')).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ]);
    expect(runs('cron(0/30 * * * ? *)', '2026-10-25T00:00Z', 2, 'Europe/Berlin')).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-25T02:00Z',
    ]);
  });

  it('understands zones that are not whole hours apart', () => {
    expect(runs('cron(0 9 * * ? *)', '2026-06-01T00:00Z', 1, 'Asia/Kathmandu')).toEqual([
      '2026-06-01T03:15Z',
    ]);
  });
});

describe('expressions that EventBridge refuses', () => {
  it.each([
    ['rate(1 minutes)', 'minute, hour or day for 1'],
    ['rate(5 minute)', 'minutes, hours or days above'],
    ['rate(0 minutes)', 'positive integer'],
    ['rate(1.5 hours)', 'positive integer'],
    ['rate(5 seconds)', 'minute, hour or day'],
    ['at(2026-02-31T00:00:00)', 'a date that exists'],
    ['at(2026-02-01)', 'at(yyyy-mm-ddThh:mm:ss)'],
    ['cron(0 10 * * *)', 'six fields'],
    ['cron(0 10 * * * *)', '"?" in exactly one'],
    ['cron(0 10 1 * MON *)', '"?" in exactly one'],
    ['cron(0 10 ? * ? *)', '"?" in exactly one'],
    ['cron(60 10 * * ? *)', 'minutes to be 0-59'],
    ['cron(0 24 * * ? *)', 'hours to be 0-23'],
    ['cron(? 10 * * ? *)', 'minutes to be 0-59'],
    ['cron(0 10 32 * ? *)', 'day-of-month to be 1-31'],
    ['cron(0 10 ? * 0 *)', 'day-of-week to be 1-7 or SUN-SAT'],
    ['cron(0 10 ? * 3#1,6#3 *)', '"#" in day-of-week to stand alone'],
    ['cron(0 10 ? * 3#6 *)', 'day-of-week to be 1-7'],
    ['cron(0 10 ? * 3W *)', 'day-of-week to be 1-7'],
    ['cron(0 10 1 13 ? *)', 'month to be 1-12 or JAN-DEC'],
    ['cron(0 10 1 * ? 1969)', 'year to be 1970-2199'],
    ['cron(20-10 * * * ? *)', 'minutes to be 0-59'],
    ['cron(0/0 * * * ? *)', 'minutes to be 0-59'],
    ['cron(0,,5 * * * ? *)', 'minutes to be 0-59'],
    ['every(5 minutes)', 'rate(…), cron(…) or at'],
    ['', 'rate(…), cron(…) or at'],
  ])('%s, saying what is expected', (expression, expected) => {
    const call = () => nextAfter(expression, 'UTC', 0);
    expect(call).toThrow(FibrinError);
    expect(call).toThrow(`Schedule expression "${expression}"`);
    expect(call).toThrow(expected);
  });

  it('name a zone that does not exist', () => {
    expect(() => nextAfter('cron(0 10 * * ? *)', 'Europe/Atlantis', 0)).toThrow('got "Europe/Atlantis"');
  });
});
