import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type AwsCredentials, leanTransport } from '../../../lib/store/lean/index.ts';
import { fakeClock } from '../../../lib/testing/index.ts';
import { atEndOfTest } from '../../support/ends.ts';
import { CREDENTIALS, dynamoAnswer, FOUND, leanWorld, refusalOf, SECRETS } from '../../support/lean.ts';
import { listen } from '../../support/wire.ts';

const MINUTE_MS = 60_000;
const ofKey = (accessKeyId: string): AwsCredentials => ({ ...CREDENTIALS, accessKeyId });
const keysOf = (requests: readonly { readonly text: string }[]) =>
  requests.map(({ text }) => /Credential=(\w+)\//.exec(text)?.[1]);

const VARIABLES = [
  ...[
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ],
  ...['AWS_CONTAINER_AUTHORIZATION_TOKEN', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'],
];

beforeEach(() => {
  for (const name of VARIABLES) vi.stubEnv(name, undefined);
  return () => vi.unstubAllEnvs();
});

/** What Lambda starts beside a function with SnapStart. */
async function containerServer(answer: () => { readonly status?: number; readonly body: unknown }) {
  const asked: { readonly url?: string | undefined; readonly authorization?: string | undefined }[] = [];
  const server = createServer((request, response) => {
    asked.push({ url: request.url, authorization: request.headers.authorization });
    const { status = 200, body } = answer();
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  const port = await listen(server);
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `http://127.0.0.1:${port}/2021-04-23/credentials`);
  vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', 'let-me');
  return asked;
}

const containerBody = (key: string, endsAt?: number) => ({
  ...{ AccessKeyId: key, SecretAccessKey: SECRETS[0], Token: SECRETS[1] },
  ...(endsAt && { Expiration: new Date(endsAt).toISOString() }),
});

const found = (socket: { write(text: string): unknown }) => void socket.write(FOUND);
const fromEnvironment = { credentials: undefined as never };

describe('credentials of the environment', () => {
  test('are read for each request', async () => {
    const { store, server } = await leanWorld(found, fromEnvironment);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'ONE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    await store.get('k');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'TWO');
    vi.stubEnv('AWS_SESSION_TOKEN', 'token');
    await store.get('k');

    expect(keysOf(server.requests)).toEqual(['ONE', 'TWO']);
    expect(server.requests[0]?.text).not.toMatch(/x-amz-security-token/i);
    expect(server.requests[1]?.text).toMatch(/x-amz-security-token: token\r\n/i);
  });

  test('that are missing are named in an error that proves that nothing was sent', async () => {
    const { store, server } = await leanWorld(found, fromEnvironment);

    await expect(store.get('k')).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/CredentialsProviderError; give the process AWS credentials/),
      cause: { name: 'CredentialsProviderError', message: expect.stringContaining('AWS_ACCESS_KEY_ID') },
    });
    expect(server.requests).toEqual([]);
  });
});

