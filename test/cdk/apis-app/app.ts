/* An app with an API of every kind. Its functions need no bundling. */
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Cors, LambdaIntegration, LambdaRestApi, MockIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import {
  CfnApi,
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  type IHttpRouteAuthorizer,
  MappingValue,
  ParameterMapping,
  PayloadFormatVersion,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import {
  type CfnUrl,
  Code,
  FunctionUrlAuthType,
  InvokeMode,
  Function as LambdaFn,
  Runtime,
  HttpMethod as UrlMethod,
} from 'aws-cdk-lib/aws-lambda';

const stack = new Stack(new App(), 'apis');
const fn = (name: string, environment: Record<string, string> = {}) =>
  new LambdaFn(stack, name, {
    ...{
      code: Code.fromAsset('handlers'),
      runtime: Runtime.NODEJS_24_X,
      handler: `index.${name.toLowerCase()}`,
    },
    ...{ timeout: Duration.seconds(10), memorySize: 256, environment },
  });
const echo = fn('Echo');
const says = fn('Says');
const slow = fn('Slow');
const throwing = fn('Throws');

const api = new HttpApi(stack, 'Http', {
  corsPreflight: {
    allowOrigins: ['https://app.example', 'http://localhost:5173'],
    allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.PUT],
    allowHeaders: ['content-type', 'authorization'],
    exposeHeaders: ['x-own'],
    allowCredentials: true,
    maxAge: Duration.minutes(5),
  },
});
api.addStage('V1', { stageName: 'v1', autoDeploy: true, stageVariables: { colour: 'blue' } });
const route = (
  path: string,
  target: LambdaFn,
  more: ConstructorParameters<typeof HttpLambdaIntegration>[2] = {},
  auth: { authorizer?: IHttpRouteAuthorizer; authorizationScopes?: string[] } = {},
) =>
  api.addRoutes({
    ...{ path, methods: [HttpMethod.ANY], ...auth },
    integration: new HttpLambdaIntegration(`For${path.replaceAll(/\W/g, '')}`, target, more),
  });
route('/echo/{name}', echo);
route('/one/{name}', echo, { payloadFormatVersion: PayloadFormatVersion.VERSION_1_0 });
route('/says', says);
route('/says-one', says, { payloadFormatVersion: PayloadFormatVersion.VERSION_1_0 });
route('/slow', slow, { timeout: Duration.seconds(1) });
route('/throws', throwing);
route('/mapped/{name}', echo, {
  parameterMapping: new ParameterMapping()
    .appendHeader('x-added', MappingValue.requestQueryString('from'))
    .overwriteHeader('x-changed', MappingValue.custom('of ${request.path.name} in ${context.stage}'))
    .removeHeader('x-removed')
    .appendQueryString('colour', MappingValue.stageVariable('colour'))
    .overwritePath(MappingValue.custom('/elsewhere/${request.path.name}')),
});
const authorizer = new HttpJwtAuthorizer('Tokens', 'https://issuer.example', {
  jwtAudience: ['app', 'other'],
});
route('/private', echo, {}, { authorizer });
route('/scoped', echo, {}, { authorizer, authorizationScopes: ['write', 'admin'] });

new CfnApi(stack, 'Quick', {
  name: 'quick',
  protocolType: 'HTTP',
  target: echo.functionArn,
  routeKey: 'GET /quick',
});

const rest = new RestApi(stack, 'Rest', {
  deployOptions: { stageName: 'live', variables: { colour: 'green' } },
  binaryMediaTypes: ['image/png'],
  cloudWatchRole: false,
  defaultCorsPreflightOptions: {
    allowOrigins: ['https://app.example', 'http://localhost:5173'],
    allowMethods: Cors.ALL_METHODS,
    maxAge: Duration.minutes(5),
  },
});
rest.root.addMethod('GET', new LambdaIntegration(echo));
const items = rest.root.addResource('items');
items.addMethod('POST', new LambdaIntegration(says));
const item = items.addResource('{id}');
item.addMethod('ANY', new LambdaIntegration(echo));
item.addResource('{proxy+}').addMethod('GET', new LambdaIntegration(echo));
rest.root.addResource('slow').addMethod('GET', new LambdaIntegration(slow, { timeout: Duration.seconds(1) }));
rest.root.addResource('throws').addMethod('GET', new LambdaIntegration(throwing));
rest.root.addResource('static').addMethod(
  'GET',
  new MockIntegration({
    requestTemplates: { 'application/json': '{"statusCode": 200}' },
    integrationResponses: [
      { statusCode: '200', responseTemplates: { 'application/json': '{"fixed":true}' } },
    ],
  }),
  { methodResponses: [{ statusCode: '200' }] },
);
new LambdaRestApi(stack, 'Greedy', { handler: echo, cloudWatchRole: false });

const streams = fn('Streams');
const url = streams.addFunctionUrl({
  authType: FunctionUrlAuthType.NONE,
  invokeMode: InvokeMode.RESPONSE_STREAM,
  cors: { allowedOrigins: ['*'], allowedMethods: [UrlMethod.GET], exposedHeaders: ['x-own'] },
});
(url.node.defaultChild as CfnUrl).addMetadata('fibrin:fault', { streams: '/' });
const plainUrl = echo.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
fn('Signed').addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });
route('/where', fn('Where', { API_URL: api.url ?? '', REST_URL: rest.url }));
new CfnOutput(stack, 'Urls', { value: `${url.url} ${plainUrl.url}` });
