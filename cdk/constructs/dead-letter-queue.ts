import { Duration, Validations } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { IEventBus, IRule } from 'aws-cdk-lib/aws-events';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IDestination, IEventSourceDlq } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { type IQueue, Queue, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { overridden } from './overridden.ts';
import {
  destinationIn,
  encryptionOf,
  grantSend,
  letSend,
  senderOfBus,
  senderOfRule,
  senderOfTopic,
} from './queue-access.ts';
import { refuse, refuseBoth } from './refuse.ts';

export interface DeadLetterQueueProps {
  /** A key of your own, whose policy is added to. @default - keys that SQS manages, at no cost */
  readonly encryptionKey?: IKey;
  /** @default Duration.days(14) - as long as SQS keeps anything */
  readonly retentionPeriod?: Duration;
  /** Of the queue; they win. @default - none */
  readonly queueProps?: QueueProps;
  /** A queue that is there already. It should be encrypted and over TLS only. @default - one is made */
  readonly existingQueue?: IQueue;
}

const TERMINAL = 'This is a dead-letter queue: what fails here has nowhere else to go.';

/**
 * A queue for what could not be delivered or done: encrypted, over TLS only, and kept for 14 days. It also holds what each kind of
 * source needs to deliver into it, the policy of the queue and that of a customer's key.
 *
 * Without these, what should be kept is lost and no one hears of it: the CDK gives a rule's dead-letter queue a policy but EventBridge
 * no right to the queue's key, and the dead-letter queue of a bus has no policy at all.
 *
 * A rule's dead-letter queue gets what could not be delivered. What a function fails to do after it was invoked asynchronously
 * goes to the function's own destination, `destination()`.
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
 * import { CloudWatchLogGroup } from 'aws-cdk-lib/aws-events-targets';
 * import { LogGroup } from 'aws-cdk-lib/aws-logs';
 * import { DeadLetterQueue } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * const undelivered = new DeadLetterQueue(stack, 'Undelivered');
 * const rule = new Rule(stack, 'Orders', {
 *   eventBus: new EventBus(stack, 'Bus'),
 *   eventPattern: { source: ['shop'] },
 *   targets: [new CloudWatchLogGroup(new LogGroup(stack, 'Log'), { deadLetterQueue: undelivered.queue })],
 * });
 * undelivered.acceptFromRule(rule);
 * ```
 */
export class DeadLetterQueue extends Construct {
  readonly queue: IQueue;

  constructor(scope: Construct, id: string, props: DeadLetterQueueProps = {}) {
    super(scope, id);
    const { encryptionKey, retentionPeriod, queueProps = {}, existingQueue } = props;
    for (const [name, value] of Object.entries({
      encryptionKey,
      retentionPeriod,
      queueProps: props.queueProps,
    }))
      refuseBoth(this, { existingQueue, [name]: value });
    refuseBoth(this, { encryptionKey, 'queueProps.encryptionMasterKey': queueProps.encryptionMasterKey });
    const defaults: QueueProps = {
      ...encryptionOf(encryptionKey, queueProps),
      enforceSSL: true,
      retentionPeriod: retentionPeriod ?? Duration.days(14),
    };
    this.queue = existingQueue ?? new Queue(this, 'Queue', overridden(defaults, queueProps));
    if (existingQueue === undefined)
      Validations.of(this.queue).acknowledge(
        { id: 'AwsSolutions::AwsSolutions-SQS3', reason: TERMINAL },
        { id: 'Serverless::Serverless-SQSRedrivePolicy', reason: TERMINAL },
      );
  }

  /** Lets EventBridge deliver what targets of a rule did not take. Name the queue in the target too. */
  acceptFromRule(rule: IRule): void {
    this.#refuseFifo();
    letSend(this, this.queue, senderOfRule(rule));
  }

  /** Lets EventBridge deliver what a bus cannot encrypt or decrypt. Name the queue in the bus too. */
  acceptFromBus(bus: IEventBus): void {
    this.#refuseFifo();
    letSend(this, this.queue, senderOfBus(bus));
  }

  /** Lets SNS deliver what subscriptions to a topic did not take. Name the queue in the subscriptions too. */
  acceptFromTopic(topic: ITopic): void {
    letSend(this, this.queue, senderOfTopic(topic));
  }

  /** Lets a role deliver: that of a function, or of a schedule. */
  grantSend(grantee: IGrantable): Grant {
    return grantSend(this.queue, grantee);
  }

  /** As the destination of asynchronous invocations that failed. It gets the event and the error. */
  destination(): IDestination {
    this.#refuseFifo();
    return { bind: (_scope, fn) => destinationIn(this.queue, fn) };
  }

  /** As the destination of a stream's batches that were given up. It gets their place in the stream, not the records. */
  eventSourceDlq(): IEventSourceDlq {
    this.#refuseFifo();
    return { bind: (_mapping, fn) => destinationIn(this.queue, fn) };
  }

  /** How many messages wait. More than none is worth an alarm. */
  metricDepth(options?: MetricOptions): Metric {
    return this.queue.metricApproximateNumberOfMessagesVisible(options);
  }

  /** How many seconds the oldest message is in the queue. */
  metricAgeOfOldest(options?: MetricOptions): Metric {
    return this.queue.metricApproximateAgeOfOldestMessage(options);
  }

  #refuseFifo(): void {
    if (this.queue.fifo)
      refuse(this, 'expected a standard queue, got a FIFO queue, into which this source cannot deliver');
  }
}
