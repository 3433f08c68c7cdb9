/* Five functions, each bundled by esbuild. */
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';

const stack = new Stack(new App(), 'FiveFunctions');
const table = new Table(stack, 'Notes', {
  partitionKey: { name: 'id', type: AttributeType.STRING },
  removalPolicy: RemovalPolicy.DESTROY,
});
const api = new HttpApi(stack, 'Api');
for (const [name, method, path] of [
  ['create', HttpMethod.POST, '/notes'],
  ['read', HttpMethod.GET, '/notes/{id}'],
  ['update', HttpMethod.PUT, '/notes/{id}'],
  ['remove', HttpMethod.DELETE, '/notes/{id}'],
  ['list', HttpMethod.GET, '/notes'],
]) {
  const fn = new NodejsFunction(stack, name, {
    entry: `functions/${name}.js`,
    runtime: Runtime.NODEJS_24_X,
    environment: { TABLE: table.tableName },
  });
  table.grantReadWriteData(fn);
  api.addRoutes({
    path,
    methods: [method],
    integration: new HttpLambdaIntegration(`${name}Integration`, fn),
  });
}
