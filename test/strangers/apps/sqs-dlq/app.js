/* An API that puts jobs into a queue, a worker that takes them in batches, and a dead-letter queue. */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';

const stack = new Stack(new App(), 'Jobs');
const failed = new Queue(stack, 'Failed', { queueName: 'failed-jobs' });
const jobs = new Queue(stack, 'Jobs', {
  queueName: 'jobs',
  visibilityTimeout: Duration.seconds(30),
  deadLetterQueue: { queue: failed, maxReceiveCount: 2 },
});
const fn = (name) =>
  new LambdaFunction(stack, name, {
    runtime: Runtime.NODEJS_24_X,
    handler: `index.${name.toLowerCase()}`,
    code: Code.fromAsset('handlers'),
    environment: { QUEUE_URL: jobs.queueUrl },
  });

const accept = fn('Accept');
jobs.grantSendMessages(accept);
new HttpApi(stack, 'Api').addRoutes({
  path: '/jobs',
  methods: [HttpMethod.POST],
  integration: new HttpLambdaIntegration('AcceptIntegration', accept),
});
fn('Work').addEventSource(
  new SqsEventSource(jobs, {
    batchSize: 5,
    maxBatchingWindow: Duration.seconds(1),
    reportBatchItemFailures: true,
  }),
);
