import type { Stack } from 'aws-cdk-lib';
import { Duration } from 'aws-cdk-lib';
import { Alarm, type CfnAlarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { CfnArchive, EventBus, type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SnsTopic, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import {
  AccountRootPrincipal,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Alias, Key } from 'aws-cdk-lib/aws-kms';
import { CfnPermission, type FunctionOptions, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Subscription, SubscriptionProtocol, Topic, type TopicProps } from 'aws-cdk-lib/aws-sns';
import { LambdaSubscription, SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { CfnQueuePolicy, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { DeadLetterQueue, Sensitivity, SensitivityBus } from 'fibrin/cdk';
import { describe, expect, test } from 'vitest';
import { newFunction } from '../deliveries.ts';
import { findingsOf, fixesOf, newStack } from './findings.ts';

const eventPattern = { source: ['shop'] };
const BOTH = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** A queue with a key of its own, as an engineer makes it. */
const encrypted = (stack: Stack, props: QueueProps = {}): Queue =>
  new Queue(stack, 'DeadLetters', { encryptionMasterKey: new Key(stack, 'Key'), ...props });

/** A function whose own failures are kept. */
const functionIn = (stack: Stack, options: FunctionOptions = {}) =>
  newFunction(stack, 'Fn', {
    deadLetterQueue: new Queue(stack, 'Failed'),
    ...options,
  });

const ruleTo = (stack: Stack, ...targets: IRuleTarget[]): Rule =>
  new Rule(stack, 'Rule', { eventPattern, targets });

describe('the dead-letter queue of a rule', () => {
  const LOST = 'the dead-letter queue of its target Target0: events that the target does not take are lost.';

  test('with a key is refused, since the CDK lets EventBridge into the queue and not to the key', () => {
    const plain = () => {
      const stack = newStack();
      ruleTo(stack, new LambdaFunction(functionIn(stack), { deadLetterQueue: encrypted(stack) }));
      return stack;
    };
    expect(findingsOf(plain())).toEqual([
      `DeliveryKeyRefused at Shop/Rule/Resource: events.amazonaws.com may not kms:Decrypt and kms:GenerateDataKey with the key Shop/Key/Resource of Shop/DeadLetters/Resource, ${LOST}`,
    ]);
    expect(fixesOf(plain())).toEqual([
      'allow kms:Decrypt and kms:GenerateDataKey on Shop/Key/Resource to events.amazonaws.com in its policy.',
    ]);
  });

  test('with a key of AWS is refused, since that lets no service in', () => {
    const stack = newStack();
    const deadLetterQueue = new Queue(stack, 'DeadLetters', { encryption: QueueEncryption.KMS_MANAGED });
    ruleTo(stack, new LambdaFunction(functionIn(stack), { deadLetterQueue }));
    expect(findingsOf(stack)).toEqual([
      `DeliveryKeyRefused at Shop/Rule/Resource: events.amazonaws.com may not kms:Decrypt and kms:GenerateDataKey with the key alias/aws/sqs of Shop/DeadLetters/Resource, ${LOST}`,
    ]);
  });

  test('with an alias of a key is refused as with the key', () => {
    const stack = newStack();
    const alias = new Alias(stack, 'Alias', { aliasName: 'alias/dead', targetKey: new Key(stack, 'Key') });
    const deadLetterQueue = new Queue(stack, 'DeadLetters', { encryptionMasterKey: alias });
    ruleTo(stack, new LambdaFunction(functionIn(stack), { deadLetterQueue }));
    expect(findingsOf(stack)).toEqual([
      `DeliveryKeyRefused at Shop/Rule/Resource: events.amazonaws.com may not kms:Decrypt and kms:GenerateDataKey with the key Shop/Key/Resource of Shop/DeadLetters/Resource, ${LOST}`,
    ]);
  });

  test('without a policy is refused', () => {
    const stack = newStack();
    const queue = new Queue(stack, 'DeadLetters');
    const fn = functionIn(stack);
    const target: IRuleTarget = {
      bind: (rule) => ({ ...new LambdaFunction(fn).bind(rule), deadLetterConfig: { arn: queue.queueArn } }),
    };
    ruleTo(stack, target);
    expect(findingsOf(stack)).toEqual([
      `DeliveryRefused at Shop/Rule/Resource: events.amazonaws.com may not sqs:SendMessage on Shop/DeadLetters/Resource, ${LOST}`,
    ]);
  });

  test('whose policy lets in another rule is refused', () => {
    const stack = newStack();
    const queue = new Queue(stack, 'DeadLetters');
    const fn = functionIn(stack);
    const other = new Rule(stack, 'Other', { eventPattern });
    other.addTarget(new LambdaFunction(fn, { deadLetterQueue: queue }));
    ruleTo(stack, {
      bind: (rule) => ({ ...new LambdaFunction(fn).bind(rule), deadLetterConfig: { arn: queue.queueArn } }),
    });
    expect(findingsOf(stack)).toEqual([
      `DeliveryRefused at Shop/Rule/Resource: events.amazonaws.com may not sqs:SendMessage on Shop/DeadLetters/Resource, ${LOST}`,
    ]);
  });

  test('passes with the key opened, by whichever alias, and as a DeadLetterQueue', () => {
    const stack = newStack();
    const key = new Key(stack, 'Key');
    key.grantEncryptDecrypt(new ServicePrincipal('events.amazonaws.com'));
    const alias = new Alias(stack, 'Alias', { aliasName: 'alias/dead', targetKey: key });
    const byHand = new Queue(stack, 'ByHand', { encryptionMasterKey: alias });
    const made = new DeadLetterQueue(stack, 'Made', { encryptionKey: new Key(stack, 'Other') });
    const fn = functionIn(stack);
    const rule = ruleTo(
      stack,
      new LambdaFunction(fn, { deadLetterQueue: byHand }),
      new SqsQueue(new Queue(stack, 'Target'), { deadLetterQueue: made.queue as Queue }),
    );
    made.acceptFromRule(rule);
    expect(findingsOf(stack)).toEqual([]);
  });
});

describe('the target of a rule', () => {
  test('passes as the CDK makes it, with keys too', () => {
    const stack = newStack();
    const queue = new Queue(stack, 'Queue', { encryptionMasterKey: new Key(stack, 'QueueKey') });
    const topic = new Topic(stack, 'Topic', { masterKey: new Key(stack, 'TopicKey') });
    const alias = functionIn(stack).addAlias('live');
    ruleTo(stack, new SqsQueue(queue), new SnsTopic(topic), new LambdaFunction(alias));
    expect(findingsOf(stack)).toEqual([]);
  });

  test.each<[string, (stack: Stack) => string, string]>([
    ['queue', (stack) => new Queue(stack, 'Target').queueArn, 'sqs:SendMessage'],
    ['topic', (stack) => new Topic(stack, 'Target').topicArn, 'sns:Publish'],
    [
      'function',
      (stack) => newFunction(stack, 'Target', { deadLetterQueueEnabled: true }).functionArn,
      'lambda:InvokeFunction',
    ],
  ])('that does not let EventBridge in is refused: a %s', (_, arnIn, action) => {
    const stack = newStack();
    const arn = arnIn(stack);
    ruleTo(stack, { bind: () => ({ arn }) });
    expect(findingsOf(stack)).toEqual([
      `DeliveryRefused at Shop/Rule/Resource: events.amazonaws.com may not ${action} on Shop/Target/Resource, its target Target0: no event arrives.`,
    ]);
  });

  test('passes where the CDK gives EventBridge a role, or the receiver lets in everybody or its region', () => {
    const stack = newStack();
    const queue = new Queue(stack, 'Queue');
    const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('events.amazonaws.com') });
    const regional = new Queue(stack, 'Regional');
    new CfnQueuePolicy(stack, 'Policy', {
      queues: [regional.queueUrl],
      policyDocument: {
        Statement: {
          ...{ Effect: 'Allow', Action: 'SQS:*', Resource: '*' },
          Principal: { Service: 'events.eu-west-1.amazonaws.com' },
        },
      },
    });
    const fn = functionIn(stack);
    new CfnPermission(stack, 'Permission', {
      ...{ action: 'lambda:InvokeFunction', principal: '*', functionName: fn.functionArn },
    });
    ruleTo(
      stack,
      { bind: () => ({ arn: queue.queueArn, role }) },
      { bind: () => ({ arn: regional.queueArn }) },
      { bind: () => ({ arn: fn.functionArn }) },
    );
    expect(findingsOf(stack)).toEqual([]);
  });

  test('that is an alias is refused where the permission is that of its function', () => {
    const stack = newStack();
    const fn = functionIn(stack);
    const alias = fn.addAlias('live');
    const rule = ruleTo(stack, { bind: () => ({ arn: alias.functionArn }) });
    new CfnPermission(stack, 'Permission', {
      ...{ action: 'lambda:InvokeFunction', principal: 'events.amazonaws.com' },
      ...{ functionName: fn.functionName, sourceArn: rule.ruleArn },
    });
    expect(findingsOf(stack)).toEqual([
      'DeliveryRefused at Shop/Rule/Resource: events.amazonaws.com may not lambda:InvokeFunction on Shop/Fn/Aliaslive/Resource, its target Target0: no event arrives.',
    ]);
  });
});

describe('an event bus', () => {
  test('with a key, a dead-letter queue and an archive is refused as the CDK makes it', () => {
    const stack = newStack();
    const kmsKey = new Key(stack, 'Key');
    const deadLetterQueue = new Queue(stack, 'DeadLetters', { encryptionMasterKey: kmsKey });
    const bus = new EventBus(stack, 'Bus', { kmsKey, deadLetterQueue });
    bus.archive('Archive', { eventPattern, retention: Duration.days(30) });
    const LOST = 'its dead-letter queue: events that it cannot encrypt or decrypt are lost.';
    expect(findingsOf(stack)).toEqual([
      `DeliveryRefused at Shop/Bus/Resource: events.amazonaws.com may not sqs:SendMessage on Shop/DeadLetters/Resource, ${LOST}`,
      // The CDK opens the key for the events of the bus alone.
      `DeliveryKeyRefused at Shop/Bus/Resource: events.amazonaws.com may not kms:Decrypt and kms:GenerateDataKey with the key Shop/Key/Resource of Shop/DeadLetters/Resource, ${LOST}`,
      'EventBusKey at Shop/Bus/Archive/Archive: The archive has no key of its own, but its bus Shop/Bus/Resource has one: disabling the key of the bus leaves a readable copy of its events.',
    ]);
  });

  test('passes as a SensitivityBus', () => {
    const stack = newStack();
    new SensitivityBus(stack, 'Bus', { sensitivity: Sensitivity.RESTRICTED });
    expect(findingsOf(stack)).toEqual([]);
  });

  test('is refused where its archive may not use its key', () => {
    const stack = newStack();
    const bus = new EventBus(stack, 'Bus');
    const kmsKeyIdentifier = new Key(stack, 'Key').keyArn;
    new CfnArchive(stack, 'Archive', { sourceArn: bus.eventBusArn, kmsKeyIdentifier });
    expect(findingsOf(stack)).toEqual([
      'EventBusKey at Shop/Archive: events.amazonaws.com may not kms:Decrypt and kms:GenerateDataKey with the key Shop/Key/Resource: no event is kept.',
    ]);
  });
});

describe('what a function fails to do', () => {
  const refusedAt = (path: string, as: string, queue = 'Shop/DeadLetters') =>
    `DeliveryKeyRefused at ${path}: Shop/Fn/ServiceRole/Resource may not kms:Decrypt and kms:GenerateDataKey with the key Shop/Key/Resource of ${queue}/Resource, ${as}.`;

  test('is refused a dead-letter queue or topic with a key: the CDK grants the role nothing of it', () => {
    const plain = newStack();
    newFunction(plain, 'Fn', { deadLetterQueue: encrypted(plain) });
    expect(findingsOf(plain)).toEqual([
      refusedAt('Shop/Fn/Resource', 'its dead-letter queue: what it fails to do is lost'),
    ]);
    const topical = newStack();
    const deadLetterTopic = new Topic(topical, 'DeadLetters', { masterKey: new Key(topical, 'Key') });
    newFunction(topical, 'Fn', { deadLetterTopic });
    expect(findingsOf(topical)).toEqual([
      refusedAt('Shop/Fn/Resource', 'its dead-letter queue: what it fails to do is lost'),
    ]);
  });

  test('passes once the role may use the key, or as the CDK makes destinations', () => {
    const stack = newStack();
    const queue = encrypted(stack);
    const fn = newFunction(stack, 'Fn', { deadLetterQueue: queue });
    queue.grantSendMessages(fn);
    newFunction(stack, 'Other', { onFailure: new SqsDestination(queue) });
    expect(findingsOf(stack)).toEqual([]);
  });

  test('is refused where the role may send and nothing else lets it use the key', () => {
    const stack = newStack();
    // It does not leave the decision to the policies of roles.
    const admin = new PolicyStatement({
      ...{ principals: [new AccountRootPrincipal()], resources: ['*'] },
      actions: ['kms:Put*', 'kms:Describe*'],
    });
    const policy = new PolicyDocument({ statements: [admin] });
    const queue = encrypted(stack, { encryptionMasterKey: new Key(stack, 'Own', { policy }) });
    const fn = newFunction(stack, 'Fn', { deadLetterQueue: queue });
    fn.addToRolePolicy(new PolicyStatement({ actions: BOTH, resources: ['*'] }));
    expect(findingsOf(stack)).toEqual([
      'DeliveryKeyRefused at Shop/Fn/Resource: Shop/Fn/ServiceRole/Resource may not kms:Decrypt and kms:GenerateDataKey with the key Shop/Own/Resource of Shop/DeadLetters/Resource, its dead-letter queue: what it fails to do is lost.',
    ]);
  });

  test('is refused where the key is open to another service only', () => {
    const stack = newStack();
    const queue = encrypted(stack);
    const fn = newFunction(stack, 'Fn', { deadLetterQueue: queue });
    fn.addToRolePolicy(
      new PolicyStatement({
        ...{ actions: BOTH, resources: ['*'] },
        conditions: { StringEquals: { 'kms:ViaService': 'dynamodb.eu-west-1.amazonaws.com' } },
      }),
    );
    expect(findingsOf(stack)).toHaveLength(1);
  });

  test('from a stream passes as the CDK makes it, and is refused without the right to send', () => {
    const stream = (stack: Stack) => {
      const partitionKey = { name: 'pk', type: AttributeType.STRING };
      const dynamoStream = StreamViewType.NEW_IMAGE;
      const table = new TableV2(stack, 'Table', { partitionKey, dynamoStream });
      return (onFailure: SqsDlq | { bind(): { destination: string } }) =>
        new DynamoEventSource(table, {
          startingPosition: StartingPosition.LATEST,
          retryAttempts: 3,
          onFailure,
        });
    };
    const fine = newStack();
    newFunction(fine, 'Fn').addEventSource(stream(fine)(new SqsDlq(encrypted(fine))));
    expect(findingsOf(fine)).toEqual([]);

    const stack = newStack();
    const { queueArn: destination } = new Queue(stack, 'DeadLetters');
    newFunction(stack, 'Fn').addEventSource(stream(stack)({ bind: () => ({ destination }) }));
    expect(findingsOf(stack)).toEqual([
      expect.stringMatching(
        /^DeliveryRefused at Shop\/Fn\/DynamoDBEventSource:.*: Shop\/Fn\/ServiceRole\/Resource may not sqs:SendMessage on Shop\/DeadLetters\/Resource, its destination of failures: batches that are given up leave no trace\.$/,
      ),
    ]);
  });
});

describe('a schedule', () => {
  test('is refused a dead-letter queue with a key: the CDK grants its role nothing of it', () => {
    const stack = newStack();
    const schedule = ScheduleExpression.rate(Duration.hours(1));
    const target = new LambdaInvoke(functionIn(stack), { deadLetterQueue: encrypted(stack) });
    new Schedule(stack, 'Schedule', { schedule, target });
    expect(findingsOf(stack)).toEqual([
      expect.stringMatching(
        /^DeliveryKeyRefused at Shop\/Schedule\/Resource: Shop\/SchedulerRoleForTarget-\w+\/Resource may not kms:Decrypt and kms:GenerateDataKey with the key Shop\/Key\/Resource of Shop\/DeadLetters\/Resource, its dead-letter queue: runs that its target does not take are lost\.$/,
      ),
    ]);
  });
});

describe('a subscription', () => {
  test('is refused a dead-letter queue with a key, and passes with a key that lets SNS in', () => {
    const stack = newStack();
    const topic = new Topic(stack, 'Topic');
    const options = { deadLetterQueue: encrypted(stack) };
    topic.addSubscription(new LambdaSubscription(functionIn(stack), options));
    const received = new Queue(stack, 'Received', { encryptionMasterKey: new Key(stack, 'Other') });
    topic.addSubscription(new SqsSubscription(received));
    expect(findingsOf(stack)).toEqual([
      'DeliveryKeyRefused at Shop/Fn/Topic/Resource: sns.amazonaws.com may not kms:Decrypt and kms:GenerateDataKey with the key Shop/Key/Resource of Shop/DeadLetters/Resource, its dead-letter queue: messages that the endpoint does not take are lost.',
    ]);
  });

  test('is refused a queue that does not let SNS in', () => {
    const stack = newStack();
    const topic = new Topic(stack, 'Topic');
    const { queueArn: endpoint } = new Queue(stack, 'Queue');
    new Subscription(stack, 'Subscription', { topic, endpoint, protocol: SubscriptionProtocol.SQS });
    expect(findingsOf(stack)).toEqual([
      'DeliveryRefused at Shop/Subscription/Resource: sns.amazonaws.com may not sqs:SendMessage on Shop/Queue/Resource, its endpoint: no message arrives.',
    ]);
  });
});

describe('the topic of an alarm', () => {
  const alarmed = (stack: Stack, props: TopicProps, alarms = 1): Topic => {
    const topic = new Topic(stack, 'Topic', props);
    const metric = new Metric({ namespace: 'Shop', metricName: 'Errors' });
    for (let count = 1; count <= alarms; count++)
      new Alarm(stack, `Alarm${count}`, { metric, threshold: 1, evaluationPeriods: 1 }).addAlarmAction(
        new SnsAction(topic),
      );
    return topic;
  };

  test('passes with the policy that every topic has', () => {
    const stack = newStack();
    alarmed(stack, {});
    expect(findingsOf(stack)).toEqual([]);
  });

  test('passes with actions that are off', () => {
    const stack = newStack();
    alarmed(stack, { enforceSSL: true });
    (stack.node.findChild('Alarm1').node.defaultChild as CfnAlarm).actionsEnabled = false;
    expect(findingsOf(stack)).toEqual([]);
  });

  test('is refused with a key, since the CDK does not let CloudWatch use it', () => {
    const stack = newStack();
    const topic = alarmed(stack, { masterKey: new Key(stack, 'Key') });
    const refused =
      'DeliveryKeyRefused at Shop/Topic/Resource: cloudwatch.amazonaws.com may not kms:Decrypt and kms:GenerateDataKey with the key Shop/Key/Resource of Shop/Topic/Resource, the topic of the alarm Shop/Alarm1/Resource: no one hears of an alarm.';
    expect(findingsOf(stack)).toEqual([refused]);
    expect(topic.masterKey).toBeDefined();
  });

  test('is refused with the key of AWS, by whichever way it is named', () => {
    const stack = newStack();
    alarmed(stack, { masterKey: Alias.fromAliasName(stack, 'Alias', 'alias/aws/sns') });
    expect(findingsOf(stack)).toEqual([
      'DeliveryKeyRefused at Shop/Topic/Resource: cloudwatch.amazonaws.com may not kms:Decrypt and kms:GenerateDataKey with the key alias/aws/sns of Shop/Topic/Resource, the topic of the alarm Shop/Alarm1/Resource: no one hears of an alarm.',
    ]);
  });

  test('is refused with a policy that replaces the one every topic has, once for all its alarms', () => {
    const stack = newStack();
    alarmed(stack, { enforceSSL: true }, 3);
    expect(findingsOf(stack)).toEqual([
      'DeliveryRefused at Shop/Topic/Resource: cloudwatch.amazonaws.com may not sns:Publish on Shop/Topic/Resource, the topic of the alarm Shop/Alarm1/Resource and 2 more: no one hears of an alarm.',
    ]);
  });

  test('passes with a policy and a key that let CloudWatch in', () => {
    const stack = newStack();
    const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com');
    const masterKey = new Key(stack, 'Key');
    masterKey.grantEncryptDecrypt(cloudWatch);
    alarmed(stack, { enforceSSL: true, masterKey }).grantPublish(cloudWatch);
    expect(findingsOf(stack)).toEqual([]);
  });
});
