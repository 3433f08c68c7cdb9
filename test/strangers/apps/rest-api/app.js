/* A REST API in front of one function and its table. */
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Cors, LambdaIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';

const stack = new Stack(new App(), 'RestApi');
const table = new Table(stack, 'Orders', {
  partitionKey: { name: 'id', type: AttributeType.STRING },
  billingMode: BillingMode.PAY_PER_REQUEST,
  removalPolicy: RemovalPolicy.DESTROY,
});
const orders = new LambdaFunction(stack, 'OrdersFunction', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'orders.handler',
  code: Code.fromAsset('handlers'),
  environment: { TABLE: table.tableName },
});
table.grantReadWriteData(orders);

const api = new RestApi(stack, 'Api', {
  defaultCorsPreflightOptions: { allowOrigins: Cors.ALL_ORIGINS, allowMethods: Cors.ALL_METHODS },
});
const integration = new LambdaIntegration(orders);
const collection = api.root.addResource('orders');
collection.addMethod('POST', integration);
const item = collection.addResource('{id}');
item.addMethod('GET', integration);
item.addMethod('DELETE', integration);
