import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { checkedNames } from '../names.ts';
import { refuse } from '../refuse.ts';
import { AlarmActions } from './alarm-actions.ts';
import { monthlyAlarmCost } from './alarm-cost.ts';
import { ALARM_KINDS, type AlarmKindName } from './alarm-kinds.ts';
import { breakerOpenings, idempotencyEvents } from './own-metrics.ts';
import type { ResilienceAlarmsProps } from './resilience-alarms-props.ts';
import { describedBy } from './runbook.ts';

const PERIOD = Duration.minutes(5);
const PERIODS = 3;
/** What an alarm on metric math may read. */
const MAX_METRICS = 10;

const listOf = (ids: readonly string[]): string => `[${ids.map((id) => `FILL(${id}, 0)`).join(', ')}]`;

// Of a list, and not by +: a metric that was never written must not take the others along.
const sumOf = (ids: readonly string[]): string => `SUM(${listOf(ids)})`;
const greatestOf = (ids: readonly string[]): string => `MAX(${listOf(ids)})`;
/** A warmer that does not run, since no requests are expected, has no data and no shortfall. */
const ratioOf = ([met, requested]: readonly string[]): string => `${met} / ${requested}`;

const throttlesOf = (fn: IFunction): IMetric => fn.metricThrottles();
const spilloverOf = (fn: IFunction): IMetric =>
  fn.metric('ProvisionedConcurrencySpilloverInvocations', { statistic: 'Sum' });

interface Asked {
  readonly kind: AlarmKindName;
  readonly metrics: readonly IMetric[];
  readonly combine: (ids: readonly string[]) => string;
  readonly sentence: string;
  readonly isBelow?: boolean;
}

const chunked = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  all.length === 0 ? [] : [all.slice(0, MAX_METRICS), ...chunked(all.slice(MAX_METRICS))];

/**
 * Alarms on what fibrin and its queues do, few and each with a section of the runbook: an open breaker, dead letters and their age,
 * throttles, held idempotency keys, provisioned concurrency that does not suffice, environments that were not warmed.
 *
 * Three periods of five minutes are looked at. Each kind of alarm can be left out, or have another threshold. Where there is no
 * data there was nothing to count, so that an alarm ends although nothing is written any more.
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { AlarmTopic, DeadLetterQueue, ResilienceAlarms } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * new ResilienceAlarms(stack, 'Alarms', {
 *   namespace: 'Shop',
 *   breakers: ['payments'],
 *   operations: ['charge'],
 *   deadLetterQueues: [new DeadLetterQueue(stack, 'Failed').queue],
 *   deadLetterAge: { enabled: false },
 *   pageTopics: [new AlarmTopic(stack, 'Pages').topic],
 *   ticketTopics: [new AlarmTopic(stack, 'Tickets').topic],
 * });
 * ```
 */
export class ResilienceAlarms extends Construct {
  readonly alarms: readonly Alarm[];
  /** USD. */
  readonly monthlyCost: number;
  readonly #props: ResilienceAlarmsProps;
  readonly #actions: AlarmActions;
  #metrics = 0;

  constructor(scope: Construct, id: string, props: ResilienceAlarmsProps) {
    super(scope, id);
    this.#props = props;
    this.#check();
    this.#actions = new AlarmActions(this, props);
    this.alarms = [...this.#ofNames(), ...this.#ofQueues(), ...this.#ofFunctions()];
    this.monthlyCost = monthlyAlarmCost(this.#metrics, 0);
  }

  #ofNames(): readonly Alarm[] {
    const { breakers = [], operations = [] } = this.#props;
    return [
      ...breakers.flatMap((breaker) =>
        this.#alarm(`BreakerOpen-${breaker}`, {
          kind: 'breakerOpen',
          metrics: breakerOpenings(this.#props, breaker),
          combine: sumOf,
          sentence: `The breaker ${breaker} has opened: calls of its dependency fail, and are rejected.`,
        }),
      ),
      ...operations.flatMap((operation) =>
        this.#alarm(`HeldKeys-${operation}`, {
          kind: 'heldKeys',
          metrics: [idempotencyEvents(this.#props, operation, 'Held')],
          combine: sumOf,
          sentence: `Requests of ${operation} are refused: the outcome of an earlier one with the same key is unknown.`,
        }),
      ),
    ];
  }

