import { Duration, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import {
  AttributeType,
  type ITable,
  StreamViewType,
  Table,
  TableEncryption,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Function as LambdaFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { describe, expect, test } from 'vitest';
import { DeadLetterQueue } from '../../cdk/constructs/dead-letter-queue.ts';
import { OutboxRelay, type OutboxRelayProps } from '../../cdk/constructs/outbox-relay.ts';
import { ResilientFunction } from '../../cdk/constructs/resilient-function.ts';
import { allowedToRoles, attribute, attributeLike, newFunction, newStack } from './deliveries.ts';

const MAPPING = 'AWS::Lambda::EventSourceMapping';
const partitionKey = { name: 'pk', type: AttributeType.STRING };

type More = Partial<OutboxRelayProps>;

function setUp(more: More | ((stack: Stack) => More) = {}) {
  const stack = newStack();
  const given = typeof more === 'function' ? more(stack) : more;
  const relay = new OutboxRelay(stack, 'Relay', {
    table:
      given.table ??
      new TableV2(stack, 'Orders', { partitionKey, dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES }),
    buses: given.buses ?? { BUS: new EventBus(stack, 'Bus') },
    ...(given.resilientFunction ? {} : { function: newFunction(stack, 'Function') }),
    ...given,
  });
  return { stack, relay, template: () => Template.fromStack(stack) };
}

const newTable = (stack: Stack, dynamoStream?: StreamViewType) =>
  new TableV2(stack, 'Orders', { partitionKey, dynamoStream });

describe('a relay', () => {
  test('is fed from the stream of the table, with bounded tries and nothing given up with others', () => {
    setUp()
      .template()
      .hasResourceProperties(MAPPING, {
        EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Orders'), 'StreamArn'] },
        FunctionName: { Ref: Match.stringLikeRegexp('^Function') },
        StartingPosition: 'TRIM_HORIZON',
        BatchSize: 100,
        ParallelizationFactor: 2,
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        MaximumRetryAttempts: 100,
        MaximumRecordAgeInSeconds: 12 * 3_600,
        FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT","MODIFY"]}' }] },
        DestinationConfig: { OnFailure: { Destination: attributeLike('^RelayUnrelayed') } },
      });
  });

  test.each<[string, More, object]>([
    ['batchSize', { batchSize: 10 }, { BatchSize: 10 }],
    ['parallelizationFactor', { parallelizationFactor: 10 }, { ParallelizationFactor: 10 }],
    ['retryAttempts', { retryAttempts: 5 }, { MaximumRetryAttempts: 5 }],
    ['maxRecordAge', { maxRecordAge: Duration.hours(1) }, { MaximumRecordAgeInSeconds: 3_600 }],
    [
      'eventSourceProps',
      { batchSize: 10, eventSourceProps: { batchSize: 1, startingPosition: StartingPosition.LATEST } },
      { BatchSize: 1, StartingPosition: 'LATEST' },
    ],
  ])('takes %s', (_name, more, expected) => {
    setUp(more).template().hasResourceProperties(MAPPING, expected);
  });

  test('takes a dead-letter queue that is handed in, with its key', () => {
    const { relay, template } = setUp((stack) => ({
      unrelayed: new DeadLetterQueue(stack, 'Own', { encryptionKey: new Key(stack, 'Key') }),
    }));
    template().hasResourceProperties(MAPPING, {
      DestinationConfig: { OnFailure: { Destination: attributeLike('^Own') } },
    });
    expect(allowedToRoles(template(), 'kms:')).toMatchObject([
      { actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resource: attribute('^Key') },
    ]);
    expect(relay.unrelayed.node.id).toBe('Own');
  });

  test('has metrics of what was given up, and of how far it is behind', () => {
    const { relay } = setUp();
    expect(relay.metricUnrelayed().metricName).toBe('ApproximateNumberOfMessagesVisible');
    expect(relay.metricIteratorAge()).toMatchObject({
      namespace: 'AWS/Lambda',
      metricName: 'IteratorAge',
      statistic: 'Maximum',
    });
  });

  test('synthesizes to the template of the snapshot', () => {
    expect(setUp().template().toJSON()).toMatchSnapshot();
  });
});

describe('the function of a relay', () => {
  test('may read this stream, put events on these buses and send to its dead-letter queue, and is told the buses', () => {
    const { template } = setUp((stack) => ({
      buses: { PUBLIC_BUS: new EventBus(stack, 'Public'), RESTRICTED_BUS: new EventBus(stack, 'Secret') },
    }));
    template().hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          PUBLIC_BUS: { Ref: Match.stringLikeRegexp('^Public') },
          RESTRICTED_BUS: { Ref: Match.stringLikeRegexp('^Secret') },
        },
      },
    });
    expect(allowedToRoles(template(), 'events:').map(({ resource }) => resource)).toEqual([
      attribute('^Public'),
      attribute('^Secret'),
    ]);
    expect(allowedToRoles(template(), 'sqs:')).toMatchObject([
      { actions: ['sqs:SendMessage'], resource: attribute('^RelayUnrelayed') },
    ]);
    expect(allowedToRoles(template(), 'dynamodb:')).toEqual([
      {
        actions: [
          'dynamodb:DescribeStream',
          'dynamodb:GetRecords',
          'dynamodb:GetShardIterator',
          'dynamodb:ListStreams',
        ],
        condition: undefined,
        resource: { 'Fn::GetAtt': [expect.stringMatching('^Orders'), 'StreamArn'] },
      },
    ]);
  });

  test('may not list the streams of other tables, as with a table of the older kind the CDK lets it', () => {
    const olderTable = (stack: Stack) =>
      new Table(stack, 'Orders', { partitionKey, stream: StreamViewType.NEW_AND_OLD_IMAGES });
    const listed = (template: Template) =>
      allowedToRoles(template, 'dynamodb:ListStreams').map(({ resource }) => resource);
    const plain = newStack();
    newFunction(plain, 'Function').addEventSource(
      new DynamoEventSource(olderTable(plain), { startingPosition: StartingPosition.TRIM_HORIZON }),
    );
    expect(listed(Template.fromStack(plain))).toEqual(['*']);

    const { template } = setUp((stack) => ({ table: olderTable(stack) }));
    expect(listed(template())).toEqual([{ 'Fn::GetAtt': [expect.stringMatching('^Orders'), 'StreamArn'] }]);
  });

  test('may use the key of the table', () => {
    const { template } = setUp((stack) => ({
      table: new TableV2(stack, 'Orders', {
        partitionKey,
        dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
        encryption: TableEncryptionV2.customerManagedKey(new Key(stack, 'Key')),
      }),
    }));
    expect(allowedToRoles(template(), 'kms:')).toMatchObject([
      { actions: ['kms:Decrypt', 'kms:DescribeKey'], resource: attribute('^Key') },
    ]);
  });

  test('is reached through the alias of a resilient function, which is told the buses too', () => {
    const { template } = setUp((stack) => ({
      resilientFunction: new ResilientFunction(stack, 'Publish', {
        entry: 'functions/relay.ts',
        timeout: Duration.seconds(10),
      }),
    }));
    expect(JSON.stringify(template().findResources(MAPPING))).toMatch(/"FunctionName":\{.*:live"/);
    template().hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { BUS: { Ref: Match.stringLikeRegexp('^Bus') } } },
    });
  });

  test('may be imported', () => {
    setUp((stack) => ({
      function: LambdaFunction.fromFunctionArn(
        stack,
        'Publish',
        'arn:aws:lambda:eu-west-1:111122223333:function:publish',
      ),
    }))
      .template()
      .resourceCountIs(MAPPING, 1);
  });
});