describe('credentials of a container', () => {
  test('are fetched once for all requests that want them, with the token, and kept', async () => {
    const asked = await containerServer(() => ({ body: containerBody('ONE') }));
    const { store, server } = await leanWorld(found, fromEnvironment);

    await Promise.all(Array.from({ length: 10 }, () => store.get('k')));
    await store.get('k');

    expect(asked).toEqual([{ url: '/2021-04-23/credentials', authorization: 'let-me' }]);
    expect(new Set(keysOf(server.requests))).toEqual(new Set(['ONE']));
  });

  test('are fetched again before they end, with a token that is read again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fibrin-token-'));
    atEndOfTest(() => rm(folder, { recursive: true }));
    const file = join(folder, 'token');
    const clock = fakeClock();
    const keys = ['ONE', 'TWO', 'THREE'];
    const endsAt = () => clock.now() + 10 * MINUTE_MS;
    const asked = await containerServer(() => ({ body: containerBody(keys.shift() ?? 'END', endsAt()) }));
    vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', file);
    const { store, server } = await leanWorld(found, { ...fromEnvironment, clock });
    await writeFile(file, 'first');
    await store.get('k');
    await clock.advance(4 * MINUTE_MS);
    await store.get('k');
    expect(asked).toHaveLength(1);
    await writeFile(file, 'second');

    // Beside a request that uses those that are good yet.
    await clock.advance(2 * MINUTE_MS);
    await store.get('k');
    await expect.poll(() => asked.length).toBe(2);
    const keyOfNext = async () => {
      await store.get('k');
      return keysOf(server.requests).at(-1);
    };
    await expect.poll(keyOfNext).toBe('TWO');
    // Before a request where they have ended.
    await clock.advance(11 * MINUTE_MS);
    await store.get('k');

    expect(keysOf(server.requests).slice(0, 3)).toEqual(['ONE', 'ONE', 'ONE']);
    expect(keysOf(server.requests).at(-1)).toBe('THREE');
    expect(asked.map(({ authorization }) => authorization)).toEqual(['first', 'second', 'second']);
  });

  test('that are good yet are used while no others can be had, which is tried each second', async () => {
    const clock = fakeClock();
    let isDown = false;
    const asked = await containerServer(() =>
      isDown ? { status: 500, body: '' } : { body: containerBody('ONE', clock.now() + 4 * MINUTE_MS) },
    );
    const { store, server } = await leanWorld(found, { ...fromEnvironment, clock });
    await store.get('k');
    isDown = true;
    await store.get('k');
    await store.get('k');
    expect(asked).toHaveLength(1);

    await clock.advance(1_000);
    await store.get('k');
    // Tried three times in a row.
    await expect.poll(() => asked.length).toBe(4);

    expect(new Set(keysOf(server.requests))).toEqual(new Set(['ONE']));
  });

  test('that seem to have ended when they come are used: DynamoDB decides', async () => {
    const clock = fakeClock();
    const asked = await containerServer(() => ({ body: containerBody('ONE', clock.now() - MINUTE_MS) }));
    const { store, server } = await leanWorld(found, { ...fromEnvironment, clock });

    await store.get('k');
    await store.get('k');

    expect(keysOf(server.requests)).toEqual(['ONE', 'ONE']);
    expect(asked).toHaveLength(1);
  });

  test.each<[string, unknown, number?]>([
    ['is not JSON', `{"SecretAccessKey":"${SECRETS[0]}`],
    ['has no key', { SecretAccessKey: SECRETS[0] }],
    ['is a refusal', { SecretAccessKey: SECRETS[0] }, 403],
    ['is too long', `"${SECRETS[0]}${'x'.repeat(70_000)}"`],
    ['redirects', SECRETS[0], 302],
  ])('are not taken from an answer that %s, which no error quotes', async (_, body, status = 200) => {
    await containerServer(() => ({ status, body }));
    const { store, server } = await leanWorld(found, fromEnvironment);

    const error = await store.get('k').catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ cause: { name: 'CredentialsProviderError' } });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(SECRETS[0]);
    expect(server.requests).toEqual([]);
  });

  test.each([
    'http://example.com/credentials',
    'http://169.254.169.254/credentials',
    'http://127.0.0.1.example.com/',
    'ftp://127.0.0.1/',
    'credentials',
  ])('are not fetched from %s', async (address) => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', address);
    const { store } = await leanWorld(found, fromEnvironment);

    await expect(store.get('k')).rejects.toMatchObject({
      cause: { message: expect.stringContaining('a URL of https:, or of this machine') },
    });
  });

  test('are not fetched with a token of two lines', async () => {
    const asked = await containerServer(() => ({ body: containerBody('ONE') }));
    vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', 'let\r\nx-evil: me');
    const { store } = await leanWorld(found, fromEnvironment);

    await expect(store.get('k')).rejects.toMatchObject({ cause: { name: 'CredentialsProviderError' } });
    expect(asked).toEqual([]);
  });
});

