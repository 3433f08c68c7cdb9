/* What cannot be known from the templates is not a finding; what can be followed from one to another is. */
import {
  type App,
  CfnCondition,
  CfnParameter,
  Duration,
  Fn,
  type IResolvable,
  NestedStack,
  Stack,
  Stage,
  Token,
} from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { CfnRule, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { CfnPolicy, ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  CfnEventInvokeConfig,
  CfnEventSourceMapping,
  type CfnFunction,
  Function as ImportedFunction,
} from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type CfnQueue, CfnQueuePolicy, type CfnQueuePolicyProps, Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { newFunction } from '../deliveries.ts';
import { findingsOf, newApp, newStack } from './findings.ts';

const eventPattern = { source: ['shop'] };
const KEY_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/abc';
const SEND = {
  ...{ Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' } },
  ...{ Action: 'sqs:SendMessage', Resource: '*' },
};
const QUEUE_ARN = 'arn:aws:sqs:eu-west-1:111122223333:theirs';

describe('what belongs to another app', () => {
  test('is no finding: queues, keys, topics, functions and roles', () => {
    const stack = newStack();
    const deadLetterQueue = Queue.fromQueueArn(stack, 'TheirQueue', QUEUE_ARN);
    const theirKey = Key.fromKeyArn(stack, 'TheirKey', KEY_ARN);
    const ours = new Queue(stack, 'Queue', { encryptionMasterKey: theirKey });
    const role = Role.fromRoleArn(stack, 'TheirRole', 'arn:aws:iam::111122223333:role/theirs');
    const encrypted = new Queue(stack, 'Encrypted', { encryptionMasterKey: new Key(stack, 'Key') });
    newFunction(stack, 'Fn', { deadLetterQueue: encrypted, role });
    const handler = ImportedFunction.fromFunctionArn(
      stack,
      'TheirFunction',
      'arn:aws:lambda:eu-west-1:111122223333:function:theirs',
    );
    const targets = [
      new LambdaFunction(handler, { deadLetterQueue }),
      new LambdaFunction(handler, { deadLetterQueue: ours }),
    ];
    new Rule(stack, 'Rule', { eventPattern, targets });
    const topic = Topic.fromTopicArn(stack, 'TheirTopic', 'arn:aws:sns:eu-west-1:111122223333:theirs');
    const metric = new Metric({ namespace: 'Shop', metricName: 'Errors' });
    new Alarm(stack, 'Alarm', { metric, threshold: 1, evaluationPeriods: 1 }).addAlarmAction(
      new SnsAction(topic),
    );
    new HttpApi(stack, 'Api', { defaultAuthorizer: new HttpIamAuthorizer() }).addRoutes({
      ...{ path: '/', integration: new HttpLambdaIntegration('Integration', handler) },
    });
    expect(findingsOf(stack)).toEqual([]);
  });

  test('is no finding where a role has a policy of the account', () => {
    const stack = newStack();
    const role = new Role(stack, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('PowerUserAccess')],
    });
    const deadLetterQueue = new Queue(stack, 'Dead', { encryptionMasterKey: new Key(stack, 'Key') });
    newFunction(stack, 'Fn', { role, deadLetterQueue });
    expect(findingsOf(stack)).toEqual([]);
  });
});

