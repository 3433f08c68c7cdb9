import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as v2 from 'aws-cdk-lib/aws-apigatewayv2';
import { describe, expect, it } from 'vitest';
import type { ApiModel, HttpApiModel, RestApiModel } from '../../lib/local/template/apis.ts';
import { classOf } from '../../lib/local/template/classes.ts';
import { readUrls } from '../../lib/local/template/http.ts';
import { readHttpApis } from '../../lib/local/template/http-apis.ts';
import { createReader, type TemplateReader } from '../../lib/local/template/reader.ts';
import { readRestApis } from '../../lib/local/template/rest-apis.ts';

type Resources = Readonly<
  Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
>;

const readerOf = (resources: Resources): TemplateReader =>
  createReader(
    { stackName: 'app', template: { Resources: resources }, assetFolder: () => undefined },
    'eu-west-1',
  );
const apisOf = (resources: Resources): readonly ApiModel[] => {
  const reader = readerOf(resources);
  return [...readHttpApis(reader), ...readRestApis(reader)];
};
const httpOf = (resources: Resources) => apisOf(resources)[0] as HttpApiModel;
const restOf = (resources: Resources) => apisOf(resources)[0] as RestApiModel;

const FN = { Type: 'AWS::Lambda::Function' };
const ARN = { 'Fn::GetAtt': ['Fn', 'Arn'] };

const http = (integration: object = {}, route: object = {}, others: Resources = {}): Resources => ({
  Fn: FN,
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ...{
        ApiId: { Ref: 'Api' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: ARN,
        PayloadFormatVersion: '2.0',
      },
      ...integration,
    },
  },
  Route: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      ...{ ApiId: { Ref: 'Api' }, RouteKey: 'GET /a' },
      ...{ Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] } },
      ...route,
    },
  },
  ...others,
});

const LAMBDA = {
  ...{ Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST' },
  Uri: { 'Fn::Sub': 'arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations' },
};
const rest = (method: object = {}, others: Resources = {}): Resources => ({
  Fn: FN,
  Api: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'api' } },
  Method: {
    Type: 'AWS::ApiGateway::Method',
    Properties: {
      ...{ RestApiId: { Ref: 'Api' }, ResourceId: { 'Fn::GetAtt': ['Api', 'RootResourceId'] } },
      ...{ HttpMethod: 'GET', AuthorizationType: 'NONE', Integration: LAMBDA },
      ...method,
    },
  },
  ...others,
});
const mock = (more: object): object => ({
  Integration: {
    Type: 'MOCK',
    RequestTemplates: { 'application/json': '{ statusCode: 200 }' },
    IntegrationResponses: [{ StatusCode: '204' }],
    ...more,
  },
});

describe('the HTTP APIs of a template', () => {
  it('wait thirty seconds in payload format 1.0 where nothing else is said', () => {
    expect(httpOf(http({ PayloadFormatVersion: undefined })).routes).toEqual([
      { routeKey: 'GET /a', functionName: 'app-Fn', payloadFormat: '1.0', timeoutMs: 30_000 },
    ]);
  });

  it('are not served where there is no stage, and otherwise have those that are theirs', () => {
    const stage = (name: string, api: string) => ({
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { ApiId: api, StageName: name, StageVariables: { size: 7 } },
    });
    expect(httpOf(http()).stages).toEqual([]);
    expect(httpOf(http({}, {}, { A: stage('dev', 'app-Api'), B: stage('dev', 'other') })).stages).toEqual([
      { name: 'dev', variables: { size: '7' } },
    ]);
  });

  it('note the parameter mappings that are not done', () => {
    const reader = readerOf(
      http({
        RequestParameters: {
          'append:header.known': '$context.requestId',
          'append:header.x': '$context.authorizer.principalId',
          'prepend:header.y': 'static',
        },
      }),
    );
    const [api] = readHttpApis(reader);
    expect(api?.routes[0]?.mapping?.request.map(({ name }) => name)).toEqual(['known']);
    expect(reader.remarks().notHonoured.get('AWS::ApiGatewayV2::Integration')).toEqual([
      'RequestParameters.append:header.x = $context.authorizer.principalId',
      'RequestParameters.prepend:header.y = static',
    ]);
  });

  it.each<readonly [string, Resources, RegExp]>([
    [
      'a web socket',
      { Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'WEBSOCKET' } } },
      /^Api: an API of protocol WEBSOCKET/,
    ],
    [
      'an HTTP proxy',
      http({ IntegrationType: 'HTTP_PROXY', IntegrationUri: 'https://a.example' }),
      /^Integration: an integration of type HTTP_PROXY/,
    ],
    ['an unknown payload format', http({ PayloadFormatVersion: '3.0' }), /^Integration: payload format 3.0/],
    [
      'authorization by IAM',
      http({}, { AuthorizationType: 'AWS_IAM' }),
      /^Route: authorization by AWS_IAM .* open the route/,
    ],
    [
      'an authorizer that is a function',
      http(
        {},
        {},
        { Own: { Type: 'AWS::ApiGatewayV2::Authorizer', Properties: { AuthorizerType: 'REQUEST' } } },
      ),
      /^Own: an authorizer of type REQUEST/,
    ],
    [
      'a mapping of a reserved header',
      http({ RequestParameters: { 'overwrite:header.Authorization': 'x' } }),
      /^Integration: a mapping of the reserved header Authorization/,
    ],
    [
      'a target that is no integration',
      http({}, { Target: 'integrations/other' }),
      /^Route: the target integrations\/other/,
    ],
  ])('are refused for %s', (_, resources, reason) => {
    expect(() => apisOf(resources)).toThrow(reason);
  });
});

