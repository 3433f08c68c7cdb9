import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

/** The requests that have arrived. */
const seen: Pick<IncomingMessage, 'url' | 'headers'>[] = [];
const server = createServer((request, response) => {
  seen.push(request);
  response.end('{}');
});
let origin = '';
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** The module as it loads where the environment has this in it too. */
function load(environment: Readonly<Record<string, string | undefined>>) {
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  vi.stubEnv('DOWNSTREAM_AUTH', 'iam');
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.resetModules();
  return import('../../functions/shared/downstream.ts');
}

async function requestWith(environment: Readonly<Record<string, string | undefined>>) {
  const { fetchDownstream } = await load({ DOWNSTREAM_URL: origin, ...environment });
  await fetchDownstream('/posts/7', AbortSignal.timeout(10_000));
  const request = seen.at(-1);
  if (request === undefined) throw new Error('expected a request');
  return request;
}

describe('the downstream service', () => {
  test.each([
    ['', '/posts/7'],
    ['/', '/posts/7'],
    ['/v2', '/v2/posts/7'],
    ['/stage/v2/', '/stage/v2/posts/7'],
    ['/v2/?key=1#top', '/v2/posts/7'],
  ])('is asked under the path of its URL: "%s"', async (path, expected) => {
    const { url } = await requestWith({ DOWNSTREAM_URL: `${origin}${path}` });

    expect(url).toBe(expected);
  });

  test('is sent the session token of a role', async () => {
    const { headers } = await requestWith({ AWS_SESSION_TOKEN: 'token' });

    expect(headers).toMatchObject({ 'x-amz-security-token': 'token' });
  });

  test.each([
    ['absent', undefined],
    ['empty', ''],
  ])('is sent none where it is %s', async (_, token) => {
    const { headers } = await requestWith({ AWS_SESSION_TOKEN: token });

    expect(headers).not.toHaveProperty('x-amz-security-token');
    expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 /);
  });

  test('that is no function of AWS is sent no signature, no token and no credentials', async () => {
    const { url, headers } = await requestWith({ DOWNSTREAM_AUTH: 'none', AWS_SESSION_TOKEN: 'token' });

    expect(url).toBe('/posts/7');
    expect(headers).toMatchObject({ accept: 'application/json' });
    expect(headers).not.toHaveProperty('authorization');
    expect(Object.keys(headers).filter((name) => name.startsWith('x-amz-'))).toEqual([]);
  });

  test('that is no function of AWS is asked without credentials there too', async () => {
    const { url } = await requestWith({ DOWNSTREAM_AUTH: 'none', AWS_ACCESS_KEY_ID: undefined });

    expect(url).toBe('/posts/7');
  });

  test.each([
    ['AWS_REGION', undefined],
    ['AWS_ACCESS_KEY_ID', ''],
    ['AWS_SECRET_ACCESS_KEY', undefined],
    ['DOWNSTREAM_URL', undefined],
    ['DOWNSTREAM_AUTH', undefined],
    ['DOWNSTREAM_AUTH', 'IAM secret'],
    ['DOWNSTREAM_URL', 'user:secret'],
    ['DOWNSTREAM_URL', 'ftp://secret.example'],
  ])('cannot be loaded where %s is %s, and the error names it', async (name, value) => {
    const failure = await load({ DOWNSTREAM_URL: origin, [name]: value }).catch((error: unknown) => error);

    expect(String(failure)).toContain(`environment variable ${name} is `);
    expect(String(failure)).not.toContain('secret');
  });
});
