import type { Duration } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { EventPattern } from 'aws-cdk-lib/aws-events';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { narrowed } from './event-pattern.ts';
import { EventQueue, type EventQueueOptions } from './event-queue.ts';
import { InvokedFunction } from './invoked-function.ts';
import { refuse, refuseBoth } from './refuse.ts';
import type { ResilientFunction } from './resilient-function.ts';
import { SensitivityBus } from './sensitivity-bus.ts';

/** Events that have a queue of their own, so that others do not hold them up. */
export interface EventPriority {
  /** Id of its construct. Unique among the priorities. */
  readonly name: string;
  /** Which of the consumer's events, by fields that its `eventPattern` does not name. */
  readonly filter: EventPattern;
  /** @default - that of the consumer */
  readonly maxConcurrency?: number;
}

export interface EventConsumerProps extends EventQueueOptions {
  /** What gets the events, through its alias. @default - `function` is given */
  readonly resilientFunction?: ResilientFunction;
  /** What gets the events. @default - `resilientFunction` is given */
  readonly function?: IFunction;
  /** How long an invocation of an imported function may take. @default - read off the function */
  readonly functionTimeout?: Duration;
  /**
   * A queue for each. Their filters should part the events: one that no filter lets in is not consumed, one that two let in is
   * consumed twice. @default - one queue for all
   */
  readonly priorities?: EventPriority[];
  /** Gets events that EventBridge could not deliver into a queue. @default - one is made */
  readonly undelivered?: DeadLetterQueue;
}

/**
 * Brings events of a bus to a function, none of them lost on the way: by a rule into a queue, and from there in batches of which
 * only what failed comes again. The function is protected from bursts by a bounded concurrency.
 *
 * | what happens | where it ends |
 * | --- | --- |
 * | the queue cannot be reached | `undelivered`, after EventBridge's retries |
 * | the function fails for an event | `unprocessed` of its queue, after `maxReceiveCount` tries |
 *
 * It closes what the CDK leaves open: the dead-letter queue of a target may be used with its key, the policy of a queue's key
 * names rules of this account, and the visibility timeout follows from the timeout of the function.
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
 * import { EventConsumer, Sensitivity, SensitivityBus } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * const { bus } = new SensitivityBus(stack, 'Orders', { sensitivity: Sensitivity.INTERNAL });
 * const ship = new LambdaFunction(stack, 'Ship', {
 *   code: Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });'),
 *   handler: 'index.handler',
 *   runtime: Runtime.NODEJS_24_X,
 * });
 * const consumer = new EventConsumer(stack, 'Shipping', {
 *   bus,
 *   eventPattern: { source: ['shop'], detailType: ['order.paid'] },
 *   function: ship,
 *   priorities: [
 *     { name: 'Express', filter: { detail: { data: { express: [true] } } }, maxConcurrency: 20 },
 *     { name: 'Standard', filter: { detail: { data: { express: [false] } } } },
 *   ],
 * });
 * const undelivered = consumer.metricUndelivered();
 * ```
 */
export class EventConsumer extends Construct {
  /** One for each priority, in their order; one named `Events` without priorities. */
  readonly queues: readonly EventQueue[];
  readonly undelivered: DeadLetterQueue;

  constructor(scope: Construct, id: string, props: EventConsumerProps) {
    super(scope, id);
    const invoked = new InvokedFunction(this, props);
    const functionTimeout = this.#timeoutOf(invoked, props.functionTimeout);
    this.#checkPriorities(props);
    this.undelivered = props.undelivered ?? this.#newUndelivered(props);
    const { priorities = [{ name: 'Events', filter: {} }], bus, eventPattern } = props;
    this.queues = priorities.map(
      ({ name, filter, maxConcurrency }) =>
        new EventQueue(this, name, {
          ...props,
          bus,
          eventPattern: narrowed(this, eventPattern, filter),
          maxConcurrency: maxConcurrency ?? props.maxConcurrency,
          target: invoked.target,
          functionTimeout,
          undelivered: this.undelivered,
        }),
    );
    this.#checkConcurrency(invoked.reservedConcurrency);
  }

  #timeoutOf({ timeout }: InvokedFunction, given: Duration | undefined): Duration {
    refuseBoth(this, { functionTimeout: given, "the function's own timeout": timeout });
    return (
      timeout ??
      given ??
      refuse(this, 'expected `functionTimeout` of an imported function, got none; the queue depends on it')
    );
  }

  #checkPriorities({ priorities, queueProps = {} }: EventConsumerProps): void {
    if (priorities === undefined) return;
    if (priorities.length === 0)
      refuse(this, 'expected `priorities` to have one or more, got none; leave it out for one queue');
    if (priorities.length > 1 && queueProps.queueName !== undefined)
      refuse(this, 'expected no `queueProps.queueName` for several queues, got one; leave it out');
  }

  #newUndelivered({ bus, encryptionKey }: EventConsumerProps): DeadLetterQueue {
    const key = encryptionKey ?? SensitivityBus.of(bus)?.deadLetterKey;
    return new DeadLetterQueue(this, 'Undelivered', { encryptionKey: key });
  }

  /** More than the function has is throttled, and what is throttled too often is given up as if it had failed. */
  #checkConcurrency(reserved: number | undefined): void {
    const total = this.queues.reduce((sum, { maxConcurrency = 0 }) => sum + maxConcurrency, 0);
    if (reserved !== undefined && total > reserved)
      refuse(
        this,
        `expected \`maxConcurrency\` of all queues up to ${reserved}, the reserved concurrency of the function, got ${total}; lower it`,
      );
  }

  /** How many events EventBridge could not deliver into a queue. More than none is worth an alarm. */
  metricUndelivered(options?: MetricOptions): Metric {
    return this.undelivered.metricDepth(options);
  }
}
