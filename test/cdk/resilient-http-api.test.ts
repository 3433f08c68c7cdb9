import { App, type CfnResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { CorsHttpMethod, HttpApi, HttpMethod, HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Alias, Code, type IFunction, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, test } from 'vitest';
import type { ResilientHttpApiRoute } from '../../cdk/constructs/api-route.ts';
import { ResilientHttpApi, type ResilientHttpApiProps } from '../../cdk/constructs/resilient-http-api.ts';
import { acknowledged } from './deliveries.ts';

const shop = () => new Stack(new App(), 'Shop');

function functionIn(stack: Stack, props: { timeout?: Duration } = { timeout: Duration.seconds(5) }) {
  return new LambdaFunction(stack, 'Orders', {
    code: Code.fromInline('exports.handler = async () => ({ statusCode: 204 })'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    ...props,
  });
}

const aliasOf = (fn: LambdaFunction) =>
  new Alias(fn, 'Live', { aliasName: 'live', version: fn.currentVersion });

type RouteChoice = Partial<ResilientHttpApiRoute>;
const routeTo = (handler: IFunction, choice: RouteChoice = {}): ResilientHttpApiRoute => ({
  method: HttpMethod.GET,
  path: '/orders/{id}',
  handler,
  ...choice,
});
const PUBLIC = { path: '/health', isPublic: true, publicReason: 'Says that it runs' } as const;

/** An API with a route to a function behind its alias. */
function apiWith(props: ResilientHttpApiProps = {}, choice: RouteChoice = {}, stack = shop()) {
  const handler = aliasOf(functionIn(stack));
  const api = new ResilientHttpApi(stack, 'Api', { routes: [routeTo(handler, choice)], ...props });
  return { stack, handler, api };
}
const templateWith = (props?: ResilientHttpApiProps, choice?: RouteChoice) =>
  Template.fromStack(apiWith(props, choice).stack);

const jwt = () =>
  new HttpJwtAuthorizer('Jwt', 'https://issuer.example/', { jwtAudience: ['orders', 'stock'] });
const STAGE = 'AWS::ApiGatewayV2::Stage';
const ROUTE = 'AWS::ApiGatewayV2::Route';
const stageOf = (template: Template) => Object.values(template.findResources(STAGE))[0];

describe('an HTTP API with the defaults', () => {
  test('is this template', () => {
    expect(Template.fromStack(apiWith().stack).toJSON()).toMatchSnapshot();
  });

  test('says of its functions, also behind an alias, that a dead-letter queue would stay empty', () => {
    const direct = functionIn(shop());
    new ResilientHttpApi(direct.stack, 'Api', { routes: [routeTo(direct)] });
    const { stack } = apiWith();
    for (const made of [direct, stack.node.findChild('Orders')])
      expect(acknowledged(made)).toEqual(['Serverless::Serverless-LambdaDLQ']);
  });

  test('asks for IAM, limits requests and logs each, none of which the CDK does by itself', () => {
    const plain = shop();
    const integration = new HttpLambdaIntegration('Orders', functionIn(plain));
    new HttpApi(plain, 'Api').addRoutes({ path: '/orders', integration });
    const without = Template.fromStack(plain);
    without.hasResourceProperties(ROUTE, { AuthorizationType: 'NONE' });
    without.hasResourceProperties(STAGE, {
      AccessLogSettings: Match.absent(),
      DefaultRouteSettings: Match.absent(),
    });

    const template = templateWith();
    template.hasResourceProperties(ROUTE, { AuthorizationType: 'AWS_IAM' });
    template.hasResourceProperties(STAGE, {
      StageName: '$default',
      AccessLogSettings: { DestinationArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('AccessLog'), 'Arn'] } },
      DefaultRouteSettings: { ThrottlingRateLimit: 1_000, ThrottlingBurstLimit: 500 },
    });
  });

  test('calls what it was handed, the alias and not the function', () => {
    templateWith().hasResourceProperties('AWS::ApiGatewayV2::Integration', {
      IntegrationUri: { Ref: Match.stringLikeRegexp('Live') },
    });
  });

  test('logs what became of a request and nothing of who made it', () => {
    const { AccessLogSettings } = stageOf(templateWith())?.['Properties'] ?? {};
    const fields = JSON.parse(AccessLogSettings.Format);
    expect(Object.values(fields)).toEqual(
      expect.arrayContaining([
        '$context.requestId',
        '$context.routeKey',
        '$context.status',
        '$context.responseLatency',
        '$context.integration.error',
      ]),
    );
    for (const variable of Object.values(fields))
      expect(variable).not.toMatch(/identity|sourceIp|userAgent|claims|path|caller|principal|message/i);
  });

  test('keeps its access log for a month, and not beyond the stack', () => {
    templateWith().hasResource('AWS::Logs::LogGroup', {
      Properties: { RetentionInDays: 30 },
      DeletionPolicy: 'Delete',
    });
  });

  test('is named as the construct is', () => {
    templateWith().hasResourceProperties('AWS::ApiGatewayV2::Api', {
      Name: 'Api',
      CorsConfiguration: Match.absent(),
      DisableExecuteApiEndpoint: Match.absent(),
    });
  });
});

