import { Duration, type Stack } from 'aws-cdk-lib';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule as RuleSchedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { type FunctionOptions, type IFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import {
  DynamoEventSource,
  KinesisEventSource,
  SqsDlq,
  SqsEventSource,
} from 'aws-cdk-lib/aws-lambda-event-sources';
import { Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import { LambdaDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke, type ScheduleTargetBaseProps } from 'aws-cdk-lib/aws-scheduler-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { newFunction } from '../deliveries.ts';
import { findingsOf, fixesOf, newStack } from './findings.ts';

const functionIn = (stack: Stack, options: FunctionOptions = {}) => newFunction(stack, 'Fn', options);
const keepingFailures = (stack: Stack) =>
  functionIn(stack, { onFailure: new SqsDestination(new Queue(stack, 'Failed')) });

const ruleTo = (stack: Stack, handler: IFunction, id = 'Rule') =>
  new Rule(stack, id, { eventPattern: { source: ['shop'] }, targets: [new LambdaFunction(handler)] });

/** What may invoke a function without waiting for its answer, and the path of that. */
const INVOKERS: readonly (readonly [string, (stack: Stack, fn: IFunction) => unknown])[] = [
  ['Shop/Rule/Resource', (stack, fn) => ruleTo(stack, fn)],
  [
    'Shop/Fn/Topic/Resource',
    (stack, fn) => new Topic(stack, 'Topic').addSubscription(new LambdaSubscription(fn)),
  ],
  [
    'Shop/Bucket/Notifications/Resource',
    (stack, fn) =>
      new Bucket(stack, 'Bucket').addEventNotification(EventType.OBJECT_CREATED, new LambdaDestination(fn)),
  ],
  [
    'Shop/Schedule/Resource',
    (stack, fn) =>
      new Schedule(stack, 'Schedule', {
        schedule: ScheduleExpression.rate(Duration.hours(1)),
        target: new LambdaInvoke(fn, { deadLetterQueue: new Queue(stack, 'Undelivered') }),
      }),
  ],
];

describe('a function that is invoked asynchronously', () => {
  test.each(INVOKERS)(
    'by %s is refused with nowhere for its failures, and passes with it',
    (path, invoke) => {
      const plain = newStack();
      invoke(plain, functionIn(plain));
      expect(findingsOf(plain)).toEqual([
        `AsyncFailuresLost at Shop/Fn/Resource: ${path} invokes it asynchronously, and it has neither a dead-letter queue nor a destination of failures: what it fails to do after 2 retries is lost.`,
      ]);
      for (const options of [
        (stack: Stack) => ({ deadLetterQueue: new Queue(stack, 'Failed') }),
        (stack: Stack) => ({ onFailure: new SqsDestination(new Queue(stack, 'Failed')) }),
      ]) {
        const stack = newStack();
        invoke(stack, functionIn(stack, options(stack)));
        expect(findingsOf(stack)).toEqual([]);
      }
    },
  );

  test('is one finding, with its own retries, however much invokes it', () => {
    const stack = newStack();
    const fn = functionIn(stack, { retryAttempts: 0 });
    for (const id of ['First', 'Second', 'Third']) ruleTo(stack, fn, id);
    expect(findingsOf(stack)).toEqual([
      'AsyncFailuresLost at Shop/Fn/Resource: Shop/First/Resource and 2 more invoke it asynchronously, and it has neither a dead-letter queue nor a destination of failures: what it fails to do after 0 retries is lost.',
    ]);
  });

  test('by its alias is refused where the destination is that of the function, and passes with one of the alias', () => {
    const plain = newStack();
    ruleTo(plain, keepingFailures(plain).addAlias('live'));
    expect(findingsOf(plain)).toEqual([
      expect.stringContaining(
        'AsyncFailuresLost at Shop/Fn/Aliaslive/Resource: Shop/Rule/Resource invokes it',
      ),
    ]);
    const stack = newStack();
    const onFailure = new SqsDestination(new Queue(stack, 'Failed'));
    ruleTo(stack, functionIn(stack).addAlias('live', { onFailure }));
    expect(findingsOf(stack)).toEqual([]);
  });

  test('by nobody, or by somebody who waits, passes', () => {
    const stack = newStack();
    const fn = functionIn(stack);
    fn.grantInvoke(newFunction(stack, 'Caller'));
    expect(findingsOf(stack)).toEqual([]);
  });
});

describe('a stream', () => {
  const tableIn = (stack: Stack) =>
    new TableV2(stack, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      dynamoStream: StreamViewType.NEW_IMAGE,
    });
  const HELD_UP =
    'A batch that fails is tried again without a limit, and there is no destination of failures: it holds up its shard until its records expire, a day or more, and then they are lost.';

  test('whose failures have no end is refused', () => {
    const stack = newStack();
    const fn = functionIn(stack);
    const startingPosition = StartingPosition.LATEST;
    fn.addEventSource(new DynamoEventSource(tableIn(stack), { startingPosition }));
    fn.addEventSource(new KinesisEventSource(new Stream(stack, 'Stream'), { startingPosition }));
    expect(findingsOf(stack).map((line) => line.replace(/EventSource:\w+/, ''))).toEqual([
      `StreamFailures at Shop/Fn/DynamoDB/Resource: ${HELD_UP}`,
      `StreamFailures at Shop/Fn/Kinesis/Resource: ${HELD_UP}`,
    ]);
  });

  test.each([
    [{ retryAttempts: 3 }, '3 retries'],
    [{ maxRecordAge: Duration.minutes(10) }, '600 s'],
  ])('whose batches are dropped is refused: %j', (limit, said) => {
    const stack = newStack();
    const source = new DynamoEventSource(tableIn(stack), {
      startingPosition: StartingPosition.LATEST,
      ...limit,
    });
    functionIn(stack).addEventSource(source);
    expect(findingsOf(stack)).toEqual([
      expect.stringContaining(
        `A batch that fails is given up after ${said}, and there is no destination of failures: its records are lost.`,
      ),
    ]);
  });

  test('passes with a destination of failures', () => {
    const stack = newStack();
    const source = new DynamoEventSource(tableIn(stack), {
      startingPosition: StartingPosition.LATEST,
      onFailure: new SqsDlq(new Queue(stack, 'GivenUp')),
    });
    functionIn(stack).addEventSource(source);
    expect(findingsOf(stack)).toEqual([]);
  });
});

describe('a schedule', () => {
  const scheduleIn = (stack: Stack, props: ScheduleTargetBaseProps) =>
    new Schedule(stack, 'Schedule', {
      schedule: ScheduleExpression.rate(Duration.hours(1)),
      target: new LambdaInvoke(keepingFailures(stack), props),
    });

  test.each([
    [{}, '185 retries and 86400 s'],
    [{ retryAttempts: 3, maxEventAge: Duration.minutes(10) }, '3 retries and 600 s'],
  ])('without a dead-letter queue is refused: %j', (props, said) => {
    const stack = newStack();
    scheduleIn(stack, props);
    expect(findingsOf(stack)).toEqual([
      `ScheduleFailuresLost at Shop/Schedule/Resource: It has no dead-letter queue: a run that its target does not take within ${said} is lost.`,
    ]);
  });

  test('passes with a dead-letter queue', () => {
    const stack = newStack();
    scheduleIn(stack, { deadLetterQueue: new Queue(stack, 'Undelivered') });
    expect(findingsOf(stack)).toEqual([]);
  });

  test('of a rule has retries of its own and passes', () => {
    const stack = newStack();
    const targets = [new LambdaFunction(keepingFailures(stack))];
    new Rule(stack, 'Rule', { schedule: RuleSchedule.rate(Duration.hours(1)), targets });
    expect(findingsOf(stack)).toEqual([]);
  });
});

describe('a queue', () => {
  const read = (stack: Stack, props: QueueProps) =>
    functionIn(stack).addEventSource(new SqsEventSource(new Queue(stack, 'Queue', props)));

  test('that a function reads is refused without a dead-letter queue', () => {
    const plain = () => {
      const stack = newStack();
      read(stack, { retentionPeriod: Duration.days(1) });
      return stack;
    };
    expect(findingsOf(plain())).toEqual([
      'QueueFailuresLost at Shop/Queue/Resource: A function reads it, and it has no dead-letter queue: a message that fails is tried again until it is 86400 s old, and then lost.',
    ]);
    expect(fixesOf(plain())).toEqual(['set `deadLetterQueue` of the queue.']);
  });

  test.each<[QueueProps, QueueProps, number, number]>([
    [{ retentionPeriod: Duration.days(14) }, {}, 345_600, 1_209_600],
    [{}, { retentionPeriod: Duration.days(1) }, 86_400, 345_600],
  ])(
    'that keeps messages for longer than its dead-letter queue is refused: %#',
    (props, dead, keptS, sourceS) => {
      const stack = newStack();
      const deadLetterQueue = { queue: new Queue(stack, 'Dead', dead), maxReceiveCount: 3 };
      new Queue(stack, 'Queue', { deadLetterQueue, ...props });
      expect(findingsOf(stack)).toEqual([
        `DeadLettersExpire at Shop/Dead/Resource: It keeps messages for ${keptS} s, and its source Shop/Queue/Resource for ${sourceS} s, both from when a message was first sent: one that waited there for ${keptS} s is deleted here at once.`,
      ]);
    },
  );

  test('passes with a dead-letter queue that keeps messages as long, and in order with any', () => {
    const stack = newStack();
    const retentionPeriod = Duration.days(14);
    const queue = new Queue(stack, 'Dead', { retentionPeriod });
    read(stack, { retentionPeriod, deadLetterQueue: { queue, maxReceiveCount: 3 } });
    const ordered = new Queue(stack, 'DeadInOrder', { fifo: true });
    const deadLetterQueue = { queue: ordered, maxReceiveCount: 3 };
    new Queue(stack, 'InOrder', { fifo: true, retentionPeriod, deadLetterQueue });
    expect(findingsOf(stack)).toEqual([]);
  });
});
