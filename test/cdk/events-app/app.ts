/* An app whose events go wrong in every way that AWS has an answer to. Its functions need no bundling. */
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, Billing, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus, EventField, type IRuleTarget, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function as LambdaFn, Runtime, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { DynamoEventSource, SqsDlq, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';

const stack = new Stack(new App(), 'events');
const queue = (name: string, more: ConstructorParameters<typeof Queue>[2] = {}) =>
  new Queue(stack, name, { queueName: name, ...more });
const fn = (name: string, handler: string) =>
  new LambdaFn(stack, name, {
    code: Code.fromAsset('handlers'),
    runtime: Runtime.NODEJS_24_X,
    handler: `index.${handler}`,
    timeout: Duration.seconds(10),
    memorySize: 256,
  });
const missing = LambdaFn.fromFunctionAttributes(stack, 'Missing', {
  functionArn: `arn:aws:lambda:${stack.region}:${stack.account}:function:missing`,
  skipPermissions: true,
});

const bus = new EventBus(stack, 'Orders', { eventBusName: 'orders' });
const rule = (detailType: string, target: IRuleTarget) =>
  new Rule(stack, `On-${detailType}`, {
    eventBus: bus,
    eventPattern: { detailType: [detailType] },
    targets: [target],
  });

const undelivered = queue('undelivered');
const throwing = fn('Throws', 'throws');
throwing.configureAsyncInvoke({ retryAttempts: 2, onFailure: new SqsDestination(queue('failed')) });
rule('throws', new LambdaFunction(throwing, { deadLetterQueue: undelivered }));

const working = fn('Works', 'echo');
working.configureAsyncInvoke({ onSuccess: new SqsDestination(queue('succeeded')) });
rule(
  'works',
  new LambdaFunction(working, {
    deadLetterQueue: undelivered,
    event: RuleTargetInput.fromObject({ total: EventField.fromPath('$.detail.total'), note: 'paid' }),
  }),
);

rule('missing', new LambdaFunction(missing, { deadLetterQueue: undelivered }));

const work = queue('work', {
  visibilityTimeout: Duration.seconds(60),
  deadLetterQueue: { queue: queue('dead'), maxReceiveCount: 3 },
});
rule('queued', new SqsQueue(work, { deadLetterQueue: undelivered }));
fn('Batches', 'failsPoison').addEventSource(
  new SqsEventSource(work, {
    batchSize: 10,
    maxBatchingWindow: Duration.seconds(30),
    maxConcurrency: 2,
    reportBatchItemFailures: true,
  }),
);

const table = new TableV2(stack, 'Items', {
  partitionKey: { name: 'pk', type: AttributeType.STRING },
  billing: Billing.onDemand(),
  dynamoStream: StreamViewType.NEW_IMAGE,
  removalPolicy: RemovalPolicy.DESTROY,
});
fn('Streams', 'throwsOnBadItem').addEventSource(
  new DynamoEventSource(table, {
    startingPosition: StartingPosition.TRIM_HORIZON,
    retryAttempts: 1,
    bisectBatchOnError: true,
    onFailure: new SqsDlq(queue('unstreamed')),
  }),
);

const scheduled = fn('Scheduled', 'echo');
scheduled.configureAsyncInvoke({ onSuccess: new SqsDestination(queue('ticks')) });
new Schedule(stack, 'EveryMinute', {
  schedule: ScheduleExpression.rate(Duration.minutes(1)),
  target: new LambdaInvoke(scheduled),
});
new Schedule(stack, 'Nowhere', {
  schedule: ScheduleExpression.rate(Duration.minutes(1)),
  target: new LambdaInvoke(missing, { deadLetterQueue: queue('unscheduled'), retryAttempts: 0 }),
});

const api = new HttpApi(stack, 'Api');
api.addRoutes({
  path: '/who',
  methods: [HttpMethod.GET],
  integration: new HttpLambdaIntegration('Who', fn('Who', 'who')),
});
