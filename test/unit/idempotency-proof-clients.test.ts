import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createSocketServer } from 'node:net';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import axios from 'axios';
import axios027 from 'axios-027';
import got from 'got';
import ky from 'ky';
import { ofetch } from 'ofetch';
import * as undici from 'undici';
import { beforeAll, describe, expect, test } from 'vitest';
import { boundedFetch } from '../../lib/http/bounded-fetch.ts';
import { type Outcome, outcomes, type RunEnd } from '../../lib/idempotency/outcome.ts';
import { atEndOfFile } from '../support/ends.ts';
import { failureOf } from '../support/error-meaning.ts';
import { OWN_CERTIFICATE } from '../support/own-certificate.ts';

/** How long a call waits for its answer, once it has arrived, where it is to be given up. Real time, since the clients have no other. */
const WAIT_MS = 30;

/** What can become of a charge. `held`: with `hold`. `rerun`: with `rerun`. */
const FAULTS = {
  refused: { held: 'failed', rerun: 'failed' },
  'no such host': { held: 'failed', rerun: 'failed' },
  'certificate not trusted': { held: 'failed', rerun: 'failed' },
  402: { held: 'failed', rerun: 'failed' },
  404: { held: 'failed', rerun: 'failed' },
  422: { held: 'failed', rerun: 'failed' },
  425: { held: 'failed', rerun: 'failed' },
  429: { held: 'failed', rerun: 'failed' },
  408: { held: 'unknown', rerun: 'failed' },
  409: { held: 'unknown', rerun: 'failed' },
  500: { held: 'unknown', rerun: 'failed' },
  502: { held: 'unknown', rerun: 'failed' },
  503: { held: 'unknown', rerun: 'failed' },
  504: { held: 'unknown', rerun: 'unknown' },
  'connection reset': { held: 'unknown', rerun: 'failed' },
  'connection closed': { held: 'unknown', rerun: 'failed' },
  'no answer in time': { held: 'unknown', rerun: 'unknown' },
  'given up by the caller': { held: 'unknown', rerun: 'failed' },
} as const satisfies Readonly<Record<string, Readonly<Record<'held' | 'rerun', Outcome>>>>;

type Fault = keyof typeof FAULTS;

interface Charge {
  readonly url: string;
  readonly signal: AbortSignal;
}

const REFUSE_STATUS = async (response: { readonly ok: boolean; readonly status: number }): Promise<never> => {
  throw Object.assign(new Error('refused'), { response });
};

