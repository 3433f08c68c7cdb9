/* An HTTP API with a function for each route, called by a page of another origin. */
import { App, Stack } from 'aws-cdk-lib';
import { CorsHttpMethod, HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';

const stack = new Stack(new App(), 'HttpApi');
const api = new HttpApi(stack, 'Api', {
  corsPreflight: { allowOrigins: ['https://shop.example'], allowMethods: [CorsHttpMethod.GET] },
});
const route = (method, path, name) =>
  api.addRoutes({
    path,
    methods: [method],
    integration: new HttpLambdaIntegration(
      `${name}Integration`,
      new LambdaFunction(stack, name, {
        runtime: Runtime.NODEJS_22_X,
        handler: `index.${name}`,
        code: Code.fromAsset('handlers'),
      }),
    ),
  });
route(HttpMethod.GET, '/hello/{name}', 'hello');
route(HttpMethod.POST, '/sum', 'sum');
route(HttpMethod.GET, '/broken', 'broken');
