import assert from 'node:assert/strict';
import { json } from '../../support/raw-call.ts';
import type { ConformanceCase } from '../case.ts';
import { type AnswerRow, answerCases, valuesOf } from '../http.ts';

const page =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html';
const GATEWAY =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html';
const MISSING =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html';
const CORS = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html';
const NOTES = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html';

const ERRORS = 'https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html';

const missing: AnswerRow['check'] = (got) => {
  assert.equal(got.status, 403);
  assert.deepEqual(json(got), { message: 'Missing Authentication Token' });
};
const badGateway: AnswerRow['check'] = (got) => assert.equal(got.status, 502);
const resourceIs =
  (resource: string): AnswerRow['check'] =>
  (got) =>
    assert.equal(json(got).resource, resource);

const routes: readonly AnswerRow[] = [
  {
    title: 'A resource that is not there is a Missing Authentication Token',
    ...{ page: MISSING, path: '/nowhere', check: missing },
  },
  {
    title: 'A method that a resource does not have is a Missing Authentication Token',
    ...{ page: MISSING, path: '/shelves', sent: { method: 'DELETE' }, check: missing },
  },
  {
    title: 'The root without a method is a Missing Authentication Token',
    ...{ page: MISSING, path: '/', check: missing },
  },
  {
    title: 'A resource of a literal path comes before one with a path parameter',
    ...{ path: '/shelves/new', check: resourceIs('/shelves/new') },
  },
  {
    title: 'A path parameter stands for one segment',
    ...{ path: '/shelves/fruit', check: resourceIs('/shelves/{shelf}') },
  },
  {
    title: 'A greedy path parameter stands for every path below its resource',
    ...{ path: '/echo/vegetables/carrot', check: resourceIs('/echo/{proxy+}') },
  },
  {
    title: 'A method of its own comes before ANY of a resource',
    ...{ path: '/shelves/fruit', task: { answer: { statusCode: 299 } } },
    check: (got) => assert.equal(got.status, 299),
  },
];

const answers: readonly AnswerRow[] = [
  {
    title: 'Status, header and body of a proxy integration reach the client',
    task: { answer: { statusCode: 201, headers: { 'X-Own': 'yes' }, body: 'made' } },
    check: (got) => assert.deepEqual([got.status, got.headers['x-own'], got.body], [201, 'yes', 'made']),
  },
  {
    title: 'headers and multiValueHeaders of a proxy integration can be left out',
    task: { answer: { statusCode: 200, body: 'plain' } },
    check: (got) => assert.deepEqual([got.status, got.body], [200, 'plain']),
  },
  {
    title: 'multiValueHeaders of a proxy integration are sent each by itself',
    task: { answer: { statusCode: 200, multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] }, body: '' } },
    check: (got) => assert.deepEqual(valuesOf(got, 'set-cookie'), ['a=1', 'b=2']),
  },
  {
    title: 'headers and multiValueHeaders of a proxy integration are merged',
    task: {
      answer: {
        ...{ statusCode: 200, body: '' },
        ...{ headers: { 'set-cookie': 'c=3' }, multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] } },
      },
    },
    check: (got) => assert.deepEqual([...valuesOf(got, 'set-cookie')].sort(), ['a=1', 'b=2', 'c=3']),
  },
  {
    title: 'A pair in both headers and multiValueHeaders of a proxy integration is sent once',
    task: {
      answer: {
        ...{ statusCode: 200, body: '' },
        ...{ headers: { 'set-cookie': 'a=1' }, multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] } },
      },
    },
    check: (got) => assert.deepEqual(valuesOf(got, 'set-cookie'), ['a=1', 'b=2']),
  },
  {
    title: 'A 4xx that a function returns reaches the client',
    task: { answer: { statusCode: 400, body: 'Missing parameters of …' } },
    check: (got) => assert.deepEqual([got.status, got.body], [400, 'Missing parameters of …']),
  },
  {
    title: 'CORS headers of a proxy integration are those of the function',
    page: CORS,
    task: {
      answer: { statusCode: 200, headers: { 'Access-Control-Allow-Origin': 'my-origin.com' }, body: '' },
    },
    check: (got) => assert.equal(got.headers['access-control-allow-origin'], 'my-origin.com'),
  },
  {
    title: 'A text in place of an answer is a Bad Gateway',
    ...{ task: { answer: 'Hello' }, check: badGateway },
  },
  {
    title: 'An object without a status in place of an answer is a Bad Gateway',
    ...{ task: { answer: { message: 'Hello' } }, check: badGateway },
  },
  {
    title: 'An object as the body of an answer is a Bad Gateway',
    ...{ task: { answer: { statusCode: 200, body: { a: 1 } } }, check: badGateway },
  },
  {
    title: 'A function that throws is a Bad Gateway',
    ...{ task: { throws: 'internal server error' }, check: badGateway },
  },
  {
    title: 'A Bad Gateway has the message Internal server error',
    page: ERRORS,
    task: { throws: 'internal server error' },
    check: (got) => assert.deepEqual(json(got), { message: 'Internal server error' }),
  },
  {
    title: 'An invocation that Lambda rejects is an Internal server error of 500',
    ...{ page: ERRORS, path: '/closed', task: { answer: { statusCode: 200 } } },
    check: (got) => assert.deepEqual([got.status, json(got)], [500, { message: 'Internal server error' }]),
  },
  {
    title: 'A function that takes longer than the integration waits is a Gateway Timeout',
    ...{ page: GATEWAY, path: '/late', task: { waitMs: 4_000, answer: { statusCode: 200 } } },
    check: (got) => assert.equal(got.status, 504),
  },
  {
    title: 'A request body over 10 MB is too large for a REST API',
    page: GATEWAY,
    sent: { method: 'POST', headers: { 'content-type': 'text/plain' }, body: Buffer.alloc(10_500_000, 'a') },
    check: (got) => assert.equal(got.status, 413),
  },
  {
    title: 'The WWW-Authenticate header of a proxy integration is remapped',
    page: NOTES,
    task: { answer: { statusCode: 401, headers: { 'WWW-Authenticate': 'Basic' }, body: '' } },
    check: ({ headers }) =>
      assert.deepEqual(
        [headers['www-authenticate'], headers['x-amzn-remapped-www-authenticate']],
        [undefined, 'Basic'],
      ),
  },
  {
    title: 'A preflight is answered by the mock integration of OPTIONS',
    ...{
      page: CORS,
      path: '/shelves',
      sent: { method: 'OPTIONS', headers: { origin: 'https://a.example' } },
    },
    check: ({ status, headers }) =>
      assert.deepEqual(
        [
          status,
          headers['access-control-allow-origin'],
          headers['access-control-allow-methods'],
          headers['access-control-allow-headers'],
        ],
        [204, '*', 'OPTIONS,POST,GET', 'Content-Type'],
      ),
  },
];

export const REST_ANSWER_CASES: readonly ConformanceCase[] = [
  ...answerCases({ area: 'rest-api', page, output: 'Rest', path: '/' }, routes),
  ...answerCases({ area: 'rest-api', page, output: 'Rest', path: '/answer' }, answers),
];
