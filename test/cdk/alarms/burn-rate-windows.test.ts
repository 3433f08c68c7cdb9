/* What pages, when, and what does not: the composites of the synthesized template on recorded traffic. */
import { Template } from 'aws-cdk-lib/assertions';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BURN_RATE_RULES, detectionMinutes, thresholdOf } from '../../../cdk/constructs/alarms/burn-rate.ts';
import { BurnRateAlarms } from '../../../cdk/constructs/alarms/burn-rate-alarms.ts';
import { RequestMetricsOf } from '../../../cdk/constructs/alarms/request-metrics.ts';
import { episodesOf, evaluateAlarms } from '../../support/alarms/evaluate.ts';
import { compositeAlarmsOf } from '../../support/alarms/template-alarms.ts';
import { newStack } from '../deliveries.ts';
import { DAY, recordingsOf, type Traffic } from './burn-rate-series.ts';

const AVAILABILITY = 0.999;
const MINIMUM_ERRORS = 10;
type Window = keyof typeof BURN_RATE_RULES;
const WINDOWS: readonly Window[] = ['fast', 'slow', 'steady'];

function synthesized() {
  const stack = newStack();
  const metrics = RequestMetricsOf.httpApi(new HttpApi(stack, 'Api'));
  new BurnRateAlarms(stack, 'Availability', { ...metrics, availability: AVAILABILITY });
  const template = Template.fromStack(stack).toJSON();
  const ids = compositeAlarmsOf(template).map(({ id }) => id);
  const idOf = (span: string) => ids.find((id) => id.includes(`Within${span}`)) ?? '';
  return { template, ids: { fast: idOf('1h'), slow: idOf('6h'), steady: idOf('1d') } };
}
const { template, ids } = synthesized();

/** When each window's composite begins and ends, in minutes after the history. Windows that never do are left out. */
function episodes(history: readonly Traffic[], traffic: readonly Traffic[]) {
  const before = history.reduce((sum, { minutes }) => sum + minutes, 0);
  const recordings = recordingsOf([...history, ...traffic]);
  const states = evaluateAlarms(template, recordings.of, { from: before + 1, until: recordings.minutes });
  return Object.fromEntries(
    WINDOWS.map((window) => [
      window,
      episodesOf(states, ids[window]).map(({ begins, ends }) => [
        begins + 1,
        ends === undefined ? ends : ends + 1,
      ]),
    ]).filter(([, found]) => (found?.length ?? 0) > 0),
  ) as Partial<Record<Window, readonly (readonly [number, number | undefined])[]>>;
}

const busy = (minutes: number, errorRatio = 0): Traffic => ({ minutes, requests: 1_000, errorRatio });
const quiet = (minutes: number, errorRatio = 0): Traffic => ({ minutes, requests: 1, errorRatio });
const CLEAN = [busy(2 * DAY)];

/** What the windows promise for trouble that begins after a clean history. */
const promised = (errorRatio: number, requestsPerMinute = 1_000) =>
  Object.fromEntries(
    WINDOWS.map((window) => [
      window,
      detectionMinutes(BURN_RATE_RULES[window], {
        ...{ availability: AVAILABILITY, errorRatio, requestsPerMinute, minimumErrors: MINIMUM_ERRORS },
      }),
    ]).filter(([, minutes]) => minutes !== undefined),
  ) as Partial<Record<Window, number>>;

/** Each window begins once, when it is promised, and those that promise nothing never do. */
function expectPromised(found: ReturnType<typeof episodes>, errorRatio: number, requestsPerMinute?: number) {
  const begins = Object.fromEntries(
    Object.entries(found).map(([window, all]) => {
      expect(all, window).toHaveLength(1);
      return [window, all?.[0]?.[0]];
    }),
  );
  expect(begins).toEqual(promised(errorRatio, requestsPerMinute));
}

