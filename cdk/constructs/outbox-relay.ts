import { Duration } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { Grant } from 'aws-cdk-lib/aws-iam';
import {
  EventSourceMapping,
  type EventSourceMappingOptions,
  type EventSourceMappingProps,
  FilterCriteria,
  FilterRule,
  type IFunction,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { InvokedFunction } from './invoked-function.ts';
import { outboxStream } from './outbox-stream.ts';
import { overridden } from './overridden.ts';
import { refuse } from './refuse.ts';
import type { ResilientFunction } from './resilient-function.ts';

export interface OutboxRelayProps {
  /** Whose items carry an outbox. Its stream shows NEW_AND_OLD_IMAGES. */
  readonly table: ITable;
  /**
   * The buses to which it publishes, each by the environment variable that names it to the function, such as `{ BUS: bus }`. The
   * variables of an imported function are not set.
   */
  readonly buses: { readonly [variable: string]: IEventBus };
  /** Whose handler is an `outboxRelay`. Invoked through its alias. @default - `function` is given */
  readonly resilientFunction?: ResilientFunction;
  /** Whose handler is an `outboxRelay`. @default - `resilientFunction` is given */
  readonly function?: IFunction;
  /** The most changes in a batch. @default 100 */
  readonly batchSize?: number;
  /**
   * The most batches at once of each shard, 1 to 10. The changes of an item stay in their order, and an item that is stuck holds up
   * those of its own batches only. @default 2
   */
  readonly parallelizationFactor?: number;
  /** How often a batch is tried again before it is given up. @default 100 */
  readonly retryAttempts?: number;
  /**
   * From when a change is given up. What is given up leaves its place in the stream, which forgets after 24 hours: so half of that is
   * left to publish it after all. @default Duration.hours(12)
   */
  readonly maxRecordAge?: Duration;
  /** Gets the places in the stream of changes that were given up. @default - one is made */
  readonly unrelayed?: DeadLetterQueue;
  /** Of the event source mapping; they win. @default - none */
  readonly eventSourceProps?: EventSourceMappingOptions;
}

/**
 * Publishes what changes of a table's items put into their outboxes: table → stream → function → buses. A change that cannot be
 * published is tried until it is too old, alone, so that no other is given up with it; then it leaves its place in the stream
 * in `unrelayed`.
 *
 * The function's handler is an `outboxRelay` of `fibrin/events`. It may put events on the buses, and read the stream of this table;
 * with a `Table`, the CDK lets it list the streams of all. A table without the stream that the relay needs is refused, where the CDK
 * goes on.
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
 * import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
 * import { OutboxRelay, Sensitivity, SensitivityBus } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * const orders = new SensitivityBus(stack, 'Bus', { sensitivity: Sensitivity.INTERNAL });
 * const relay = new OutboxRelay(stack, 'Relay', {
 *   table: new TableV2(stack, 'Orders', {
 *     partitionKey: { name: 'pk', type: AttributeType.STRING },
 *     dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
 *   }),
 *   buses: { BUS: orders.bus },
 *   function: new LambdaFunction(stack, 'Function', {
 *     // Your bundle of `export const handler = outboxRelay(…)`.
 *     code: Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });'),
 *     handler: 'index.handler',
 *     runtime: Runtime.NODEJS_24_X,
 *   }),
 * });
 * const unrelayed = relay.metricUnrelayed();
 * ```
 */
export class OutboxRelay extends Construct {
  readonly mapping: EventSourceMapping;
  readonly unrelayed: DeadLetterQueue;
  readonly #target: IFunction;

  constructor(scope: Construct, id: string, props: OutboxRelayProps) {
    super(scope, id);
    const invoked = new InvokedFunction(this, props);
    const streamArn = outboxStream(this, props.table);
    const buses = Object.entries(props.buses);
    if (buses.length === 0)
      refuse(this, 'expected `buses` to name one or more, got none; say { BUS: bus }, for example');
    this.#target = invoked.target;
    this.unrelayed = props.unrelayed ?? new DeadLetterQueue(this, 'Unrelayed');
    for (const [variable, bus] of buses) {
      bus.grantPutEventsTo(invoked.target);
      invoked.made?.addEnvironment(variable, bus.eventBusName);
    }
    this.mapping = this.#newMapping(props, streamArn);
    this.#letRead(props.table, streamArn);
  }

  #newMapping(props: OutboxRelayProps, streamArn: string): EventSourceMapping {
    const { eventSourceProps = {} } = props;
    const maxRecordAge = eventSourceProps.maxRecordAge ?? props.maxRecordAge ?? Duration.hours(12);
    if (maxRecordAge.toHours({ integral: false }) >= 24)
      refuse(
        this,
        `expected \`maxRecordAge\` under 24 h, after which the stream forgets without a trace, got ${maxRecordAge.toHumanString()}`,
      );
    const defaults: EventSourceMappingProps = {
      target: this.#target,
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: props.batchSize ?? 100,
      parallelizationFactor: props.parallelizationFactor ?? 2,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: props.retryAttempts ?? 100,
      onFailure: this.unrelayed.eventSourceDlq(),
      // What is removed has no outbox any more.
      filters: [FilterCriteria.filter({ eventName: FilterRule.or('INSERT', 'MODIFY') })],
    };
    return new EventSourceMapping(this, 'Mapping', {
      ...overridden(defaults, eventSourceProps),
      maxRecordAge,
    });
  }

  /** All on the stream alone, as the Serverless Framework does too. For a `Table` the CDK lets the function list all. */
  #letRead(table: ITable, streamArn: string): void {
    Grant.addToPrincipal({
      grantee: this.#target,
      actions: [
        'dynamodb:DescribeStream',
        'dynamodb:GetRecords',
        'dynamodb:GetShardIterator',
        'dynamodb:ListStreams',
      ],
      resourceArns: [streamArn],
    });
    table.encryptionKey?.grant(this.#target, 'kms:Decrypt', 'kms:DescribeKey');
  }

  /** How many changes were given up. More than none is worth an alarm, within 12 hours. */
  metricUnrelayed(options?: MetricOptions): Metric {
    return this.unrelayed.metricDepth(options);
  }

  /** How many milliseconds the relay is behind the table. */
  metricIteratorAge(options?: MetricOptions): Metric {
    return this.#target.metric('IteratorAge', overridden<MetricOptions>({ statistic: 'Maximum' }, options));
  }
}
