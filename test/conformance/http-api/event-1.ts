import assert from 'node:assert/strict';
import type { ConformanceCase } from '../case.ts';
import { type EventRow, eventCases } from '../http.ts';

const page =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html';

const rows: readonly EventRow[] = [
  {
    title: 'Format 1.0 says its version',
    check: (event) => assert.equal(event.version, '1.0'),
  },
  {
    title: 'Format 1.0 has the method and the path',
    sent: { method: 'PUT' },
    check: (event) => assert.deepEqual([event.httpMethod, event.path], ['PUT', '/one/a/b']),
  },
  {
    title: 'The resource of format 1.0 is the path of the route, in the context too',
    check: ({ resource, requestContext: { resourcePath } }) => assert.equal(resourcePath, resource),
  },
  {
    title: 'Each header is in headers and in multiValueHeaders of format 1.0',
    sent: { headers: { header1: 'value1' } },
    check: ({ headers, multiValueHeaders }) =>
      assert.deepEqual([headers.header1, multiValueHeaders.header1], ['value1', ['value1']]),
  },
  {
    title: 'multiValueHeaders of format 1.0 has all values of a header, and headers one of them',
    sent: { headers: { header2: ['value1', 'value2'] } },
    check: ({ headers, multiValueHeaders }) =>
      assert.deepEqual([headers.header2, multiValueHeaders.header2], ['value2', ['value1', 'value2']]),
  },
  {
    title: 'multiValueQueryStringParameters of format 1.0 has all values of a parameter',
    path: '/one/a?parameter1=value1&parameter1=value2&parameter2=value',
    check: ({ multiValueQueryStringParameters }) =>
      assert.deepEqual(multiValueQueryStringParameters, {
        parameter1: ['value1', 'value2'],
        parameter2: ['value'],
      }),
  },
  {
    title: 'queryStringParameters of format 1.0 has one value of each parameter',
    path: '/one/a?parameter1=value1&parameter1=value2&parameter2=value',
    check: ({ queryStringParameters }) => {
      assert.deepEqual(Object.keys(queryStringParameters).sort(), ['parameter1', 'parameter2']);
      assert.match(queryStringParameters.parameter1, /^value[12]$/);
    },
  },
  {
    title: 'Format 1.0 has cookies in the header cookie',
    sent: { headers: { cookie: 'cookie1=a; cookie2=b' } },
    check: ({ headers, cookies }) =>
      assert.deepEqual([headers.cookie, cookies], ['cookie1=a; cookie2=b', undefined]),
  },
  {
    title: 'The path parameters of format 1.0 are null where a route has none',
    path: '/plain-one',
    check: ({ pathParameters }) => assert.equal(pathParameters, null),
  },
  {
    title: 'The path parameters of format 1.0 are there by their names',
    check: ({ pathParameters }) => assert.deepEqual(pathParameters, { proxy: 'a/b' }),
  },
  {
    title: 'The stage variables of format 1.0 are null where a stage has none',
    ...{ output: 'BareStage', path: '/one' },
    check: ({ stageVariables }) => assert.equal(stageVariables, null),
  },
  {
    title: 'The authorizer of format 1.0 has claims and scopes that are null on an open route',
    check: ({ requestContext }) =>
      assert.deepEqual(requestContext.authorizer, { claims: null, scopes: null }),
  },
  {
    title: 'The identity of format 1.0 has the address of the client and its user agent',
    sent: { headers: { 'user-agent': 'agent/1' } },
    check: ({ requestContext: { identity } }) => {
      assert.match(identity.sourceIp, /^[\d.:a-f]+$/);
      assert.equal(identity.userAgent, 'agent/1');
    },
  },
  {
    title: 'What is not known of an identity is null in format 1.0',
    check: ({ requestContext: { identity } }) => {
      const unknown = ['accessKey', 'accountId', 'caller', 'cognitoIdentityId', 'user', 'userArn'];
      assert.deepEqual(
        unknown.map((name) => identity[name]),
        unknown.map(() => null),
      );
    },
  },
  {
    title: 'The context of format 1.0 has the time as a text and as an epoch in milliseconds',
    check: ({ requestContext: { requestTime, requestTimeEpoch } }) => {
      assert.match(requestTime, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
      assert.ok(Math.abs(requestTimeEpoch - Date.now()) < 60_000, `${requestTimeEpoch} is not now`);
    },
  },
  {
    title: 'The context of format 1.0 has method, path, protocol and stage',
    check: ({ requestContext: { httpMethod, path, protocol, stage } }) =>
      assert.deepEqual([httpMethod, path, protocol, stage], ['GET', '/one/a/b', 'HTTP/1.1', '$default']),
  },
  {
    title: 'The id of the resource is null in format 1.0 of an HTTP API',
    check: ({ requestContext }) => assert.equal(requestContext.resourceId, null),
  },
  {
    title: 'A body is in format 1.0 as it came',
    sent: { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'Hello from a client!' },
    check: ({ body, isBase64Encoded }) =>
      assert.deepEqual([body, isBase64Encoded], ['Hello from a client!', false]),
  },
];

export const EVENT_1_CASES: readonly ConformanceCase[] = eventCases(
  { area: 'http-api', page, output: 'Api', path: '/one/a/b' },
  rows,
);