describe('the REST APIs of a template', () => {
  it('have resources as a tree, and twenty-nine seconds', () => {
    const part = (PathPart: string, ParentId: object) => ({
      Type: 'AWS::ApiGateway::Resource',
      Properties: { RestApiId: { Ref: 'Api' }, PathPart, ParentId },
    });
    const api = restOf(
      rest(
        { ResourceId: { Ref: 'Inner' } },
        {
          Outer: part('outer', { 'Fn::GetAtt': ['Api', 'RootResourceId'] }),
          Inner: part('{id}', { Ref: 'Outer' }),
          Live: {
            Type: 'AWS::ApiGateway::Deployment',
            Properties: { RestApiId: { Ref: 'Api' }, StageName: 'live' },
          },
        },
      ),
    );
    expect(api.resources).toEqual([
      {
        ...{ resourceId: 'app-Inner', path: '/outer/{id}' },
        methods: new Map([['GET', { kind: 'lambda', functionName: 'app-Fn', timeoutMs: 29_000 }]]),
      },
    ]);
    expect(api.stages).toEqual([{ name: 'live', variables: {} }]);
  });

  it('take a media type with its slash as in a JSON pointer', () => {
    const api = { Type: 'AWS::ApiGateway::RestApi', Properties: { BinaryMediaTypes: ['image~1png', '*/*'] } };
    expect(restOf(rest({}, { Api: api })).binaryMediaTypes).toEqual(['image/png', '*/*']);
  });

  it('note that API keys are not asked for, and that requests are not mapped', () => {
    const reader = readerOf(
      rest({
        ApiKeyRequired: true,
        Integration: { ...LAMBDA, RequestParameters: { 'integration.request.header.x': "'y'" } },
      }),
    );
    readRestApis(reader);
    expect(reader.remarks().notHonoured.get('AWS::ApiGateway::Method')).toEqual([
      'ApiKeyRequired',
      'Integration.RequestParameters',
    ]);
  });

  it.each<readonly [string, Resources, RegExp]>([
    ['authorization by IAM', rest({ AuthorizationType: 'AWS_IAM' }), /^Method: authorization by AWS_IAM/],
    ['a custom authorizer', rest({ AuthorizationType: 'CUSTOM' }), /^Method: authorization by CUSTOM/],
    ['a request validator', rest({ RequestValidatorId: 'x' }), /^Method: a request validator/],
    [
      'an integration with templates',
      rest({ Integration: { ...LAMBDA, Type: 'AWS' } }),
      /^Method: an integration of type AWS /,
    ],
    [
      'a function that is not invoked by POST',
      rest({ Integration: { ...LAMBDA, IntegrationHttpMethod: 'GET' } }),
      /^Method: invoking a function by GET/,
    ],
    [
      'a streamed answer',
      rest({ Integration: { ...LAMBDA, ResponseTransferMode: 'STREAM' } }),
      /^Method: a streamed answer/,
    ],
    [
      'a mock with a template',
      rest(mock({ RequestTemplates: { a: '#set($a = 1)' } })),
      /^Method: a mock integration whose request/,
    ],
    [
      'a mock with several answers',
      rest(
        mock({
          IntegrationResponses: [{ StatusCode: '200' }, { StatusCode: '400', SelectionPattern: '4..' }],
        }),
      ),
      /^Method: a mock integration with more/,
    ],
    [
      'a mock with a template for its answer',
      rest(mock({ IntegrationResponses: [{ StatusCode: '200', ResponseTemplates: { a: '$input.body' } }] })),
      /^Method: a mapping template/,
    ],
    [
      'a mock with a mapped header',
      rest(
        mock({
          IntegrationResponses: [
            {
              StatusCode: '200',
              ResponseParameters: { 'method.response.header.a': 'integration.response.header.b' },
            },
          ],
        }),
      ),
      /^Method: the answer's/,
    ],
    [
      'an OpenAPI definition',
      { Api: { Type: 'AWS::ApiGateway::RestApi', Properties: { Body: {} } } },
      /^Api: Body is not run on this machine; define its routes and methods/,
    ],
  ])('are refused for %s', (_, resources, reason) => {
    expect(() => apisOf(resources)).toThrow(reason);
  });

  it.each([
    [['*'], { 'access-control-allow-origin': '*' }, []],
    [['https://a.example'], { 'access-control-allow-origin': 'https://a.example', vary: 'Origin' }, []],
    [
      ['https://a.example', 'https://b.example', 'https://c.example'],
      { vary: 'Origin' },
      ['https://b.example', 'https://c.example'],
    ],
  ])("run the CDK's preflight for %j", (allowOrigins, headers, origins) => {
    const stack = new Stack(new App(), 'app');
    const api = new apigateway.RestApi(stack, 'Api', { cloudWatchRole: false });
    const options = {
      allowOrigins,
      allowCredentials: true,
      maxAge: Duration.minutes(1),
      exposeHeaders: ['x-own'],
    };
    api.root.addCorsPreflight(options);
    const { Resources } = Template.fromStack(stack).toJSON() as { Resources: Resources };
    const method = restOf(Resources).resources[0]?.methods.get('OPTIONS');
    expect(method).toMatchObject({
      ...{ kind: 'mock', statusCode: 204, body: '', origins },
      headers: {
        ...headers,
        ...{ 'access-control-allow-credentials': 'true', 'access-control-max-age': '60' },
        'access-control-expose-headers': 'x-own',
      },
    });
  });
});

