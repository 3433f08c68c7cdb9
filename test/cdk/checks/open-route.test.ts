import type { Stack } from 'aws-cdk-lib';
import {
  AuthorizationType,
  Cors,
  EndpointType,
  LambdaIntegration,
  type MethodOptions,
  RestApi,
  type RestApiProps,
} from 'aws-cdk-lib/aws-apigateway';
import {
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  WebSocketApi,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration, WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AnyPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, test } from 'vitest';
import { newFunction } from '../deliveries.ts';
import { findingsOf, newStack } from './findings.ts';

const lambda = (stack: Stack) => new HttpLambdaIntegration('Integration', newFunction(stack, 'Fn'));

describe('a route of an HTTP API', () => {
  test('without an authorizer is refused, also that of an API elsewhere', () => {
    const stack = newStack();
    new HttpApi(stack, 'Api').addRoutes({ path: '/orders/{id}', integration: lambda(stack) });
    const httpApi = HttpApi.fromHttpApiAttributes(stack, 'Theirs', { httpApiId: 'abc' });
    const integration = new HttpLambdaIntegration('Integration', newFunction(stack, 'Other'));
    new HttpRoute(stack, 'Route', {
      httpApi,
      integration,
      routeKey: HttpRouteKey.with('/prices', HttpMethod.GET),
    });
    expect(findingsOf(stack)).toEqual([
      'OpenRoute at Shop/Api/ANY--orders--{id}/Resource: The route ANY /orders/{id} has no authorizer: everybody may call it.',
      'OpenRoute at Shop/Route/Resource: The route GET /prices has no authorizer: everybody may call it.',
    ]);
  });

  test('passes with an authorizer, and its preflight without one', () => {
    const stack = newStack();
    new HttpApi(stack, 'Api', {
      defaultAuthorizer: new HttpIamAuthorizer(),
      corsPreflight: { allowMethods: [CorsHttpMethod.GET], allowOrigins: ['https://a.example'] },
      defaultIntegration: lambda(stack),
    });
    expect(findingsOf(stack)).toEqual([]);
  });
});

test('A WebSocket API is refused where anybody connects, and asks nothing of those who have', () => {
  const stack = newStack();
  const integration = new WebSocketLambdaIntegration('Integration', newFunction(stack, 'Fn'));
  new WebSocketApi(stack, 'Api', {
    connectRouteOptions: { integration },
    defaultRouteOptions: { integration },
  });
  expect(findingsOf(stack)).toEqual([
    'OpenRoute at Shop/Api/$connect-Route/Resource: The route $connect has no authorizer: everybody may call it.',
  ]);
});

describe('a method of a REST API', () => {
  const api = (options: MethodOptions = {}, props: RestApiProps = {}) => {
    const stack = newStack();
    const { root } = new RestApi(stack, 'Api', { cloudWatchRole: false, ...props });
    root.addResource('orders').addMethod('GET', new LambdaIntegration(newFunction(stack, 'Fn')), options);
    return stack;
  };

  test('without an authorizer is refused', () => {
    expect(findingsOf(api())).toEqual([
      'OpenRoute at Shop/Api/Default/orders/GET/Resource: The method GET …/orders has no authorizer: everybody may call it.',
    ]);
  });

  test('is refused with a key alone', () => {
    expect(findingsOf(api({ apiKeyRequired: true }))).toEqual([
      'OpenRoute at Shop/Api/Default/orders/GET/Resource: The method GET …/orders has no authorizer: everybody with an API key, which names a client and proves nothing, may call it.',
    ]);
  });

  test('passes with an authorizer, and its preflight without one', () => {
    const defaultCorsPreflightOptions = { allowOrigins: Cors.ALL_ORIGINS };
    const options = { authorizationType: AuthorizationType.IAM };
    expect(findingsOf(api(options, { defaultCorsPreflightOptions }))).toEqual([]);
  });

  test('of OPTIONS passes, whoever answers the preflight', () => {
    const stack = newStack();
    const handler = newFunction(stack, 'Fn');
    new RestApi(stack, 'Api', { cloudWatchRole: false }).root.addMethod(
      'OPTIONS',
      new LambdaIntegration(handler),
    );
    new HttpApi(stack, 'Http').addRoutes({
      ...{ path: '/{any+}', methods: [HttpMethod.OPTIONS] },
      integration: new HttpLambdaIntegration('Integration', handler),
    });
    expect(findingsOf(stack)).toEqual([]);
  });

  test('passes where there is nothing behind it', () => {
    const stack = newStack();
    new RestApi(stack, 'Api', { cloudWatchRole: false }).root.addMethod('ANY');
    expect(findingsOf(stack)).toEqual([]);
  });

  test('passes where a policy of the API or a network says who is let in', () => {
    const policy = new PolicyDocument({
      statements: [
        new PolicyStatement({
          ...{ principals: [new AnyPrincipal()], actions: ['execute-api:Invoke'], resources: ['*'] },
          conditions: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } },
        }),
      ],
    });
    expect(findingsOf(api({}, { policy }))).toEqual([]);
    const endpointConfiguration = { types: [EndpointType.PRIVATE] };
    expect(findingsOf(api({}, { policy, endpointConfiguration }))).toEqual([]);
  });
});

test('A function URL is refused where everybody may call it, and passes with IAM', () => {
  const stack = newStack();
  newFunction(stack, 'Open').addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
  newFunction(stack, 'Closed').addFunctionUrl();
  expect(findingsOf(stack)).toEqual([
    'OpenRoute at Shop/Open/FunctionUrl/Resource: The function URL has authType NONE: everybody may call it.',
  ]);
});
