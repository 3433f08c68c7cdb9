import assert from 'node:assert/strict';
import { json } from '../../support/raw-call.ts';
import type { ConformanceCase } from '../case.ts';
import { type AnswerRow, answerCases, type EventRow, eventCases } from '../http.ts';

const page = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html';

/** Of the route to the function that shows its event. */
export const REQUEST_PARAMETERS = {
  'append:header.x-from': '$request.querystring.from',
  'append:header.x-id': '$context.requestId',
  'append:header.header2': '$request.header.header1',
  'remove:header.header1': "''",
  'overwrite:header.x-changed': 'constant',
  'append:header.x-body': '$request.body.a.b',
  'append:header.x-path': '$request.path',
  'append:header.x-name': '$request.path.name',
  'append:querystring.colour': '$stageVariables.colour',
  'overwrite:querystring.over': 'new',
  'remove:querystring.gone': "''",
};

/** Of the route to the function that answers as it is told. */
export const RESPONSE_PARAMETERS = {
  500: [
    { Destination: 'overwrite:statuscode', Source: '403' },
    { Destination: 'append:header.header1', Source: '$context.requestId' },
  ],
  404: [{ Destination: 'append:header.error', Source: '$stageVariables.colour' }],
  200: [
    { Destination: 'append:header.x-from-body', Source: '$response.body.a' },
    { Destination: 'remove:header.x-gone', Source: "''" },
    { Destination: 'overwrite:header.x-over', Source: 'new' },
  ],
};

const requests: readonly EventRow[] = [
  {
    title: 'A header can be added with the value of a query parameter',
    path: '/mapped/ada?from=here',
    check: ({ headers }) => assert.equal(headers['x-from'], 'here'),
  },
  {
    title: 'A header can be added with the id of the request',
    check: ({ headers, requestContext: { requestId } }) => assert.equal(headers['x-id'], requestId),
  },
  {
    title: 'A header can be renamed',
    sent: { headers: { Header1: 'value' } },
    check: ({ headers }) => assert.deepEqual([headers.header1, headers.header2], [undefined, 'value']),
  },
  {
    title: 'A header can be overwritten with a constant',
    sent: { headers: { 'x-changed': 'old' } },
    check: ({ headers }) => assert.equal(headers['x-changed'], 'constant'),
  },
  {
    title: 'A header can be added with a part of the body',
    sent: { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":{"b":"deep"}}' },
    check: ({ headers }) => assert.equal(headers['x-body'], 'deep'),
  },
  {
    title: 'The path of a mapping is that of the request without its stage',
    path: '/v1/mapped/ada',
    check: ({ headers }) => assert.equal(headers['x-path'], '/mapped/ada'),
  },
  {
    title: 'A path parameter can be mapped by its name',
    check: ({ headers }) => assert.equal(headers['x-name'], 'ada'),
  },
  {
    title: 'A query parameter can be added with a stage variable',
    path: '/v1/mapped/ada',
    check: ({ queryStringParameters }) => assert.equal(queryStringParameters?.colour, 'green'),
  },
  {
    title: 'A query parameter can be overwritten',
    path: '/mapped/ada?over=old',
    check: ({ queryStringParameters }) => assert.equal(queryStringParameters?.over, 'new'),
  },
  {
    title: 'A query parameter can be removed',
    path: '/mapped/ada?gone=1&kept=2',
    check: ({ queryStringParameters }) =>
      assert.deepEqual([queryStringParameters?.gone, queryStringParameters?.kept], [undefined, '2']),
  },
];

const answers: readonly AnswerRow[] = [
  {
    title: 'The status of an answer can be changed',
    task: { answer: { statusCode: 500, body: '' } },
    check: (got) => assert.equal(got.status, 403),
  },
  {
    title: 'A header can be added to the answers of one status',
    task: { answer: { statusCode: 404, body: '' } },
    check: (got) =>
      assert.deepEqual([got.status, got.headers['error'], got.headers['header1']], [404, 'blue', undefined]),
  },
  {
    title: 'A header can be added to an answer with a part of its body',
    task: { answer: { statusCode: 200, headers: { 'content-type': 'application/json' }, body: '{"a":"x"}' } },
    check: (got) => assert.deepEqual([json(got), got.headers['x-from-body']], [{ a: 'x' }, 'x']),
  },
  {
    title: 'A header can be removed from an answer, and overwritten',
    task: { answer: { statusCode: 200, headers: { 'x-gone': '1', 'x-over': 'old' }, body: '{}' } },
    check: ({ headers }) => assert.deepEqual([headers['x-gone'], headers['x-over']], [undefined, 'new']),
  },
];

export const MAPPING_CASES: readonly ConformanceCase[] = [
  ...eventCases({ area: 'http-api', page, output: 'Api', path: '/mapped/ada' }, requests),
  ...answerCases({ area: 'http-api', page, output: 'Api', path: '/mapped-answer' }, answers),
];
