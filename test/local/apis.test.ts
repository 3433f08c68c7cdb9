import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { startRun } from '../support/local-run.ts';
import { call, json } from '../support/raw-call.ts';
import { issuer } from '../support/tokens.ts';

const APIS_APP = fileURLToPath(new URL('../cdk/apis-app', import.meta.url));

const own = issuer('key-1');
const now = Math.floor(Date.now() / 1_000);
const CLAIMS = { iss: 'https://issuer.example', aud: 'app', sub: 'ada', exp: now + 3_600, roles: ['a', 'b'] };
const bearer = (claims: object) => ({ headers: { authorization: `Bearer ${own.token(claims)}` } });

let http: string;
let quick: string;
let rest: string;
let greedy: string;
let streams: string;
let plain: string;
let signed: string;
let output: () => string;

beforeAll(async () => {
  const keys = join(temporaryFolder(), 'jwks.json');
  writeFileSync(keys, JSON.stringify(own.keySet));
  const run = await startRun(['--dynamodb', 'dynalite', '--jwks', keys], {}, APIS_APP);
  http = run.url;
  output = run.output;
  const { apis, functionUrls } = json(await call(`${run.url}/_fibrin/state`));
  const named = (all: Readonly<Record<string, string>>, start: string) =>
    String(Object.entries(all).find(([id]) => id.startsWith(start))?.[1]);
  quick = named(apis, 'Quick');
  rest = `${named(apis, 'Rest')}/live`;
  greedy = `${named(apis, 'Greedy')}/prod`;
  streams = named(functionUrls, 'Streams').replace(/\/$/, '');
  plain = named(functionUrls, 'Echo').replace(/\/$/, '');
  signed = named(functionUrls, 'Signed').replace(/\/$/, '');
});

