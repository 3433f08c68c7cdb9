import assert from 'node:assert/strict';
import type { ConformanceCase } from '../case.ts';
import { type EventRow, eventCases } from '../http.ts';

const page =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html';
const SAMPLE = 'https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html';

const JSON_BODY = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":1}' };

const rows: readonly EventRow[] = [
  {
    title: 'The resource of a proxy event is the path of the resource',
    check: ({ resource }) => assert.equal(resource, '/echo/{proxy+}'),
  },
  {
    title: 'The path of a proxy event has no stage',
    check: ({ path }) => assert.equal(path, '/echo/hello/world'),
  },
  {
    title: 'The method of a proxy event is that of the request, also for ANY',
    sent: { method: 'PATCH' },
    check: ({ httpMethod, requestContext }) =>
      assert.deepEqual([httpMethod, requestContext.httpMethod], ['PATCH', 'PATCH']),
  },
  {
    title: 'A proxy event has the names of headers as the client wrote them',
    sent: { headers: { headerName: 'headerValue' } },
    check: ({ headers, multiValueHeaders }) =>
      assert.deepEqual([headers.headerName, multiValueHeaders.headerName], ['headerValue', ['headerValue']]),
  },
  {
    title: 'multiValueHeaders of a proxy event has all values of a header',
    sent: { headers: { multi: ['one', 'two'] } },
    check: ({ multiValueHeaders }) => assert.deepEqual(multiValueHeaders.multi, ['one', 'two']),
  },
  {
    title: 'headers of a proxy event has one value of a header that was sent twice',
    sent: { headers: { multi: ['one', 'two'] } },
    check: ({ headers }) => assert.match(headers.multi, /^(one|two)$/),
  },
  {
    title: 'A proxy event says in X-Forwarded headers who asked, and how',
    check: ({ headers }) => {
      assert.match(headers['X-Forwarded-For'], /^[\d.:a-f]+(, [\d.:a-f]+)*$/);
      assert.match(headers['X-Forwarded-Port'], /^\d+$/);
      assert.match(headers['X-Forwarded-Proto'], /^https?$/);
    },
  },
  {
    title: 'Query parameters of a proxy event are decoded',
    page: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html',
    path: '/echo/hello?name=caf%C3%A9',
    check: ({ queryStringParameters }) => assert.deepEqual(queryStringParameters, { name: 'café' }),
  },
  {
    title: 'queryStringParameters of a proxy event has the last value of a parameter',
    path: '/echo/hello?name=me&multivalueName=you&multivalueName=me',
    check: ({ queryStringParameters }) =>
      assert.deepEqual(queryStringParameters, { name: 'me', multivalueName: 'me' }),
  },
  {
    title: 'multiValueQueryStringParameters of a proxy event has all values of a parameter',
    path: '/echo/hello?name=me&multivalueName=you&multivalueName=me',
    check: ({ multiValueQueryStringParameters }) =>
      assert.deepEqual(multiValueQueryStringParameters, { name: ['me'], multivalueName: ['you', 'me'] }),
  },
  {
    title: 'Without a query both members of a proxy event are null',
    page: SAMPLE,
    check: (event) =>
      assert.deepEqual([event.queryStringParameters, event.multiValueQueryStringParameters], [null, null]),
  },
  {
    title: 'The greedy path parameter of a proxy event has all that follows',
    check: ({ pathParameters }) => assert.deepEqual(pathParameters, { proxy: 'hello/world' }),
  },
  {
    title: 'Several path parameters of a proxy event are there by their names',
    path: '/shelves/fruit/books/7',
    check: ({ pathParameters, resource }) =>
      assert.deepEqual(
        [pathParameters, resource],
        [{ shelf: 'fruit', book: '7' }, '/shelves/{shelf}/books/{book}'],
      ),
  },
  {
    title: 'The path parameters of a proxy event are null where a resource has none',
    ...{ page: SAMPLE, path: '/shelves' },
    check: ({ pathParameters }) => assert.equal(pathParameters, null),
  },
  {
    title: 'The stage variables of a stage are in a proxy event',
    check: ({ stageVariables }) => assert.deepEqual(stageVariables, { colour: 'green' }),
  },
  {
    title: 'The stage variables of a proxy event are null where a stage has none',
    ...{ page: SAMPLE, output: 'Binary' },
    check: ({ stageVariables }) => assert.equal(stageVariables, null),
  },
  {
    title: 'The variables of another stage are in the events of that stage',
    ...{ output: 'Other' },
    check: ({ stageVariables, requestContext: { stage } }) =>
      assert.deepEqual([stageVariables, stage], [{ colour: 'red' }, 'other']),
  },
  {
    title: 'The context of a proxy event has the stage and the path of the resource',
    check: ({ requestContext: { stage, resourcePath } }) =>
      assert.deepEqual([stage, resourcePath], ['live', '/echo/{proxy+}']),
  },
  {
    title: 'The context of a proxy event has the id of the resource',
    check: ({ requestContext: { resourceId } }) => assert.match(resourceId, /./),
  },
  {
    title: 'The path in the context of a proxy event has the stage',
    check: ({ requestContext: { path } }) => assert.equal(path, '/live/echo/hello/world'),
  },
  {
    title: 'The context of a proxy event has the account and the id of the API',
    check: ({ requestContext: { accountId, apiId } }) => {
      assert.match(accountId, /^\d{12}$/);
      assert.match(apiId, /./);
    },
  },
  {
    title: 'The context of a proxy event has an id of the request',
    check: ({ requestContext: { requestId } }) => assert.match(requestId, /./),
  },
  {
    title: 'The context of a proxy event has the time as a text and as an epoch in milliseconds',
    check: ({ requestContext: { requestTime, requestTimeEpoch } }) => {
      assert.match(requestTime, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
      assert.ok(Math.abs(requestTimeEpoch - Date.now()) < 60_000, `${requestTimeEpoch} is not now`);
    },
  },
  {
    title: 'The context of a proxy event has the protocol',
    check: ({ requestContext: { protocol } }) => assert.equal(protocol, 'HTTP/1.1'),
  },
  {
    title: 'The identity of a proxy event has the address of the client and its user agent',
    sent: { headers: { 'User-Agent': 'agent/1' } },
    check: ({ requestContext: { identity } }) => {
      assert.match(identity.sourceIp, /^[\d.:a-f]+$/);
      assert.equal(identity.userAgent, 'agent/1');
    },
  },
  {
    title: 'What is not known of an identity is null in a proxy event',
    check: ({ requestContext: { identity } }) => {
      const unknown = ['accountId', 'caller', 'cognitoIdentityId', 'user', 'userArn'];
      assert.deepEqual(
        unknown.map((name) => identity[name]),
        unknown.map(() => null),
      );
    },
  },
  {
    title: 'A body of text is in a proxy event as it came',
    sent: JSON_BODY,
    check: ({ body, isBase64Encoded }) => assert.deepEqual([body, isBase64Encoded], ['{"a":1}', false]),
  },
  {
    title: 'Without a body that of a proxy event is null',
    page: SAMPLE,
    check: ({ body, isBase64Encoded }) => assert.deepEqual([body, isBase64Encoded], [null, false]),
  },
];

export const REST_EVENT_CASES: readonly ConformanceCase[] = eventCases(
  { area: 'rest-api', page, output: 'Rest', path: '/echo/hello/world' },
  rows,
);
