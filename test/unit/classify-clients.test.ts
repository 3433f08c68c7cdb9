import { createServer, type ServerResponse } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import axios from 'axios';
import axios027 from 'axios-027';
import got from 'got';
import ky from 'ky';
import { ofetch } from 'ofetch';
import * as undici from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { atEndOfTest } from '../support/ends.ts';
import { BUG, CANCELLED, type ErrorMeaning, FAILED, failureOf, meaningOf } from '../support/error-meaning.ts';

/** The timeout where the server answers nothing. Real time, since the clients have no other. */
const TIMEOUT_MS = 30;
/** The timeout of all other calls, on a busy machine too. */
const LONG_MS = 30_000;

/** What can go wrong with a call. `scheme`: a URL of an unknown one. */
type Fault =
  | '404'
  | '429'
  | '429 in ms'
  | '501'
  | '503'
  | 'hang'
  | 'reset'
  | 'refused'
  | 'cancelled'
  | 'signal timeout'
  | 'no URL'
  | 'scheme';

interface Request {
  readonly url: string;
  /** The last part of the path, which says how the server answers. */
  readonly path: string;
  /** The client's own timeout, which holds where there is no signal. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What each fault means, whichever client reports it. */
const MEANINGS: Readonly<Record<Fault, ErrorMeaning>> = {
  404: { kind: 'permanent', counts: 'answered', status: 404 },
  429: { ...FAILED, status: 429, retryAfterMs: 3_000 },
  '429 in ms': { ...FAILED, status: 429, retryAfterMs: 2_500 },
  501: { kind: 'permanent', counts: 'answered', status: 501 },
  503: { ...FAILED, status: 503 },
  hang: { ...FAILED, timeout: true },
  reset: FAILED,
  refused: FAILED,
  cancelled: CANCELLED,
  'signal timeout': { ...FAILED, timeout: true },
  'no URL': BUG,
  scheme: BUG,
};

interface Client {
  readonly call: (request: Request) => Promise<unknown>;
  /** Where what the client reports cannot say more. `none`: the client has no such fault. */
  readonly differs?: Readonly<Partial<Record<Fault, Partial<ErrorMeaning> | 'none'>>>;
}

/** A client of DynamoDB whose server answers as a header says. */
async function callAws({ url, path, timeoutMs, signal }: Request): Promise<unknown> {
  const client = new DynamoDBClient({
    endpoint: url,
    region: 'eu-central-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: signal ? {} : { requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  });
  client.middlewareStack.add(
    (next) => async (args) => {
      Object.assign((args.request as { headers: object }).headers, { 'x-answer': path });
      return next(args);
    },
    { step: 'build' },
  );
  try {
    return await client.send(new ListTablesCommand({}), signal ? { abortSignal: signal } : {});
  } finally {
    client.destroy();
  }
}

const own = <T>(signal: AbortSignal | undefined, options: T) => (signal ? { signal } : options);

const CLIENTS: Readonly<Record<string, Client>> = {
  fetch: {
    async call({ url, timeoutMs, signal = AbortSignal.timeout(timeoutMs) }) {
      const response = await fetch(url, { signal });
      if (!response.ok) throw Object.assign(new Error('fetched'), { response });
      return response.json();
    },
  },
  'undici fetch': {
    async call({ url, timeoutMs, signal }) {
      const dispatcher = new undici.Agent(signal ? {} : { headersTimeout: timeoutMs });
      try {
        const response = await undici.fetch(url, { dispatcher, ...own(signal, {}) });
        if (!response.ok) throw Object.assign(new Error('fetched'), { response });
        return await response.json();
      } finally {
        await dispatcher.destroy();
      }
    },
  },
  'undici request': {
    async call({ url, timeoutMs, signal }) {
      const agent = new undici.Agent(signal ? {} : { headersTimeout: timeoutMs });
      const dispatcher = agent.compose(undici.interceptors.responseError());
      try {
        const { body } = await undici.request(url, { dispatcher, ...own(signal, {}) });
        return await body.json();
      } finally {
        await agent.destroy();
      }
    },
  },
  axios: {
    call: ({ url, timeoutMs, signal }) => axios.get(url, own(signal, { timeout: timeoutMs })),
    // It does not say why its signal aborted.
    differs: { 'signal timeout': { ...CANCELLED, timeout: undefined } },
  },
  'axios 0.27': {
    call: ({ url, timeoutMs, signal }) => axios027.default.get(url, own(signal, { timeout: timeoutMs })),
    // It takes what is no URL for a path on this machine, and calls port 80.
    differs: { 'signal timeout': { ...CANCELLED, timeout: undefined }, 'no URL': 'none' },
  },
  got: {
    call: ({ url, timeoutMs, signal }) =>
      got(url, { retry: { limit: 0 }, ...own(signal, { timeout: { request: timeoutMs } }) }).json(),
    differs: { reset: { status: 200 } },
  },
  ky: {
    call: ({ url, timeoutMs, signal }) =>
      ky(url, { retry: 0, ...own(signal, { timeout: timeoutMs }) }).json(),
  },
  ofetch: {
    call: ({ url, timeoutMs, signal }) => ofetch(url, { retry: 0, ...own(signal, { timeout: timeoutMs }) }),
  },
  'AWS SDK': {
    call: callAws,
    differs: {
      'signal timeout': { ...CANCELLED, timeout: undefined },
      reset: { status: 200 },
      scheme: 'none',
    },
  },
};

let server: ReturnType<typeof createServer>;
let base = '';
/** A port that nothing listens on. */
let closed = '';

const HEADERS: Readonly<Record<string, Record<string, string>>> = {
  429: { 'Retry-After': '3' },
  '429 in ms': { 'Retry-After': '3', 'retry-after-ms': '2500' },
};

function answer(path: string, response: ServerResponse): void {
  if (path === 'hang') return;
  if (path === 'reset') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"a":', () => response.socket?.resetAndDestroy());
    return;
  }
  response.writeHead(Number(path.slice(0, 3)), { 'content-type': 'application/json', ...HEADERS[path] });
  response.end('{}');
}

const portOf = (listening: ReturnType<typeof createSocketServer>) =>
  new Promise<number>((resolve) => {
    listening.listen(0, '127.0.0.1', () => resolve((listening.address() as { port: number }).port));
  });

beforeAll(async () => {
  server = createServer((request, response) => {
    answer(String(request.headers['x-answer'] ?? decodeURIComponent(request.url?.slice(1) ?? '')), response);
  });
  base = `http://127.0.0.1:${await portOf(server)}`;
  const gone = createSocketServer();
  closed = `127.0.0.1:${await portOf(gone)}`;
  await new Promise((resolve) => gone.close(resolve));
});

afterAll(async () => {
  const ended = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await ended;
});

/** A signal that a caller aborts while the call waits. */
function abortedSoon(): AbortSignal {
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  return controller.signal;
}

function requestOf(fault: Fault): Request {
  const request = { url: `${base}/${encodeURIComponent(fault)}`, path: fault, timeoutMs: LONG_MS };
  const hang = { url: `${base}/hang`, path: 'hang', timeoutMs: LONG_MS };
  switch (fault) {
    case 'hang':
      return { ...hang, timeoutMs: TIMEOUT_MS };
    case 'cancelled':
      return { ...hang, signal: abortedSoon() };
    case 'signal timeout':
      return { ...hang, signal: AbortSignal.timeout(TIMEOUT_MS) };
    case 'refused':
      return { ...request, url: `http://${closed}/404` };
    case 'no URL':
      return { ...request, url: 'users/7' };
    case 'scheme':
      return { ...request, url: 'xyz://127.0.0.1/404' };
    default:
      return request;
  }
}

const ROWS = Object.entries(CLIENTS).flatMap(([name, { call, differs = {} }]) =>
  (Object.keys(MEANINGS) as Fault[])
    .filter((fault) => differs[fault] !== 'none')
    .map((fault) => ({
      name,
      fault,
      call,
      expected: { ...MEANINGS[fault], ...(differs[fault] as object | undefined) },
    })),
);

describe('an error of an HTTP client', () => {
  test.each(ROWS)(
    'means the same from each of them, wrapped or not: $name, $fault',
    async ({ fault, call, expected }) => {
      const error = await failureOf((async () => call(requestOf(fault)))());

      const meaning = { status: undefined, retryAfterMs: undefined, timeout: undefined, ...expected };
      expect(meaningOf(error)).toEqual(meaning);
      expect(meaningOf(new Error('The user could not be read', { cause: error }))).toEqual(meaning);
    },
  );
});

test('an answer that is larger than undici may take is an answer', async () => {
  const dispatcher = new undici.Agent({ maxResponseSize: 1 });
  atEndOfTest(() => dispatcher.destroy());

  const error = await failureOf(
    undici.fetch(`${base}/200`, { dispatcher }).then((response) => response.json()),
  );

  expect(meaningOf(error)).toMatchObject({ kind: 'transient', counts: 'answered' });
});