describe('what is decided at deployment', () => {
  test('is no finding: numbers of parameters, parts of conditions', () => {
    const stack = newStack();
    const timeout = new CfnParameter(stack, 'Timeout', { type: 'Number', default: 900 });
    const isProd = new CfnCondition(stack, 'IsProd', { expression: Fn.conditionEquals('a', 'b') });
    const dead = new Queue(stack, 'Dead');
    const queue = new Queue(stack, 'Queue');
    (queue.node.defaultChild as CfnQueue).redrivePolicy = Fn.conditionIf(
      isProd.logicalId,
      { deadLetterTargetArn: dead.queueArn, maxReceiveCount: 3 },
      { Ref: 'AWS::NoValue' },
    );
    const fn = newFunction(stack, 'Fn');
    (fn.node.defaultChild as CfnFunction).timeout = timeout.valueAsNumber;
    fn.addEventSource(new SqsEventSource(queue));
    new HttpApi(stack, 'Api', { defaultAuthorizer: new HttpIamAuthorizer() }).addRoutes({
      ...{ path: '/', integration: new HttpLambdaIntegration('Integration', fn) },
    });
    const arn = Token.asString(Fn.conditionIf(isProd.logicalId, dead.queueArn, queue.queueArn));
    new CfnRule(stack, 'Rule', { eventPattern, targets: [{ id: 'Target0', arn }] });
    expect(findingsOf(stack)).toEqual([]);
  });

  test('is no finding: a policy or a statement that may be there', () => {
    const stack = newStack();
    const isProd = new CfnCondition(stack, 'IsProd', { expression: Fn.conditionEquals('a', 'b') });
    const maybe = Fn.conditionIf(isProd.logicalId, SEND, { Ref: 'AWS::NoValue' });
    const inPart = new Queue(stack, 'InPart');
    new CfnQueuePolicy(stack, 'InPartPolicy', {
      ...{ queues: [inPart.queueUrl], policyDocument: { Statement: [maybe] } },
    });
    const whole = new Queue(stack, 'Whole');
    new CfnQueuePolicy(stack, 'WholePolicy', {
      ...{ queues: [whole.queueUrl], policyDocument: Fn.conditionIf(isProd.logicalId, {}, {}) },
    });
    const targets = [inPart, whole].map(({ queueArn: arn }, at) => ({ id: `Target${at}`, arn }));
    new CfnRule(stack, 'Rule', { eventPattern, targets });
    expect(findingsOf(stack)).toEqual([]);
  });

  test('is no finding: a property of something that may be there', () => {
    const stack = newStack();
    const isProd = new CfnCondition(stack, 'IsProd', { expression: Fn.conditionEquals('a', 'b') });
    const maybe = (value: object) => Fn.conditionIf(isProd.logicalId, value, { Ref: 'AWS::NoValue' });
    const kept = new Queue(stack, 'Kept').queueArn;
    const fn = newFunction(stack, 'Fn');
    new Rule(stack, 'Rule', { eventPattern, targets: [new LambdaFunction(fn)] });
    new CfnEventInvokeConfig(stack, 'Config', {
      ...{ functionName: fn.functionName, qualifier: '$LATEST' },
      destinationConfig: maybe({ OnFailure: { Destination: kept } }),
    });
    new CfnEventSourceMapping(stack, 'Mapping', {
      ...{ functionName: fn.functionName, startingPosition: 'LATEST' },
      eventSourceArn: new Stream(stack, 'Stream').streamArn,
      destinationConfig: maybe({ OnFailure: { Destination: kept } }),
    });
    new CfnSchedule(stack, 'Schedule', {
      ...{ flexibleTimeWindow: { mode: 'OFF' }, scheduleExpression: 'rate(1 hour)' },
      target: maybe({ DeadLetterConfig: { Arn: kept } }),
    });
    expect(findingsOf(stack)).toEqual([]);
  });

  test.each<[string, (choice: (one: unknown) => IResolvable, queue: Queue) => CfnQueuePolicyProps]>([
    [
      'a principal',
      (choice, { queueUrl }) => ({
        queues: [queueUrl],
        policyDocument: { Statement: [{ ...SEND, Principal: choice({ Service: 'events.amazonaws.com' }) }] },
      }),
    ],
    [
      'a service',
      (choice, { queueUrl }) => ({
        queues: [queueUrl],
        policyDocument: { Statement: [{ ...SEND, Principal: { Service: choice('events.amazonaws.com') } }] },
      }),
    ],
    [
      'the queue of a policy',
      (choice, { queueUrl }) => ({
        queues: [Token.asString(choice(queueUrl))],
        policyDocument: { Statement: [SEND] },
      }),
    ],
  ])('is no finding: %s that may be the one', (_, propsOf) => {
    const stack = newStack();
    const isProd = new CfnCondition(stack, 'IsProd', { expression: Fn.conditionEquals('a', 'b') });
    const choice = (one: unknown) => Fn.conditionIf(isProd.logicalId, one, 'other');
    const queue = new Queue(stack, 'Queue');
    new CfnQueuePolicy(stack, 'Policy', propsOf(choice, queue));
    new CfnRule(stack, 'Rule', { eventPattern, targets: [{ id: 'Target0', arn: queue.queueArn }] });
    expect(findingsOf(stack)).toEqual([]);
  });

  test('is no finding: a role that a policy may be for, and a limit of retries', () => {
    const stack = newStack();
    const isProd = new CfnCondition(stack, 'IsProd', { expression: Fn.conditionEquals('a', 'b') });
    const queue = new Queue(stack, 'Queue');
    const fn = newFunction(stack, 'Fn');
    (fn.node.defaultChild as CfnFunction).deadLetterConfig = { targetArn: queue.queueArn };
    const { roleName } = fn.role as Role;
    new CfnPolicy(stack, 'Policy', {
      ...{ policyName: 'Send', roles: [Token.asString(Fn.conditionIf(isProd.logicalId, roleName, 'other'))] },
      policyDocument: { Statement: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*' }] },
    });
    new CfnEventSourceMapping(stack, 'Mapping', {
      ...{ functionName: fn.functionName, startingPosition: 'LATEST' },
      eventSourceArn: new Stream(stack, 'Stream').streamArn,
      maximumRetryAttempts: new CfnParameter(stack, 'Retries', { type: 'Number' }).valueAsNumber,
    });
    expect(findingsOf(stack)).toEqual([
      'StreamFailures at Shop/Mapping: A batch that fails is given up after its retries, and there is no destination of failures: its records are lost.',
    ]);
  });

  test('does not hide what is known beside it', () => {
    const stack = newStack();
    const fn = newFunction(stack, 'Fn', { timeout: Duration.seconds(60) });
    (fn.node.defaultChild as CfnFunction).memorySize = new CfnParameter(stack, 'Memory', {
      type: 'Number',
    }).valueAsNumber;
    fn.addEventSource(
      new SqsEventSource(new Queue(stack, 'Queue', { visibilityTimeout: Duration.minutes(1) })),
    );
    expect(findingsOf(stack)).toHaveLength(2);
  });
});

describe('a reference from one stack to another', () => {
  /** A function with an encrypted dead-letter queue elsewhere. The CDK grants its role nothing of the key. */
  const lost = (fn: string, queue: string, key: string) =>
    `DeliveryKeyRefused at ${fn}/Resource: ${fn}/ServiceRole/Resource may not kms:Decrypt and kms:GenerateDataKey with the key ${key}/Resource of ${queue}/Resource, its dead-letter queue: what it fails to do is lost.`;

  const nested = (app: App | Stage) => {
    const outer = new Stack(app, 'Outer');
    const inner = new NestedStack(outer, 'Inner');
    const innermost = new NestedStack(inner, 'Innermost');
    const other = new Stack(app, 'Other');
    const key = new Key(outer, 'Key');
    const deadLetterQueue = new Queue(innermost, 'Dead', { encryptionMasterKey: key });
    return { outer, inner, innermost, other, key, deadLetterQueue };
  };

  // `weak` is what `cdk init` gives a new app.
  test.each(['strong', 'weak', 'both'])(
    'is followed, %s: into a nested stack, out of one, and by an output',
    (strength) => {
      const app = newApp({ '@aws-cdk/core:defaultCrossStackReferences': strength });
      const { outer, inner, other, deadLetterQueue } = nested(app);
      for (const stack of [outer, inner, other]) newFunction(stack, 'Fn', { deadLetterQueue });
      const [queue, key] = ['Outer/Inner/Innermost/Dead', 'Outer/Key'];
      expect(findingsOf(app).toSorted()).toEqual([
        lost('Other/Fn', queue, key),
        lost('Outer/Fn', queue, key),
        lost('Outer/Inner/Fn', queue, key),
      ]);
    },
  );

  test('is followed in policies too', () => {
    const app = newApp();
    const { outer, inner, other, deadLetterQueue } = nested(app);
    for (const stack of [outer, inner, other])
      deadLetterQueue.grantSendMessages(newFunction(stack, 'Fn', { deadLetterQueue }));
    expect(findingsOf(app)).toEqual([]);
  });

  test('is followed within each stage of an app, with the same names in all', () => {
    const app = newApp();
    for (const name of ['Beta', 'Prod']) {
      const { other, deadLetterQueue } = nested(new Stage(app, name));
      newFunction(other, 'Fn', { deadLetterQueue });
    }
    expect(findingsOf(app).toSorted()).toEqual([
      lost('Beta/Other/Fn', 'Beta/Outer/Inner/Innermost/Dead', 'Beta/Outer/Key'),
      lost('Prod/Other/Fn', 'Prod/Outer/Inner/Innermost/Dead', 'Prod/Outer/Key'),
    ]);
  });

  test('by an export that two stacks have is not followed', () => {
    const app = newApp();
    const [one, two, other] = ['One', 'Two', 'Other'].map((id) => new Stack(app, id));
    for (const stack of [one, two])
      if (stack)
        stack.exportValue(new Queue(stack, 'Queue', { retentionPeriod: Duration.days(1) }).queueArn, {
          name: 'DeadLetters',
        });
    if (other) {
      const queue = Queue.fromQueueArn(other, 'Theirs', Fn.importValue('DeadLetters'));
      new Queue(other, 'Queue', { deadLetterQueue: { queue, maxReceiveCount: 3 } });
    }
    expect(findingsOf(app)).toEqual([]);
  });

  test('into a nested stack is followed to where a policy of it lets somebody in', () => {
    const app = newApp();
    const outer = new Stack(app, 'Outer');
    const inner = new NestedStack(outer, 'Inner');
    const queue = new Queue(inner, 'Queue');
    const { ruleArn } = new Rule(outer, 'Rule', {
      eventPattern,
      targets: [{ bind: () => ({ arn: queue.queueArn }) }],
    });
    expect(ruleArn).toBeDefined();
    expect(findingsOf(app)).toEqual([
      'DeliveryRefused at Outer/Rule/Resource: events.amazonaws.com may not sqs:SendMessage on Outer/Inner/Queue/Resource, its target Target0: no event arrives.',
    ]);
  });
});

test('Paths do not come from the metadata of a template', () => {
  const context = { 'aws:cdk:disable-metadata-stack-trace': true, 'aws:cdk:enable-path-metadata': false };
  const stack = new Stack(newApp(context), 'Shop');
  new HttpApi(stack, 'Api').addRoutes({
    ...{ path: '/', integration: new HttpLambdaIntegration('Integration', newFunction(stack, 'Fn')) },
  });
  expect(findingsOf(stack)).toEqual([
    'OpenRoute at Shop/Api/ANY--/Resource: The route ANY / has no authorizer: everybody may call it.',
  ]);
});
