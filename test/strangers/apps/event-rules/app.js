/* A bus with a rule that matches a pattern, and a rule with a schedule. */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { EventBus, EventField, Match, Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';

const stack = new Stack(new App(), 'EventRules');
const bus = new EventBus(stack, 'Bus', { eventBusName: 'shop' });
const fn = (name, more) =>
  new LambdaFunction(stack, name, {
    runtime: Runtime.NODEJS_24_X,
    handler: `index.${name.toLowerCase()}`,
    code: Code.fromAsset('handlers'),
    environment: { BUS: bus.eventBusName },
    ...more,
  });

const large = fn('Large', {
  deadLetterQueue: new Queue(stack, 'lost', { queueName: 'lost' }),
  retryAttempts: 1,
});
new Rule(stack, 'LargeOrders', {
  eventBus: bus,
  eventPattern: { source: ['shop'], detailType: ['order'], detail: { total: Match.greaterThan(100) } },
  targets: [
    new FunctionTarget(large, {
      event: RuleTargetInput.fromObject({
        order: EventField.fromPath('$.detail.id'),
        total: EventField.fromPath('$.detail.total'),
      }),
    }),
  ],
});
new Rule(stack, 'EachMinute', {
  schedule: Schedule.rate(Duration.minutes(1)),
  targets: [new FunctionTarget(fn('Tick'))],
});

const put = fn('Put');
bus.grantPutEventsTo(put);
new HttpApi(stack, 'Api').addRoutes({
  path: '/orders',
  methods: [HttpMethod.POST],
  integration: new HttpLambdaIntegration('PutIntegration', put),
});
