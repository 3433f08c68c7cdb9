import { Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type IEventBus, Level } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  CfnDelivery,
  CfnDeliveryDestination,
  CfnDeliverySource,
  LogGroup,
  ResourcePolicy,
  type RetentionDays,
} from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface EventBusLogProps {
  readonly bus: IEventBus;
  /** As it is in the template, not a reference. */
  readonly busName: string;
  readonly level: Level;
  readonly retention: RetentionDays;
}

/** The kinds of log at each level. The level of the bus alone writes nothing: each kind is to be delivered somewhere. */
const KINDS: Readonly<Record<Level, readonly string[]>> = {
  [Level.OFF]: [],
  [Level.ERROR]: ['ERROR_LOGS'],
  [Level.INFO]: ['ERROR_LOGS', 'INFO_LOGS'],
  [Level.TRACE]: ['ERROR_LOGS', 'INFO_LOGS', 'TRACE_LOGS'],
};

/** One for each stack, since an account may have ten in a region. */
function deliveryPolicy(stack: Stack): ResourcePolicy {
  const id = 'FibrinEventBusLogs';
  const existing = stack.node.tryFindChild(id);
  return existing === undefined ? new ResourcePolicy(stack, id) : (existing as ResourcePolicy);
}

/** The log group of a bus, and what delivers into it. */
export class EventBusLog extends Construct {
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, { bus, busName, level, retention }: EventBusLogProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Log', {
      // The prefix of logs that services deliver: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
      logGroupName: `/aws/vendedlogs/events/event-bus/${busName}`,
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const policy = this.#letDeliver();
    let previous: Construct = policy;
    const destination = new CfnDeliveryDestination(this, 'Destination', {
      name: this.#nameOf('Destination'),
      destinationResourceArn: this.logGroup.logGroupArn,
    });
    for (const kind of KINDS[level]) {
      const source = new CfnDeliverySource(this, kind, {
        name: this.#nameOf(kind),
        logType: kind,
        resourceArn: bus.eventBusArn,
      });
      const delivery = new CfnDelivery(this, `${kind}_DELIVERY`, {
        deliverySourceName: source.ref,
        deliveryDestinationArn: destination.attrArn,
      });
      // One after the other: the log service refuses two at once for one bus.
      delivery.node.addDependency(previous);
      previous = delivery;
    }
  }

  /** At most 60 characters. */
  #nameOf(what: string): string {
    return `${Names.uniqueResourceName(this, { maxLength: 48 })}-${what}`;
  }

  #letDeliver(): ResourcePolicy {
    const stack = Stack.of(this);
    const policy = deliveryPolicy(stack);
    policy.document.addStatements(
      new PolicyStatement({
        principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        // The streams of this log group, whose names the service chooses.
        resources: [this.logGroup.logGroupArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'logs', resource: '*' }) },
        },
      }),
    );
    return policy;
  }
}