describe('the authorizer', () => {
  test('is a JWT one when it is handed in', () => {
    const template = templateWith({ authorizer: jwt() });
    template.hasResourceProperties(ROUTE, { AuthorizationType: 'JWT' });
    template.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      JwtConfiguration: { Issuer: 'https://issuer.example/', Audience: ['orders', 'stock'] },
    });
  });

  test('is that of the props of the API', () => {
    templateWith({ httpApiProps: { defaultAuthorizer: jwt() } }).hasResourceProperties(ROUTE, {
      AuthorizationType: 'JWT',
    });
  });

  test('is not asked on a public route, and the checks are told why', () => {
    const { stack, api } = apiWith({}, PUBLIC);
    Template.fromStack(stack).hasResourceProperties(ROUTE, { AuthorizationType: 'NONE' });
    const { metadata } = api.node.findChild('GET --health').node;
    expect(metadata.map(({ data }) => data)).toEqual([
      { 'AwsSolutions::AwsSolutions-APIG4': 'Says that it runs' },
      { 'Fibrin::OpenRoute': 'Says that it runs' },
    ]);
  });

  test.each<[ResilientHttpApiProps]>([
    [{ authorizer: new HttpNoneAuthorizer() }],
    [{ httpApiProps: { defaultAuthorizer: new HttpNoneAuthorizer() } }],
  ])('is refused where it lets everybody in: %j', (props) => {
    expect(() => apiWith(props)).toThrow(
      'Shop/Api: expected `authorizer` to ask who calls GET /orders/{id}, got one that lets everybody in; open single routes by `isPublic`',
    );
  });

  test.each<[RouteChoice, string]>([
    [{ isPublic: true }, 'expected `publicReason` of GET /orders/{id} to say why'],
    [{ isPublic: true, publicReason: ' ' }, 'expected `publicReason` of GET /orders/{id} to say why'],
    [{ publicReason: 'Health' }, 'expected `isPublic: true` beside `publicReason` of GET /orders/{id}'],
    [
      { isPublic: false, publicReason: 'Health' },
      'expected `isPublic: true` beside `publicReason` of GET /orders/{id}',
    ],
  ])('is left out of a route only where it says so and why: %j', (choice, trouble) => {
    expect(() => apiWith({}, choice)).toThrow(`Shop/Api: ${trouble}`);
  });
});

