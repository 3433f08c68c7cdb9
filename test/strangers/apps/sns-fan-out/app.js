/* A topic that passes an order on to two queues and a function. */
import { App, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns';
import { LambdaSubscription, SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';

const stack = new Stack(new App(), 'FanOut');
const topic = new Topic(stack, 'Orders');
const queue = (name) => new Queue(stack, name, { queueName: name });
const fn = (name, more) =>
  new LambdaFunction(stack, name, {
    runtime: Runtime.NODEJS_24_X,
    handler: `index.${name.toLowerCase()}`,
    code: Code.fromAsset('handlers'),
    environment: { TOPIC_ARN: topic.topicArn },
    ...more,
  });

topic.addSubscription(new SqsSubscription(queue('billing'), { rawMessageDelivery: true }));
topic.addSubscription(
  new SqsSubscription(queue('abroad'), {
    filterPolicy: { country: SubscriptionFilter.stringFilter({ denylist: ['DE'] }) },
  }),
);
topic.addSubscription(
  new LambdaSubscription(fn('Mail', { deadLetterQueue: queue('unsent-mail'), retryAttempts: 1 })),
);

const order = fn('Order');
topic.grantPublish(order);
new HttpApi(stack, 'Api').addRoutes({
  path: '/orders',
  methods: [HttpMethod.POST],
  integration: new HttpLambdaIntegration('OrderIntegration', order),
});
