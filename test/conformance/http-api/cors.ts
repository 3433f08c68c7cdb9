import assert from 'node:assert/strict';
import type { ConformanceCase } from '../case.ts';
import { type AnswerRow, answerCases } from '../http.ts';

const page = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html';

const ORIGIN = 'https://www.example.com';
const preflight = {
  method: 'OPTIONS',
  headers: {
    ...{ origin: ORIGIN, 'access-control-request-method': 'PUT' },
    'access-control-request-headers': 'authorization',
  },
};
const words = (value: unknown): readonly string[] =>
  String(value)
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
    .sort();
const OWN_CORS = {
  answer: {
    statusCode: 200,
    headers: { 'Access-Control-Allow-Origin': 'https://own.example', 'access-control-max-age': '1' },
    body: 'own',
  },
};

const rows: readonly AnswerRow[] = [
  {
    title: 'A preflight is answered although no route has the method OPTIONS',
    sent: preflight,
    check: ({ status, headers }) => {
      assert.ok(status < 300, `the status is ${status}`);
      assert.equal(headers['access-control-allow-origin'], ORIGIN);
    },
  },
  {
    title: 'A preflight has the methods that are allowed',
    sent: preflight,
    check: ({ headers }) =>
      assert.deepEqual(words(headers['access-control-allow-methods']), ['delete', 'get', 'put']),
  },
  {
    title: 'A preflight has the headers that are allowed',
    sent: preflight,
    check: ({ headers }) =>
      assert.deepEqual(words(headers['access-control-allow-headers']), ['authorization', 'x-own']),
  },
  {
    title: 'A preflight says how long it may be kept',
    sent: preflight,
    check: ({ headers }) => assert.equal(headers['access-control-max-age'], '300'),
  },
  {
    title: 'A preflight says whether credentials are allowed',
    sent: preflight,
    check: ({ headers }) => assert.equal(headers['access-control-allow-credentials'], 'true'),
  },
  {
    title: 'A preflight from an origin that is not allowed has no CORS headers',
    sent: { ...preflight, headers: { ...preflight.headers, origin: 'https://other.example' } },
    check: ({ headers }) => assert.equal(headers['access-control-allow-origin'], undefined),
  },
  {
    title: 'The configured CORS headers are added to the answer of an integration',
    ...{ sent: { headers: { origin: ORIGIN } }, task: { answer: 'answered' } },
    check: ({ status, headers }) =>
      assert.deepEqual(
        [
          status,
          headers['access-control-allow-origin'],
          headers['access-control-allow-credentials'],
          words(headers['access-control-expose-headers']),
        ],
        [200, ORIGIN, 'true', ['date', 'x-api-id']],
      ),
  },
  {
    title: 'CORS headers that an integration returns are ignored where CORS is configured',
    ...{ sent: { headers: { origin: ORIGIN } }, task: OWN_CORS },
    check: ({ body, headers }) =>
      assert.deepEqual(
        [body, headers['access-control-allow-origin'], headers['access-control-max-age']],
        ['own', ORIGIN, undefined],
      ),
  },
  {
    title: 'The answer to an origin that is not allowed has no allowed origin',
    ...{ sent: { headers: { origin: 'https://other.example' } }, task: { answer: 'answered' } },
    check: ({ headers }) => assert.equal(headers['access-control-allow-origin'], undefined),
  },
  {
    title: 'Without a configuration the CORS headers of an integration reach the client',
    ...{ output: 'Api', path: '/answer', sent: { headers: { origin: ORIGIN } }, task: OWN_CORS },
    check: ({ headers }) => assert.equal(headers['access-control-allow-origin'], 'https://own.example'),
  },
  {
    title: 'An API that allows every origin says so to each',
    ...{ output: 'OpenCors', sent: { ...preflight } },
    check: ({ headers }) => assert.equal(headers['access-control-allow-origin'], '*'),
  },
];

export const CORS_CASES: readonly ConformanceCase[] = answerCases(
  { area: 'http-api', page, output: 'Cors', path: '/answer' },
  rows,
);
