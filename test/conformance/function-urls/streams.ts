import assert from 'node:assert/strict';
import { json } from '../../support/raw-call.ts';
import type { ConformanceCase } from '../case.ts';
import { type AnswerRow, answerCases, mediaTypeOf, valuesOf } from '../http.ts';

const WRITING = 'https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html';
const MODES = 'https://docs.aws.amazon.com/lambda/latest/dg/config-rs-invoke-furls.html';
const METADATA = 'https://aws.amazon.com/blogs/compute/introducing-aws-lambda-response-streaming/';
const INVOCATION = 'https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html';
const MONITORING = 'https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html';

const metadataIsThere: AnswerRow['check'] = (got) => {
  assert.deepEqual(
    [got.status, mediaTypeOf(got), got.headers['x-custom-header'], json(got)],
    [201, 'application/json', 'Example-Custom-Header', { made: true }],
  );
};

const rows: readonly AnswerRow[] = [
  {
    title: 'With RESPONSE_STREAM the parts of an answer reach the client as they become available',
    path: '/slow',
    check: (got) => assert.deepEqual(got.chunks, ['first;', 'second']),
  },
  {
    title: 'With BUFFERED the answer of a streaming function is there when it is complete',
    ...{ output: 'Buffered', path: '/slow-json' },
    check: (got) =>
      assert.deepEqual([got.status, json(got), got.chunks.length], [200, { first: true, second: true }, 1]),
  },
  {
    title: 'The content type of a stream is that which the function sets',
    ...{ page: METADATA, path: '/html' },
    check: (got) => assert.deepEqual([mediaTypeOf(got), got.body], ['text/html', '<p>']),
  },
  {
    title: 'The metadata of a stream has the status and the headers of the answer',
    ...{ page: METADATA, path: '/metadata', check: metadataIsThere },
  },
  {
    title: 'The metadata of a stream has the cookies of the answer',
    ...{ page: INVOCATION, path: '/metadata' },
    check: (got) => assert.deepEqual(valuesOf(got, 'set-cookie'), ['cookie1=a', 'cookie2=b']),
  },
  {
    title: 'The metadata of a stream is read with BUFFERED too',
    ...{ output: 'Buffered', path: '/metadata', check: metadataIsThere },
  },
  {
    title: 'A pipeline writes a stream and ends it',
    ...{ page: WRITING, path: '/pipeline' },
    check: (got) => assert.deepEqual([got.body, got.complete], ['one two three', true]),
  },
  {
    title: 'A streamed answer may be larger than 6 MB',
    path: '/large',
    check: (got) => assert.deepEqual([got.status, got.bytes.length], [200, 7 * 1_048_576]),
  },
  {
    title: 'A streaming function has the event of a function URL',
    ...{ page: WRITING, path: '/event' },
    check: (got) => assert.deepEqual([json(got).version, json(got).rawPath], ['2.0', '/event']),
  },
  {
    title: 'An error before the first byte of a stream is a 5xx',
    ...{ page: MONITORING, path: '/throws' },
    check: (got) => assert.ok(got.status >= 500, `the status is ${got.status}`),
  },
];

export const STREAM_CASES: readonly ConformanceCase[] = answerCases(
  { area: 'function-urls', page: MODES, output: 'Stream', path: '/' },
  rows,
);
