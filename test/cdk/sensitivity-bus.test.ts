import { Duration, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Archive, EventBus, IncludeDetail, Level } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { DeadLetterQueue } from '../../cdk/constructs/dead-letter-queue.ts';
import { Sensitivity } from '../../cdk/constructs/sensitivity.ts';
import { SensitivityBus, type SensitivityBusProps } from '../../cdk/constructs/sensitivity-bus.ts';
import {
  allowedTo,
  allowedToRoles,
  arn,
  attribute,
  attributeLike,
  KEY,
  newStack,
  QUEUE_POLICY,
  warnings,
} from './deliveries.ts';

const BUS = 'AWS::Events::EventBus';
const ARCHIVE = 'AWS::Events::Archive';
const EVENTS = 'events.amazonaws.com';

type More = Partial<SensitivityBusProps>;

function setUp(sensitivity = Sensitivity.INTERNAL, more: More | ((stack: Stack) => More) = {}) {
  const stack = newStack();
  const props = typeof more === 'function' ? more(stack) : more;
  const bus = new SensitivityBus(stack, 'Orders', { sensitivity, ...props });
  return { stack, bus, template: () => Template.fromStack(stack) };
}

describe('the sensitivity of a bus', () => {
  test.each([
    [Sensitivity.PUBLIC, 'public', 90, 'FULL', 0],
    [Sensitivity.INTERNAL, 'internal', 30, 'NONE', 0],
    [Sensitivity.RESTRICTED, 'restricted', 14, 'NONE', 2],
  ])('decides on its archive, its log and its keys: %#', (sensitivity, name, days, detail, keys) => {
    const { bus, template } = setUp(sensitivity);
    expect(bus.sensitivity.name).toBe(name);
    template().hasResourceProperties(ARCHIVE, { RetentionDays: days, EventPattern: Match.absent() });
    template().hasResourceProperties(BUS, { LogConfig: { Level: 'ERROR', IncludeDetail: detail } });
    template().resourceCountIs(KEY, keys);
    expect(bus.encryptionKey === undefined).toBe(keys === 0);
  });

  test.each<[string, More, string, object]>([
    ['archiveRetention', { archiveRetention: Duration.days(3) }, ARCHIVE, { RetentionDays: 3 }],
    [
      'archivePattern',
      { archivePattern: { source: ['shop'] } },
      ARCHIVE,
      { EventPattern: { source: ['shop'] } },
    ],
    ['logLevel', { logLevel: Level.INFO }, BUS, { LogConfig: { Level: 'INFO' } }],
    ['logDetail', { logDetail: IncludeDetail.FULL }, BUS, { LogConfig: { IncludeDetail: 'FULL' } }],
    ['logRetention', { logRetention: RetentionDays.ONE_WEEK }, 'AWS::Logs::LogGroup', { RetentionInDays: 7 }],
    ['customerKey', { customerKey: true }, KEY, { EnableKeyRotation: true }],
    ['eventBusProps', { eventBusProps: { eventBusName: 'orders' } }, BUS, { Name: 'orders' }],
    [
      'a log among the props of the bus',
      { eventBusProps: { logConfig: { level: Level.TRACE, includeDetail: IncludeDetail.FULL } } },
      BUS,
      { LogConfig: { Level: 'TRACE', IncludeDetail: 'FULL' } },
    ],
  ])('is overridden by %s', (_name, more, type, expected) => {
    setUp(Sensitivity.INTERNAL, more).template().hasResourceProperties(type, expected);
  });

  test('makes no key where none is wanted', () => {
    setUp(Sensitivity.RESTRICTED, { customerKey: false }).template().resourceCountIs(KEY, 0);
  });

  test.each<[string, (stack: Stack) => More, string]>([
    [
      'two keys',
      (stack) => ({ encryptionKey: new Key(stack, 'A'), eventBusProps: { kmsKey: new Key(stack, 'B') } }),
      'expected one of `encryptionKey` and `eventBusProps.kmsKey`',
    ],
    [
      'a key and whether there is one',
      (stack) => ({ encryptionKey: new Key(stack, 'A'), customerKey: false }),
      'expected one of `encryptionKey` and `customerKey`',
    ],
    [
      'two levels of the log',
      () => ({ logLevel: Level.INFO, eventBusProps: { logConfig: {} } }),
      'expected one of `logLevel` and `eventBusProps.logConfig`',
    ],
    [
      'a dead-letter queue into which nothing is delivered',
      (stack) => ({ eventBusProps: { deadLetterQueue: new Queue(stack, 'Own') } }),
      'expected `deadLetterQueue`, got `eventBusProps.deadLetterQueue`',
    ],
  ])('refuses %s', (_name, more, trouble) => {
    expect(() => setUp(Sensitivity.INTERNAL, more)).toThrow(`Shop/Orders: ${trouble}`);
  });
});