describe('throttling', () => {
  test('has the limits of the props, where one is left out that of the defaults', () => {
    templateWith({ throttle: { rateLimit: 50 } }).hasResourceProperties(STAGE, {
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 500 },
    });
  });

  test('of a route repeats those of the API, which API Gateway does not take over', () => {
    templateWith(
      { throttle: { rateLimit: 50, burstLimit: 9 } },
      { throttle: { rateLimit: 2 } },
    ).hasResourceProperties(STAGE, {
      RouteSettings: { 'GET /orders/{id}': { ThrottlingRateLimit: 2, ThrottlingBurstLimit: 9 } },
    });
  });

  test('of a route waits for the route, which the CDK does not let the stage do', () => {
    const plain = shop();
    const api = new HttpApi(plain, 'Api');
    api.addRoutes({ path: '/orders', integration: new HttpLambdaIntegration('Orders', functionIn(plain)) });
    const stage = api.defaultStage?.node.defaultChild as CfnResource;
    stage.addPropertyOverride('RouteSettings', { 'ANY /orders': { ThrottlingRateLimit: 2 } });
    expect(stageOf(Template.fromStack(plain))).not.toHaveProperty('DependsOn');

    const template = templateWith({}, { throttle: { rateLimit: 2 } });
    expect(stageOf(template)?.['DependsOn']).toEqual(Object.keys(template.findResources(ROUTE)));
  });

  test('of one route leaves the others to the limits of the API', () => {
    const { stack, handler, api } = apiWith({}, { throttle: { burstLimit: 3 } });
    api.addRoute(routeTo(handler, { path: '/' }));
    const { RouteSettings } = stageOf(Template.fromStack(stack))?.['Properties'] ?? {};
    expect(Object.keys(RouteSettings)).toEqual(['GET /orders/{id}']);
  });

  test.each([
    [{ rateLimit: 0 }, 'rateLimit` to be over 0 requests a second, got 0'],
    [{ rateLimit: Number.NaN }, 'rateLimit` to be over 0 requests a second, got NaN'],
    [{ burstLimit: 0 }, 'burstLimit` to be an integer of at least 1, got 0'],
    [{ burstLimit: 1.5 }, 'burstLimit` to be an integer of at least 1, got 1.5'],
  ])('is refused where nothing would come through: %j', (throttle, trouble) => {
    expect(() => apiWith({ throttle })).toThrow(`Shop/Api: expected \`throttle.${trouble}`);
    expect(() => apiWith({}, { throttle })).toThrow(
      `Shop/Api: expected \`throttle of GET /orders/{id}.${trouble}`,
    );
  });
});

describe('the time that the API waits for a function', () => {
  const waitFor = (stack: Stack, handler: IFunction, timeout?: Duration) => {
    new ResilientHttpApi(stack, 'Api', { routes: [routeTo(handler, timeout && { timeout })] });
    const [integration] = Object.values(
      Template.fromStack(stack).findResources('AWS::ApiGatewayV2::Integration'),
    );
    return integration?.['Properties'].TimeoutInMillis;
  };

  test.each([
    [{ timeout: Duration.seconds(5) }, undefined, 15_000],
    [{ timeout: Duration.seconds(29) }, undefined, 29_000],
    [{}, undefined, 13_000],
    [{ timeout: Duration.seconds(5) }, Duration.seconds(5), 5_000],
    [{ timeout: Duration.seconds(5) }, Duration.millis(20_500), 20_500],
  ])('for a function with %j, asked for %s, is %d ms', (props, asked, expected) => {
    const stack = shop();
    expect(waitFor(stack, aliasOf(functionIn(stack, props)), asked)).toBe(expected);
    const other = shop();
    expect(waitFor(other, functionIn(other, props), asked)).toBe(expected);
  });

  test('is all that there is for a function that another stack has made', () => {
    const stack = shop();
    const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:orders';
    expect(waitFor(stack, LambdaFunction.fromFunctionArn(stack, 'Orders', arn))).toBe(29_000);
  });

  test('is too short for a function of a minute, for which the plain API is made all the same', () => {
    const plain = shop();
    const integration = new HttpLambdaIntegration(
      'Orders',
      functionIn(plain, { timeout: Duration.minutes(1) }),
    );
    new HttpApi(plain, 'Api').addRoutes({ path: '/orders', integration });
    Template.fromStack(plain).resourceCountIs(ROUTE, 1);

    const stack = shop();
    expect(() => waitFor(stack, aliasOf(functionIn(stack, { timeout: Duration.minutes(1) })))).toThrow(
      'Shop/Api: expected the function of GET /orders/{id} to have a timeout of at most 29 s, since API Gateway waits no longer, got 60 s; shorten it, or answer 202',
    );
  });

  test.each([
    [Duration.seconds(4), "to be at least its function's, 5 s, got 4 s"],
    [Duration.seconds(30), 'to be from 50 ms to 29 s, got 30 s'],
    [Duration.millis(49), 'to be from 50 ms to 29 s, got 0.049 s'],
  ])('is refused where it is %s', (timeout, trouble) => {
    expect(() => apiWith({}, { timeout })).toThrow(
      `Shop/Api: expected \`timeout\` of GET /orders/{id} ${trouble}`,
    );
  });
});

