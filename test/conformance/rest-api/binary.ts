import assert from 'node:assert/strict';
import type { ConformanceCase } from '../case.ts';
import { type AnswerRow, answerCases, type EventRow, eventCases } from '../http.ts';

const page =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html';
const PROXY = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html';

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255]);
const BASE64 = PNG.toString('base64');
const image = (type: string) => ({
  answer: { statusCode: 200, headers: { 'Content-Type': type }, body: BASE64, isBase64Encoded: true },
});

const events: readonly EventRow[] = [
  {
    title: 'A body of a binary media type of the API is base64',
    sent: { method: 'POST', headers: { 'content-type': 'image/png' }, body: PNG },
    check: ({ body, isBase64Encoded }) => assert.deepEqual([body, isBase64Encoded], [BASE64, true]),
  },
  {
    title: 'A body of another media type is text beside binary media types',
    sent: { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'text' },
    check: ({ body, isBase64Encoded }) => assert.deepEqual([body, isBase64Encoded], ['text', false]),
  },
  {
    title: 'With the binary media type */* every body is base64',
    ...{ output: 'AnyBinary', page: PROXY },
    sent: { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'text' },
    check: ({ body, isBase64Encoded }) =>
      assert.deepEqual([body, isBase64Encoded], [Buffer.from('text').toString('base64'), true]),
  },
  {
    title: 'Without binary media types every body is text',
    output: 'Rest',
    sent: { method: 'POST', headers: { 'content-type': 'image/png' }, body: 'really text' },
    check: ({ body, isBase64Encoded }) => assert.deepEqual([body, isBase64Encoded], ['really text', false]),
  },
];

const answers: readonly AnswerRow[] = [
  {
    title: 'An answer of base64 is decoded where Accept is a binary media type',
    ...{ page: PROXY, task: image('image/png'), sent: { headers: { accept: 'image/png' } } },
    check: (got) => assert.equal(got.bytes.toString('hex'), PNG.toString('hex')),
  },
  {
    title: 'An answer of base64 stays base64 where Accept is a text type',
    ...{ task: image('image/png'), sent: { headers: { accept: 'text/html' } } },
    check: (got) => assert.equal(got.body, BASE64),
  },
  {
    title: 'Only the first media type of Accept counts',
    ...{ task: image('image/png'), sent: { headers: { accept: 'text/html,image/png' } } },
    check: (got) => assert.equal(got.body, BASE64),
  },
  {
    title: 'With the binary media type */* an answer of base64 is always decoded',
    ...{ output: 'AnyBinary', page: PROXY, task: image('image/png') },
    check: (got) => assert.equal(got.bytes.toString('hex'), PNG.toString('hex')),
  },
  {
    title: 'An answer of text stays text beside binary media types',
    ...{ page: PROXY, task: { answer: { statusCode: 200, body: '<h1>This is text</h1>' } } },
    check: (got) => assert.equal(got.body, '<h1>This is text</h1>'),
  },
];

export const BINARY_CASES: readonly ConformanceCase[] = [
  ...eventCases({ area: 'rest-api', page, output: 'Binary', path: '/echo/x' }, events),
  ...answerCases({ area: 'rest-api', page, output: 'Binary', path: '/answer' }, answers),
];
