import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import {
  Archive,
  type CfnArchive,
  type CfnEventBus,
  EventBus,
  type EventBusProps,
  type EventPattern,
  type IEventBus,
  type IncludeDetail,
  Level,
} from 'aws-cdk-lib/aws-events';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { letArchive, letLog } from './event-bus-key.ts';
import { EventBusLog } from './event-bus-log.ts';
import { refuse, refuseBoth } from './refuse.ts';
import type { Sensitivity } from './sensitivity.ts';

export interface SensitivityBusProps {
  readonly sensitivity: Sensitivity;
  /** Encrypts the bus and its archive. Its policy is added to. @default - one is made where `customerKey` is true */
  readonly encryptionKey?: IKey;
  /** Whether a key is made. @default - that of the sensitivity: for `RESTRICTED` only */
  readonly customerKey?: boolean;
  /** How long the archive keeps events. @default - that of the sensitivity: 90, 30 or 14 days */
  readonly archiveRetention?: Duration;
  /** Which events the archive keeps. @default - all */
  readonly archivePattern?: EventPattern;
  /** Gets what the bus cannot encrypt or decrypt. @default - one is made, with a key apart from that of the bus where the bus has one */
  readonly deadLetterQueue?: DeadLetterQueue;
  /** What is logged. `Level.OFF` makes no log group. @default Level.ERROR */
  readonly logLevel?: Level;
  /** Whether the log holds events. @default - that of the sensitivity: for `PUBLIC` only */
  readonly logDetail?: IncludeDetail;
  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;
  /** Of the bus; they win. @default - none */
  readonly eventBusProps?: EventBusProps;
}

const BUSES = new WeakMap<IEventBus, SensitivityBus>();

/**
 * An event bus for events of one sensitivity, with what follows from that: a key, an archive with an end and the same key, a
 * dead-letter queue that EventBridge may use, and a log of failures.
 *
 * It closes what the CDK leaves open: an archive of a bus with a key has none, and with one the CDK synthesizes a circle;
 * the dead-letter queue of a bus has no policy; the level of a log writes nothing unless it is delivered somewhere.
 *
 * Those who put events need nothing of the key: EventBridge uses it in its own name. Those who change rules need `kms:Decrypt`.
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { Sensitivity, SensitivityBus } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * const addresses = new SensitivityBus(stack, 'Addresses', { sensitivity: Sensitivity.RESTRICTED });
 * const undelivered = addresses.metricDeadLetters();
 * ```
 */
export class SensitivityBus extends Construct {
  readonly bus: EventBus;
  readonly sensitivity: Sensitivity;
  readonly archive: Archive;
  readonly deadLetterQueue: DeadLetterQueue;
  /** Of the bus and its archive. */
  readonly encryptionKey: IKey | undefined;
  /** Of queues for what the bus could not deliver. Apart from that of the bus, which may be what is out of reach. */
  readonly deadLetterKey: IKey | undefined;
  readonly logGroup: ILogGroup | undefined;

  /** The construct to which a bus belongs. */
  static of(bus: IEventBus): SensitivityBus | undefined {
    return BUSES.get(bus);
  }

  constructor(scope: Construct, id: string, props: SensitivityBusProps) {
    super(scope, id);
    this.#check(props);
    const { sensitivity, eventBusProps = {} } = props;
    this.sensitivity = sensitivity;
    this.encryptionKey = eventBusProps.kmsKey ?? props.encryptionKey ?? this.#newKey(props);
    this.deadLetterQueue = props.deadLetterQueue ?? this.#newDeadLetterQueue();
    this.deadLetterKey = this.deadLetterQueue.queue.encryptionMasterKey;
    const logConfig = eventBusProps.logConfig ?? {
      level: props.logLevel ?? Level.ERROR,
      includeDetail: props.logDetail ?? sensitivity.logDetail,
    };
    this.bus = new EventBus(this, 'Bus', {
      ...eventBusProps,
      ...(this.encryptionKey && { kmsKey: this.encryptionKey }),
      deadLetterQueue: this.deadLetterQueue.queue,
      logConfig,
    });
    BUSES.set(this.bus, this);
    this.deadLetterQueue.acceptFromBus(this.bus);
    const { name } = this.bus.node.defaultChild as CfnEventBus;
    this.archive = this.#newArchive(props, name);
    const level = logConfig.level ?? Level.OFF;
    this.logGroup = level === Level.OFF ? undefined : this.#newLog(props, name, level);
  }

  #check(props: SensitivityBusProps): void {
    const { eventBusProps = {}, encryptionKey, customerKey } = props;
    refuseBoth(this, { encryptionKey, 'eventBusProps.kmsKey': eventBusProps.kmsKey });
    refuseBoth(this, { encryptionKey, customerKey });
    refuseBoth(this, { logLevel: props.logLevel, 'eventBusProps.logConfig': eventBusProps.logConfig });
    refuseBoth(this, { logDetail: props.logDetail, 'eventBusProps.logConfig': eventBusProps.logConfig });
    if (eventBusProps.deadLetterQueue !== undefined)
      refuse(
        this,
        'expected `deadLetterQueue`, got `eventBusProps.deadLetterQueue`, into which EventBridge may not deliver; ' +
          'pass new DeadLetterQueue(…, { existingQueue }) as `deadLetterQueue`',
      );
  }

  #newKey({ customerKey, sensitivity }: SensitivityBusProps): Key | undefined {
    if (!(customerKey ?? sensitivity.customerKey)) return undefined;
    return this.#key('Key', `Events of ${this.node.path}`);
  }

  #key(id: string, description: string): Key {
    const removalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
    return new Key(this, id, { enableKeyRotation: true, description, removalPolicy });
  }

  #newDeadLetterQueue(): DeadLetterQueue {
    if (this.encryptionKey === undefined) return new DeadLetterQueue(this, 'DeadLetters');
    const encryptionKey = this.#key('DeadLetterKey', `Undelivered events of ${this.node.path}`);
    return new DeadLetterQueue(this, 'DeadLetters', { encryptionKey });
  }

  #newArchive(props: SensitivityBusProps, busName: string): Archive {
    const archive = new Archive(this, 'Archive', {
      sourceEventBus: this.bus,
      eventPattern: props.archivePattern ?? {},
      retention: props.archiveRetention ?? this.sensitivity.archiveRetention,
    });
    const key = this.encryptionKey;
    (archive.node.defaultChild as CfnArchive).kmsKeyIdentifier = key?.keyArn;
    if (key) {
      const arn = Stack.of(this).formatArn({
        service: 'events',
        resource: 'event-bus',
        resourceName: busName,
      });
      letArchive(this, key, arn);
    }
    return archive;
  }

  #newLog(props: SensitivityBusProps, busName: string, level: Level): ILogGroup {
    if (this.encryptionKey) letLog(this, this.encryptionKey);
    const retention = props.logRetention ?? RetentionDays.ONE_MONTH;
    return new EventBusLog(this, 'Log', { bus: this.bus, busName, level, retention }).logGroup;
  }

  /** Lets a role put events on the bus. */
  grantPutEvents(grantee: IGrantable): Grant {
    return this.bus.grantPutEventsTo(grantee);
  }

  /** How many events the bus could not encrypt or decrypt. More than none is worth an alarm. */
  metricDeadLetters(options?: MetricOptions): Metric {
    return this.deadLetterQueue.metricDepth(options);
  }
}
