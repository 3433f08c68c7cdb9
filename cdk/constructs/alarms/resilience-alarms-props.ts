import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { WarmedAlias } from '../warmed-alias.ts';
import type { AlarmActionProps } from './alarm-actions.ts';
import type { MetricsSource } from './own-metrics.ts';
import type { AlarmSeverity } from './severity.ts';

/** What to change about one kind of alarm. */
export interface AlarmTuning {
  /** False leaves it out. @default true */
  readonly enabled?: boolean;
  /** In the unit of the alarm. @default - that of the alarm */
  readonly threshold?: number;
  /**
   * How many of the last three data points, five minutes each, have to be beyond the threshold: 1 to 3. They slide by the minute: a
   * burst of two minutes comes to be in two of them, one of seven in three.
   * @default - that of the alarm
   */
  readonly datapointsToAlarm?: number;
  /** @default - that of the alarm */
  readonly severity?: AlarmSeverity;
}

export interface ResilienceAlarmsProps extends MetricsSource, AlarmActionProps {
  /** Names of breakers. Each gets an alarm: another dependency is another trouble. @default - none */
  readonly breakers?: readonly string[];
  /** Names of operations with idempotency keys. Each gets an alarm. @default - none */
  readonly operations?: readonly string[];
  /** Each gets an alarm, so that what waits in one does not hide what comes into another. @default - none */
  readonly deadLetterQueues?: readonly IQueue[];
  /**
   * Dead-letter queues whose messages are of use for hours only, such as that of `OutboxRelay`, which names places in a stream.
   * They have the same alarms, but their depth pages.
   * @default - none
   */
  readonly urgentDeadLetterQueues?: readonly IQueue[];
  /** Functions, best their aliases, that share an alarm on throttled invocations. @default - none */
  readonly functions?: readonly IFunction[];
  /** Aliases with provisioned concurrency, which share an alarm on invocations that found none free. @default - none */
  readonly provisioned?: readonly IFunction[];
  /** What `Warmer.keepWarm` gave. Each gets an alarm. @default - none */
  readonly warmed?: readonly WarmedAlias[];

  /** Openings of a breaker in 5 minutes. @default - 1, once; writes a ticket: what users notice pages by the error budget */
  readonly breakerOpen?: AlarmTuning;
  /** Refusals in 5 minutes since the outcome of an earlier request is unknown. @default - 1, once; pages */
  readonly heldKeys?: AlarmTuning;
  /** Messages in a dead-letter queue. @default - 1, once; writes a ticket */
  readonly deadLetters?: AlarmTuning;
  /** Messages in an urgent one. @default - 1, once; pages */
  readonly urgentDeadLetters?: AlarmTuning;
  /** Seconds that the oldest message of any dead-letter queue waits. @default - 4 days, once; pages */
  readonly deadLetterAge?: AlarmTuning;
  /** Throttled invocations in 5 minutes, of all functions. @default - 1, for seven minutes; writes a ticket */
  readonly throttles?: AlarmTuning;
  /** Invocations in 5 minutes that found no provisioned environment free, of all aliases. @default - 1, for seven minutes; writes a ticket */
  readonly spillover?: AlarmTuning;
  /** Fraction of the environments asked for, below which a warmer has fallen short. @default - 1, twice; writes a ticket */
  readonly warmShortfall?: AlarmTuning;
}
