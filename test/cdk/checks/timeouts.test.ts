import { Duration, type Stack } from 'aws-cdk-lib';
import { AuthorizationType, LambdaIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { CfnIntegration, HttpApi, WebSocketApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, WebSocketIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration, WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { newFunction } from '../deliveries.ts';
import { findingsOf, fixesOf, newStack } from './findings.ts';

const functionIn = (stack: Stack, timeoutS: number) =>
  newFunction(stack, 'Fn', { timeout: Duration.seconds(timeoutS) });

type MakeApi = (stack: Stack, handler: IFunction, timeout?: Duration) => unknown;

const http: MakeApi = (stack, handler, timeout) =>
  new HttpApi(stack, 'Api', { defaultAuthorizer: new HttpIamAuthorizer() }).addRoutes({
    path: '/orders',
    integration: new HttpLambdaIntegration('Integration', handler, { ...(timeout && { timeout }) }),
  });
const rest: MakeApi = (stack, handler, timeout) =>
  new RestApi(stack, 'Api', { cloudWatchRole: false }).root.addMethod(
    'GET',
    new LambdaIntegration(handler, { ...(timeout && { timeout }) }),
    { authorizationType: AuthorizationType.IAM },
  );
const socket: MakeApi = (stack, handler) =>
  new WebSocketApi(stack, 'Api', {
    connectRouteOptions: {
      integration: new WebSocketLambdaIntegration('Integration', handler),
      authorizer: new WebSocketIamAuthorizer(),
    },
  });

describe('an API', () => {
  test.each<[string, MakeApi, number, string]>([
    ['HTTP', http, 30, 'Shop/Api/ANY--orders/Integration/Resource'],
    ['REST', rest, 29, 'Shop/Api/Default/GET/Resource'],
    ['WebSocket', socket, 29, 'Shop/Api/$connect-Route/Integration/Resource'],
  ])('for %s is refused a function that takes longer than it waits by default', (_, make, waitS, path) => {
    const plain = () => {
      const stack = newStack();
      make(stack, functionIn(stack, waitS + 1));
      return stack;
    };
    expect(findingsOf(plain())).toEqual([
      `ApiTimeout at ${path}: The API waits for ${waitS} s, and the function Shop/Fn/Resource may take ${waitS + 1} s: a client gets an error while the function still works.`,
    ]);
    expect(fixesOf(plain())).toEqual([
      `shorten the timeout of the function to ${waitS} s or less, or answer at once and do the work behind a queue.`,
    ]);
    const stack = newStack();
    make(stack, functionIn(stack, waitS));
    expect(findingsOf(stack)).toEqual([]);
  });

  test.each([
    ['HTTP', http],
    ['REST', rest],
  ] as const)(
    'for %s is refused a function that takes longer than it is told to wait, behind an alias too',
    (_, make) => {
      const stack = newStack();
      make(stack, functionIn(stack, 6).addAlias('live'), Duration.millis(5_500));
      expect(findingsOf(stack)).toEqual([
        expect.stringContaining('The API waits for 5.5 s, and the function Shop/Fn/Resource may take 6 s:'),
      ]);
    },
  );

  test('that does not wait passes', () => {
    const stack = newStack();
    const integration = new LambdaIntegration(functionIn(stack, 60), {
      ...{
        proxy: false,
        requestParameters: { 'integration.request.header.X-Amz-Invocation-Type': "'Event'" },
      },
    });
    const options = { authorizationType: AuthorizationType.IAM };
    new RestApi(stack, 'Api', { cloudWatchRole: false }).root.addMethod('POST', integration, options);
    expect(findingsOf(stack)).toEqual([]);
  });

  test('that asks something else than a function passes', () => {
    const stack = newStack();
    const { apiId } = new HttpApi(stack, 'Api');
    const proxy = { apiId, integrationType: 'HTTP_PROXY', payloadFormatVersion: '1.0' };
    new CfnIntegration(stack, 'Proxy', { ...proxy, integrationUri: 'https://a.example' });
    expect(findingsOf(stack)).toEqual([]);
  });
});

describe('a queue', () => {
  const read = (stack: Stack, timeoutS: number, visibilityS?: number, windowS?: number) => {
    const deadLetterQueue = { queue: new Queue(stack, 'Dead'), maxReceiveCount: 5 };
    const queue = new Queue(stack, 'Queue', {
      deadLetterQueue,
      ...(visibilityS !== undefined && { visibilityTimeout: Duration.seconds(visibilityS) }),
    });
    functionIn(stack, timeoutS).addEventSource(
      new SqsEventSource(queue, {
        ...(windowS !== undefined && { maxBatchingWindow: Duration.seconds(windowS) }),
      }),
    );
  };

  test.each([
    [
      6,
      undefined,
      undefined,
      'is 30 s, less than 36 s (6 × 6 s of the function + 0 s of the batching window)',
    ],
    [10, 60, 5, 'is 60 s, less than 65 s (6 × 10 s of the function + 5 s of the batching window)'],
  ])('that shows a message too early is refused: %s, %s, %s', (timeoutS, visibilityS, windowS, said) => {
    const stack = newStack();
    read(stack, timeoutS, visibilityS, windowS);
    expect(findingsOf(stack)).toEqual([
      `VisibilityTimeout at Shop/Queue/Resource: Its visibility timeout ${said}: a message that is throttled or slow shows up again while it is worked on.`,
    ]);
  });

  test('that is read by an alias is measured by the function behind it', () => {
    const stack = newStack();
    const deadLetterQueue = { queue: new Queue(stack, 'Dead'), maxReceiveCount: 5 };
    const source = new SqsEventSource(new Queue(stack, 'Queue', { deadLetterQueue }));
    functionIn(stack, 6).addAlias('live').addEventSource(source);
    expect(findingsOf(stack)).toEqual([
      expect.stringContaining('Its visibility timeout is 30 s, less than 36 s (6 × 6 s of the function'),
    ]);
  });

  test.each([
    [5, undefined, undefined],
    [10, 65, 5],
  ])(
    'that hides a message for six times the function passes: %s, %s, %s',
    (timeoutS, visibilityS, windowS) => {
      const stack = newStack();
      read(stack, timeoutS, visibilityS, windowS);
      expect(findingsOf(stack)).toEqual([]);
    },
  );
});
