import { describe, expect, test } from 'vitest';
import { type AlarmState, stateOf } from '../support/alarms/alarm-state.ts';
import { holds } from '../support/alarms/composite-rule.ts';
import { episodesOf, evaluateAlarms } from '../support/alarms/evaluate.ts';
import { evaluateMath } from '../support/alarms/metric-math.ts';
import { Recording } from '../support/alarms/recording.ts';

const TREATMENTS = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;

/** What AWS prints as `0 - X - X`: the latest on the right, X breaching. */
const rangeOf = (text: string) =>
  text
    .split(' ')
    .map((point) => (point === '-' ? undefined : Number(point === 'X')))
    .toReversed();

const KEPT = 'retained';
const insufficient = 'INSUFFICIENT_DATA';

describe('the state of a metric alarm', () => {
  // The tables of "Configuring how CloudWatch alarms treat missing data".
  test.each<[string, number, readonly string[]]>([
    ['0 - X - X', 3, ['OK', 'OK', 'OK', 'OK']],
    ['0 - - - -', 3, ['OK', 'OK', 'OK', 'OK']],
    ['- - - - -', 3, [insufficient, KEPT, 'ALARM', 'OK']],
    ['0 X X - X', 3, ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['- - X - -', 3, ['ALARM', KEPT, 'ALARM', 'OK']],
    ['0 - X - X', 2, ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 0 X 0 X', 2, ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 - X - -', 2, ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - - 0', 2, ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - X -', 2, ['ALARM', KEPT, 'ALARM', 'OK']],
  ])('is that of the documentation for %s with %i of 3', (points, datapointsToAlarm, expected) => {
    for (const previous of ['OK', 'ALARM'] as const)
      expect(
        TREATMENTS.map((treatMissingData) =>
          stateOf(
            rangeOf(points),
            {
              ...{ operator: 'GreaterThanThreshold', threshold: 0.5, evaluationPeriods: 3 },
              ...{ datapointsToAlarm, treatMissingData },
            },
            previous,
          ),
        ),
      ).toEqual(expected.map((state) => (state === KEPT ? previous : state)));
  });

  test.each(['- - - - X', '- - - X -'])('waits for more data than %s before it is ALARM', (points) => {
    const evaluation = {
      ...{ operator: 'GreaterThanThreshold', threshold: 0.5, evaluationPeriods: 3 },
      ...{ datapointsToAlarm: 3, treatMissingData: 'missing' },
    };
    expect(stateOf(rangeOf(points), evaluation, 'OK')).toBe('OK');
  });
});

describe('metric math', () => {
  const series = new Map([
    ['a', [1, undefined, 3]],
    ['b', [2, 4, 0]],
  ]);
  const evaluate = (expression: string) => evaluateMath(expression, series, 3);

  test.each<[string, readonly (number | undefined)[]]>([
    ['a + b * 2', [5, undefined, 3]],
    ['a / b', [0.5, undefined, undefined]],
    ['(a + b) * 2', [6, undefined, 6]],
    ['FILL(a, 0) + 1', [2, 1, 4]],
    ['a >= 1', [1, 0, 1]],
    ['IF(b > 0, a / b, 7)', [0.5, undefined, 7]],
    ['MAX([FILL(a, 0), b])', [2, 4, 3]],
    ['MIN([a, b])', [1, 4, 0]],
    ['SUM([a, b])', [3, 4, 3]],
    ['100 * (1 - a / b)', [50, undefined, undefined]],
  ])('evaluates %s', (expression, expected) => {
    expect(evaluate(expression)).toEqual(expected);
  });

  test.each(['RATE(a)', 'c + 1', 'a +', 'a b', 'a % b', '(a'])('refuses %s', (expression) => {
    expect(() => evaluate(expression)).toThrow('metric math');
  });
});

describe('the rule of a composite alarm', () => {
  const states = new Map<string, AlarmState>([
    ['A', 'ALARM'],
    ['B', 'OK'],
    ['C', 'INSUFFICIENT_DATA'],
  ]);

  test.each([
    ['ALARM("A") AND ALARM("B")', false],
    ['ALARM("A") OR ALARM("B")', true],
    ['(ALARM("A") AND NOT ALARM("C"))', true],
    ['ALARM("C")', false],
    ['INSUFFICIENT_DATA("C") AND OK("B")', true],
    ['FALSE OR ALARM("B") AND TRUE', false],
  ])('evaluates %s', (rule, expected) => {
    expect(holds(rule, (name) => states.get(name) ?? 'OK')).toBe(expected);
  });

  test.each(['ALARM(A)', 'ALARM("A") ALARM("B")', '(ALARM("A")'])('refuses %s', (rule) => {
    expect(() => holds(rule, () => 'OK')).toThrow();
  });
});

describe('the alarms of a template', () => {
  const alarm = (properties: object) => ({
    Resources: {
      One: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: {
          ...{ Namespace: 'Shop', MetricName: 'Orders', Statistic: 'Sum', Period: 300, Threshold: 10 },
          ...{ ComparisonOperator: 'GreaterThanOrEqualToThreshold', EvaluationPeriods: 1 },
          ...properties,
        },
      },
    },
  });
  const minutes = (...spans: readonly (readonly [number, number | undefined])[]) =>
    new Recording(spans.flatMap(([length, value]) => Array<number | undefined>(length).fill(value)));
  const episodes = (properties: object, recording: Recording, until = recording.length) =>
    episodesOf(
      evaluateAlarms(alarm(properties), () => recording, { until }),
      'One',
    ).map(({ begins, ends }) => [begins + 1, ends === undefined ? undefined : ends + 1]);

  test('see periods that slide by the minute', () => {
    expect(episodes({}, minutes([20, 1], [20, 3], [20, 1]))).toEqual([[23, 43]]);
  });

  test('go on with the last data that there was, where none is filled in', () => {
    const properties = { Statistic: 'Maximum', Threshold: 3, TreatMissingData: 'notBreaching' };
    expect(episodes(properties, minutes([20, 3], [40, undefined]))).toEqual([[1, 35]]);
  });

  test('are evaluated by the hour where they look at more than a day', () => {
    const recording = minutes([3_000, 0], [30, 5]);
    expect(episodes({ Period: 86_400, EvaluationPeriods: 1 }, recording)).toEqual([[3_002, undefined]]);
    const twoDays = { Period: 86_400, EvaluationPeriods: 2, DatapointsToAlarm: 1 };
    expect(episodes(twoDays, minutes([3_000, 0], [90, 5]))).toEqual([[3_060, undefined]]);
  });

  test('are refused with two periods, as CloudWatch refuses them', () => {
    const stat = (Id: string, Period: number) => ({
      ...{ Id, ReturnData: false },
      MetricStat: { Metric: { Namespace: 'Shop', MetricName: Id }, Period, Stat: 'Sum' },
    });
    const metrics = { Metrics: [stat('a', 60), stat('b', 300), { Id: 'c', Expression: 'a + b' }] };
    expect(() => episodes({ Namespace: undefined, Period: undefined, ...metrics }, minutes([1, 1]))).toThrow(
      'expected one period',
    );
  });
});
