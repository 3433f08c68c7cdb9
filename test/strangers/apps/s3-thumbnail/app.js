/* A bucket: each photo that comes into it is made a thumbnail of, in the same bucket. */
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { BlockPublicAccess, Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import { LambdaDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Queue } from 'aws-cdk-lib/aws-sqs';

const stack = new Stack(new App(), 'Photos');
const bucket = new Bucket(stack, 'Bucket', {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  removalPolicy: RemovalPolicy.DESTROY,
  autoDeleteObjects: true,
});
const fn = (name, more) =>
  new LambdaFunction(stack, name, {
    runtime: Runtime.NODEJS_24_X,
    handler: `index.${name.toLowerCase()}`,
    code: Code.fromAsset('handlers'),
    timeout: Duration.seconds(10),
    environment: { BUCKET: bucket.bucketName },
    ...more,
  });

const thumbnail = fn('Thumbnail', {
  onFailure: new SqsDestination(new Queue(stack, 'Unreadable', { queueName: 'unreadable' })),
  retryAttempts: 0,
});
bucket.grantReadWrite(thumbnail);
bucket.addEventNotification(EventType.OBJECT_CREATED, new LambdaDestination(thumbnail), {
  prefix: 'photos/',
});

const files = fn('Files');
bucket.grantReadWrite(files);
new HttpApi(stack, 'Api').addRoutes({
  path: '/{key+}',
  methods: [HttpMethod.GET, HttpMethod.PUT],
  integration: new HttpLambdaIntegration('FilesIntegration', files),
});
