import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { ResilienceAlarms } from '../../../cdk/constructs/alarms/resilience-alarms.ts';
import type { ResilienceAlarmsProps } from '../../../cdk/constructs/alarms/resilience-alarms-props.ts';
import { AlarmSeverity } from '../../../cdk/constructs/alarms/severity.ts';
import { episodesOf, evaluateAlarms } from '../../support/alarms/evaluate.ts';
import { type Minutes, Recording } from '../../support/alarms/recording.ts';
import { metricAlarmsOf, type ReadMetric } from '../../support/alarms/template-alarms.ts';
import { newFunction, newStack } from '../deliveries.ts';
import { stable } from '../stable.ts';
import { warmedAlias } from '../warm-alias-of.ts';

type More = Partial<ResilienceAlarmsProps>;

function setUp(more: More | ((stack: Stack) => More)) {
  const stack = newStack();
  const props = typeof more === 'function' ? more(stack) : more;
  const pageTopics = [new Topic(stack, 'Pages')];
  const ticketTopics = [new Topic(stack, 'Tickets')];
  const alarms = new ResilienceAlarms(stack, 'Alarms', {
    namespace: 'Shop',
    pageTopics,
    ticketTopics,
    ...props,
  });
  const template = Template.fromStack(stack).toJSON();
  return { stack, alarms, template, read: metricAlarmsOf(template) };
}

/** One of each. */
const everything = (stack: Stack): More => {
  const alias = newFunction(stack, 'Function').addAlias('live');
  return {
    ...{ breakers: ['payments'], operations: ['charge'], dimensions: { stage: 'prod' } },
    deadLetterQueues: [new Queue(stack, 'Failed'), new Queue(stack, 'Undelivered')],
    urgentDeadLetterQueues: [new Queue(stack, 'Unrelayed')],
    ...{ functions: [alias], provisioned: [alias] },
    warmed: [warmedAlias(stack)],
  };
};

/** Whom an alarm tells. */
const tells = (
  { template }: { readonly template: ReturnType<typeof setUp>['template'] },
  id: string,
): string =>
  JSON.stringify(
    (template as { Resources: Record<string, { Properties: object }> }).Resources[id]?.Properties,
  );