describe('an HTTP API', () => {
  it('sends an event in payload format 2.0, its path decoded', async () => {
    const headers = { 'X-Twice': ['1', '2'], Cookie: 'a=1; b=2', 'Content-Type': 'text/plain' };
    const sent = { method: 'POST', headers, body: 'hé' };
    expect(json(await call(`${http}/echo/caf%C3%A9?a=1&a=2&b=x+y`, sent))).toMatchObject({
      version: '2.0',
      routeKey: 'ANY /echo/{name}',
      rawPath: '/echo/café',
      rawQueryString: 'a=1&a=2&b=x+y',
      cookies: ['a=1', 'b=2'],
      headers: { 'x-twice': '1,2', 'content-type': 'text/plain' },
      queryStringParameters: { a: '1,2', b: 'x y' },
      pathParameters: { name: 'café' },
      requestContext: {
        http: { method: 'POST', path: '/echo/café', protocol: 'HTTP/1.1' },
        stage: '$default',
      },
      body: 'hé',
      isBase64Encoded: false,
    });
  });

  it('has a named stage in its path, and gives its variables', async () => {
    expect(json(await call(`${http}/v1/echo/a`))).toMatchObject({
      rawPath: '/v1/echo/a',
      stageVariables: { colour: 'blue' },
      requestContext: { stage: 'v1', http: { path: '/v1/echo/a' } },
    });
    expect(json(await call(`${http}/echo/a`))).not.toHaveProperty('stageVariables');
  });

  it('sends an event in payload format 1.0 where the integration wants it', async () => {
    const event = json(
      await call(`${http}/v1/one/caf%C3%A9?a=1&a=2`, { headers: { 'X-Twice': ['1', '2'] } }),
    );
    expect(event).toMatchObject({
      version: '1.0',
      resource: '/one/{name}',
      path: '/v1/one/café',
      httpMethod: 'GET',
      headers: { 'x-twice': '2' },
      multiValueHeaders: { 'x-twice': ['1', '2'] },
      queryStringParameters: { a: '2' },
      multiValueQueryStringParameters: { a: ['1', '2'] },
      pathParameters: { name: 'café' },
      stageVariables: { colour: 'blue' },
      requestContext: {
        ...{ path: '/v1/one/café', resourcePath: '/one/{name}', resourceId: null, stage: 'v1' },
        authorizer: { claims: null, scopes: null },
      },
      body: null,
      isBase64Encoded: false,
    });
    expect(event).not.toHaveProperty('rawPath');
  });

  it.each([
    ['any JSON is a body in format 2.0', '/says', { a: 1 }, 200, '{"a":1}'],
    ['any JSON is an error in format 1.0', '/says-one', { a: 1 }, 500, /Internal Server Error/],
    ['a status is enough in format 1.0', '/says-one', { statusCode: 202 }, 202, ''],
    ['cookies are those of format 2.0 alone', '/says-one', { statusCode: 200, cookies: ['a=1'] }, 200, ''],
  ])('reads an answer: %s', async (_, path, answer, status, body) => {
    const got = await call(`${http}${path}`, { method: 'POST', body: JSON.stringify(answer) });
    expect(got.status).toBe(status);
    expect(got.body).toEqual(typeof body === 'string' ? body : expect.stringMatching(body));
    expect(got.headers['set-cookie']).toBeUndefined();
  });

  it('gives each value of a header of format 1.0 once', async () => {
    const answer = {
      ...{ statusCode: 200, headers: { 'Set-Cookie': 'a=1', 'X-One': 'x' } },
      multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] },
    };
    const got = await call(`${http}/says-one`, { method: 'POST', body: JSON.stringify(answer) });
    expect(got.headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], 'x-one': 'x' });
  });

  it('waits no longer than the integration says', async () => {
    const start = performance.now();
    const got = await call(`${http}/slow`);
    expect(got.status).toBe(503);
    expect(json(got)).toMatchObject({ message: 'Service Unavailable' });
    expect(performance.now() - start).toBeLessThan(4_500);
  });

  it('changes requests on their way, as the parameter mapping says', async () => {
    const headers = { 'x-added': 'first', 'x-changed': 'before', 'x-removed': 'gone' };
    const event = json(await call(`${http}/v1/mapped/x?from=second`, { headers }));
    expect(event).toMatchObject({
      rawPath: '/elsewhere/x',
      headers: { 'x-added': 'first,second', 'x-changed': 'of x in v1' },
      queryStringParameters: { from: 'second', colour: 'blue' },
    });
    expect(event.headers).not.toHaveProperty('x-removed');
  });

  it('serves an API that is made with its target alone, on a port of its own', async () => {
    expect(json(await call(`${quick}/quick`))).toMatchObject({ version: '2.0', routeKey: 'GET /quick' });
    expect((await call(`${quick}/other`)).status).toBe(404);
    expect(output()).toContain(`API Quick: ${quick}/`);
  });

  it('tells functions where it is, and the other APIs', async () => {
    expect(json(await call(`${http}/where`))).toEqual({ http: `${http}/`, rest: `${rest}/` });
  });

  it('leaves nothing of what the CDK writes without effect', () => {
    expect(output()).not.toMatch(/^ {2}AWS::(ApiGateway\w*::\w+|Lambda::Url): /m);
  });
});

describe('the CORS of an HTTP API', () => {
  const preflight = (origin: string, path = '/echo/a') =>
    call(`${http}${path}`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'PUT' },
    });

  it('answers a preflight request itself, for a path without a route too', async () => {
    for (const path of ['/echo/a', '/nowhere']) {
      const { status, headers, body } = await preflight('https://app.example', path);
      expect([status, body]).toEqual([204, '']);
      expect(headers).toMatchObject({
        'access-control-allow-origin': 'https://app.example',
        'access-control-allow-methods': 'GET,PUT',
        'access-control-allow-headers': 'content-type,authorization',
        'access-control-allow-credentials': 'true',
        'access-control-max-age': '300',
      });
    }
  });

  it('says nothing to a page of an origin that is not allowed', async () => {
    const { status, headers } = await preflight('https://evil.example');
    expect(status).toBe(204);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('says more to a page of a front end on another port, and not what the function says', async () => {
    const { status, headers } = await call(`${http}/echo/a`, {
      headers: { origin: 'http://localhost:5173' },
    });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'http://localhost:5173',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-own',
      vary: 'Origin',
    });
  });

  it('lets requests of other pages in, as AWS does, and gives them nothing to read', async () => {
    const { status, headers } = await call(`${http}/echo/a`, { headers: { origin: 'https://evil.example' } });
    expect(status).toBe(200);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('does not open the control of the run to any page', async () => {
    for (const origin of ['https://app.example', 'http://localhost:5173', 'null'])
      expect((await call(`${http}/_fibrin/state`, { headers: { origin } })).status).toBe(403);
  });

  it('does not open the app to other names of this machine', async () => {
    const outgoing = request(`${http}/echo/a`, { headers: { host: 'rebound.example:80' } }).end();
    const status = await new Promise((resolve) => {
      outgoing.on('response', (response) => resolve(response.resume().statusCode));
    });
    expect(status).toBe(403);
  });
});

