import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { toAnswer, toEvent } from '../../lib/local/http/event.ts';
import { receivedFrom } from '../../lib/local/http/received.ts';
import { routeFinder } from '../../lib/local/http/routes.ts';
import { listen } from '../../lib/local/http/server.ts';
import { atEndOfTest } from '../support/ends.ts';

describe('the routes', () => {
  const find = routeFinder(
    [
      'GET /a/{id}',
      'GET /a/special',
      'GET /a/{rest+}',
      'ANY /a/{id}',
      'POST /a/{id}/b/{other}',
      '$default',
    ].map((routeKey) => ({
      routeKey,
      functionName: routeKey,
    })),
  );
  it.each([
    ['GET', '/a/special', 'GET /a/special', {}],
    ['GET', '/a/7', 'GET /a/{id}', { id: '7' }],
    ['PUT', '/a/7', 'ANY /a/{id}', { id: '7' }],
    ['GET', '/a/7/8', 'GET /a/{rest+}', { rest: '7/8' }],
    ['POST', '/a/x%2Fy/b/z', 'POST /a/{id}/b/{other}', { id: 'x%2Fy', other: 'z' }],
    ['GET', '/a/%ZZ', 'GET /a/{id}', { id: '%ZZ' }],
    ['GET', '/nowhere', '$default', {}],
    ['GET', '/a/', 'GET /a/{rest+}', { rest: '' }],
  ])('sends %s %s to %s', (method, path, routeKey, pathParameters) => {
    const match = find(method, path);
    expect(match?.route.routeKey).toBe(routeKey);
    expect(match?.pathParameters).toEqual(pathParameters);
  });

  it.each(['/', '/a'])('does not take %s for one of its own children', (path) => {
    const parent = path === '/' ? '' : path;
    expect(routeFinder([{ routeKey: `ANY ${parent}/{rest+}` }])('GET', path)).toBeUndefined();
  });

  it('finds nothing where no route fits and there is no default', () => {
    expect(routeFinder([{ routeKey: 'GET /a', functionName: 'f' }])('GET', '/b')).toBeUndefined();
  });
});

describe('the event of a request', () => {
  it('has a header that was sent twice once, joined with a comma and no space', async () => {
    const seen = Promise.withResolvers<unknown>();
    const server = await listen(0, (request, response) => {
      const source = { requestId: 'r', now: 0, routeKey: '$default', apiId: 'a', account: '1' };
      seen.resolve(toEvent({ ...source, received: receivedFrom(request), body: Buffer.alloc(0) })['headers']);
      response.end();
    });
    atEndOfTest(server.close);
    httpRequest({ port: server.port, host: '127.0.0.1', headers: { 'Idempotency-Key': ['a', 'b'] } }).end();

    expect(await seen.promise).toMatchObject({ 'idempotency-key': 'a,b' });
  });

  it('says who asked after whom, at which port and how', async () => {
    const seen = Promise.withResolvers<unknown>();
    const server = await listen(0, (request, response) => {
      seen.resolve(Object.fromEntries(receivedFrom(request).headers));
      response.end();
    });
    atEndOfTest(server.close);
    const headers = { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'gopher' };
    httpRequest({ port: server.port, host: '127.0.0.1', headers }).end();

    expect(await seen.promise).toEqual({
      Host: `127.0.0.1:${server.port}`,
      Connection: 'keep-alive',
      'X-Forwarded-For': '192.0.2.7, 127.0.0.1',
      'X-Forwarded-Port': String(server.port),
      'X-Forwarded-Proto': 'http',
    });
  });
});

describe('the answer of a function', () => {
  it.each([
    [
      'a full answer',
      '{"statusCode":201,"headers":{"X-A":"1"},"body":"ok"}',
      { statusCode: 201, body: 'ok' },
    ],
    ['a status as text', '{"statusCode":"204"}', { statusCode: 204, body: '' }],
    ['text', '"hello"', { statusCode: 200, body: 'hello' }],
    ['any other JSON', '{"a":1}', { statusCode: 200, body: '{"a":1}' }],
    ['null', 'null', { statusCode: 200, body: 'null' }],
    ['an answer with null for headers', '{"statusCode":204,"headers":null}', { statusCode: 204, body: '' }],
  ])('is made of %s', (_, payload, expected) => {
    expect(toAnswer(payload)).toMatchObject(expected);
  });

  it('has a text alone in the form that the service gives it', () => {
    expect(toAnswer('"hello"', JSON.stringify)).toMatchObject({ statusCode: 200, body: '"hello"' });
  });

  it('lower-cases header names, keeps cookies apart and decodes binary bodies', () => {
    const answer = toAnswer(
      '{"statusCode":200,"headers":{"X-Up":1},"cookies":["a=1","b=2"],"body":"AAE=","isBase64Encoded":true}',
    );
    expect(answer?.headers).toMatchObject({ 'x-up': '1', 'set-cookie': ['a=1', 'b=2'] });
    expect(answer?.body).toEqual(Buffer.from([0, 1]));
  });

  it.each(['not json', '{"statusCode":"abc"}', '{"statusCode":99}', '{"statusCode":200,"body":{"a":1}}'])(
    'is none for %s',
    (payload) => {
      expect(toAnswer(payload)).toBeUndefined();
    },
  );
});
