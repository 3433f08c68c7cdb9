import assert from 'node:assert/strict';
import { json } from '../../support/raw-call.ts';
import type { ConformanceCase } from '../case.ts';
import { type AnswerRow, answerCases, mediaTypeOf, valuesOf } from '../http.ts';

const page =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html';
const TROUBLE =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html';
const QUOTAS = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html';
const TIMEOUT =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigatewayv2-integration.html';

const failed: AnswerRow['check'] = (got) => {
  assert.equal(got.status, 500);
  assert.equal(json(got).message, 'Internal Server Error');
};
const BYTES = Buffer.from([0, 1, 2, 250, 251]);

const rows: readonly AnswerRow[] = [
  {
    title: 'A text that a function returns in format 2.0 is the body of a 200 of JSON',
    task: { answer: 'Hello from Lambda!' },
    check: (got) =>
      assert.deepEqual(
        [got.status, got.body, mediaTypeOf(got)],
        [200, 'Hello from Lambda!', 'application/json'],
      ),
  },
  {
    title: 'An object without a status that a function returns in format 2.0 is the body of a 200 of JSON',
    task: { answer: { message: 'Hello from Lambda!' } },
    check: (got) =>
      assert.deepEqual(
        [got.status, json(got), mediaTypeOf(got)],
        [200, { message: 'Hello from Lambda!' }, 'application/json'],
      ),
  },
  {
    title: 'A list that a function returns in format 2.0 is the body of a 200 of JSON',
    task: { answer: [1, 2] },
    check: (got) => assert.deepEqual([got.status, json(got)], [200, [1, 2]]),
  },
  {
    title: 'The status, a header and the body of format 2.0 reach the client',
    task: { answer: { statusCode: 201, headers: { 'X-Own': 'yes' }, body: 'made' } },
    check: (got) => assert.deepEqual([got.status, got.headers['x-own'], got.body], [201, 'yes', 'made']),
  },
  {
    title: 'The content type of format 2.0 is that of the function',
    task: { answer: { statusCode: 200, headers: { 'Content-Type': 'text/html' }, body: '<p>' } },
    check: (got) => assert.equal(mediaTypeOf(got), 'text/html'),
  },
  {
    title: 'Each cookie of format 2.0 becomes a set-cookie header',
    task: { answer: { statusCode: 200, cookies: ['cookie1=a; Secure', 'cookie2=b'], body: '' } },
    check: (got) => assert.deepEqual(valuesOf(got, 'set-cookie'), ['cookie1=a; Secure', 'cookie2=b']),
  },
  {
    title: 'A body of format 2.0 that is base64 is decoded',
    task: {
      answer: {
        ...{ statusCode: 200, isBase64Encoded: true, body: BYTES.toString('base64') },
        headers: { 'content-type': 'image/png' },
      },
    },
    check: (got) => assert.equal(got.bytes.toString('hex'), BYTES.toString('hex')),
  },
  {
    title: 'A 4xx of a function reaches the client',
    task: { answer: { statusCode: 404, body: '{"own":true}' } },
    check: (got) => assert.deepEqual([got.status, json(got)], [404, { own: true }]),
  },
  {
    title: 'A function that throws is an Internal Server Error',
    ...{ page: TROUBLE, task: { throws: 'out of range' }, check: failed },
  },
  {
    title: 'A function whose process ends is an Internal Server Error',
    ...{ page: TROUBLE, task: { exits: true }, check: failed },
  },
  {
    title: 'A function that exceeds its own timeout is an Internal Server Error',
    ...{ page: TROUBLE, path: '/answer-in-a-second', task: { waitMs: 3_000 }, check: failed },
  },
  {
    title: 'An answer of format 1.0 without a status is an Internal Server Error',
    ...{ page: TROUBLE, path: '/answer-one', task: { answer: { message: 'no status' } }, check: failed },
  },
  {
    title: 'A text in format 1.0 is an Internal Server Error',
    ...{ page: TROUBLE, path: '/answer-one', task: { answer: 'Hello' }, check: failed },
  },
  {
    title: 'The status, a header and the body of format 1.0 reach the client',
    path: '/answer-one',
    task: { answer: { statusCode: 201, headers: { 'X-Own': 'yes' }, body: 'made' } },
    check: (got) => assert.deepEqual([got.status, got.headers['x-own'], got.body], [201, 'yes', 'made']),
  },
  {
    title: 'multiValueHeaders of format 1.0 are sent each by itself',
    path: '/answer-one',
    task: { answer: { statusCode: 200, multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] }, body: '' } },
    check: (got) => assert.deepEqual(valuesOf(got, 'set-cookie'), ['a=1', 'b=2']),
  },
  {
    title: 'A body of format 1.0 that is base64 is decoded',
    path: '/answer-one',
    task: { answer: { statusCode: 200, isBase64Encoded: true, body: BYTES.toString('base64') } },
    check: (got) => assert.equal(got.bytes.toString('hex'), BYTES.toString('hex')),
  },
  {
    title: 'A function that takes longer than TimeoutInMillis of its integration is not waited for',
    ...{ page: TIMEOUT, path: '/late', task: { waitMs: 4_000, answer: 'too late' } },
    check: (got) => assert.ok(got.status >= 500, `the status is ${got.status}, the body ${got.body}`),
  },
  {
    title: 'A request body over 10 MB is refused',
    page: QUOTAS,
    sent: { method: 'POST', headers: { 'content-type': 'text/plain' }, body: Buffer.alloc(10_500_000, 'a') },
    check: (got) => assert.equal(got.status, 413),
  },
  {
    title: 'A request line and headers of more than 10,240 bytes together are refused',
    page: QUOTAS,
    sent: { method: 'POST', headers: { 'x-large': 'a'.repeat(11_000) }, body: '{"answer":"accepted"}' },
    check: (got) => assert.ok(got.status >= 400 && got.status < 500, `the status is ${got.status}`),
  },
];

export const ANSWER_CASES: readonly ConformanceCase[] = answerCases(
  { area: 'http-api', page, output: 'Api', path: '/answer' },
  rows,
);