describe('a JWT authorizer', () => {
  it('lets a valid token in, and tells the function its claims', async () => {
    const { requestContext } = json(await call(`${http}/private`, bearer(CLAIMS)));
    expect(requestContext.authorizer).toEqual({
      jwt: {
        claims: {
          ...{
            iss: 'https://issuer.example',
            aud: 'app',
            sub: 'ada',
            exp: String(CLAIMS.exp),
            roles: '[a b]',
          },
        },
        scopes: null,
      },
    });
  });

  it.each([
    ['no token', {}, undefined],
    ['a token that has expired', { exp: now - 1 }, /the token has expired/],
    ['a token that is not valid yet', { nbf: now + 600 }, /not valid yet/],
    ['a token of another issuer', { iss: 'https://other.example' }, /valid issuer/],
    ['a token for another audience', { aud: 'somebody' }, /valid audience/],
  ])('refuses %s', async (_, claims, why) => {
    const got = await call(`${http}/private`, why ? bearer({ ...CLAIMS, ...claims }) : {});
    expect(got.status).toBe(401);
    expect(json(got)).toMatchObject({ message: 'Unauthorized' });
    expect(got.headers['www-authenticate']).toEqual(why ? expect.stringMatching(why) : 'Bearer');
  });

  it('wants one of the scopes of the route', async () => {
    const refused = await call(`${http}/scoped`, bearer({ ...CLAIMS, scope: 'read' }));
    expect(refused.status).toBe(403);
    expect(json(refused)).toMatchObject({ message: 'Forbidden' });
    const { requestContext } = json(await call(`${http}/scoped`, bearer({ ...CLAIMS, scope: 'read write' })));
    expect(requestContext.authorizer.jwt.scopes).toEqual(['write']);
  });
});