describe('the table of a relay', () => {
  const NEW_AND_OLD_IMAGES = StreamViewType.NEW_AND_OLD_IMAGES;

  test('is one with a stream, without which the CDK makes a mapping all the same', () => {
    const plain = newStack();
    newFunction(plain, 'Function').addEventSource(
      new DynamoEventSource(newTable(plain), { startingPosition: StartingPosition.TRIM_HORIZON }),
    );
    Template.fromStack(plain).hasResourceProperties(MAPPING, {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Orders'), 'StreamArn'] },
    });
    expect(() => setUp((stack) => ({ table: newTable(stack) }))).toThrow('NEW_AND_OLD_IMAGES, got none');
  });

  test.each<[string, (stack: Stack) => ITable]>([
    [
      'of the older kind',
      (stack) => new Table(stack, 'Orders', { partitionKey, stream: NEW_AND_OLD_IMAGES }),
    ],
    [
      'with a key',
      (stack) =>
        new Table(stack, 'Orders', {
          partitionKey,
          stream: NEW_AND_OLD_IMAGES,
          encryption: TableEncryption.CUSTOMER_MANAGED,
        }),
    ],
    [
      'that is imported',
      (stack) =>
        TableV2.fromTableAttributes(stack, 'Orders', {
          tableName: 'orders',
          tableStreamArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/1',
        }),
    ],
  ])('may be one %s', (_name, table) => {
    setUp((stack) => ({ table: table(stack) }))
      .template()
      .resourceCountIs(MAPPING, 1);
  });

  test.each<[string, (stack: Stack) => ITable, string]>([
    [
      'the new images only',
      (stack) => newTable(stack, StreamViewType.NEW_IMAGE),
      'NEW_AND_OLD_IMAGES, got NEW_IMAGE',
    ],
    [
      'keys only',
      (stack) => new Table(stack, 'Orders', { partitionKey, stream: StreamViewType.KEYS_ONLY }),
      'NEW_AND_OLD_IMAGES, got KEYS_ONLY',
    ],
    [
      'no stream as far as is known',
      (stack) => TableV2.fromTableName(stack, 'Orders', 'orders'),
      'NEW_AND_OLD_IMAGES, got none',
    ],
  ])('is refused with %s', (_name, table, trouble) => {
    expect(() => setUp((stack) => ({ table: table(stack) }))).toThrow(
      `Shop/Relay: expected \`table\` to have a stream of ${trouble}`,
    );
  });
});

test.each<[string, More, string]>([
  ['no bus', { buses: {} }, 'expected `buses` to name one or more'],
  [
    'records older than the stream',
    { maxRecordAge: Duration.hours(24) },
    'expected `maxRecordAge` under 24 h',
  ],
  [
    'records older than the stream, deep inside',
    { eventSourceProps: { maxRecordAge: Duration.days(7) } },
    'expected `maxRecordAge` under 24 h',
  ],
])('a relay is refused with %s', (_name, more, trouble) => {
  expect(() => setUp(more)).toThrow(`Shop/Relay: ${trouble}`);
});
