/* Three apps as an engineer writes them from the CDK's documentation, without a thought of this plugin. Every finding is true. */
import { Duration, Stack } from 'aws-cdk-lib';
import { LambdaRestApi } from 'aws-cdk-lib/aws-apigateway';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { AttributeType, BillingMode, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus, Rule, Schedule as RuleSchedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  Code,
  type FunctionOptions,
  Function as LambdaFn,
  Runtime,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { expect, test } from 'vitest';
import { findingsOf, newApp } from './findings.ts';

/** Of `cdk init`, as far as it says something here. */
const INIT = {
  '@aws-cdk/aws-lambda-nodejs:useLatestRuntimeVersion': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/core:checkSecretUsage': true,
};

const stackOf = (id: string): Stack => new Stack(newApp(INIT), id);

const fn = (stack: Stack, id: string, options: FunctionOptions = {}): LambdaFn =>
  new LambdaFn(stack, id, {
    runtime: Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => ({ statusCode: 200 });'),
    ...options,
  });

test('A REST API with a function and a table', () => {
  const stack = stackOf('Todo');
  const table = new Table(stack, 'Items', {
    partitionKey: { name: 'id', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    stream: StreamViewType.NEW_AND_OLD_IMAGES,
  });
  const handler = fn(stack, 'Handler', {
    timeout: Duration.seconds(30),
    environment: { TABLE: table.tableName },
  });
  table.grantReadWriteData(handler);
  const api = new LambdaRestApi(stack, 'Api', { handler, proxy: false });
  const items = api.root.addResource('items');
  items.addMethod('GET');
  items.addMethod('POST');
  items.addResource('{id}').addMethod('GET');

  const indexer = fn(stack, 'Indexer');
  indexer.addEventSource(
    new DynamoEventSource(table, { startingPosition: StartingPosition.TRIM_HORIZON, batchSize: 5 }),
  );

  const alerts = new Topic(stack, 'Alerts', { enforceSSL: true });
  alerts.addSubscription(new EmailSubscription('ops@example.com'));
  const errors = handler.metricErrors();
  new Alarm(stack, 'Errors', { metric: errors, threshold: 1, evaluationPeriods: 1 }).addAlarmAction(
    new SnsAction(alerts),
  );

  const open = (path: string, said: string) =>
    `OpenRoute at Todo/Api/Default/${path}/Resource: The method ${said} has no authorizer: everybody may call it.`;
  const cutOff = (path: string) =>
    `ApiTimeout at Todo/Api/Default/${path}/Resource: The API waits for 29 s, and the function Todo/Handler/Resource may take 30 s: a client gets an error while the function still works.`;
  const rows = findingsOf(stack).map((line) => line.replace(/:TodoItems\w+/, ''));
  expect(rows).toEqual([
    // `enforceSSL` gives the topic a policy that denies, and with it goes the one that let alarms of the account in.
    'DeliveryRefused at Todo/Alerts/Resource: cloudwatch.amazonaws.com may not sns:Publish on Todo/Alerts/Resource, the topic of the alarm Todo/Errors/Resource: no one hears of an alarm.',
    // One item that the indexer cannot digest stops all later ones of its shard for a day.
    'StreamFailures at Todo/Indexer/DynamoDBEventSource/Resource: A batch that fails is tried again without a limit, and there is no destination of failures: it holds up its shard until its records expire, a day or more, and then they are lost.',
    // In the last second a client is told 504 while its POST is still written.
    cutOff('items/GET'),
    cutOff('items/POST'),
    cutOff('items/{id}/GET'),
    // Anybody on the Internet can read and write items.
    open('items/GET', 'GET …/items'),
    open('items/POST', 'POST …/items'),
    open('items/{id}/GET', 'GET …/{id}'),
  ]);
});

test('A queue that EventBridge fills and a function reads', () => {
  const stack = stackOf('Orders');
  const bus = new EventBus(stack, 'Bus');
  bus.archive('Archive', { eventPattern: { source: ['shop'] }, retention: Duration.days(30) });
  const key = new Key(stack, 'Key', { enableKeyRotation: true });
  const deadLetters = new Queue(stack, 'DeadLetters', { encryptionMasterKey: key });
  const queue = new Queue(stack, 'Queue', {
    encryptionMasterKey: key,
    retentionPeriod: Duration.days(7),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: 3 },
  });
  const undelivered = new Queue(stack, 'Undelivered', { encryptionMasterKey: new Key(stack, 'OtherKey') });
  new Rule(stack, 'OrderPlaced', {
    eventBus: bus,
    eventPattern: { source: ['shop'], detailType: ['order.placed'] },
    targets: [new SqsQueue(queue, { deadLetterQueue: undelivered })],
  });
  const ship = fn(stack, 'Ship', { timeout: Duration.seconds(30) });
  ship.addEventSource(new SqsEventSource(queue, { batchSize: 10, reportBatchItemFailures: true }));
  const audit = fn(stack, 'Audit');
  new Rule(stack, 'Everything', {
    eventBus: bus,
    eventPattern: { source: ['shop'] },
    targets: [new LambdaFunction(audit)],
  });

  expect(findingsOf(stack)).toEqual([
    // The queue's policy lets EventBridge in, and its key does not: each undelivered event is dropped without a word.
    'DeliveryKeyRefused at Orders/OrderPlaced/Resource: events.amazonaws.com may not kms:Decrypt and kms:GenerateDataKey with the key Orders/OtherKey/Resource of Orders/Undelivered/Resource, the dead-letter queue of its target Target0: events that the target does not take are lost.',
    // A bug in `Audit` loses every event after three tries.
    'AsyncFailuresLost at Orders/Audit/Resource: Orders/Everything/Resource invokes it asynchronously, and it has neither a dead-letter queue nor a destination of failures: what it fails to do after 2 retries is lost.',
    // An order that waited through a long weekend with an outage is gone as soon as it is moved.
    'DeadLettersExpire at Orders/DeadLetters/Resource: It keeps messages for 345600 s, and its source Orders/Queue/Resource for 604800 s, both from when a message was first sent: one that waited there for 345600 s is deleted here at once.',
    // A batch that takes 30 s, or is throttled once, is shipped twice.
    'VisibilityTimeout at Orders/Queue/Resource: Its visibility timeout is 30 s, less than 180 s (6 × 30 s of the function + 0 s of the batching window): a message that is throttled or slow shows up again while it is worked on.',
  ]);
});

test('Jobs that run by schedules', () => {
  const stack = stackOf('Jobs');
  const reports = new Bucket(stack, 'Reports');
  const report = fn(stack, 'Report', { timeout: Duration.minutes(15) });
  reports.grantWrite(report);
  new Schedule(stack, 'Nightly', {
    schedule: ScheduleExpression.cron({ hour: '2', minute: '0' }),
    target: new LambdaInvoke(report),
  });

  const failures = new Queue(stack, 'Failures', { encryptionMasterKey: new Key(stack, 'Key') });
  const invoice = fn(stack, 'Invoice', { deadLetterQueue: failures });
  new Schedule(stack, 'Monthly', {
    schedule: ScheduleExpression.cron({ day: '1', hour: '6', minute: '0' }),
    target: new LambdaInvoke(invoice, { deadLetterQueue: new Queue(stack, 'Undelivered') }),
  });

  const clean = fn(stack, 'Clean', { deadLetterQueueEnabled: true, retryAttempts: 0 });
  new Rule(stack, 'Hourly', {
    schedule: RuleSchedule.rate(Duration.hours(1)),
    targets: [new LambdaFunction(clean)],
  });

  expect(findingsOf(stack)).toEqual([
    // The role may send to the queue and not use its key: an invoice that fails leaves nothing behind.
    'DeliveryKeyRefused at Jobs/Invoice/Resource: Jobs/Invoice/ServiceRole/Resource may not kms:Decrypt and kms:GenerateDataKey with the key Jobs/Key/Resource of Jobs/Failures/Resource, its dead-letter queue: what it fails to do is lost.',
    // A report that throws is missing, and only a reader of the log knows which.
    'AsyncFailuresLost at Jobs/Report/Resource: Jobs/Nightly/Resource invokes it asynchronously, and it has neither a dead-letter queue nor a destination of failures: what it fails to do after 2 retries is lost.',
    // A night without the right to invoke it is a night without a report, and nothing says so.
    'ScheduleFailuresLost at Jobs/Nightly/Resource: It has no dead-letter queue: a run that its target does not take within 185 retries and 86400 s is lost.',
  ]);
});
