import { Duration, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Alias, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { DeadLetterQueue } from '../../cdk/constructs/dead-letter-queue.ts';
import { EventConsumer, type EventConsumerProps } from '../../cdk/constructs/event-consumer.ts';
import { ResilientFunction } from '../../cdk/constructs/resilient-function.ts';
import { Sensitivity } from '../../cdk/constructs/sensitivity.ts';
import { SensitivityBus } from '../../cdk/constructs/sensitivity-bus.ts';
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
const RULE = 'AWS::Events::Rule';
const MAPPING = 'AWS::Lambda::EventSourceMapping';
const EVENTS = 'events.amazonaws.com';
const IMPORTED = 'arn:aws:lambda:eu-west-1:111122223333:function:ship';

type More = Partial<EventConsumerProps>;

/** A consumer on a plain bus, of a function that may take 10 s. */
function setUp(more: More | ((stack: Stack) => More) = {}) {
  const stack = newStack();
  const given = typeof more === 'function' ? more(stack) : more;
  const props = {
    bus: given.bus ?? new EventBus(stack, 'Bus'),
    eventPattern: { source: ['shop'] },
    ...('function' in given || 'resilientFunction' in given
      ? {}
      : { function: newFunction(stack, 'Ship', { timeout: Duration.seconds(10) }) }),
    ...given,
  };
  const consumer = new EventConsumer(stack, 'Shipping', props);
  return { stack, consumer, template: () => Template.fromStack(stack) };
}

const PRIORITIES = [
  { name: 'Express', filter: { detail: { express: [true] } }, maxConcurrency: 20 },
  { name: 'Standard', filter: { detail: { express: [false] } } },
];

describe('a consumer of events', () => {
  test('gets them by a rule through a queue in batches, of which what failed comes again', () => {
    const { consumer, template } = setUp();
    template().hasResourceProperties(RULE, {
      EventBusName: { Ref: Match.stringLikeRegexp('^Bus') },
      EventPattern: { source: ['shop'] },
      Targets: [
        {
          Arn: attributeLike('^ShippingEventsQueue'),
          DeadLetterConfig: { Arn: attributeLike('^ShippingUndelivered') },
          RetryPolicy: Match.absent(),
        },
      ],
    });
    template().hasResourceProperties(MAPPING, {
      EventSourceArn: attributeLike('^ShippingEventsQueue'),
      FunctionName: { Ref: Match.stringLikeRegexp('^Ship') },
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: Match.absent(),
      ScalingConfig: { MaximumConcurrency: 5 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    expect(consumer.queues.map(({ node }) => node.id)).toEqual(['Events']);
  });

  test('has a queue that is encrypted, over TLS only, and gives up after five tries', () => {
    const template = setUp().template();
    template.hasResourceProperties(QUEUE, {
      SqsManagedSseEnabled: true,
      RedrivePolicy: { maxReceiveCount: 5, deadLetterTargetArn: attributeLike('^ShippingEventsUnprocessed') },
    });
    template.resourceCountIs(QUEUE, 3);
    const policies = Object.values(template.findResources(QUEUE_POLICY));
    expect(policies.map((policy) => JSON.stringify(policy).includes('aws:SecureTransport'))).toEqual([
      true,
      true,
      true,
    ]);
  });

  test.each<[string, More, string, object]>([
    ['maxConcurrency', { maxConcurrency: 2 }, MAPPING, { ScalingConfig: { MaximumConcurrency: 2 } }],
    [
      'maxBatchingWindow and batchSize',
      { maxBatchingWindow: Duration.seconds(30), batchSize: 100 },
      MAPPING,
      { BatchSize: 100, MaximumBatchingWindowInSeconds: 30 },
    ],
    ['maxReceiveCount', { maxReceiveCount: 3 }, QUEUE, { RedrivePolicy: { maxReceiveCount: 3 } }],
    [
      'retryAttempts',
      { retryAttempts: 10 },
      RULE,
      { Targets: [Match.objectLike({ RetryPolicy: { MaximumRetryAttempts: 10 } })] },
    ],
    [
      'maxEventAge',
      { maxEventAge: Duration.hours(1) },
      RULE,
      { Targets: [Match.objectLike({ RetryPolicy: { MaximumEventAgeInSeconds: 3_600 } })] },
    ],
    ['queueProps', { queueProps: { queueName: 'orders' } }, QUEUE, { QueueName: 'orders' }],
    ['eventSourceProps', { batchSize: 5, eventSourceProps: { batchSize: 1 } }, MAPPING, { BatchSize: 1 }],
    [
      'provisioned pollers',
      { eventSourceProps: { provisionedPollerConfig: { minimumPollers: 2, maximumPollers: 4 } } },
      MAPPING,
      { ScalingConfig: Match.absent(), ProvisionedPollerConfig: { MaximumPollers: 4 } },
    ],
  ])('takes %s', (_name, more, type, expected) => {
    setUp(more).template().hasResourceProperties(type, expected);
  });

  test('takes dead-letter queues that are handed in', () => {
    const { consumer, template } = setUp((stack) => ({
      undelivered: new DeadLetterQueue(stack, 'AllUndelivered'),
      unprocessed: new DeadLetterQueue(stack, 'AllUnprocessed'),
    }));
    template().resourceCountIs(QUEUE, 3);
    template().hasResourceProperties(QUEUE, {
      RedrivePolicy: { deadLetterTargetArn: attributeLike('^AllUnprocessed') },
    });
    expect(consumer.undelivered.node.id).toBe('AllUndelivered');
  });

  test('says why neither its mapping nor its function has a destination', () => {
    const { consumer, stack } = setUp();
    expect(consumer.queues.map(({ mapping }) => acknowledged(mapping))).toEqual([
      ['Serverless::Serverless-LambdaEventSourceMappingDestination'],
    ]);
    expect(acknowledged(stack.node.findChild('Ship'))).toEqual(['Serverless::Serverless-LambdaDLQ']);
  });

  test('has metrics of what waits and of what failed', () => {
    const { stack, consumer } = setUp();
    const [queue] = consumer.queues;
    for (const [metric, name, logicalId] of [
      [queue?.metricDepth(), 'ApproximateNumberOfMessagesVisible', 'EventsQueue'],
      [queue?.metricAgeOfOldest(), 'ApproximateAgeOfOldestMessage', 'EventsQueue'],
      [queue?.metricUnprocessed(), 'ApproximateNumberOfMessagesVisible', 'Unprocessed'],
      [consumer.metricUndelivered(), 'ApproximateNumberOfMessagesVisible', 'Undelivered'],
    ] as const) {
      expect(metric?.metricName).toBe(name);
      expect(JSON.stringify(stack.resolve(metric?.dimensions))).toContain(logicalId);
    }
  });

  test('synthesizes to the template of the snapshot', () => {
    expect(setUp({ priorities: PRIORITIES }).template().toJSON()).toMatchSnapshot();
  });
});

describe('the function of a consumer', () => {
  test('is reached through the alias of a resilient function, whose timeout counts', () => {
    const { template } = setUp((stack) => ({
      resilientFunction: new ResilientFunction(stack, 'Ship', {
        entry: 'functions/relay.ts',
        timeout: Duration.seconds(20),
      }),
    }));
    template().hasResourceProperties(QUEUE, { VisibilityTimeout: 120 });
    expect(JSON.stringify(template().findResources(MAPPING))).toMatch(/"FunctionName":\{.*:live"/);
  });

  test('may be an alias, or have no timeout of its own', () => {
    setUp((stack) => ({
      function: new Alias(stack, 'Live', {
        aliasName: 'live',
        version: newFunction(stack, 'Ship', { timeout: Duration.seconds(7) }).currentVersion,
      }),
    }))
      .template()
      .hasResourceProperties(QUEUE, { VisibilityTimeout: 42 });
    setUp((stack) => ({ function: newFunction(stack, 'Ship') }))
      .template()
      .hasResourceProperties(QUEUE, { VisibilityTimeout: 18 });
  });

  test('may be imported, with its timeout; a warning says what its role needs', () => {
    const { stack, template } = setUp((scope) => ({
      function: LambdaFunction.fromFunctionArn(scope, 'Ship', IMPORTED),
      functionTimeout: Duration.seconds(5),
    }));
    template().hasResourceProperties(QUEUE, { VisibilityTimeout: 30 });
    expect(warnings(stack)).toEqual([expect.stringContaining('sqs:ReceiveMessage')]);
  });

  test.each<[string, (stack: Stack) => More, string]>([
    ['none', () => ({ function: undefined }), 'expected `resilientFunction` or `function`, got neither'],
    [
      'two',
      (stack) => ({
        function: newFunction(stack, 'One'),
        resilientFunction: new ResilientFunction(stack, 'Two', {
          entry: 'functions/relay.ts',
          timeout: Duration.seconds(1),
        }),
      }),
      'expected one of `function` and `resilientFunction`',
    ],
    [
      'an imported one without a timeout',
      (stack) => ({ function: LambdaFunction.fromFunctionArn(stack, 'Ship', IMPORTED) }),
      'expected `functionTimeout` of an imported function',
    ],
    [
      'two timeouts',
      () => ({ functionTimeout: Duration.seconds(1) }),
      "expected one of `functionTimeout` and `the function's own timeout`",
    ],
    [
      'less concurrency than its queues want',
      (stack) => ({
        function: newFunction(stack, 'Ship', { reservedConcurrentExecutions: 24 }),
        priorities: PRIORITIES,
      }),
      'expected `maxConcurrency` of all queues up to 24, the reserved concurrency of the function, got 25',
    ],
  ])('is refused where there is %s', (_name, more, trouble) => {
    expect(() => setUp(more)).toThrow(`Shop/Shipping: ${trouble}`);
  });

  test('receives from the queue, with the key and no more than it needs', () => {
    const { template } = setUp((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
    expect(allowedToRoles(template(), 'sqs:')).toMatchObject([
      {
        actions: [
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ReceiveMessage',
        ],
        resource: attribute('^ShippingEventsQueue'),
      },
    ]);
    expect(allowedToRoles(template(), 'kms:')).toMatchObject([
      {
        actions: ['kms:Decrypt'],
        condition: { StringEquals: { 'kms:ViaService': expect.anything() } },
        resource: attribute('^Key'),
      },
    ]);
  });
});

describe('the visibility timeout of a consumer', () => {
  test('is six times the timeout of the function and the batching window', () => {
    setUp().template().hasResourceProperties(QUEUE, { VisibilityTimeout: 60 });
    setUp({ maxBatchingWindow: Duration.seconds(5) })
      .template()
      .hasResourceProperties(QUEUE, { VisibilityTimeout: 65 });
    setUp({ eventSourceProps: { maxBatchingWindow: Duration.seconds(7) } })
      .template()
      .hasResourceProperties(QUEUE, { VisibilityTimeout: 67 });
  });

  test('is that of SQS with the plain event source, however long the function may take', () => {
    const plain = newStack();
    newFunction(plain, 'Ship', { timeout: Duration.minutes(5) }).addEventSource(
      new SqsEventSource(new Queue(plain, 'Queue')),
    );
    Template.fromStack(plain).hasResourceProperties(QUEUE, { VisibilityTimeout: Match.absent() });
  });

  test('may be longer, and is refused where it is shorter', () => {
    const of = (s: number) => setUp({ queueProps: { visibilityTimeout: Duration.seconds(s) } });
    of(60).template().hasResourceProperties(QUEUE, { VisibilityTimeout: 60 });
    of(90).template().hasResourceProperties(QUEUE, { VisibilityTimeout: 90 });
    expect(() => of(59)).toThrow(
      'Shop/Shipping/Events: expected `queueProps.visibilityTimeout` of 60 s or more (6 × 10 s of the function + 0 s of the ' +
        'batching window), got 59 s',
    );
  });
});

describe('the props of a queue', () => {
  test.each<[string, (stack: Stack) => More, string]>([
    ['a concurrency of 1', () => ({ maxConcurrency: 1 }), 'expected `maxConcurrency` from 2 to 1000, got 1'],
    ['a concurrency of 1001', () => ({ maxConcurrency: 1_001 }), 'expected `maxConcurrency` from 2 to 1000'],
    [
      'half a concurrency',
      () => ({ maxConcurrency: 2.5 }),
      'expected `maxConcurrency` from 2 to 1000, got 2.5',
    ],
    ['large batches without a window', () => ({ batchSize: 11 }), 'expected `batchSize` up to 10 without'],
    [
      'a FIFO queue',
      () => ({ queueProps: { fifo: true } }),
      'expected a standard queue, got `queueProps.fifo`',
    ],
    [
      'another source',
      () => ({ eventSourceProps: { eventSourceArn: 'arn:aws:sqs:eu-west-1:111122223333:other' } }),
      'expected no `eventSourceProps.eventSourceArn`',
    ],
    [
      'a dead-letter queue in the wrong place',
      (stack) => ({
        queueProps: { deadLetterQueue: { queue: new Queue(stack, 'Own'), maxReceiveCount: 1 } },
      }),
      'expected `unprocessed`, got `queueProps.deadLetterQueue`',
    ],
    [
      'two keys',
      (stack) => ({
        encryptionKey: new Key(stack, 'One'),
        queueProps: { encryptionMasterKey: new Key(stack, 'Two') },
      }),
      'expected one of `encryptionKey` and `queueProps.encryptionMasterKey`',
    ],
  ])('are refused with %s', (_name, more, trouble) => {
    expect(() => setUp(more)).toThrow(`Shop/Shipping/Events: ${trouble}`);
  });
});

describe('priorities', () => {
  test('have a rule, a queue, a dead-letter queue and a concurrency each', () => {
    const { template } = setUp({ priorities: PRIORITIES, maxConcurrency: 3 });
    for (const [name, express, concurrency] of [
      ['Express', true, 20],
      ['Standard', false, 3],
    ] as const) {
      template().hasResourceProperties(RULE, {
        EventPattern: { source: ['shop'], detail: { express: [express] } },
        Targets: [Match.objectLike({ Arn: attributeLike(`^Shipping${name}Queue`) })],
      });
      template().hasResourceProperties(QUEUE, {
        RedrivePolicy: { deadLetterTargetArn: attributeLike(`^Shipping${name}Unprocessed`) },
      });
      template().hasResourceProperties(MAPPING, {
        EventSourceArn: attributeLike(`^Shipping${name}Queue`),
        ScalingConfig: { MaximumConcurrency: concurrency },
      });
    }
    template().resourceCountIs(RULE, 2);
    template().resourceCountIs(QUEUE, 5);
  });

  test('narrow a pattern within its fields', () => {
    setUp({
      eventPattern: { source: ['shop'], detail: { data: { country: ['DE'] } } },
      priorities: [{ name: 'Express', filter: { detail: { data: { express: [true] } } } }],
    })
      .template()
      .hasResourceProperties(RULE, {
        EventPattern: { source: ['shop'], detail: { data: { country: ['DE'], express: [true] } } },
      });
  });

  test.each<[string, More, string]>([
    ['are none', { priorities: [] }, 'expected `priorities` to have one or more'],
    [
      'would widen the pattern',
      { priorities: [{ name: 'Express', filter: { source: ['other'] } }] },
      'expected the filter of a priority to name other fields than `eventPattern`, got `source` in both',
    ],
    [
      'would widen it deep inside',
      {
        eventPattern: { detail: { data: { express: [true] } } },
        priorities: [{ name: 'Express', filter: { detail: { data: { express: [false] } } } }],
      },
      'got `detail.data.express` in both',
    ],
    [
      'have one name for several queues',
      { priorities: PRIORITIES, queueProps: { queueName: 'orders' } },
      'expected no `queueProps.queueName` for several queues',
    ],
  ])('are refused where they %s', (_name, more, trouble) => {
    expect(() => setUp(more)).toThrow(trouble);
  });
});

describe('a consumer with keys', () => {
  test('lets EventBridge use them for its rules, where the plain target of a rule lets it use them for anything', () => {
    const plain = newStack();
    const queue = new Queue(plain, 'Queue', { encryptionMasterKey: new Key(plain, 'Key') });
    new Rule(plain, 'Rule', {
      ...{ eventBus: new EventBus(plain, 'Bus'), eventPattern: { source: ['shop'] } },
      targets: [new SqsQueue(queue)],
    });
    const conditionsOf = (template: Template) =>
      allowedTo(template, KEY, EVENTS).map(({ condition }) => condition);
    expect(conditionsOf(Template.fromStack(plain))).toEqual([undefined]);

    const { template } = setUp((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
    expect(conditionsOf(template())).toEqual([expect.objectContaining({ ArnLike: expect.anything() })]);
  });

  test('takes the key of its queue, which is that of what the function failed to handle too', () => {
    const { template } = setUp((stack) => ({ queueProps: { encryptionMasterKey: new Key(stack, 'Own') } }));
    const keys = Object.entries(template().findResources(QUEUE)).map(([id, { Properties }]) => [
      id.slice(0, -8),
      Properties.KmsMasterKeyId,
    ]);
    expect(Object.fromEntries(keys)).toEqual({
      ShippingUndeliveredQueue: undefined,
      ShippingEventsQueue: attribute('^Own'),
      ShippingEventsUnprocessedQueue: attribute('^Own'),
    });
  });

  test('lets rules of this account use the keys of the queue and of what is undelivered', () => {
    const { template } = setUp((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
    template().allResourcesProperties(QUEUE, { KmsMasterKeyId: attributeLike('^Key') });
    const fromRule = (resource: string) => ({
      actions: ['sqs:SendMessage'],
      condition: {
        ArnEquals: { 'aws:SourceArn': attribute('^ShippingEventsRule') },
        StringEquals: { 'aws:SourceAccount': '111122223333' },
      },
      resource: attribute(resource),
    });
    const queues = allowedTo(template(), QUEUE_POLICY, EVENTS);
    expect(queues).toHaveLength(2);
    for (const name of ['Undelivered', 'EventsQueue'])
      expect(queues).toContainEqual(fromRule(`^Shipping${name}`));
    expect(allowedTo(template(), KEY, EVENTS)).toEqual([
      {
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        condition: {
          ArnLike: { 'aws:SourceArn': arn('events:eu-west-1:111122223333:rule/*') },
          StringEquals: { 'aws:SourceAccount': '111122223333' },
        },
        resource: '*',
      },
    ]);
  });

  test('has those of a restricted bus: of what cannot be delivered, the one that is apart', () => {
    const { template } = setUp((stack) => ({
      bus: new SensitivityBus(stack, 'Secret', { sensitivity: Sensitivity.RESTRICTED }).bus,
    }));
    const keys = Object.entries(template().findResources(QUEUE)).map(([id, { Properties }]) => [
      id.slice(0, -8),
      Properties.KmsMasterKeyId,
    ]);
    expect(Object.fromEntries(keys)).toEqual({
      SecretDeadLettersQueue: attribute('^SecretDeadLetterKey'),
      ShippingUndeliveredQueue: attribute('^SecretDeadLetterKey'),
      ShippingEventsQueue: attribute('^SecretKey'),
      ShippingEventsUnprocessedQueue: attribute('^SecretKey'),
    });
  });
});
