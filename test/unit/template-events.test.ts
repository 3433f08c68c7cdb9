import { describe, expect, it } from 'vitest';
import { matches } from '../../lib/local/events/pattern/match.ts';
import type { TemplateResource } from '../../lib/local/template/assembly.ts';
import { readBuckets } from '../../lib/local/template/buckets.ts';
import { readBuses, readRules } from '../../lib/local/template/buses.ts';
import { readAsyncInvokes, readFunctions, readProviders } from '../../lib/local/template/functions.ts';
import { readMappings } from '../../lib/local/template/mappings.ts';
import { readQueues } from '../../lib/local/template/queues.ts';
import { createReader } from '../../lib/local/template/reader.ts';
import { readSchedules } from '../../lib/local/template/schedules.ts';
import { readTopics } from '../../lib/local/template/topics.ts';

const readerOf = (Resources: Record<string, TemplateResource>) =>
  createReader({ stackName: 'app', template: { Resources }, assetFolder: () => undefined }, 'eu-west-1');
const arn = (service: string, rest: string) => `arn:aws:${service}:eu-west-1:000000000000:${rest}`;
const target = (more: object = {}) => ({ Id: 'T', Arn: arn('sqs', 'q'), ...more });
const rule = (Properties: object) =>
  readRules(readerOf({ R: { Type: 'AWS::Events::Rule', Properties: { ...Properties } } }));
const mapping = (Properties: object) =>
  readMappings(readerOf({ M: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { ...Properties } } }));
const schedule = (Properties: object) =>
  readSchedules(readerOf({ S: { Type: 'AWS::Scheduler::Schedule', Properties: { ...Properties } } }));

describe('the group of a schedule', () => {
  it('is known by the name that it has on AWS', () => {
    const [grouped] = readSchedules(
      readerOf({
        Group: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: 'nightly' } },
        S: {
          Type: 'AWS::Scheduler::Schedule',
          Properties: {
            ...{ Name: 's', GroupName: { Ref: 'Group' }, ScheduleExpression: 'rate(1 hour)' },
            Target: { Arn: arn('lambda', 'function:fn') },
          },
        },
      }),
    );
    expect(grouped?.arn).toBe(arn('scheduler', 'schedule/nightly/s'));
  });
});

describe('the buses and rules of a template', () => {
  it('have names and ARNs as on AWS', () => {
    const reader = readerOf({
      Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'orders' } },
      R: {
        Type: 'AWS::Events::Rule',
        Properties: { EventBusName: { 'Fn::GetAtt': ['Bus', 'Arn'] }, EventPattern: { source: ['a'] } },
      },
    });
    expect(readBuses(reader)).toEqual([{ name: 'orders', arn: arn('events', 'event-bus/orders') }]);
    expect(readRules(reader)).toEqual([
      {
        name: 'app-R',
        arn: arn('events', 'rule/orders/app-R'),
        busName: 'orders',
        enabled: true,
        pattern: { source: ['a'] },
        targets: [],
      },
    ]);
  });

  it("have AWS's retry policy unless they say otherwise", () => {
    expect(rule({ Targets: [target()] })[0]?.targets).toEqual([
      { id: 'T', arn: arn('sqs', 'q'), maximumRetryAttempts: 185, maximumEventAgeSeconds: 86_400 },
    ]);
    const [own] = rule({
      State: 'DISABLED',
      Targets: [
        target({
          RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 },
          DeadLetterConfig: { Arn: arn('sqs', 'dead') },
          InputTransformer: { InputPathsMap: { a: '$.detail.a' }, InputTemplate: '{"a":<a>}' },
          SqsParameters: { MessageGroupId: 'g' },
        }),
      ],
    });
    expect(own).toMatchObject({ enabled: false, arn: arn('events', 'rule/app-R') });
    expect(own?.targets[0]).toMatchObject({
      maximumRetryAttempts: 2,
      maximumEventAgeSeconds: 60,
      deadLetterQueue: arn('sqs', 'dead'),
      inputTransformer: { pathsMap: { a: '$.detail.a' }, template: '{"a":<a>}' },
      messageGroupId: 'g',
    });
  });

  it.each([
    [{ ScheduleExpression: 'rate(1 minute)', EventBusName: 'b' }, /R: a schedule on the bus b .*default bus/],
    [{ Targets: [target({ EcsParameters: {} })] }, /R: Targets.0.EcsParameters is not run/],
  ])('are refused for what does not run here: %j', (properties, reason) => {
    expect(() => rule(properties)).toThrow(reason);
  });
});

