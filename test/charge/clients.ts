import axios from 'axios';
import got from 'got';
import createError from 'http-errors';
import ky from 'ky';
import { request } from 'undici';
import { sleep, systemClock } from '../../lib/core/clock.ts';
import { boundedFetch } from '../../lib/http/bounded-fetch.ts';

/** One request, as a client is asked to make it. */
export interface Outgoing {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For clients that have a limit of their own. Milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

type Client = (outgoing: Outgoing) => Promise<unknown>;

/** Larger than any answer that is fine. */
const MAX_BYTES = 10_000;

const readFetched = async (response: Response): Promise<unknown> => {
  // What users write: an error of their own, with the status.
  if (!response.ok) throw createError(response.status);
  return response.json();
};

const eitherOf = ({ signal, timeoutMs }: Pick<Outgoing, 'signal' | 'timeoutMs'>): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);

/** Makes a request that its user aborts without saying why. */
async function abortedFetch({ url, headers, body, timeoutMs, signal }: Outgoing): Promise<unknown> {
  const controller = new AbortController();
  const done = new AbortController();
  const abort = () => controller.abort();
  signal.addEventListener('abort', abort, { once: true });
  sleep(systemClock, timeoutMs, done.signal).then(abort, () => undefined);
  try {
    return await readFetched(await fetch(url, { method: 'POST', headers, body, signal: controller.signal }));
  } finally {
    done.abort();
    signal.removeEventListener('abort', abort);
  }
}

const CLIENT_OF = {
  boundedFetch: async ({ url, headers, body, ...limits }) => {
    const options = { method: 'POST', headers, body, signal: eitherOf(limits), maxBytes: MAX_BYTES } as const;
    return (await boundedFetch(url, options)).json();
  },
  fetch: async ({ url, headers, body, ...limits }) =>
    readFetched(await fetch(url, { method: 'POST', headers, body, signal: eitherOf(limits) })),
  'fetch, aborted': abortedFetch,
  undici: async ({ url, headers, body, timeoutMs, signal }) => {
    const limits = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
    const answer = await request(url, { method: 'POST', headers, body, signal, ...limits });
    if (answer.statusCode >= 300) {
      await answer.body.dump();
      throw createError(answer.statusCode);
    }
    return answer.body.json();
  },
  axios: async ({ url, headers, body, timeoutMs, signal }) => {
    const limits = { timeout: timeoutMs, maxContentLength: MAX_BYTES };
    return (await axios.post(url, body, { headers, signal, proxy: false, ...limits })).data;
  },
  got: ({ url, headers, body, timeoutMs, signal }) =>
    got.post(url, { headers, body, signal, timeout: { request: timeoutMs }, retry: { limit: 0 } }).json(),
  ky: ({ url, headers, body, timeoutMs, signal }) =>
    ky.post(url, { headers, body, signal, timeout: timeoutMs, retry: 0 }).json(),
} as const satisfies Readonly<Record<string, Client>>;

export type ClientName = keyof typeof CLIENT_OF;
export const CLIENTS: readonly ClientName[] = Object.keys(CLIENT_OF) as ClientName[];
export const clientOf = (name: ClientName): Client => CLIENT_OF[name];
