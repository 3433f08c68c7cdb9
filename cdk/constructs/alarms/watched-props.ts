import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { WarmedAlias } from '../warmed-alias.ts';
import type { MetricsSource } from './own-metrics.ts';

/** What there is to watch, for alarms and for the dashboard. */
export interface WatchedProps extends MetricsSource {
  /** Names of breakers. Each gets an alarm: another dependency is another trouble. @default - none */
  readonly breakers?: readonly string[];
  /** Names of operations with idempotency keys. Each gets an alarm. @default - none */
  readonly operations?: readonly string[];
  /** Each gets an alarm, so that what waits in one does not hide what comes into another. @default - none */
  readonly deadLetterQueues?: readonly IQueue[];
  /** Functions, best their aliases. They share an alarm on throttled invocations. @default - none */
  readonly functions?: readonly IFunction[];
  /** Aliases with provisioned concurrency. They share an alarm on invocations that found none free. @default - none */
  readonly provisioned?: readonly IFunction[];
  /** What `Warmer.keepWarm` gave. Each gets an alarm. @default - none */
  readonly warmed?: readonly WarmedAlias[];
}