describe('what the windows promise', () => {
  test('is kept in a total outage: pages after one, three and five minutes', () => {
    const found = episodes(CLEAN, [busy(DAY, 1)]);
    expect(promised(1)).toEqual({ fast: 1, slow: 3, steady: 5 });
    expectPromised(found, 1);
  });

  test('is kept in a fast burn of 10 %', () => {
    const found = episodes(CLEAN, [busy(DAY, 0.1)]);
    expect(promised(0.1)).toEqual({ fast: 9, slow: 22, steady: 44 });
    expectPromised(found, 0.1);
  });

  test('is kept in a slow burn of 1 %, which the fast window does not see', () => {
    const found = episodes(CLEAN, [busy(2 * DAY, 0.01)]);
    expect(promised(0.01)).toEqual({ slow: 217, steady: 433 });
    expectPromised(found, 0.01);
  });

  test('is kept in a steady burn of 0.4 %, which writes a ticket and pages nobody', () => {
    const found = episodes(CLEAN, [busy(2 * DAY, 0.004)]);
    expect(promised(0.004)).toEqual({ steady: 1_081 });
    expectPromised(found, 0.004);
  });

  test('is kept in an outage with few requests, once there are enough errors', () => {
    const found = episodes([quiet(2 * DAY)], [quiet(DAY, 1)]);
    expect(promised(1, 1)).toEqual({ fast: 10, slow: 10, steady: 10 });
    expectPromised(found, 1, 1);
  });

  test('is kept in trouble of any size', () => {
    const any = fc.record({
      errorRatio: fc.double({ min: 0.0005, max: 1, noNaN: true }),
      requests: fc.integer({ min: 1_000, max: 5_000 }),
    });
    fc.assert(
      fc.property(any, ({ errorRatio, requests }) => {
        const traffic = (minutes: number, ratio = 0): Traffic => ({ minutes, requests, errorRatio: ratio });
        const found = episodes([traffic(DAY)], [traffic(DAY, errorRatio)]);
        for (const [window, minutes] of Object.entries(promised(errorRatio, requests))) {
          const begins = found[window as Window]?.[0]?.[0] ?? Number.POSITIVE_INFINITY;
          // Errors are whole ones, so that a part of one may come a minute later; and at the threshold itself by one more.
          expect(Math.abs(begins - minutes)).toBeLessThanOrEqual(minutes * 0.002 + 1);
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe('no window begins', () => {
  test.each<[string, readonly Traffic[], readonly Traffic[]]>([
    ['while errors are exactly what the budget allows', CLEAN, [busy(3 * DAY, 0.001)]],
    ['at a blip: a minute in which everything fails half', CLEAN, [busy(1, 0.5), busy(DAY)]],
    ['at a deployment: three minutes of 20 %', CLEAN, [busy(3, 0.2), busy(DAY)]],
    ['at one error with few requests', [quiet(2 * DAY)], [quiet(1, 1), quiet(DAY)]],
    ['at nine errors in a row with few requests', [quiet(2 * DAY)], [quiet(9, 1), quiet(2 * DAY)]],
    ['without traffic', [quiet(DAY)], [{ minutes: 2 * DAY, requests: 0 }]],
    ['in a service that has never had traffic', [], [{ minutes: 2 * DAY, requests: 0 }]],
    ['in a new service without errors', [], [busy(DAY)]],
    [
      'while it flaps within the budget',
      CLEAN,
      Array.from({ length: 48 }, () => [busy(1, 0.02), busy(29)]).flat(),
    ],
  ])('%s', (_name, history, traffic) => {
    expect(episodes(history, traffic)).toEqual({});
  });
});

describe('a window ends', () => {
  test('soon after a service has recovered, within its short window', () => {
    const found = episodes(CLEAN, [busy(30, 1), busy(DAY)]);
    for (const window of WINDOWS) {
      const [[begins, ends] = [0, 0], ...more] = found[window] ?? [];
      expect(more).toEqual([]);
      expect(begins).toBeLessThanOrEqual(5);
      expect(ends).toBeGreaterThan(30);
      expect(ends).toBeLessThanOrEqual(30 + BURN_RATE_RULES[window].shortMinutes);
    }
  });

  test('when the traffic stops too, although CloudWatch would go on with the last data', () => {
    const found = episodes(CLEAN, [busy(30, 1), { minutes: DAY, requests: 0 }]);
    for (const window of WINDOWS)
      expect(found[window]).toEqual([[expect.any(Number), 30 + BURN_RATE_RULES[window].shortMinutes]]);
  });

  test('and begins again with each outage of a service that flaps', () => {
    const found = episodes(CLEAN, Array.from({ length: 3 }, () => [busy(10, 0.5), busy(110)]).flat());
    expect(found.fast).toHaveLength(3);
    for (const [index, [begins = 0]] of (found.fast ?? []).entries()) expect(begins).toBe(index * 120 + 2);
  });
});

test('a service that has just begun pages at its first outage as well', () => {
  expect(episodes([], [busy(DAY, 1)])).toEqual({
    fast: [[1, undefined]],
    slow: [[1, undefined]],
    steady: [[1, undefined]],
  });
});

test.each([true, false])(
  'the composites of the template are those of the formula, minute by minute: FILL fills what is absent: %s',
  (fillsAbsent) => {
    const any = fc.array(
      fc.record({
        minutes: fc.integer({ min: 1, max: 400 }),
        requests: fc.constantFrom(0, 1, 50, 1_000),
        errorRatio: fc.constantFrom(0, 0.001, 0.003, 0.01, 0.02, 0.5, 1),
      }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(any, (traffic) => {
        const recordings = recordingsOf(traffic);
        const states = evaluateAlarms(template, recordings.of, { until: recordings.minutes, fillsAbsent });
        const of = (name: string, from: number, until: number) =>
          recordings
            .of({ name, namespace: '', dimensions: {}, statistic: '' })
            ?.statistic('Sum', from, until) ?? 0;
        const burns = (minute: number, window: Window, span: number) => {
          const requests = of('Count', minute - span, minute);
          const ratio = requests === 0 ? 0 : of('5xx', minute - span, minute) / requests;
          return ratio > thresholdOf(BURN_RATE_RULES[window], AVAILABILITY);
        };
        for (const [index, state] of states.entries())
          for (const window of WINDOWS) {
            const { longMinutes, shortMinutes } = BURN_RATE_RULES[window];
            const minute = index + 1;
            const isBurning =
              burns(minute, window, longMinutes) &&
              burns(minute, window, shortMinutes) &&
              of('5xx', minute - longMinutes, minute) >= MINIMUM_ERRORS;
            if ((state.get(ids[window]) === 'ALARM') !== isBurning)
              throw new Error(
                `${window} at minute ${minute}: ${state.get(ids[window])}, expected ${isBurning}`,
              );
          }
      }),
      { numRuns: 25 },
    );
  },
);
