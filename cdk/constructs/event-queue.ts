import { Duration, Validations } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type EventPattern, type IEventBus, type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { EventSourceMapping, type EventSourceMappingOptions, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { overridden } from './overridden.ts';
import { encryptionOf, grantReceive, letSend, senderOfRule } from './queue-access.ts';
import { refuse, refuseBoth } from './refuse.ts';
import { SensitivityBus } from './sensitivity-bus.ts';

/** What is said of a rule, its queue and how a function is fed from it. */
export interface EventQueueOptions {
  readonly bus: IEventBus;
  /** Which events of the bus. */
  readonly eventPattern: EventPattern;
  /** The most batches at once, 2 to 1,000. So many execution environments the queue can take. @default 5 */
  readonly maxConcurrency?: number;
  /** The most events in a batch. Over 10 it needs a batching window. @default 10 */
  readonly batchSize?: number;
  /** How long to wait for a full batch, up to 300 s. @default - no longer than it takes to receive */
  readonly maxBatchingWindow?: Duration;
  /** How often an event is tried before it is given up. @default 5 */
  readonly maxReceiveCount?: number;
  /** How often EventBridge tries to deliver into the queue. @default 185 - EventBridge's own */
  readonly retryAttempts?: number;
  /** For how long EventBridge tries to deliver into the queue. @default Duration.hours(24) - EventBridge's own */
  readonly maxEventAge?: Duration;
  /** Encrypts all queues. Its policy is added to. @default - that of a `SensitivityBus`; otherwise keys that SQS manages */
  readonly encryptionKey?: IKey;
  /** Gets events that the function failed to handle. @default - one is made for each queue */
  readonly unprocessed?: DeadLetterQueue;
  /** Of the queue; they win. Its visibility timeout is checked. @default - none */
  readonly queueProps?: QueueProps;
  /** Of the event source mapping; they win. @default - none */
  readonly eventSourceProps?: EventSourceMappingOptions;
}

export interface EventQueueProps extends EventQueueOptions {
  readonly target: IFunction;
  readonly functionTimeout: Duration;
  readonly undelivered: DeadLetterQueue;
}

const isWithin = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

const RETRIED =
  'The queue keeps what fails and has a dead-letter queue: a mapping of a queue has no destination.';

/** A rule, its queue, and the event source mapping that feeds a function from it. Part of an `EventConsumer`. */
export class EventQueue extends Construct {
  readonly rule: Rule;
  readonly queue: Queue;
  readonly unprocessed: DeadLetterQueue;
  readonly mapping: EventSourceMapping;
  /** Undefined with provisioned pollers, which have bounds of their own. */
  readonly maxConcurrency: number | undefined;

  constructor(scope: Construct, id: string, props: EventQueueProps) {
    super(scope, id);
    const source = this.#sourceOf(props);
    this.maxConcurrency = source.maxConcurrency;
    this.#check(props, source);
    const key =
      props.encryptionKey ??
      props.queueProps?.encryptionMasterKey ??
      SensitivityBus.of(props.bus)?.encryptionKey;
    this.unprocessed = props.unprocessed ?? new DeadLetterQueue(this, 'Unprocessed', { encryptionKey: key });
    this.queue = this.#newQueue(props, key, source);
    this.rule = this.#newRule(props);
    letSend(this, this.queue, senderOfRule(this.rule));
    this.mapping = new EventSourceMapping(this, 'Mapping', {
      ...source,
      target: props.target,
      eventSourceArn: this.queue.queueArn,
    });
    Validations.of(this.mapping).acknowledge({
      id: 'Serverless::Serverless-LambdaEventSourceMappingDestination',
      reason: RETRIED,
    });
    grantReceive(this.queue, props.target);
  }

  #sourceOf(props: EventQueueProps): EventSourceMappingOptions {
    const { eventSourceProps = {}, maxConcurrency = 5, batchSize = 10, maxBatchingWindow } = props;
    const defaults: EventSourceMappingOptions = {
      batchSize,
      ...(maxBatchingWindow && { maxBatchingWindow }),
      ...(eventSourceProps.provisionedPollerConfig === undefined && { maxConcurrency }),
      reportBatchItemFailures: true,
    };
    return overridden(defaults, eventSourceProps);
  }

  #check(
    props: EventQueueProps,
    { maxConcurrency, batchSize, maxBatchingWindow }: EventSourceMappingOptions,
  ) {
    const { encryptionKey, queueProps = {}, eventSourceProps = {} } = props;
    refuseBoth(this, { encryptionKey, 'queueProps.encryptionMasterKey': queueProps.encryptionMasterKey });
    if (queueProps.deadLetterQueue !== undefined)
      refuse(this, 'expected `unprocessed`, got `queueProps.deadLetterQueue`; move it there');
    if (queueProps.fifo !== undefined)
      refuse(this, 'expected a standard queue, got `queueProps.fifo`; order events by their versions');
    if (eventSourceProps.eventSourceArn !== undefined)
      refuse(
        this,
        'expected no `eventSourceProps.eventSourceArn`, since the queue is the source; leave it out',
      );
    if (maxConcurrency !== undefined && !isWithin(maxConcurrency, 2, 1_000))
      refuse(
        this,
        `expected \`maxConcurrency\` from 2 to 1000, got ${maxConcurrency}; Lambda takes no other`,
      );
    if (batchSize !== undefined && batchSize > 10 && maxBatchingWindow === undefined)
      refuse(
        this,
        `expected \`batchSize\` up to 10 without \`maxBatchingWindow\`, got ${batchSize}; set a window of a second or more`,
      );
  }

  /** AWS's advice: a batch may be throttled and tried again five times before its events show up again. */
  #visibilityTimeout(props: EventQueueProps, { maxBatchingWindow }: EventSourceMappingOptions): Duration {
    const timeoutS = props.functionTimeout.toSeconds();
    const windowS = maxBatchingWindow?.toSeconds() ?? 0;
    const leastS = 6 * timeoutS + windowS;
    const { visibilityTimeout } = props.queueProps ?? {};
    if (visibilityTimeout !== undefined && visibilityTimeout.toSeconds() < leastS)
      refuse(
        this,
        `expected \`queueProps.visibilityTimeout\` of ${leastS} s or more (6 × ${timeoutS} s of the function + ${windowS} s of the ` +
          `batching window), got ${visibilityTimeout.toSeconds()} s; leave it out`,
      );
    return visibilityTimeout ?? Duration.seconds(leastS);
  }

  #newQueue(props: EventQueueProps, key: IKey | undefined, source: EventSourceMappingOptions): Queue {
    const { queueProps = {}, maxReceiveCount = 5 } = props;
    const defaults: QueueProps = {
      ...encryptionOf(key, queueProps),
      enforceSSL: true,
      deadLetterQueue: { queue: this.unprocessed.queue, maxReceiveCount },
    };
    const visibilityTimeout = this.#visibilityTimeout(props, source);
    return new Queue(this, 'Queue', { ...overridden(defaults, queueProps), visibilityTimeout });
  }

  #newRule({ bus, eventPattern, undelivered, retryAttempts, maxEventAge }: EventQueueProps): Rule {
    // The CDK's target for a queue lets all of EventBridge use its key.
    const target: IRuleTarget = {
      bind: () => ({
        arn: this.queue.queueArn,
        targetResource: this.queue,
        deadLetterConfig: { arn: undelivered.queue.queueArn },
        ...((retryAttempts !== undefined || maxEventAge) && {
          retryPolicy: {
            maximumRetryAttempts: retryAttempts,
            maximumEventAgeInSeconds: maxEventAge?.toSeconds(),
          },
        }),
      }),
    };
    const rule = new Rule(this, 'Rule', { eventBus: bus, eventPattern, targets: [target] });
    undelivered.acceptFromRule(rule);
    return rule;
  }

  /** How many events wait for the function. */
  metricDepth(options?: MetricOptions): Metric {
    return this.queue.metricApproximateNumberOfMessagesVisible(options);
  }

  /** How many seconds the oldest event waits: how far the consumer is behind. */
  metricAgeOfOldest(options?: MetricOptions): Metric {
    return this.queue.metricApproximateAgeOfOldestMessage(options);
  }

  /** How many events the function failed to handle. More than none is worth an alarm. */
  metricUnprocessed(options?: MetricOptions): Metric {
    return this.unprocessed.metricDepth(options);
  }
}
