import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { AlarmActionProps } from './alarm-actions.ts';
import type { AlarmSeverity } from './severity.ts';
import type { WatchedProps } from './watched-props.ts';

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

export interface ResilienceAlarmsProps extends WatchedProps, AlarmActionProps {
  /**
   * Dead-letter queues whose messages are of use for hours only, such as that of `OutboxRelay`, which names places in a stream.
   * They have the same alarms, but their depth pages.
   * @default - none
   */
  readonly urgentDeadLetterQueues?: readonly IQueue[];

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