describe('credentials of a provider', () => {
  test('are asked for once while they are good, and before they end again', async () => {
    const clock = fakeClock();
    let asked = 0;
    const credentials = async () => ({
      ...ofKey(`KEY${++asked}`),
      expiration: new Date(clock.now() + 10 * MINUTE_MS),
    });
    const { store, server } = await leanWorld(found, { clock, credentials });

    await Promise.all([store.get('k'), store.get('k'), store.get('k')]);
    await clock.advance(11 * MINUTE_MS);
    await Promise.all([store.get('k'), store.get('k')]);

    expect(keysOf(server.requests).sort()).toEqual(['KEY1', 'KEY1', 'KEY1', 'KEY2', 'KEY2']);
  });

  test('are asked for again, once, when DynamoDB says that they have ended', async () => {
    const keys = ['OLD', 'NEW', 'NEWER'];
    const credentials = () => ofKey(keys.shift() ?? 'END');
    const answer = (socket: { write(text: string): unknown }, nth: number) =>
      void socket.write(nth === 1 ? refusalOf('ExpiredTokenException') : FOUND);
    const { store, server } = await leanWorld(answer, { credentials });

    await store.add('k', { n: 1 }, { expiresAt: 1 });
    await store.get('k');

    expect(keysOf(server.requests)).toEqual(['OLD', 'NEW', 'NEW']);
  });

  test('are not asked for without end where DynamoDB refuses each of them', async () => {
    let asked = 0;
    const credentials = () => ofKey(`KEY${++asked}`);
    const { store, server } = await leanWorld(
      (socket) => socket.write(refusalOf('UnrecognizedClientException')),
      { credentials, maxAttempts: 10 },
    );

    await expect(store.get('k')).rejects.toMatchObject({ cause: { name: 'UnrecognizedClientException' } });
    expect(keysOf(server.requests)).toEqual(['KEY1', 'KEY2']);
  });

  test('that it does not give in time are asked for again by the next request', async () => {
    const clock = fakeClock();
    const keys: (Promise<AwsCredentials> | AwsCredentials)[] = [new Promise(() => undefined), ofKey('TWO')];
    const credentials = () => keys.shift() ?? ofKey('END');
    const { store, server } = await leanWorld(found, { clock, credentials, attemptTimeoutMs: 60_000 });
    const first = store.get('k').catch((error: unknown) => error);
    await clock.advance(5_000);

    expect(await first).toMatchObject({ cause: { name: 'CredentialsProviderError' } });
    await store.get('k');
    expect(keysOf(server.requests)).toEqual(['TWO']);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['no secret', { accessKeyId: 'a' }],
    ['numbers', { accessKeyId: 1, secretAccessKey: 2 }],
  ])('are none where it gives %s', async (_, given) => {
    const { store } = await leanWorld(found, { credentials: () => given as AwsCredentials });

    await expect(store.get('k')).rejects.toMatchObject({ cause: { name: 'CredentialsProviderError' } });
  });

  test('fail the request with the error of the provider, and the next one asks again', async () => {
    const gone = Object.assign(new Error('gone'), { name: 'TokenProviderError' });
    let asked = 0;
    const credentials = () => (++asked === 1 ? Promise.reject(gone) : ofKey('TWO'));
    const { store } = await leanWorld(found, { credentials });

    await expect(store.get('k')).rejects.toMatchObject({ cause: gone });
    expect(await store.get('k')).toEqual({ n: 7 });
  });
});

describe('secrets', () => {
  test('are shown by nothing: not by inspect, JSON, an option error, nor the error of any failure', async () => {
    const troubles = [
      dynamoAnswer(500, { message: 'no' }),
      refusalOf('AccessDeniedException'),
      refusalOf('InvalidSignatureException'),
      'HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n',
      'SSH-2.0\r\n',
    ];
    for (const trouble of troubles) {
      const { store, transport } = await leanWorld((socket) => socket.end(trouble));
      const error = await store.put('k', { n: 1 }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      for (const secret of [...SECRETS, CREDENTIALS.accessKeyId])
        for (const shown of [error, transport, store]) {
          expect(inspect(shown, { depth: null, showHidden: true, getters: true })).not.toContain(secret);
          expect(JSON.stringify(shown)).not.toContain(secret);
        }
    }
    const bad = { accessKeyId: 'a', secretAccessKey: 7, sessionToken: SECRETS[1] } as never;
    expect(() => leanTransport({ region: 'eu-west-1', credentials: bad })).toThrow(
      /^leanTransport: expected `credentials` to be an object with `accessKeyId` and `secretAccessKey`, or a function that gives one$/,
    );
  });

  test('that cannot be sent fail the request without being quoted', async () => {
    const credentials = { ...CREDENTIALS, sessionToken: `${SECRETS[1]}\r\nx-evil: 1` };
    const { store, server } = await leanWorld(found, { credentials });

    const error = await store.get('k').catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(SECRETS[1]);
    expect(server.requests).toEqual([]);
  });
});
