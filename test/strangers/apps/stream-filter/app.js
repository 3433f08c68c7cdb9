/* A table whose stream a function reads: only orders that have been paid. */
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import {
  Code,
  FilterCriteria,
  FilterRule,
  Function as LambdaFunction,
  Runtime,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';

const stack = new Stack(new App(), 'StreamFilter');
const table = new Table(stack, 'Orders', {
  partitionKey: { name: 'id', type: AttributeType.STRING },
  stream: StreamViewType.NEW_AND_OLD_IMAGES,
  removalPolicy: RemovalPolicy.DESTROY,
});
const fn = (name) =>
  new LambdaFunction(stack, name, {
    runtime: Runtime.NODEJS_24_X,
    handler: `index.${name.toLowerCase()}`,
    code: Code.fromAsset('handlers'),
    timeout: Duration.seconds(10),
    environment: { TABLE: table.tableName },
  });

const put = fn('Put');
table.grantWriteData(put);
new HttpApi(stack, 'Api').addRoutes({
  path: '/orders/{id}',
  methods: [HttpMethod.PUT],
  integration: new HttpLambdaIntegration('PutIntegration', put),
});
fn('Ship').addEventSource(
  new DynamoEventSource(table, {
    startingPosition: StartingPosition.TRIM_HORIZON,
    filters: [
      FilterCriteria.filter({
        eventName: FilterRule.isEqual('MODIFY'),
        dynamodb: { NewImage: { state: { S: FilterRule.isEqual('paid') } } },
      }),
    ],
    bisectBatchOnError: true,
    retryAttempts: 1,
    onFailure: new SqsDlq(new Queue(stack, 'Unshipped', { queueName: 'unshipped' })),
  }),
);