async function chargeAws({ url, signal }: Charge): Promise<unknown> {
  const client = new DynamoDBClient({
    endpoint: url,
    region: 'eu-central-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  try {
    const write = new PutItemCommand({ TableName: 'charges', Item: { pk: { S: '7' } } });
    return await client.send(write, { abortSignal: signal });
  } finally {
    client.destroy();
  }
}

const body = '{"amount":7}';
const CLIENTS: Readonly<Record<string, (charge: Charge) => Promise<unknown>>> = {
  boundedFetch: ({ url, signal }) => boundedFetch(url, { method: 'POST', body, signal }),
  fetch: async ({ url, signal }) => {
    const response = await fetch(url, { method: 'POST', body, signal });
    return response.ok ? response.json() : REFUSE_STATUS(response);
  },
  undici: async ({ url, signal }) => {
    const dispatcher = new undici.Agent().compose(undici.interceptors.responseError());
    return (await undici.request(url, { method: 'POST', body, signal, dispatcher })).body.json();
  },
  axios: ({ url, signal }) => axios.post(url, body, { signal }),
  'axios 0.27': ({ url, signal }) => axios027.default.post(url, body, { signal }),
  got: ({ url, signal }) => got.post(url, { body, signal }).json(),
  ky: ({ url, signal }) => ky.post(url, { body, signal }).json(),
  ofetch: ({ url, signal }) => ofetch(url, { method: 'POST', body, signal }),
  'AWS SDK': chargeAws,
};

/** What clients say more, or less, than others, so that `rerun` frees the key or leaves it. */
const WITH_RERUN: Readonly<Record<string, Readonly<Partial<Record<Fault, Outcome>>>>> = {
  // They do not say why their signal has aborted: nothing tells that it was a limit of time.
  axios: { 'no answer in time': 'failed', 'connection closed': 'unknown' },
  'axios 0.27': { 'no answer in time': 'failed', 'connection closed': 'unknown' },
  // It has the status, 200, of an answer that was cut.
  got: { 'connection closed': 'unknown' },
  // It calls a connection that was reset a timeout.
  'AWS SDK': {
    'no answer in time': 'failed',
    'connection closed': 'unknown',
    'connection reset': 'unknown',
  },
};

/** By the charge: what gives it up. */
const givenUp = new Map<string, () => void>();

function answer(path: string, charge: string, response: ServerResponse): void {
  switch (path) {
    case 'no answer in time':
    case 'given up by the caller':
      return void setTimeout(givenUp.get(charge) ?? (() => {}), WAIT_MS);
    case 'connection reset':
      return void response.socket?.resetAndDestroy();
    case 'connection closed':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      return void response.write('{"a":', () => response.socket?.destroy());
    default:
      response.writeHead(Number(path), { 'content-type': 'application/json' });
      response.end('{}');
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

let plain = 0;
let secure = 0;
let closed = 0;

beforeAll(async () => {
  const server = createServer((request, response) => {
    request.resume();
    const [, path = '', charge = ''] = (request.url ?? '').split('/');
    request.once('end', () => answer(decodeURIComponent(path), charge, response));
  });
  plain = await listen(server);
  const untrusted = createSecureServer(OWN_CERTIFICATE);
  secure = await listen(untrusted);
  const gone = createSocketServer();
  closed = await listen(gone);
  await new Promise((resolve) => gone.close(resolve));
  for (const one of [server, untrusted])
    atEndOfFile(() => {
      one.close();
      one.closeAllConnections();
    });
});

function chargeOf(fault: Fault): Charge {
  const signal = AbortSignal.timeout(60_000);
  switch (fault) {
    case 'refused':
      return { url: `http://127.0.0.1:${closed}/`, signal };
    case 'no such host':
      return { url: 'http://no-such-host.invalid/', signal };
    case 'certificate not trusted':
      return { url: `https://localhost:${secure}/`, signal };
    case 'no answer in time':
    case 'given up by the caller': {
      const charge = randomUUID();
      const controller = new AbortController();
      // As `AbortSignal.timeout` does, or `abort` without a reason.
      const reason =
        fault === 'no answer in time' ? new DOMException('timed out', 'TimeoutError') : undefined;
      givenUp.set(charge, () => controller.abort(reason));
      return {
        url: `http://127.0.0.1:${plain}/${encodeURIComponent(fault)}/${charge}/`,
        signal: controller.signal,
      };
    }
    default:
      return { url: `http://127.0.0.1:${plain}/${encodeURIComponent(fault)}/`, signal };
  }
}

const outcomeUnder = (onUnknownOutcome: 'hold' | 'rerun', ended: RunEnd) =>
  outcomes({ operation: 'charge', onUnknownOutcome }, () => false)(ended);

const ROWS = Object.entries(CLIENTS).flatMap(([client, call]) =>
  (Object.keys(FAULTS) as Fault[]).map((fault) => ({ client, call, fault })),
);

describe('a charge that failed', () => {
  test.each(ROWS)(
    'frees its key only where nothing can have happened: $client, $fault',
    async ({ client, call, fault }) => {
      const error = await failureOf((async () => call(chargeOf(fault)))());
      const wrapped = new Error('The charge failed', { cause: error });
      const { held, rerun } = FAULTS[fault];

      for (const ended of [{ error }, { error: wrapped }]) {
        expect(outcomeUnder('hold', ended)).toBe(held);
        expect(outcomeUnder('rerun', ended)).toBe(WITH_RERUN[client]?.[fault] ?? rerun);
      }
    },
  );
});