describe('a REST API', () => {
  it('sends an event in payload format 1.0, its path as it came and without its stage', async () => {
    const headers = { 'X-Twice': ['1', '2'], 'X-CaSe': 'kept' };
    const event = json(await call(`${rest}/items/a%2Bb?q=1&q=2&p=x+y`, { headers }));
    expect(event).toMatchObject({
      resource: '/items/{id}',
      path: '/items/a%2Bb',
      httpMethod: 'GET',
      headers: { 'X-Twice': '2', 'X-CaSe': 'kept' },
      multiValueHeaders: { 'X-Twice': ['1', '2'] },
      queryStringParameters: { q: '2', p: 'x y' },
      multiValueQueryStringParameters: { q: ['1', '2'], p: ['x y'] },
      pathParameters: { id: 'a%2Bb' },
      stageVariables: { colour: 'green' },
      requestContext: {
        ...{ resourcePath: '/items/{id}', httpMethod: 'GET', path: '/live/items/a%2Bb', stage: 'live' },
        ...{ protocol: 'HTTP/1.1', identity: { sourceIp: '127.0.0.1', accessKey: null } },
      },
      body: null,
      isBase64Encoded: false,
    });
    expect(event).not.toHaveProperty('version');
  });

  it('has null for what a request does not have', async () => {
    expect(json(await call(`${greedy}/`))).toMatchObject({
      ...{ resource: '/', path: '/', pathParameters: null, stageVariables: null },
      ...{ queryStringParameters: null, multiValueQueryStringParameters: null },
    });
  });

  it.each([
    ['/items/7/a/b/', '/items/{id}/{proxy+}', { id: '7', proxy: 'a/b' }, '/items/7/a/b/'],
    ['/items/7/', '/items/{id}', { id: '7' }, '/items/7/'],
  ])('finds the resource of %s', async (path, resource, pathParameters, own) => {
    expect(json(await call(`${rest}${path}`))).toMatchObject({ resource, pathParameters, path: own });
  });

  it.each([
    ['no resource of that path', '/nowhere', 'GET', 403, 'Missing Authentication Token'],
    ['no such method of the resource', '/items', 'GET', 403, 'Missing Authentication Token'],
    ['a function that throws', '/throws', 'GET', 502, 'Internal server error'],
    ['a function that is late', '/slow', 'GET', 504, 'Endpoint request timed out'],
  ])('answers for %s', async (_, path, method, status, message) => {
    const got = await call(`${rest}${path}`, { method });
    expect([got.status, json(got)]).toEqual([status, { message }]);
    expect(got.headers['content-type']).toBe('application/json');
    expect(got.headers['x-amzn-errortype']).toMatch(/Exception$/);
  });

  it('answers for a stage that there is not', async () => {
    const got = await call(rest.replace('/live', '/other/items'));
    expect([got.status, json(got)]).toEqual([403, { message: 'Forbidden' }]);
  });

  it.each([
    ['no status', { body: 'x' }],
    ['a body that is no text', { statusCode: 200, body: { a: 1 } }],
    ['a header that is no text', { statusCode: 200, headers: { a: { toString: 1 } } }],
    ['text alone', 'hello'],
  ])('takes an answer with %s for malformed', async (_, answer) => {
    const got = await call(`${rest}/items`, { method: 'POST', body: JSON.stringify(answer) });
    expect([got.status, json(got)]).toEqual([502, { message: 'Internal server error' }]);
  });

  it('is JSON where the function names no type', async () => {
    const got = await call(`${rest}/items`, { method: 'POST', body: '{"statusCode":201,"body":"{}"}' });
    expect([got.status, got.headers['content-type']]).toEqual([201, 'application/json']);
  });

  it('gives another name to what a function says in a header of the service', async () => {
    const answer = { statusCode: 401, headers: { 'WWW-Authenticate': 'Basic', Server: 'own' }, body: '' };
    const got = await call(`${rest}/items`, { method: 'POST', body: JSON.stringify(answer) });
    expect(got.headers).toMatchObject({
      ...{ 'x-amzn-remapped-www-authenticate': 'Basic', 'x-amzn-remapped-server': 'own' },
    });
    expect(got.headers).not.toHaveProperty('www-authenticate');
  });

  it('sends bodies of its binary media types as base64', async () => {
    const body = Buffer.from([0x89, 0x50, 0xff]);
    const png = await call(`${rest}/items/1`, {
      method: 'PUT',
      headers: { 'content-type': 'image/png' },
      body,
    });
    expect(json(png)).toMatchObject({ body: body.toString('base64'), isBase64Encoded: true });
    const text = await call(`${rest}/items/1`, {
      method: 'PUT',
      headers: { 'content-type': 'a/b' },
      body: 'é',
    });
    expect(json(text)).toMatchObject({ body: 'é', isBase64Encoded: false });
  });

  it('decodes an answer for who accepts its binary media types first', async () => {
    const body = JSON.stringify({ statusCode: 200, body: 'iVD/', isBase64Encoded: true });
    const asked = (accept: string) => call(`${rest}/items`, { method: 'POST', headers: { accept }, body });
    expect((await asked('image/png, */*')).bytes).toEqual(Buffer.from([0x89, 0x50, 0xff]));
    expect((await asked('*/*, image/png')).body).toBe('iVD/');
  });

  it.each([
    ['https://app.example', 'https://app.example'],
    ['http://localhost:5173', 'http://localhost:5173'],
    ['https://evil.example', 'https://app.example'],
  ])("answers the CDK's preflight of %s", async (origin, allowed) => {
    const headers = { origin, 'access-control-request-method': 'PUT' };
    const got = await call(`${rest}/items/7`, { method: 'OPTIONS', headers });
    expect(got.status).toBe(204);
    expect(got.headers).toMatchObject({
      'access-control-allow-origin': allowed,
      'access-control-allow-methods': 'OPTIONS,GET,PUT,POST,DELETE,PATCH,HEAD',
      'access-control-max-age': '300',
      vary: 'Origin',
    });
  });

  it('gives the answer of a mock integration, which is always the same', async () => {
    const got = await call(`${rest}/static`);
    expect([got.status, json(got)]).toEqual([200, { fixed: true }]);
  });
});