describe('the queues of a template', () => {
  it("have SQS's defaults, and the ending by which SQS knows a FIFO queue", () => {
    const reader = readerOf({
      Q: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          FifoQueue: true,
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['D', 'Arn'] }, maxReceiveCount: 3 },
        },
      },
      D: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead.fifo', FifoQueue: true } },
    });
    expect(readQueues(reader)[0]).toEqual({
      logicalId: 'Q',
      queueName: 'app-Q.fifo',
      fifo: true,
      contentBasedDeduplication: false,
      visibilityTimeoutSeconds: 30,
      delaySeconds: 0,
      receiveWaitSeconds: 0,
      retentionSeconds: 345_600,
      redrive: { deadLetterQueueArn: arn('sqs', 'dead.fifo'), maxReceiveCount: 3 },
    });
  });
});

describe('the event source mappings of a template', () => {
  it('from queues', () => {
    const { queueMappings } = mapping({
      EventSourceArn: arn('sqs', 'q'),
      FunctionName: 'fn:live',
      ScalingConfig: { MaximumConcurrency: 7 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      FilterCriteria: { Filters: [{ Pattern: '{"body":{"kind":["a"]}}' }] },
    });
    expect(queueMappings[0]).toMatchObject({
      functionArn: arn('lambda', 'function:fn:live'),
      batchSize: 10,
      batchingWindowSeconds: 0,
      maximumConcurrency: 7,
      reportBatchItemFailures: true,
      enabled: true,
    });
    const [filter] = queueMappings[0]?.filters ?? [];
    expect(filter && matches(filter, { body: { kind: 'a' } })).toBe(true);
  });

  it('from streams', () => {
    const { streamMappings } = mapping({
      EventSourceArn: arn('dynamodb', 'table/items/stream/local'),
      FunctionName: arn('lambda', 'function:fn'),
      StartingPosition: 'LATEST',
      Enabled: false,
      DestinationConfig: { OnFailure: { Destination: arn('sqs', 'dead') } },
    });
    expect(streamMappings).toEqual([
      {
        functionArn: arn('lambda', 'function:fn'),
        streamArn: arn('dynamodb', 'table/items/stream/local'),
        tableName: 'items',
        startingPosition: 'LATEST',
        batchSize: 100,
        batchingWindowSeconds: 0,
        maximumRetryAttempts: -1,
        maximumRecordAgeSeconds: -1,
        bisectBatchOnError: false,
        reportBatchItemFailures: false,
        filters: [],
        enabled: false,
        onFailure: arn('sqs', 'dead'),
      },
    ]);
  });

  it.each([
    [{ EventSourceArn: arn('kinesis', 'stream/s') }, /M: an event source of kinesis/],
    [
      { EventSourceArn: arn('dynamodb', 'table/t/stream/x'), TumblingWindowInSeconds: 5 },
      /M: a tumbling window/,
    ],
    [
      { EventSourceArn: arn('sqs', 'q'), FilterCriteria: { Filters: [{ Pattern: '{"a":"b"}' }] } },
      /M: the filter \{"a":"b"\}: .*"a" must be an object or an array/,
    ],
    [
      { EventSourceArn: arn('sqs', 'q'), FilterCriteria: { Filters: [{ Pattern: 'no json' }] } },
      /M: the filter no json: /,
    ],
  ])('are refused for what does not run here: %j', (properties, reason) => {
    expect(() => mapping({ FunctionName: 'fn', ...properties })).toThrow(reason);
  });
});

describe('the schedules of a template', () => {
  it("send what they say, or AWS's default notification", () => {
    const [plain] = schedule({
      ScheduleExpression: 'rate(5 minutes)',
      Target: { Arn: arn('lambda', 'function:fn') },
    });
    expect(plain).toMatchObject({
      name: 'app-S',
      arn: arn('scheduler', 'schedule/default/app-S'),
      timezone: 'UTC',
      state: 'ENABLED',
      maximumRetryAttempts: 185,
    });
    expect(JSON.parse(plain?.input ?? '')).toMatchObject({
      source: 'aws.scheduler',
      time: '<aws.scheduler.scheduled-time>',
      resources: [arn('scheduler', 'schedule/default/app-S')],
    });
    const [own] = schedule({
      Name: 'nightly',
      GroupName: 'g',
      State: 'DISABLED',
      ScheduleExpression: 'rate(5 minutes)',
      Target: {
        Arn: arn('sqs', 'q'),
        Input: '{"a":1}',
        RetryPolicy: { MaximumRetryAttempts: 0 },
        DeadLetterConfig: { Arn: arn('sqs', 'dead') },
      },
    });
    expect(own).toMatchObject({
      arn: arn('scheduler', 'schedule/g/nightly'),
      state: 'DISABLED',
      input: '{"a":1}',
      maximumRetryAttempts: 0,
      deadLetterQueue: arn('sqs', 'dead'),
    });
  });

  it('are refused for targets that do not run here', () => {
    const Target = { Arn: 'arn:aws:scheduler:::aws-sdk:ec2:stopInstances' };
    expect(() => schedule({ ScheduleExpression: 'rate(1 minute)', Target })).toThrow(
      /S: the target arn:aws:scheduler:::aws-sdk:ec2:stopInstances/,
    );
  });
});

describe('the asynchronous invocation of a function', () => {
  it('is as the template says for the function or its alias, and as on AWS otherwise', () => {
    const fn: TemplateResource = { Type: 'AWS::Lambda::Function', Properties: {} };
    const models = readAsyncInvokes(
      readerOf({
        Plain: fn,
        Own: { ...fn, Properties: { DeadLetterConfig: { TargetArn: arn('sqs', 'dead') } } },
        Config: {
          Type: 'AWS::Lambda::EventInvokeConfig',
          Properties: {
            FunctionName: { Ref: 'Own' },
            Qualifier: 'live',
            MaximumRetryAttempts: 0,
            DestinationConfig: { OnFailure: { Destination: arn('sqs', 'failed') } },
          },
        },
      }),
    );
    expect(models.get('app-Plain')).toEqual({ maximumRetryAttempts: 2, maximumEventAgeSeconds: 21_600 });
    expect(models.get('app-Own')).toEqual({
      maximumRetryAttempts: 0,
      maximumEventAgeSeconds: 21_600,
      onFailure: arn('sqs', 'failed'),
      deadLetterQueue: arn('sqs', 'dead'),
    });
  });
});

describe('the topics of a template', () => {
  const reader = readerOf({
    Orders: {
      Type: 'AWS::SNS::Topic',
      Properties: { Subscription: [{ Protocol: 'email', Endpoint: 'ops@example.com' }] },
    },
    Fifo: { Type: 'AWS::SNS::Topic', Properties: { FifoTopic: true, ContentBasedDeduplication: true } },
    Sub: {
      Type: 'AWS::SNS::Subscription',
      Properties: {
        ...{ TopicArn: { Ref: 'Orders' }, Protocol: 'sqs', Endpoint: { 'Fn::GetAtt': ['Q', 'Arn'] } },
        ...{ RawMessageDelivery: true, FilterPolicyScope: 'MessageBody', FilterPolicy: { a: ['b'] } },
        RedrivePolicy: { deadLetterTargetArn: arn('sqs', 'dead') },
      },
    },
    Q: { Type: 'AWS::SQS::Queue' },
  });

  it('have their subscriptions, those of their own too, and the ending by which SNS knows a FIFO topic', () => {
    const none = { raw: false, filterPolicy: undefined, deadLetterQueue: undefined };
    expect(readTopics(reader)).toEqual([
      {
        ...{ logicalId: 'Orders', name: 'app-Orders', arn: arn('sns', 'app-Orders') },
        ...{ fifo: false, contentBasedDeduplication: false },
        subscriptions: [
          {
            ...{ logicalId: 'Orders0', arn: arn('sns', 'app-Orders:Orders0'), ...none },
            ...{ protocol: 'none', protocolName: 'email', endpoint: 'ops@example.com' },
            filterScope: 'MessageAttributes',
          },
          {
            ...{ logicalId: 'Sub', arn: arn('sns', 'app-Orders:Sub'), raw: true },
            ...{ protocol: 'sqs', protocolName: 'sqs', endpoint: arn('sqs', 'app-Q') },
            ...{
              filterPolicy: { a: ['b'] },
              filterScope: 'MessageBody',
              deadLetterQueue: arn('sqs', 'dead'),
            },
          },
        ],
      },
      {
        ...{ logicalId: 'Fifo', name: 'app-Fifo.fifo', arn: arn('sns', 'app-Fifo.fifo') },
        ...{ fifo: true, contentBasedDeduplication: true, subscriptions: [] },
      },
    ]);
  });
});

describe('the buckets of a template', () => {
  it('have names that S3 takes, and the notifications of their own and of the CDK', () => {
    const reader = readerOf({
      Photos: {
        Type: 'AWS::S3::Bucket',
        Properties: {
          CorsConfiguration: {
            CorsRules: [
              { AllowedMethods: ['PUT'], AllowedOrigins: ['*'], AllowedHeaders: ['x-*'], MaxAge: '60' },
              { AllowedMethods: ['GET'], AllowedOrigins: ['https://a.example'], ExposedHeaders: ['ETag'] },
            ],
          },
          NotificationConfiguration: {
            EventBridgeConfiguration: { EventBridgeEnabled: true },
            QueueConfigurations: [
              {
                ...{ Event: 's3:ObjectRemoved:*', Queue: arn('sqs', 'q') },
                Filter: { S3Key: { Rules: [{ Name: 'suffix', Value: '.jpg' }] } },
              },
            ],
          },
        },
      },
      Handler: { Type: 'AWS::Lambda::Function', Properties: { Runtime: 'python3.13', Code: {} } },
      Set: {
        Type: 'Custom::S3BucketNotifications',
        Properties: {
          ServiceToken: { 'Fn::GetAtt': ['Handler', 'Arn'] },
          BucketName: { Ref: 'Photos' },
          NotificationConfiguration: {
            LambdaFunctionConfigurations: [
              {
                ...{ Events: ['s3:ObjectCreated:*'], LambdaFunctionArn: arn('lambda', 'function:fn') },
                Filter: { Key: { FilterRules: [{ Name: 'Prefix', Value: 'in/' }] } },
              },
            ],
          },
        },
      },
    });
    expect(readBuckets(reader)).toEqual([
      {
        ...{ logicalId: 'Photos', name: 'app-photos', eventBridge: true },
        cors: [
          {
            ...{ allowedMethods: ['PUT'], allowedOrigins: ['*'], allowedHeaders: ['x-*'] },
            ...{ exposedHeaders: [], maxAgeSeconds: 60 },
          },
          {
            ...{ allowedMethods: ['GET'], allowedOrigins: ['https://a.example'], allowedHeaders: [] },
            ...{ exposedHeaders: ['ETag'], maxAgeSeconds: undefined },
          },
        ],
        notifications: [
          {
            ...{ id: 'Photos0', events: ['s3:ObjectRemoved:*'], targetArn: arn('sqs', 'q') },
            ...{ prefix: '', suffix: '.jpg' },
          },
          {
            ...{ id: 'Set0', events: ['s3:ObjectCreated:*'], targetArn: arn('lambda', 'function:fn') },
            ...{ prefix: 'in/', suffix: '' },
          },
        ],
      },
    ]);
    // What the CDK's function would ask of S3 is done already.
    expect(readProviders(reader)).toEqual(['Handler']);
    expect(readFunctions({ assetFolder: () => undefined }, reader)).toEqual([]);
  });
});

describe('what is of another app', () => {
  it.each<[string, TemplateResource, RegExp]>([
    [
      'a topic with a subscription here',
      {
        Type: 'AWS::SNS::Subscription',
        Properties: { Protocol: 'sqs', Endpoint: arn('sqs', 'q'), TopicArn: arn('sns', 'theirs') },
      },
      /^R: the topic arn:aws:sns:.*:theirs of another app is not run on this machine; make /,
    ],
    [
      'a bucket with notifications here',
      {
        Type: 'Custom::S3BucketNotifications',
        Properties: { BucketName: 'theirs', NotificationConfiguration: {} },
      },
      /^R: the bucket theirs of another app is not run on this machine; make /,
    ],
  ])('is refused: %s', (_what, resource, reason) => {
    const reader = readerOf({ R: resource });
    expect(() => [readTopics(reader), readBuckets(reader)]).toThrow(reason);
  });
});