describe('the keys of a bus', () => {
  test('encrypt its archive too, to which the CDK gives none', () => {
    const plain = newStack();
    const key = new Key(plain, 'Key');
    new EventBus(plain, 'Bus', { kmsKey: key }).archive('Archive', { eventPattern: { source: ['shop'] } });
    Template.fromStack(plain).hasResourceProperties(ARCHIVE, { KmsKeyIdentifier: '' });

    const template = setUp(Sensitivity.RESTRICTED).template();
    template.hasResourceProperties(BUS, { KmsKeyIdentifier: attributeLike('^OrdersKey') });
    template.hasResourceProperties(ARCHIVE, { KmsKeyIdentifier: attributeLike('^OrdersKey') });
  });

  test('are one for bus and archive without a circle, which the CDK synthesizes', () => {
    const plain = newStack();
    const kmsKey = new Key(plain, 'Key');
    const sourceEventBus = new EventBus(plain, 'Bus', { kmsKey });
    new Archive(plain, 'Archive', { sourceEventBus, kmsKey, eventPattern: { source: ['shop'] } });
    expect(() => Template.fromStack(plain)).toThrow('dependency cycle');

    expect(() => setUp(Sensitivity.RESTRICTED).template()).not.toThrow();
  });

  test('are let to EventBridge for this bus, its archive and its log, and to the log service', () => {
    const template = setUp(Sensitivity.RESTRICTED, {
      eventBusProps: { eventBusName: 'orders' },
    }).template();
    const context = 'kms:EncryptionContext:aws:events:event-bus:arn';
    const bus = arn('events:eu-west-1:111122223333:event-bus/orders');
    const logs = { StringLike: { 'kms:EncryptionContext:SourceArn': arn('logs:eu-west-1:111122223333:*') } };
    const toEvents = allowedTo(template, KEY, EVENTS).map(({ actions, condition }) => ({
      actions,
      condition,
    }));
    expect(toEvents).toContainEqual({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
      condition: { StringEquals: { [context]: bus } },
    });
    expect(toEvents).toContainEqual({ actions: ['kms:DescribeKey'], condition: undefined });
    expect(toEvents).toContainEqual({ actions: ['kms:GenerateDataKey'], condition: logs });
    expect(allowedTo(template, KEY, 'delivery.logs.amazonaws.com')).toEqual([
      { actions: ['kms:Decrypt', 'kms:GenerateDataKey'], condition: logs, resource: '*' },
    ]);
    expect(JSON.stringify(template.findResources(KEY))).not.toMatch(/kms:\w+\*/);
  });

  test('are two, so that what fails for want of the one still gets into the dead-letter queue', () => {
    const { bus, template } = setUp(Sensitivity.RESTRICTED);
    template().hasResourceProperties('AWS::SQS::Queue', {
      KmsMasterKeyId: attributeLike('^OrdersDeadLetterKey'),
    });
    expect(bus.deadLetterKey).not.toBe(bus.encryptionKey);
  });

  test('stay when the stack goes, but not when it never came to be', () => {
    setUp(Sensitivity.RESTRICTED)
      .template()
      .allResources(KEY, { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  });

  test('may be your own', () => {
    for (const more of [
      (stack: Stack) => ({ encryptionKey: new Key(stack, 'Own') }),
      (stack: Stack) => ({ eventBusProps: { kmsKey: new Key(stack, 'Own') } }),
    ]) {
      const { bus, template } = setUp(Sensitivity.PUBLIC, more);
      template().hasResourceProperties(ARCHIVE, { KmsKeyIdentifier: attributeLike('^Own') });
      expect(bus.encryptionKey?.node.id).toBe('Own');
    }
  });

  test('are warned of where they are imported', () => {
    const { stack } = setUp(Sensitivity.RESTRICTED, (scope) => ({
      encryptionKey: Key.fromKeyArn(scope, 'Own', 'arn:aws:kms:eu-west-1:111122223333:key/1'),
    }));
    expect(warnings(stack).join()).toMatch(/Shop\/Own is not part of this app.*kms:GenerateDataKey/);
  });
});

describe('what a bus cannot deliver', () => {
  test('gets into its dead-letter queue, for which the CDK makes no policy', () => {
    const plain = newStack();
    new EventBus(plain, 'Bus', { deadLetterQueue: new Queue(plain, 'Failed') });
    Template.fromStack(plain).resourceCountIs(QUEUE_POLICY, 0);

    const { bus, template } = setUp(Sensitivity.RESTRICTED);
    template().hasResourceProperties(BUS, { DeadLetterConfig: { Arn: attributeLike('^OrdersDeadLetters') } });
    expect(allowedTo(template(), QUEUE_POLICY, EVENTS)).toMatchObject([
      {
        actions: ['sqs:SendMessage'],
        condition: { ArnEquals: { 'aws:SourceArn': attribute('^OrdersBus') } },
      },
    ]);
    expect(bus.metricDeadLetters().metricName).toBe('ApproximateNumberOfMessagesVisible');
  });

  test('gets into a queue that is handed in', () => {
    const { bus, template } = setUp(Sensitivity.INTERNAL, (stack) => ({
      deadLetterQueue: new DeadLetterQueue(stack, 'All'),
    }));
    template().hasResourceProperties(BUS, { DeadLetterConfig: { Arn: attributeLike('^All') } });
    expect(allowedTo(template(), QUEUE_POLICY, EVENTS)).toMatchObject([{ resource: attribute('^All') }]);
    expect(bus.deadLetterQueue.node.id).toBe('All');
  });
});

describe('the log of a bus', () => {
  const LOGS = [
    [Level.ERROR, ['ERROR_LOGS']],
    [Level.INFO, ['ERROR_LOGS', 'INFO_LOGS']],
    [Level.TRACE, ['ERROR_LOGS', 'INFO_LOGS', 'TRACE_LOGS']],
  ] as const;

  test.each(LOGS)('at level %s is delivered', (logLevel, kinds) => {
    const template = setUp(Sensitivity.INTERNAL, { logLevel }).template();
    const sources = Object.values(template.findResources('AWS::Logs::DeliverySource'));
    expect(sources.map(({ Properties }) => Properties.LogType)).toEqual(kinds);
    template.resourceCountIs('AWS::Logs::Delivery', kinds.length);
    template.hasResourceProperties('AWS::Logs::DeliveryDestination', {
      DestinationResourceArn: attributeLike('^OrdersLog'),
    });
  });

  test('goes nowhere with the level of the plain bus alone', () => {
    const plain = newStack();
    const logConfig = { level: Level.ERROR, includeDetail: IncludeDetail.FULL };
    new EventBus(plain, 'Bus', { logConfig });
    const template = Template.fromStack(plain);
    template.hasResourceProperties(BUS, { LogConfig: { Level: 'ERROR' } });
    for (const type of ['LogGroup', 'DeliverySource', 'Delivery'])
      template.resourceCountIs(`AWS::Logs::${type}`, 0);
  });

  test('is not made at level OFF', () => {
    const { bus, template } = setUp(Sensitivity.INTERNAL, { logLevel: Level.OFF });
    for (const type of ['LogGroup', 'DeliverySource', 'Delivery', 'ResourcePolicy'])
      template().resourceCountIs(`AWS::Logs::${type}`, 0);
    expect(bus.logGroup).toBeUndefined();
  });

  test('shares one policy with those of other buses, of which an account has few', () => {
    const { stack, template } = setUp();
    new SensitivityBus(stack, 'Other', { sensitivity: Sensitivity.PUBLIC });
    template().resourceCountIs('AWS::Logs::ResourcePolicy', 1);
    expect(JSON.stringify(template().findResources('AWS::Logs::ResourcePolicy'))).toMatch(
      /OrdersLog.*OtherLog/,
    );
  });
});

test('those who put events may put them on this bus, and need nothing of its key', () => {
  const { stack, bus, template } = setUp(Sensitivity.RESTRICTED);
  bus.grantPutEvents(new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
  expect(allowedToRoles(template(), 'events:')).toMatchObject([
    { actions: ['events:PutEvents'], resource: attribute('^OrdersBus') },
  ]);
  expect(allowedToRoles(template(), 'kms:')).toEqual([]);
});

test('a bus leads to its construct', () => {
  const { stack, bus } = setUp();
  expect(SensitivityBus.of(bus.bus)).toBe(bus);
  expect(SensitivityBus.of(new EventBus(stack, 'Plain'))).toBeUndefined();
});

test('a bus synthesizes to the template of the snapshot', () => {
  expect(setUp(Sensitivity.RESTRICTED).template().toJSON()).toMatchSnapshot();
});
