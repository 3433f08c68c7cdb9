import assert from 'node:assert/strict';
import type { ConformanceCase } from '../case.ts';
import { type EventRow, eventCases } from '../http.ts';

const page =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html';
const VARIABLES =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html';
const STAGES = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html';

const TWICE = { headers: { 'X-Twice': ['value1', 'value2'] } };
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255]);

const rows: readonly EventRow[] = [
  {
    title: 'Format 2.0 says its version',
    check: (event) => assert.equal(event.version, '2.0'),
  },
  {
    title: 'Format 2.0 has the key of the route, in the context too',
    check: (event) =>
      assert.deepEqual(
        [event.routeKey, event.requestContext.routeKey],
        ['ANY /two/{proxy+}', 'ANY /two/{proxy+}'],
      ),
  },
  {
    title: 'Format 2.0 has rawPath',
    check: (event) => assert.equal(event.rawPath, '/two/a/b'),
  },
  {
    title: 'Format 2.0 has the query as it was sent in rawQueryString',
    path: '/two/a?parameter1=value1&parameter1=value2&parameter2=value',
    check: (event) =>
      assert.equal(event.rawQueryString, 'parameter1=value1&parameter1=value2&parameter2=value'),
  },
  {
    title: 'Duplicate query strings are combined with commas in format 2.0',
    path: '/two/a?parameter1=value1&parameter1=value2&parameter2=value',
    check: (event) =>
      assert.deepEqual(event.queryStringParameters, { parameter1: 'value1,value2', parameter2: 'value' }),
  },
  {
    title: 'Query parameters are decoded in queryStringParameters of format 2.0',
    page: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html',
    path: '/two/a?name=caf%C3%A9%20au',
    check: (event) => assert.deepEqual(event.queryStringParameters, { name: 'café au' }),
  },
  {
    title: 'Format 2.0 has no multiValueHeaders and no multiValueQueryStringParameters',
    ...{ path: '/two/a?a=1&a=2', sent: TWICE },
    check: (event) =>
      assert.deepEqual(
        Object.keys(event).filter((name) => name.startsWith('multiValue')),
        [],
      ),
  },
  {
    title: 'Duplicate headers are combined with commas in format 2.0',
    sent: TWICE,
    check: (event) => assert.equal(event.headers['x-twice'], 'value1,value2'),
  },
  {
    title: 'All names of headers are lower case in format 2.0',
    sent: { headers: { 'X-Mixed-Case': 'yes' } },
    check: (event) => {
      assert.equal(event.headers['x-mixed-case'], 'yes');
      assert.deepEqual(
        Object.keys(event.headers).filter((name) => name !== name.toLowerCase()),
        [],
      );
    },
  },
  {
    title: 'Cookies are a list of their own in format 2.0',
    sent: { headers: { cookie: 'cookie1=a; cookie2=b' } },
    check: (event) => assert.deepEqual(event.cookies, ['cookie1=a', 'cookie2=b']),
  },
  {
    title: 'The context of format 2.0 has the method, the path and the protocol',
    sent: { method: 'PUT' },
    check: ({ requestContext: { http } }) =>
      assert.deepEqual([http.method, http.path, http.protocol], ['PUT', '/two/a/b', 'HTTP/1.1']),
  },
  {
    title: 'The context of format 2.0 has the address of the client and its user agent',
    sent: { headers: { 'user-agent': 'agent/1' } },
    check: ({ requestContext: { http } }) => {
      assert.match(http.sourceIp, /^[\d.:a-f]+$/);
      assert.equal(http.userAgent, 'agent/1');
    },
  },
  {
    title: 'The context of format 2.0 has the time as a text and as an epoch in milliseconds',
    check: ({ requestContext: { time, timeEpoch } }) => {
      assert.match(time, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
      assert.ok(Math.abs(timeEpoch - Date.now()) < 60_000, `${timeEpoch} is not now`);
    },
  },
  {
    title: 'The context of format 2.0 has the account and the id of the API',
    check: ({ requestContext: { accountId, apiId } }) => {
      assert.match(accountId, /^\d{12}$/);
      assert.match(apiId, /./);
    },
  },
  {
    title: 'The context of format 2.0 has an id of the request',
    check: ({ requestContext: { requestId } }) => assert.match(requestId, /./),
  },
  {
    title: 'The domain name in the context is that of the Host header',
    page: VARIABLES,
    check: ({ headers, requestContext: { domainName } }) =>
      assert.equal(domainName.split(':')[0], headers.host.split(':')[0]),
  },
  {
    title: 'The domain prefix in the context is the first label of the domain name',
    page: VARIABLES,
    check: ({ requestContext: { domainName, domainPrefix } }) =>
      assert.equal(domainPrefix, domainName.split('.')[0]),
    difference:
      'an API has a port of 127.0.0.1 here, and no name with a label of its own: the prefix is the id of the API, as on AWS',
  },
  {
    title: 'A body of text is in format 2.0 as it came',
    sent: { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'Hello from a client' },
    check: ({ body, isBase64Encoded }) =>
      assert.deepEqual([body, isBase64Encoded], ['Hello from a client', false]),
  },
  {
    title: 'A body of JSON is a text in format 2.0',
    sent: { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":1}' },
    check: ({ body, isBase64Encoded }) => assert.deepEqual([body, isBase64Encoded], ['{"a":1}', false]),
  },
  {
    title: 'A binary body is base64 in format 2.0, and isBase64Encoded says so',
    sent: { method: 'POST', headers: { 'content-type': 'image/png' }, body: PNG },
    check: ({ body, isBase64Encoded }) =>
      assert.deepEqual([body, isBase64Encoded], [PNG.toString('base64'), true]),
  },
  {
    title: 'Path parameters are in format 2.0 by their names',
    check: ({ pathParameters }) => assert.deepEqual(pathParameters, { proxy: 'a/b' }),
  },
  {
    title: 'The variables of the stage $default are in format 2.0',
    page: STAGES,
    check: ({ stageVariables, requestContext: { stage } }) =>
      assert.deepEqual([stageVariables, stage], [{ colour: 'blue' }, '$default']),
  },
  {
    title: 'The variables of a named stage are in format 2.0, and its name is in the context',
    ...{ page: STAGES, path: '/v1/two/a' },
    check: ({ stageVariables, requestContext: { stage } }) =>
      assert.deepEqual([stageVariables, stage], [{ colour: 'green' }, 'v1']),
  },
];

export const EVENT_2_CASES: readonly ConformanceCase[] = eventCases(
  { area: 'http-api', page, output: 'Api', path: '/two/a/b' },
  rows,
);
