/* An app of a bucket, a topic and a rule with a schedule, as collections of examples have them. Its functions need no bundling. */
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function as LambdaFn, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import { LambdaDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, LambdaSubscription, SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';

const stack = new Stack(new App(), 'media');
const queue = (name: string) => new Queue(stack, name, { queueName: name });

const done = new Topic(stack, 'Done');
const photos = new Bucket(stack, 'Photos', {
  autoDeleteObjects: true,
  eventBridgeEnabled: true,
  removalPolicy: RemovalPolicy.DESTROY,
});
const fn = (name: string, handler: string) =>
  new LambdaFn(stack, name, {
    code: Code.fromAsset('handlers'),
    runtime: Runtime.NODEJS_24_X,
    handler: `index.${handler}`,
    timeout: Duration.seconds(10),
    environment: { BUCKET: photos.bucketName, TOPIC: done.topicArn },
  });

photos.addEventNotification(EventType.OBJECT_CREATED, new LambdaDestination(fn('Thumbnail', 'thumbnail')), {
  prefix: 'in/',
});
done.addSubscription(new SqsSubscription(queue('all'), { rawMessageDelivery: true }));
done.addSubscription(
  new SqsSubscription(queue('large'), {
    filterPolicy: { size: SubscriptionFilter.numericFilter({ greaterThan: 100 }) },
  }),
);
done.addSubscription(new LambdaSubscription(fn('Notes', 'notes')));
done.addSubscription(new EmailSubscription('ops@example.com'));

new Rule(stack, 'Minutely', {
  schedule: Schedule.rate(Duration.minutes(1)),
  targets: [new LambdaFunction(fn('Upload', 'upload'))],
});
new Rule(stack, 'Created', {
  eventPattern: { source: ['aws.s3'], detailType: ['Object Created'] },
  targets: [new SnsTopic(done)],
});
