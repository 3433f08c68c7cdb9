import { Duration, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { DeadLetterQueue, type DeadLetterQueueProps } from '../../cdk/constructs/dead-letter-queue.ts';
import {
  acknowledged,
  allowedTo,
  allowedToRoles,
  arn,
  attribute,
  attributeLike,
  KEY,
  newFunction,
  newStack,
  QUEUE_POLICY,
  warnings,
} from './deliveries.ts';

const QUEUE = 'AWS::SQS::Queue';
const EVENTS = 'events.amazonaws.com';
const KEY_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];
const ACCOUNT = { 'aws:SourceAccount': '111122223333' };

function setUp(props?: DeadLetterQueueProps | ((stack: Stack) => DeadLetterQueueProps)) {
  const stack = newStack();
  const queue = new DeadLetterQueue(stack, 'Failed', typeof props === 'function' ? props(stack) : props);
  return { stack, queue, template: () => Template.fromStack(stack) };
}

const withKey = () => setUp((stack) => ({ encryptionKey: new Key(stack, 'Key') }));

/** A rule whose target is a queue. */
const newRule = (stack: Stack, deadLetters: Queue) =>
  new Rule(stack, 'Rule', {
    eventBus: new EventBus(stack, 'Bus'),
    eventPattern: { source: ['shop'] },
    targets: [new SqsQueue(new Queue(stack, 'Target'), { deadLetterQueue: deadLetters })],
  });