  #ofQueues(): readonly Alarm[] {
    const { deadLetterQueues = [], urgentDeadLetterQueues = [] } = this.#props;
    const queues = [...deadLetterQueues, ...urgentDeadLetterQueues];
    const depth = (kind: AlarmKindName) => (queue: IQueue) =>
      this.#alarm(`DeadLetters-${queue.node.addr.slice(-8)}`, {
        kind,
        metrics: [queue.metricApproximateNumberOfMessagesVisible()],
        combine: greatestOf,
        sentence: `Messages wait in the dead-letter queue ${queue.node.path}.`,
      });
    return [
      ...deadLetterQueues.flatMap(depth('deadLetters')),
      ...urgentDeadLetterQueues.flatMap(depth('urgentDeadLetters')),
      ...this.#shared('DeadLetterAge', {
        kind: 'deadLetterAge',
        metrics: queues.map((queue) => queue.metricApproximateAgeOfOldestMessage()),
        combine: greatestOf,
        sentence: 'A dead-letter queue holds messages that SQS will delete.',
      }),
    ];
  }

  #ofFunctions(): readonly Alarm[] {
    const { functions = [], provisioned = [], warmed = [] } = this.#props;
    return [
      ...this.#shared('Throttles', {
        kind: 'throttles',
        metrics: functions.map(throttlesOf),
        combine: sumOf,
        sentence: 'Invocations are refused for want of concurrency.',
      }),
      ...this.#shared('Spillover', {
        kind: 'spillover',
        metrics: provisioned.map(spilloverOf),
        combine: sumOf,
        sentence: 'Invocations found no provisioned environment free, so that some of them start cold.',
      }),
      ...warmed.flatMap((alias) =>
        this.#alarm(`WarmShortfall-${alias.node.addr.slice(-8)}`, {
          kind: 'warmShortfall',
          metrics: [alias.metricEnvironments(), alias.metricRequested()],
          combine: ratioOf,
          sentence: `Fewer environments of ${alias.functionPath} are warm than its windows ask for.`,
          isBelow: true,
        }),
      ),
    ];
  }

  /** One alarm for all, or as many as CloudWatch's limit of metrics asks for. */
  #shared(id: string, asked: Asked): readonly Alarm[] {
    return chunked(asked.metrics).flatMap((metrics, index) =>
      this.#alarm(index === 0 ? id : `${id}${index + 1}`, { ...asked, metrics }),
    );
  }

  /** None where this kind is left out. */
  #alarm(id: string, { kind, metrics, combine, sentence, isBelow = false }: Asked): readonly Alarm[] {
    const { enabled = true, ...tuning } = this.#props[kind] ?? {};
    if (!enabled) return [];
    const { threshold, datapointsToAlarm, severity, section } = { ...ALARM_KINDS[kind], ...tuning };
    const using = metrics.map((metric, index) => [`m${index}`, metric] as const);
    const alarm = new Alarm(this, id, {
      metric: new MathExpression({
        expression: combine(using.map(([name]) => name)),
        usingMetrics: Object.fromEntries(using),
        period: PERIOD,
        label: id,
      }),
      threshold,
      comparisonOperator: isBelow
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: PERIODS,
      datapointsToAlarm,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: describedBy(sentence, section, this.#props.runbookUrl),
    });
    this.#actions.addTo(alarm, severity);
    this.#metrics += metrics.length;
    return [alarm];
  }

  #check(): void {
    const { namespace, breakers = [], operations = [] } = this.#props;
    if (namespace === '') refuse(this, 'expected `namespace` to be that of the functions’ metrics, got none');
    checkedNames(this, '`breakers`', breakers);
    checkedNames(this, '`operations`', operations);
    for (const kind of Object.keys(ALARM_KINDS) as AlarmKindName[]) {
      const { threshold = 1, datapointsToAlarm = 1 } = this.#props[kind] ?? {};
      if (!(threshold > 0)) refuse(this, `expected \`${kind}.threshold\` to be over 0, got ${threshold}`);
      if (!(Number.isInteger(datapointsToAlarm) && datapointsToAlarm >= 1 && datapointsToAlarm <= PERIODS))
        refuse(
          this,
          `expected \`${kind}.datapointsToAlarm\` to be 1, 2 or 3 of the three periods, got ${datapointsToAlarm}`,
        );
    }
  }
}
