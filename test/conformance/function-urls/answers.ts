import assert from 'node:assert/strict';
import { json } from '../../support/raw-call.ts';
import type { ConformanceCase } from '../case.ts';
import { type AnswerRow, answerCases, mediaTypeOf, valuesOf } from '../http.ts';

const page = 'https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html';
const CONFIGURATION = 'https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html';
const MONITORING = 'https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html';
const LIMITS = 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html';

const BYTES = Buffer.from([0, 1, 2, 250, 251]);
const isServerError: AnswerRow['check'] = (got) =>
  assert.ok(got.status >= 500, `the status is ${got.status}, the body ${got.body.slice(0, 80)}`);

const answers: readonly AnswerRow[] = [
  {
    title: 'A text that a function returns to its URL is a 200 of JSON with the text as JSON',
    task: { answer: 'Hello, world!' },
    check: (got) =>
      assert.deepEqual(
        [got.status, mediaTypeOf(got), got.body, got.headers['content-length']],
        [200, 'application/json', '"Hello, world!"', '15'],
      ),
  },
  {
    title: 'An object without a status that a function returns to its URL is a 200 of JSON',
    task: { answer: { message: 'Hello, world!' } },
    check: (got) =>
      assert.deepEqual(
        [got.status, mediaTypeOf(got), json(got)],
        [200, 'application/json', { message: 'Hello, world!' }],
      ),
  },
  {
    title: 'Status, headers and body of a function reach the client of its URL',
    task: {
      answer: {
        ...{ statusCode: 201, body: '{"message":"Hello, world!"}' },
        headers: { 'Content-Type': 'application/json', 'My-Custom-Header': 'Custom Value' },
      },
    },
    check: (got) =>
      assert.deepEqual(
        [got.status, got.headers['my-custom-header'], got.body, got.headers['content-length']],
        [201, 'Custom Value', '{"message":"Hello, world!"}', '27'],
      ),
  },
  {
    title: 'Cookies of a function are set-cookie headers of its URL',
    task: {
      answer: {
        ...{ statusCode: 201, body: '' },
        cookies: ['Cookie_1=Value1; Expires=21 Oct 2021 07:48 GMT', 'Cookie_2=Value2; Max-Age=78000'],
      },
    },
    check: (got) =>
      assert.deepEqual(valuesOf(got, 'set-cookie'), [
        'Cookie_1=Value1; Expires=21 Oct 2021 07:48 GMT',
        'Cookie_2=Value2; Max-Age=78000',
      ]),
  },
  {
    title: 'A body of base64 is decoded by a function URL',
    task: { answer: { statusCode: 200, body: BYTES.toString('base64'), isBase64Encoded: true } },
    check: (got) => assert.equal(got.bytes.toString('hex'), BYTES.toString('hex')),
  },
  {
    title: 'A 4xx of a function reaches the client of its URL',
    task: { answer: { statusCode: 404, body: 'own' } },
    check: (got) => assert.deepEqual([got.status, got.body], [404, 'own']),
  },
  {
    title: 'An error of a function is a 5xx of its URL',
    ...{ page: MONITORING, task: { throws: 'out of range' }, check: isServerError },
  },
  {
    title: 'A timeout of a function is a 5xx of its URL',
    ...{ page: MONITORING, output: 'Hasty', task: { waitMs: 3_000 }, check: isServerError },
  },
  {
    title: 'A function URL is deactivated by a reserved concurrency of zero: 429',
    ...{ page: CONFIGURATION, output: 'Closed', task: { answer: 'never' } },
    check: (got) => assert.equal(got.status, 429),
  },
  {
    title: 'A request of more than 6 MB to a function URL is refused',
    page: LIMITS,
    sent: { method: 'POST', headers: { 'content-type': 'text/plain' }, body: Buffer.alloc(6_500_000, 'a') },
    check: (got) => assert.ok(got.status >= 400 && got.status < 500, `the status is ${got.status}`),
  },
  {
    title: 'An answer of more than 6 MB does not pass a buffered function URL',
    ...{ page: LIMITS, task: { bytes: 6_500_000 }, check: isServerError },
  },
];

const ORIGIN = 'https://www.example.com';
const preflight = {
  method: 'OPTIONS',
  headers: { origin: ORIGIN, 'access-control-request-method': 'POST' },
};
const words = (value: unknown): readonly string[] =>
  String(value)
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
    .sort();
const OWN = { statusCode: 200, headers: { 'Access-Control-Allow-Origin': 'https://own.example' }, body: '' };

const cors: readonly AnswerRow[] = [
  {
    title: 'A preflight of a function URL has the origin, the methods and the headers that are allowed',
    sent: preflight,
    check: ({ headers }) =>
      assert.deepEqual(
        [
          headers['access-control-allow-origin'],
          words(headers['access-control-allow-methods']),
          words(headers['access-control-allow-headers']),
        ],
        [ORIGIN, ['get', 'post'], ['keep-alive', 'x-custom-header']],
      ),
  },
  {
    title: 'A preflight of a function URL has the age and the credentials that are configured',
    sent: preflight,
    check: ({ headers }) =>
      assert.deepEqual(
        [headers['access-control-max-age'], headers['access-control-allow-credentials']],
        ['300', 'true'],
      ),
  },
  {
    title: 'The configured CORS headers are added to the answers of a function URL',
    ...{ sent: { headers: { origin: ORIGIN } }, task: { answer: 'answered' } },
    check: ({ headers }) =>
      assert.deepEqual(
        [headers['access-control-allow-origin'], words(headers['access-control-expose-headers'])],
        [ORIGIN, ['date', 'x-custom-header']],
      ),
  },
  {
    title: 'The configured CORS headers of a function URL win over those of the function',
    ...{ sent: { headers: { origin: ORIGIN } }, task: { answer: OWN } },
    check: ({ headers }) => assert.equal(headers['access-control-allow-origin'], ORIGIN),
  },
  {
    title: 'Without a configuration a function sends CORS headers of its own by its URL',
    ...{ output: 'Answer', sent: { headers: { origin: ORIGIN } }, task: { answer: OWN } },
    check: ({ headers }) => assert.equal(headers['access-control-allow-origin'], 'https://own.example'),
  },
  {
    title: 'A function URL that does not allow an origin does not name it',
    ...{ sent: { headers: { origin: 'https://other.example' } }, task: { answer: 'answered' } },
    check: ({ headers }) => assert.equal(headers['access-control-allow-origin'], undefined),
  },
];

export const URL_ANSWER_CASES: readonly ConformanceCase[] = [
  ...answerCases({ area: 'function-urls', page, output: 'Answer', path: '/' }, answers),
  ...answerCases({ area: 'function-urls', page: CONFIGURATION, output: 'Cors', path: '/' }, cors),
];