describe('a function URL', () => {
  it('leaves the path encoded', async () => {
    expect(json(await call(`${plain}/caf%C3%A9`))).toMatchObject({
      rawPath: '/caf%C3%A9',
      requestContext: { http: { path: '/caf%C3%A9' } },
    });
  });

  it('of AWS_IAM tells the function who has signed, and lets in nobody else', async () => {
    const authorization =
      'AWS4-HMAC-SHA256 Credential=KEY/20300101/us-east-1/lambda/aws4_request, Signature=0';
    const { authorizer, apiId, domainPrefix } = json(await call(signed, { headers: { authorization } }));
    expect(authorizer.iam).toMatchObject({ accessKey: 'KEY', accountId: expect.stringMatching(/^\d{12}$/) });
    expect(apiId).toMatch(/^signed/);
    expect(domainPrefix).toBe(apiId);
    for (const other of [{}, { authorization: 'Bearer KEY' }])
      expect((await call(signed, { headers: other })).status).toBe(403);
    expect((await call(`${signed}/text`, { headers: { authorization } })).body).toBe('"hello"');
  });

  it('leaves it to the function which pages may read its answers where it has no CORS', async () => {
    const { status, headers } = await call(plain, { headers: { origin: 'https://app.example' } });
    expect(status).toBe(200);
    expect(headers['access-control-allow-origin']).toBe('https://of-the-function.example');
  });

  it('answers a preflight request where it has CORS', async () => {
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'GET' };
    const got = await call(`${streams}/`, { method: 'OPTIONS', headers });
    expect([got.status, got.body]).toEqual([200, '']);
    expect(got.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET',
    });
  });
});

describe('a function URL that streams', () => {
  it('sends the head and each part as the function writes them', async () => {
    const got = await call(`${streams}/?status=201`, { headers: { origin: 'https://app.example' } });
    expect(got.status).toBe(201);
    expect(got.headers).toMatchObject({
      ...{ 'x-own': 'yes', 'set-cookie': ['a=1', 'b=2'], 'transfer-encoding': 'chunked' },
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'x-own',
      'content-type': 'application/octet-stream',
    });
    expect(got.chunks).toEqual(['one ', 'two ', 'thrée']);
  });

  it('has the type that the function gives where it says nothing else', async () => {
    const got = await call(`${streams}/?type=text/plain`);
    expect([got.status, got.headers['content-type'], got.body]).toEqual([200, 'text/plain', 'one two thrée']);
  });

  it('has a head where there is no body', async () => {
    const got = await call(`${streams}/?status=204&empty=1`);
    expect([got.status, got.body, got.headers['x-own']]).toEqual([204, '', 'yes']);
  });

  it('answers 502 for an error before the first byte', async () => {
    expect((await call(`${streams}/?fail=before`)).status).toBe(502);
  });

  it('breaks off for an error after that', async () => {
    const got = await call(`${streams}/?fail=between`);
    expect([got.status, got.body, got.complete]).toEqual([200, 'one two ', false]);
    expect((await call(`${streams}/?status=202`)).status).toBe(202);
  });

  it('meets the faults of a service as a whole', async () => {
    const fault = (kind: string) =>
      call(`${http}/_fibrin/faults/streams`, { method: 'PUT', body: JSON.stringify({ kind, times: 1 }) });
    await fault('garble');
    const halved = await call(`${streams}/?status=201`);
    expect([halved.status, halved.headers['x-own'], halved.body]).toEqual([201, 'yes', 'one two']);
    await fault('throttle');
    expect((await call(`${streams}/`)).status).toBe(429);
    expect((await call(`${streams}/`)).body).toBe('one two thrée');
  });
});