describe('a dead-letter queue', () => {
  test('is encrypted with keys that SQS manages, over TLS only, and keeps what it has for 14 days', () => {
    const template = setUp().template();
    template.hasResourceProperties(QUEUE, {
      SqsManagedSseEnabled: true,
      KmsMasterKeyId: Match.absent(),
      MessageRetentionPeriod: 14 * 86_400,
    });
    template.hasResourceProperties(QUEUE_POLICY, {
      PolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({
            Effect: 'Deny',
            Action: 'sqs:*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ],
      }),
    });
  });

  test.each<[string, DeadLetterQueueProps, object]>([
    ['retentionPeriod', { retentionPeriod: Duration.days(4) }, { MessageRetentionPeriod: 4 * 86_400 }],
    ['queueProps', { queueProps: { retentionPeriod: Duration.days(1) } }, { MessageRetentionPeriod: 86_400 }],
    [
      'queueProps over others',
      {
        retentionPeriod: Duration.days(4),
        queueProps: { queueName: 'failed', retentionPeriod: Duration.days(1) },
      },
      { QueueName: 'failed', MessageRetentionPeriod: 86_400 },
    ],
  ])('takes %s', (_name, props, expected) => {
    setUp(props).template().hasResourceProperties(QUEUE, expected);
  });

  test('takes a key, by itself or among the props of the queue', () => {
    for (const { template } of [
      withKey(),
      setUp((stack) => ({ queueProps: { encryptionMasterKey: new Key(stack, 'Key') } })),
    ])
      template().hasResourceProperties(QUEUE, {
        KmsMasterKeyId: attributeLike('^Key'),
        SqsManagedSseEnabled: Match.absent(),
      });
  });

  test('takes a queue that is there', () => {
    const { queue, template } = setUp((stack) => ({ existingQueue: new Queue(stack, 'Own') }));
    template().resourceCountIs(QUEUE, 1);
    expect(queue.queue.node.id).toBe('Own');
  });

  test.each<[string, (stack: Stack) => DeadLetterQueueProps, string]>([
    [
      'encryptionKey beside an existing queue',
      (stack) => ({ existingQueue: new Queue(stack, 'Own'), encryptionKey: new Key(stack, 'Key') }),
      'expected one of `existingQueue` and `encryptionKey`',
    ],
    [
      'queueProps beside an existing queue',
      (stack) => ({ existingQueue: new Queue(stack, 'Own'), queueProps: {} }),
      'expected one of `existingQueue` and `queueProps`',
    ],
    [
      'retentionPeriod beside an existing queue',
      (stack) => ({ existingQueue: new Queue(stack, 'Own'), retentionPeriod: Duration.days(1) }),
      'expected one of `existingQueue` and `retentionPeriod`',
    ],
    [
      'two keys',
      (stack) => ({
        encryptionKey: new Key(stack, 'One'),
        queueProps: { encryptionMasterKey: new Key(stack, 'Two') },
      }),
      'expected one of `encryptionKey` and `queueProps.encryptionMasterKey`',
    ],
  ])('refuses %s', (_name, props, trouble) => {
    expect(() => setUp(props)).toThrow(`Shop/Failed: ${trouble}`);
  });

  test('says why it has no dead-letter queue of its own, but not for a queue of somebody else', () => {
    expect(acknowledged(setUp().queue.queue)).toEqual([
      'AwsSolutions::AwsSolutions-SQS3',
      'Serverless::Serverless-SQSRedrivePolicy',
    ]);
    const { queue } = setUp((stack) => ({ existingQueue: new Queue(stack, 'Own') }));
    expect(acknowledged(queue.queue)).toEqual([]);
  });

  test('has metrics of its depth and its age', () => {
    const { stack, queue } = setUp();
    expect(stack.resolve(queue.metricDepth().toMetricConfig().metricStat)).toMatchObject({
      namespace: 'AWS/SQS',
      metricName: 'ApproximateNumberOfMessagesVisible',
      dimensions: [{ name: 'QueueName' }],
    });
    expect(queue.metricAgeOfOldest({ period: Duration.minutes(1) })).toMatchObject({
      metricName: 'ApproximateAgeOfOldestMessage',
      period: Duration.minutes(1),
    });
  });

  test('synthesizes to the template of the snapshot', () => {
    const { stack, queue, template } = withKey();
    queue.acceptFromRule(newRule(stack, queue.queue as Queue));
    queue.grantSend(new Role(stack, 'Role', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') }));
    expect(template().toJSON()).toMatchSnapshot();
  });
});

describe('what a source needs to deliver', () => {
  test('is a policy and a grant of the key for a rule, of which the CDK gives the policy alone', () => {
    const plain = newStack();
    const key = new Key(plain, 'Key');
    newRule(plain, new Queue(plain, 'Failed', { encryption: QueueEncryption.KMS, encryptionMasterKey: key }));
    const gap = Template.fromStack(plain);
    expect(allowedTo(gap, QUEUE_POLICY, EVENTS).map(({ resource }) => resource)).toContainEqual(
      attribute('^Failed'),
    );
    expect(allowedTo(gap, KEY, EVENTS)).toEqual([]);

    const { stack, queue, template } = withKey();
    queue.acceptFromRule(newRule(stack, queue.queue as Queue));
    expect(allowedTo(template(), QUEUE_POLICY, EVENTS)).toContainEqual({
      actions: ['sqs:SendMessage'],
      condition: { ArnEquals: { 'aws:SourceArn': attribute('^Rule') }, StringEquals: ACCOUNT },
      resource: attribute('^Failed'),
    });
    expect(allowedTo(template(), KEY, EVENTS)).toEqual([
      {
        actions: KEY_ACTIONS,
        condition: {
          ArnLike: { 'aws:SourceArn': arn('events:eu-west-1:111122223333:rule/*') },
          StringEquals: ACCOUNT,
        },
        resource: '*',
      },
    ]);
  });

  test('is a policy and a grant of the key for a bus, of which the CDK gives neither', () => {
    const plain = newStack();
    new EventBus(plain, 'Bus', { deadLetterQueue: new Queue(plain, 'Failed') });
    Template.fromStack(plain).resourceCountIs(QUEUE_POLICY, 0);

    const { stack, queue, template } = withKey();
    queue.acceptFromBus(new EventBus(stack, 'Bus', { deadLetterQueue: queue.queue }));
    expect(allowedTo(template(), QUEUE_POLICY, EVENTS)).toMatchObject([
      { condition: { ArnEquals: { 'aws:SourceArn': attribute('^Bus') }, StringEquals: ACCOUNT } },
    ]);
    expect(allowedTo(template(), KEY, EVENTS)).toMatchObject([
      { condition: { ArnLike: { 'aws:SourceArn': arn('events:eu-west-1:111122223333:event-bus/*') } } },
    ]);
  });

  test('is a policy and a grant of the key for a topic, with which it may share the key', () => {
    const { stack, queue, template } = withKey();
    queue.acceptFromTopic(new Topic(stack, 'Topic', { masterKey: queue.queue.encryptionMasterKey }));
    expect(allowedTo(template(), QUEUE_POLICY, 'sns.amazonaws.com')).toMatchObject([
      { condition: { ArnEquals: { 'aws:SourceArn': { Ref: expect.stringMatching('^Topic') } } } },
    ]);
    expect(allowedTo(template(), KEY, 'sns.amazonaws.com')).toMatchObject([
      {
        actions: KEY_ACTIONS,
        condition: { ArnLike: { 'aws:SourceArn': arn('sns:eu-west-1:111122223333:*') } },
      },
    ]);
  });

  test('is the queue and its key for a role, through SQS and with no more than a sender needs', () => {
    const { stack, queue, template } = withKey();
    queue.grantSend(new Role(stack, 'Role', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') }));
    expect(allowedToRoles(template(), 'sqs:')).toMatchObject([
      { actions: ['sqs:SendMessage'], resource: attribute('^Failed') },
    ]);
    expect(allowedToRoles(template(), 'kms:')).toEqual([
      {
        actions: KEY_ACTIONS,
        condition: {
          StringEquals: {
            'kms:ViaService': { 'Fn::Join': ['', ['sqs.eu-west-1.', { Ref: 'AWS::URLSuffix' }]] },
          },
        },
        resource: attribute('^Key'),
      },
    ]);
  });

  test('is the key too for the role of a schedule, to which the CDK gives the queue alone', () => {
    const scheduled = (stack: Stack, deadLetterQueue: Queue, role?: Role) =>
      new Schedule(stack, 'Nightly', {
        schedule: ScheduleExpression.rate(Duration.days(1)),
        target: new LambdaInvoke(newFunction(stack, 'Function'), { deadLetterQueue, ...(role && { role }) }),
      });
    const plain = newStack();
    scheduled(plain, new Queue(plain, 'Failed', { encryptionMasterKey: new Key(plain, 'Key') }));
    expect(allowedToRoles(Template.fromStack(plain), 'sqs:')).toHaveLength(1);
    expect(allowedToRoles(Template.fromStack(plain), 'kms:')).toEqual([]);

    const { stack, queue, template } = withKey();
    const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') });
    scheduled(stack, queue.queue as Queue, role);
    queue.grantSend(role);
    expect(allowedToRoles(template(), 'kms:')).toMatchObject([
      { actions: KEY_ACTIONS, resource: attribute('^Key') },
    ]);
  });

  test('is no more of the key than a sender needs for a destination, to which the CDK gives wildcards', () => {
    const plain = newStack();
    const failed = new Queue(plain, 'Failed', { encryptionMasterKey: new Key(plain, 'Key') });
    newFunction(plain, 'Function').configureAsyncInvoke({ onFailure: new SqsDestination(failed) });
    const [byTheCdk] = allowedToRoles(Template.fromStack(plain), 'kms:');
    expect(byTheCdk?.actions).toEqual(expect.arrayContaining(['kms:GenerateDataKey*', 'kms:ReEncrypt*']));

    const { stack, queue, template } = withKey();
    newFunction(stack, 'Function').configureAsyncInvoke({ onFailure: queue.destination() });
    expect(allowedToRoles(template(), 'kms:').map(({ actions }) => actions)).toEqual([KEY_ACTIONS]);
  });

  test('is granted with the destination of a function, and of a stream', () => {
    for (const use of [
      (stack: Stack, queue: DeadLetterQueue) =>
        newFunction(stack, 'Function').configureAsyncInvoke({ onFailure: queue.destination() }),
      (stack: Stack, queue: DeadLetterQueue) =>
        new EventSourceMapping(stack, 'Mapping', {
          target: newFunction(stack, 'Function'),
          eventSourceArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/1',
          startingPosition: StartingPosition.LATEST,
          onFailure: queue.eventSourceDlq(),
        }),
    ]) {
      const { stack, queue, template } = withKey();
      use(stack, queue);
      expect(JSON.stringify(template().toJSON())).toMatch(
        /"OnFailure":\{"Destination":\{"Fn::GetAtt":\["FailedQueue/,
      );
      expect(allowedToRoles(template(), 'sqs:')).toMatchObject([{ actions: ['sqs:SendMessage'] }]);
      expect(allowedToRoles(template(), 'kms:')).toMatchObject([{ actions: KEY_ACTIONS }]);
    }
  });

  test('is refused where it cannot be given', () => {
    const managed = setUp({ queueProps: { encryption: QueueEncryption.KMS_MANAGED } });
    expect(() => managed.queue.acceptFromBus(new EventBus(managed.stack, 'Bus'))).toThrow(
      'Shop/Failed: expected a queue that events.amazonaws.com can use, got one with the key alias/aws/sqs',
    );
    const fifo = setUp({ queueProps: { fifo: true } });
    expect(() => fifo.queue.acceptFromBus(new EventBus(fifo.stack, 'Bus'))).toThrow(
      'Shop/Failed: expected a standard queue, got a FIFO queue',
    );
  });

  test('is said in a warning where the queue or its key is imported', () => {
    const { stack, queue } = setUp((scope) => ({
      existingQueue: Queue.fromQueueAttributes(scope, 'Imported', {
        queueArn: 'arn:aws:sqs:eu-west-1:111122223333:failed',
        keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1',
      }),
    }));
    queue.acceptFromBus(new EventBus(stack, 'Bus'));
    expect(warnings(stack)).toEqual([
      expect.stringContaining('"Action":"sqs:SendMessage"'),
      expect.stringContaining('"Action":["kms:Decrypt","kms:GenerateDataKey"]'),
    ]);
    expect(warnings(setUp().stack)).toEqual([]);
  });
});
