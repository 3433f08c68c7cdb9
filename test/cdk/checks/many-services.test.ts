/* What the CDK makes right by itself is no finding, in as many services as one app has. */
import { CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AwsIntegration, LambdaIntegration, RestApi, TokenAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpUserPoolAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration, HttpSqsIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LambdaAction, SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { EventBus, Rule, Schedule as RuleSchedule } from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import { FunctionUrlAuthType, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import * as destinations from 'aws-cdk-lib/aws-lambda-destinations';
import { KinesisEventSource, SnsDlq, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { SnsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke, SnsPublish, SqsSendMessage } from 'aws-cdk-lib/aws-scheduler-targets';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { expect, test } from 'vitest';
import { newFunction } from '../deliveries.ts';
import { findingsOf, newApp } from './findings.ts';

/** Queues, topics and buckets with one key, and what delivers between them. */
function dataStack(stack: Stack) {
  const key = new Key(stack, 'Key');
  const failed = new Queue(stack, 'Failed', { retentionPeriod: Duration.days(14) });
  const topic = new Topic(stack, 'Topic', { masterKey: key });
  const bucket = new Bucket(stack, 'Bucket', {
    ...{ encryptionKey: key, autoDeleteObjects: true, removalPolicy: RemovalPolicy.DESTROY },
  });
  bucket.addEventNotification(EventType.OBJECT_CREATED, new SnsDestination(topic));
  const queue = new Queue(stack, 'Queue', {
    ...{ encryptionMasterKey: key, enforceSSL: true, visibilityTimeout: Duration.minutes(3) },
    deadLetterQueue: { queue: failed, maxReceiveCount: 3 },
  });
  topic.addSubscription(new SqsSubscription(queue, { deadLetterQueue: failed, rawMessageDelivery: true }));
  topic.addSubscription(new EmailSubscription('ops@example.com'));
  const bus = new EventBus(stack, 'Bus', { kmsKey: key });
  const machine = new StateMachine(stack, 'Machine', {
    definitionBody: DefinitionBody.fromChainable(new Pass(stack, 'Pass')),
  });
  new Rule(stack, 'Rule', {
    schedule: RuleSchedule.rate(Duration.hours(1)),
    targets: [
      new targets.SfnStateMachine(machine, { deadLetterQueue: failed }),
      new targets.CloudWatchLogGroup(new LogGroup(stack, 'Log')),
      new targets.SqsQueue(queue),
      new targets.SnsTopic(topic),
      new targets.EventBus(bus),
    ],
  });
  const cleaner = newFunction(stack, 'Cleaner', { deadLetterQueueEnabled: true });
  newFunction(stack, 'Chained', {
    onFailure: new destinations.LambdaDestination(cleaner),
    onSuccess: new destinations.EventBridgeDestination(bus),
  });
  return { key, failed, topic, bucket, queue, cleaner };
}

type Data = ReturnType<typeof dataStack>;

/** Functions that read and send to what is in another stack. */
function workStack(stack: Stack, { failed, topic, queue, key, bucket, cleaner }: Data): void {
  newFunction(stack, 'Reader', { timeout: Duration.seconds(30) }).addEventSource(new SqsEventSource(queue));
  newFunction(stack, 'Sender', {
    onFailure: new destinations.SnsDestination(topic),
    onSuccess: new destinations.SqsDestination(queue),
  });
  const stream = new Stream(stack, 'Stream', { encryptionKey: key });
  newFunction(stack, 'Streamed').addEventSource(
    new KinesisEventSource(stream, {
      ...{ startingPosition: StartingPosition.LATEST, onFailure: new SnsDlq(topic) },
    }),
  );
  const schedule = ScheduleExpression.rate(Duration.hours(1));
  const props = { deadLetterQueue: failed };
  new Schedule(stack, 'ToQueue', { schedule, target: new SqsSendMessage(queue, props) });
  new Schedule(stack, 'ToTopic', { schedule, target: new SnsPublish(topic, props) });
  new Schedule(stack, 'ToFunction', { schedule, target: new LambdaInvoke(cleaner, props) });
  const onEventHandler = newFunction(stack, 'OnEvent');
  const { serviceToken } = new Provider(stack, 'Provider', {
    onEventHandler,
    isCompleteHandler: onEventHandler,
  });
  new CustomResource(stack, 'Custom', { serviceToken });
  new BucketDeployment(stack, 'Deployment', {
    ...{ destinationBucket: bucket, sources: [Source.data('name', 'text')] },
  });
  new Secret(stack, 'Secret').addRotationSchedule('Rotation', {
    rotationLambda: newFunction(stack, 'Rotate'),
  });
}

/** APIs of all kinds, and an alarm. */
function apiStack(stack: Stack, { failed }: Data): void {
  const handler = newFunction(stack, 'Handler', { timeout: Duration.seconds(29) });
  const userPool = new UserPool(stack, 'Users', {
    lambdaTriggers: { preSignUp: newFunction(stack, 'SignUp') },
  });
  const http = new HttpApi(stack, 'Http', {
    defaultAuthorizer: new HttpUserPoolAuthorizer('Authorizer', userPool),
  });
  http.addRoutes({ path: '/a', integration: new HttpLambdaIntegration('A', handler.addAlias('live')) });
  http.addRoutes({ path: '/b', integration: new HttpSqsIntegration('B', { queue: failed }) });
  const authorizer = new TokenAuthorizer(stack, 'Token', { handler: newFunction(stack, 'Authorize') });
  const { root } = new RestApi(stack, 'Rest', {
    ...{ defaultMethodOptions: { authorizer }, defaultCorsPreflightOptions: { allowOrigins: ['*'] } },
  });
  root.addMethod('GET', new LambdaIntegration(handler));
  root.addResource('queue').addMethod('POST', new AwsIntegration({ service: 'sqs', path: 'queue' }));
  handler.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });
  const alarm = handler.metricErrors().createAlarm(stack, 'Errors', { threshold: 1, evaluationPeriods: 1 });
  alarm.addAlarmAction(
    new SnsAction(new Topic(stack, 'Alerts')),
    new LambdaAction(newFunction(stack, 'OnAlarm')),
  );
}

test('An app of many services that is in order has no finding', () => {
  const app = newApp({ '@aws-cdk/aws-iam:minimizePolicies': true });
  const data = dataStack(new Stack(app, 'Data'));
  workStack(new Stack(app, 'Work'), data);
  apiStack(new Stack(app, 'Api'), data);
  expect(findingsOf(app)).toEqual([]);
});