describe('the function URLs of a template', () => {
  it.each([
    ['RESPONSE_STREAM', true],
    ['BUFFERED', false],
    [undefined, false],
  ])('stream with the invoke mode %s: %s', (InvokeMode, streams) => {
    const properties = { TargetFunctionArn: ARN, AuthType: 'NONE', InvokeMode };
    const [url] = readUrls(readerOf({ Fn: FN, Url: { Type: 'AWS::Lambda::Url', Properties: properties } }));
    expect(url).toMatchObject({ functionName: 'app-Fn', authType: 'NONE', streams });
  });
});

describe('a function that is named by an alias', () => {
  const ALIAS = { Ref: 'Live' };
  const LIVE = {
    Type: 'AWS::Lambda::Alias',
    Properties: { FunctionName: { Ref: 'Fn' }, FunctionVersion: '1', Name: 'live' },
  };
  const expected = { functionName: 'app-Fn', qualifier: 'live' };

  it('is invoked by it through a route and a function URL', () => {
    const api = httpOf(http({ IntegrationUri: ALIAS }, {}, { Live: LIVE }));
    expect(api.routes[0]).toMatchObject(expected);
    const urls = [
      { TargetFunctionArn: ALIAS, AuthType: 'NONE' },
      { TargetFunctionArn: ARN, Qualifier: 'live', AuthType: 'NONE' },
    ].map((Properties) =>
      readUrls(readerOf({ Fn: FN, Live: LIVE, Url: { Type: 'AWS::Lambda::Url', Properties } })),
    );
    expect(urls).toMatchObject([[expected], [expected]]);
  });
});

describe('the types of APIs', () => {
  it('have a class each, for their parts too', () => {
    const names = [apigateway, v2].flatMap((module) =>
      Object.values(module as Record<string, { CFN_RESOURCE_TYPE_NAME?: string }>).flatMap(
        ({ CFN_RESOURCE_TYPE_NAME: name }) => (name ? [name] : []),
      ),
    );
    const refused = names.filter((name) => classOf(name).kind === 'refused');
    expect(names.length).toBeGreaterThan(30);
    expect(refused.toSorted()).toEqual([
      'AWS::ApiGateway::Authorizer',
      'AWS::ApiGateway::GatewayResponse',
      'AWS::ApiGatewayV2::ApiGatewayManagedOverrides',
      'AWS::ApiGatewayV2::IntegrationResponse',
      'AWS::ApiGatewayV2::Model',
      'AWS::ApiGatewayV2::RouteResponse',
    ]);
  });
});
