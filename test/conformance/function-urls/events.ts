import assert from 'node:assert/strict';
import type { ConformanceCase } from '../case.ts';
import { type EventRow, eventCases } from '../http.ts';

const page = 'https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html';

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255]);
const post = (type: string, body: string | Buffer) => ({
  ...{ method: 'POST', headers: { 'content-type': type }, body },
});

const rows: readonly EventRow[] = [
  {
    title: 'A function URL sends format 2.0',
    check: ({ version }) => assert.equal(version, '2.0'),
  },
  {
    title: 'A function URL has the placeholder $default as routeKey, and as stage',
    check: ({ routeKey, requestContext }) =>
      assert.deepEqual(
        [routeKey, requestContext.routeKey, requestContext.stage],
        ['$default', '$default', '$default'],
      ),
  },
  {
    title: 'rawPath of a function URL is the path of the request, in the context too',
    check: ({ rawPath, requestContext: { http } }) =>
      assert.deepEqual([rawPath, http.path], ['/example/test/demo', '/example/test/demo']),
  },
  {
    title: 'rawQueryString of a function URL is the query as it was sent',
    path: '/example?parameter1=value1&parameter1=value2&parameter2=value',
    check: ({ rawQueryString }) =>
      assert.equal(rawQueryString, 'parameter1=value1&parameter1=value2&parameter2=value'),
  },
  {
    title: 'queryStringParameters of a function URL has the values of a name with commas',
    path: '/example?parameter1=value1&parameter1=value2&parameter2=value',
    check: ({ queryStringParameters }) =>
      assert.deepEqual(queryStringParameters, { parameter1: 'value1,value2', parameter2: 'value' }),
  },
  {
    title: 'The cookies of a request to a function URL are a list',
    sent: { headers: { cookie: 'Cookie_1=Value_1; Cookie_2=Value_2' } },
    check: ({ cookies }) => assert.deepEqual(cookies, ['Cookie_1=Value_1', 'Cookie_2=Value_2']),
  },
  {
    title: 'The headers of a request to a function URL are lower case, the values of a name with commas',
    sent: { headers: { Header1: 'value1', Header2: ['value1', 'value2'] } },
    check: ({ headers }) => assert.deepEqual([headers.header1, headers.header2], ['value1', 'value1,value2']),
  },
  {
    title: 'The context of a function URL has the account of its owner',
    check: ({ requestContext: { accountId } }) => assert.match(accountId, /^\d{12}$/),
  },
  {
    title: 'The id of a function URL is the first label of its domain name',
    check: ({ requestContext: { apiId, domainName, domainPrefix } }) => {
      assert.equal(apiId, domainName.split('.')[0]);
      assert.equal(domainPrefix, apiId);
    },
  },
  {
    title: 'The domain name in the context is that of the function URL',
    check: ({ requestContext: { domainName } }, deployed) =>
      assert.equal(domainName.split('.')[0], new URL(deployed.output('Echo')).hostname.split('.')[0]),
  },
  {
    title: 'The context of a function URL has the method and the protocol',
    sent: { method: 'DELETE' },
    check: ({ requestContext: { http } }) =>
      assert.deepEqual([http.method, http.protocol], ['DELETE', 'HTTP/1.1']),
  },
  {
    title: 'The context of a function URL has the address of the client and its user agent',
    sent: { headers: { 'user-agent': 'agent/1' } },
    check: ({ requestContext: { http } }) => {
      assert.match(http.sourceIp, /^[\d.:a-f]+$/);
      assert.equal(http.userAgent, 'agent/1');
    },
  },
  {
    title: 'The context of a function URL has an id of the request',
    check: ({ requestContext: { requestId } }) => assert.match(requestId, /./),
  },
  {
    title: 'The context of a function URL has the time as a text and as an epoch in milliseconds',
    check: ({ requestContext: { time, timeEpoch } }) => {
      assert.match(time, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
      assert.ok(Math.abs(Number(timeEpoch) - Date.now()) < 60_000, `${timeEpoch} is not now`);
    },
  },
  {
    title: 'A body of text reaches a function by its URL as it came',
    sent: post('application/json', '{"key1":"value1"}'),
    check: ({ body, isBase64Encoded }) =>
      assert.deepEqual([body, isBase64Encoded], ['{"key1":"value1"}', false]),
  },
  {
    title: 'A binary body reaches a function by its URL as base64',
    sent: post('image/png', PNG),
    check: ({ body, isBase64Encoded }) =>
      assert.deepEqual([body, isBase64Encoded], [PNG.toString('base64'), true]),
  },
  {
    title: 'A function URL has no path parameters and no stage variables',
    check: ({ pathParameters = null, stageVariables = null }) =>
      assert.deepEqual([pathParameters, stageVariables], [null, null]),
  },
  {
    title: 'The context of a function URL that everybody may call has no authorizer and no authentication',
    check: ({ requestContext: { authorizer = null, authentication = null } }) =>
      assert.deepEqual([authorizer, authentication], [null, null]),
  },
];

export const URL_EVENT_CASES: readonly ConformanceCase[] = eventCases(
  { area: 'function-urls', page, output: 'Echo', path: '/example/test/demo' },
  rows,
);