describe('alarms on resilience', () => {
  test('are one for each breaker, operation dead-letter queue and warmed alias, and one for all of the others', () => {
    const all = setUp(everything);
    const found = all.read.map(({ id, threshold, operator, datapointsToAlarm }) => [
      id.replace(/^Alarms|\w{8}$/g, ''),
      ...[threshold, operator.replace('Threshold', ''), datapointsToAlarm],
      /"AlarmActions":\[\{"Ref":"Pages/.test(tells(all, id)) ? 'page' : 'ticket',
    ]);
    const atLeast = 'GreaterThanOrEqualTo';
    expect(found).toEqual([
      ['BreakerOpenpayments', 1, atLeast, 1, 'ticket'],
      ['HeldKeyscharge', 1, atLeast, 1, 'page'],
      [expect.stringMatching('^DeadLetters'), 1, atLeast, 1, 'ticket'],
      [expect.stringMatching('^DeadLetters'), 1, atLeast, 1, 'ticket'],
      [expect.stringMatching('^DeadLetters'), 1, atLeast, 1, 'page'],
      ['DeadLetterAge', 345_600, atLeast, 1, 'page'],
      ['Throttles', 1, atLeast, 3, 'ticket'],
      ['Spillover', 1, atLeast, 3, 'ticket'],
      [expect.stringMatching('^WarmShortfall'), 1, 'LessThan', 2, 'ticket'],
    ]);
    // Of 13 metrics: two of the breaker, three ages, two of the warmer.
    expect(all.alarms.monthlyCost).toBe(1.3);
  });

  test('read the metrics that functions write, with the dimensions that all of them have', () => {
    const { read } = setUp(everything);
    expect([...(read[0]?.metrics.values() ?? [])]).toEqual(
      ['closed', 'half-open'].map((from) => ({
        ...{ namespace: 'Shop', name: 'BreakerStateChanges', statistic: 'Sum' },
        dimensions: { breaker: 'payments', from, to: 'open', stage: 'prod' },
      })),
    );
    expect([...(read[1]?.metrics.values() ?? [])]).toEqual([
      {
        ...{ namespace: 'Shop', name: 'IdempotencyHeld', statistic: 'Sum' },
        dimensions: { operation: 'charge', stage: 'prod' },
      },
    ]);
  });

  test('read spill-over and throttles of the alias', () => {
    const { read } = setUp(everything);
    const names = read
      .flatMap(({ metrics }) => [...metrics.values()])
      .filter(({ namespace }) => namespace === 'AWS/Lambda');
    expect(names.map(({ name, dimensions }) => [name, Object.keys(dimensions).toSorted()])).toEqual([
      ['Throttles', ['FunctionName', 'Resource']],
      ['ProvisionedConcurrencySpilloverInvocations', ['FunctionName', 'Resource']],
    ]);
  });

  test('are none where nothing is given', () => {
    expect(setUp({}).read).toEqual([]);
    expect(setUp({}).alarms.monthlyCost).toBe(0);
  });

  test.each([
    ['breakerOpen', 1],
    ['heldKeys', 1],
    ['deadLetters', 2],
    ['urgentDeadLetters', 1],
    ['deadLetterAge', 1],
    ['throttles', 1],
    ['spillover', 1],
    ['warmShortfall', 1],
  ] as const)('can be left out, or changed: %s', (kind, count) => {
    expect(setUp((stack) => ({ ...everything(stack), [kind]: { enabled: false } })).read).toHaveLength(
      9 - count,
    );
    const tuning = { threshold: 0.25, datapointsToAlarm: 3, severity: AlarmSeverity.PAGE };
    const tuned = setUp((stack) => ({ ...everything(stack), [kind]: tuning }));
    const changed = tuned.read.filter(({ threshold }) => threshold === 0.25);
    expect(changed).toHaveLength(count);
    for (const { id, datapointsToAlarm } of changed) {
      expect(datapointsToAlarm).toBe(3);
      expect(tells(tuned, id)).toContain('"AlarmActions":[{"Ref":"Pages');
    }
  });

  test('are several where CloudWatch reads no more than ten metrics', () => {
    const { read } = setUp((stack) => ({
      deadLetterQueues: Array.from({ length: 12 }, (_, index) => new Queue(stack, `Failed${index}`)),
      deadLetters: { enabled: false },
    }));
    expect(read.map(({ metrics }) => metrics.size)).toEqual([10, 2]);
  });

  test.each<[string, More, string]>([
    ['a name that no breaker has', { breakers: ['pay*'] }, 'expected `breakers` to hold a name of 1 to 100'],
    [
      'a name that no operation has',
      { operations: [''] },
      'expected `operations` to hold a name of 1 to 100',
    ],
    ['no namespace', { namespace: '' }, 'expected `namespace`'],
    [
      'a threshold of 0',
      { throttles: { threshold: 0 } },
      'expected `throttles.threshold` to be over 0, got 0',
    ],
    [
      'more data points than there are',
      { spillover: { datapointsToAlarm: 4 } },
      'expected `spillover.datapointsToAlarm` to be 1, 2 or 3 of the three periods, got 4',
    ],
  ])('refuse %s', (_name, more, trouble) => {
    expect(() => setUp(more)).toThrow(`Shop/Alarms: ${trouble}`);
  });

  test('synthesize to the template of the snapshot', () => {
    expect(stable(Template.fromStack(setUp(everything).stack))).toMatchSnapshot();
  });
});

describe('evaluated on what was recorded', () => {
  const { template, read } = setUp(everything);

  /** When the alarm of this name is in ALARM, in minutes. Other metrics have no data. */
  function episodes(name: string, recorded: (metric: ReadMetric) => Minutes | undefined, fillsAbsent = true) {
    const [alarm] = read.filter(({ id }) => id.includes(name));
    const history = evaluateAlarms(
      template,
      (metric) => {
        const minutes = recorded(metric);
        return minutes && new Recording(minutes);
      },
      { until: 90, fillsAbsent },
    );
    return episodesOf(history, alarm?.id ?? '').map(({ begins, ends }) => [begins + 1, ends && ends + 1]);
  }

  const at = (...minutes: readonly number[]): Minutes =>
    Array.from({ length: 90 }, (_, minute) => (minutes.includes(minute) ? 1 : undefined));
  const metric = (name: string, minutes: Minutes) => (read: ReadMetric) =>
    read.name === name ? minutes : undefined;

  test.each([true, false])(
    'a breaker that opens once alarms at once, and for a quarter of an hour: %s',
    (fillsAbsent) => {
      // It has never opened from half-open: that metric was never written.
      const opens = (read: ReadMetric) => (read.dimensions['from'] === 'closed' ? at(10) : undefined);
      expect(episodes('BreakerOpen', opens, fillsAbsent)).toEqual([[11, 26]]);
    },
  );

  test('a breaker whose probes fail stays in ALARM', () => {
    const opens = (read: ReadMetric) => (read.dimensions['from'] === 'closed' ? at(10) : at(20, 30, 40));
    expect(episodes('BreakerOpen', opens)).toEqual([[11, 56]]);
  });

  test('a held key alarms', () => {
    expect(episodes('HeldKeys', metric('IdempotencyHeld', at(3)))).toEqual([[4, 19]]);
  });

  test('throttles alarm when they go on for seven minutes, after eleven, which no shorter burst does', () => {
    const burst = (minutes: number) => at(...Array.from({ length: minutes }, (_, index) => 10 + index));
    expect(episodes('Throttles', metric('Throttles', burst(6)))).toEqual([]);
    expect(episodes('Throttles', metric('Throttles', burst(7)))).toEqual([[21, 22]]);
    expect(
      episodes('Spillover', metric('ProvisionedConcurrencySpilloverInvocations', burst(7))),
    ).toHaveLength(1);
  });

  test('a dead letter alarms until it is gone', () => {
    const depth = Array.from({ length: 90 }, (_, minute) => Number(minute >= 20 && minute < 60));
    expect(episodes('DeadLetters', metric('ApproximateNumberOfMessagesVisible', depth))).toEqual([[21, 75]]);
  });

  test('environments that were not warmed alarm at the second ping, and all of them do not', () => {
    const pings = (environments: number) => (read: ReadMetric) =>
      metric(
        read.name,
        Array.from({ length: 90 }, (_, minute) =>
          minute % 5 === 0 ? (read.name === 'WarmingRequested' ? 10 : environments) : undefined,
        ),
      )(read);
    expect(episodes('WarmShortfall', pings(10))).toEqual([]);
    expect(episodes('WarmShortfall', pings(8))).toEqual([[6, undefined]]);
  });

  test('a warmer that does not run, and no metric at all, alarm nobody', () => {
    for (const name of ['WarmShortfall', 'BreakerOpen', 'HeldKeys', 'Throttles', 'Spillover', 'DeadLetters'])
      expect(episodes(name, () => undefined)).toEqual([]);
  });
});