describe('an API', () => {
  test('has the CORS, the endpoint and the name of its props', () => {
    templateWith({
      httpApiProps: {
        apiName: 'orders',
        disableExecuteApiEndpoint: true,
        corsPreflight: { allowOrigins: ['https://shop.example'], allowMethods: [CorsHttpMethod.GET] },
      },
    }).hasResourceProperties('AWS::ApiGatewayV2::Api', {
      Name: 'orders',
      DisableExecuteApiEndpoint: true,
      CorsConfiguration: { AllowOrigins: ['https://shop.example'], AllowMethods: ['GET'] },
    });
  });

  test('logs in the format and into the group of its props', () => {
    const template = templateWith({
      accessLogFormat: AccessLogFormat.custom('$context.requestId'),
      accessLogProps: { retention: RetentionDays.ONE_YEAR, removalPolicy: RemovalPolicy.RETAIN },
    });
    template.hasResourceProperties(STAGE, { AccessLogSettings: { Format: '$context.requestId' } });
    template.hasResource('AWS::Logs::LogGroup', {
      Properties: { RetentionInDays: 365 },
      DeletionPolicy: 'Retain',
    });
  });

  test('logs into a group that exists', () => {
    const stack = shop();
    const existingAccessLog = new LogGroup(stack, 'Mine');
    const { api } = apiWith({ existingAccessLog }, {}, stack);
    expect(api.accessLog).toBe(existingAccessLog);
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Logs::LogGroup', 1);
    template.hasResourceProperties(STAGE, {
      AccessLogSettings: { DestinationArn: stack.resolve(existingAccessLog.logGroupArn) },
    });
  });

  test('takes the routes of another construct, whose stage stays as it is', () => {
    const stack = shop();
    const existingApi = new HttpApi(stack, 'Mine', { defaultAuthorizer: jwt() });
    const { api } = apiWith({ existingApi }, {}, stack);
    expect(api.api).toBe(existingApi);
    expect(api.accessLog).toBeUndefined();
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::ApiGatewayV2::Api', 1);
    expect(stageOf(template)?.['Properties']).toEqual({
      ApiId: stack.resolve(existingApi.apiId),
      AutoDeploy: true,
      StageName: '$default',
    });
    template.hasResourceProperties(ROUTE, {
      ApiId: stack.resolve(existingApi.apiId),
      AuthorizationType: 'JWT',
    });
  });

  test('made elsewhere asks for IAM too where it says nothing', () => {
    const stack = shop();
    const existingApi = HttpApi.fromHttpApiAttributes(stack, 'Theirs', { httpApiId: 'abc' });
    apiWith({ existingApi }, {}, stack);
    Template.fromStack(stack).hasResourceProperties(ROUTE, {
      ApiId: 'abc',
      AuthorizationType: 'AWS_IAM',
    });
  });

  test.each<[ResilientHttpApiProps]>([
    [{ httpApiProps: {} }],
    [{ throttle: {} }],
    [{ accessLogFormat: AccessLogFormat.clf() }],
    [{ accessLogProps: {} }],
  ])("that exists keeps what is its owner's: %j is refused", (props) => {
    const stack = shop();
    const existingApi = new HttpApi(stack, 'Mine');
    const [name] = Object.keys(props);
    expect(() => apiWith({ existingApi, ...props }, {}, stack)).toThrow(
      `Shop/Api: expected one of \`existingApi\` and \`${name}\`, got both; leave out one of them`,
    );
  });

  test('that exists takes no limits of a route', () => {
    const stack = shop();
    const existingApi = new HttpApi(stack, 'Mine');
    expect(() => apiWith({ existingApi }, { throttle: { rateLimit: 1 } }, stack)).toThrow(
      'Shop/Api: expected no `throttle` of GET /orders/{id} with `existingApi`',
    );
  });

  test('is refused two of what it has one of', () => {
    const stack = shop();
    const existingAccessLog = new LogGroup(stack, 'Mine');
    const existingApi = new HttpApi(stack, 'Existing');
    expect(() => apiWith({ existingAccessLog, accessLogProps: {} }, {}, stack)).toThrow(
      'expected one of `existingAccessLog` and `accessLogProps`, got both',
    );
    expect(() => new ResilientHttpApi(stack, 'B', { existingAccessLog, existingApi })).toThrow(
      'expected one of `existingApi` and `existingAccessLog`, got both',
    );
    expect(() => apiWith({ authorizer: jwt(), httpApiProps: { defaultAuthorizer: jwt() } })).toThrow(
      'expected one of `authorizer` and `httpApiProps.defaultAuthorizer`, got both',
    );
  });

  test('is refused without its default stage, and with an answer that no check covers', () => {
    expect(() => apiWith({ httpApiProps: { createDefaultStage: false } })).toThrow(
      'Shop/Api: expected `httpApiProps.createDefaultStage` not to be false',
    );
    const stack = shop();
    const defaultIntegration = new HttpLambdaIntegration('Any', functionIn(stack));
    expect(() => new ResilientHttpApi(stack, 'Api', { httpApiProps: { defaultIntegration } })).toThrow(
      'Shop/Api: expected no `httpApiProps.defaultIntegration`',
    );
  });

  test.each(['orders', '/orders/', ''])('is refused a route with the path "%s"', (path) => {
    expect(() => apiWith({}, { path })).toThrow(
      `Shop/Api: expected \`path\` to begin with "/" and not to end with one, got "${path}"`,
    );
  });
});

describe('a grant', () => {
  const callable = (stack: Stack) =>
    Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')).flatMap(({ Properties }) =>
      Properties.PolicyDocument.Statement.map(
        ({ Action, Resource }: { Action: unknown; Resource: { 'Fn::Join': [string, unknown[]] } }) => {
          expect(Action).toBe('execute-api:Invoke');
          return Resource['Fn::Join'][1].at(-1);
        },
      ),
    );
  const roleIn = (stack: Stack) => new Role(stack, 'Caller', { assumedBy: new AccountRootPrincipal() });

  test('covers the routes that are not public, on the one stage, those added later too', () => {
    const { stack, handler, api } = apiWith();
    api.addRoute(routeTo(handler, PUBLIC));
    api.grantInvoke(roleIn(stack));
    api.addRoute(routeTo(handler, { method: HttpMethod.POST, path: '/orders' }));
    api.addRoute(routeTo(handler, { ...PUBLIC, path: '/version' }));
    expect(callable(stack)).toEqual(['/$default/GET/orders/*', '/$default/POST/orders']);
  });

  test('of an existing API covers its stages, whichever they are', () => {
    const stack = shop();
    const existingApi = HttpApi.fromHttpApiAttributes(stack, 'Theirs', { httpApiId: 'abc' });
    apiWith({ existingApi }, {}, stack).api.grantInvoke(roleIn(stack));
    expect(callable(stack)).toEqual([':abc/*/GET/orders/*']);
  });

  test('gives cdk-nag the reason for each wildcard, and only where there is one', () => {
    const { stack, handler, api } = apiWith();
    api.addRoute(routeTo(handler, { path: '/orders' }));
    const role = roleIn(stack);
    api.grantInvoke(role);
    const acknowledged = role.node.metadata.filter(({ type }) => type === 'aws:cdk:acknowledged-rules');
    const apiId = stack.resolve(api.api.apiId).Ref;
    expect(acknowledged.flatMap(({ data }) => Object.keys(data))).toEqual([
      `AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<${apiId}>/$default/GET/orders/*]`,
    ]);
  });

  test('is refused where callers are not let in by IAM', () => {
    const { stack, api } = apiWith({ authorizer: jwt() });
    expect(() => api.grantInvoke(roleIn(stack))).toThrow(
      'Shop/Api: expected `authorizer` to be HttpIamAuthorizer for `grantInvoke`, got another one',
    );
    expect(() =>
      apiWith({ authorizer: new HttpIamAuthorizer() }).api.grantInvoke(roleIn(shop())),
    ).not.toThrow();
  });
});

test('the metrics are those of the API', () => {
  const { stack, api } = apiWith();
  const described = (
    [api.metricCount(), api.metricServerErrors(), api.metricClientErrors(), api.metricLatency()] as const
  ).map(({ namespace, metricName, statistic, dimensions }) => [
    namespace,
    metricName,
    statistic,
    stack.resolve(dimensions),
  ]);
  const ofApi = { ApiId: stack.resolve(api.api.apiId) };
  expect(described).toEqual([
    ['AWS/ApiGateway', 'Count', 'SampleCount', ofApi],
    ['AWS/ApiGateway', '5xx', 'Sum', ofApi],
    ['AWS/ApiGateway', '4xx', 'Sum', ofApi],
    ['AWS/ApiGateway', 'Latency', 'p99', ofApi],
  ]);
  expect(api.metricLatency({ statistic: 'p50', period: Duration.minutes(1) })).toMatchObject({
    statistic: 'p50',
    period: Duration.minutes(1),
  });
});
