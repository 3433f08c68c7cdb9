import axios from 'axios';
import got from 'got';
import ky from 'ky';
import { ofetch } from 'ofetch';
import { Agent, RetryAgent, request } from 'undici';
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
  /** Whether the client tries once more by itself, where it can. */
  readonly isRetried: boolean;
  /** Whether it follows redirects, where it can. */
  readonly isRedirected: boolean;
}

type Client = (outgoing: Outgoing) => Promise<unknown>;

/** Larger than any answer that is fine. */
const MAX_BYTES = 10_000;
const RETRY_DELAY_MS = 1;

const eitherOf = ({ signal, timeoutMs }: Pick<Outgoing, 'signal' | 'timeoutMs'>): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);

/** What users write: an error of their own, with the status. */
const statusError = (status: number): Error => Object.assign(new Error(`status ${status}`), { status });

const readFetched = async (response: Response): Promise<unknown> => {
  if (!response.ok) throw statusError(response.status);
  return response.json();
};

const redirectOf = ({ isRedirected }: Outgoing) => (isRedirected ? 'follow' : 'manual');

/** Makes a request that its user aborts without saying why. */
async function abortedFetch(outgoing: Outgoing): Promise<unknown> {
  const { url, headers, body, timeoutMs, signal } = outgoing;
  const controller = new AbortController();
  const done = new AbortController();
  const abort = () => controller.abort();
  signal.addEventListener('abort', abort, { once: true });
  sleep(systemClock, timeoutMs, done.signal).then(abort, () => undefined);
  const init = { method: 'POST', headers, body, redirect: redirectOf(outgoing) } as const;
  try {
    return await readFetched(await fetch(url, { ...init, signal: controller.signal }));
  } finally {
    done.abort();
    signal.removeEventListener('abort', abort);
  }
}

async function undiciRequest({ url, headers, body, timeoutMs, signal, isRetried }: Outgoing) {
  const retry = { maxRetries: 1, minTimeout: RETRY_DELAY_MS, methods: ['POST'] as const };
  const answer = await request(url, {
    ...{ method: 'POST', headers, body, signal, headersTimeout: timeoutMs, bodyTimeout: timeoutMs },
    ...(isRetried && { dispatcher: new RetryAgent(new Agent(), { ...retry, methods: [...retry.methods] }) }),
  });
  if (answer.statusCode >= 300) {
    await answer.body.dump();
    throw statusError(answer.statusCode);
  }
  return answer.body.json();
}

const CLIENT_OF = {
  boundedFetch: async ({ url, headers, body, ...more }) => {
    const signal = eitherOf(more);
    return (await boundedFetch(url, { method: 'POST', headers, body, signal, maxBytes: MAX_BYTES })).json();
  },
  fetch: async (outgoing) => {
    const { url, headers, body } = outgoing;
    const redirect = redirectOf(outgoing);
    return readFetched(
      await fetch(url, { method: 'POST', headers, body, redirect, signal: eitherOf(outgoing) }),
    );
  },
  'fetch, aborted': abortedFetch,
  undici: undiciRequest,
  axios: async ({ url, headers, body, timeoutMs, signal, isRedirected }) => {
    const limits = {
      timeout: timeoutMs,
      maxContentLength: MAX_BYTES,
      ...(!isRedirected && { maxRedirects: 0 }),
    };
    return (await axios.post(url, body, { headers, signal, proxy: false, ...limits })).data;
  },
  got: ({ url, headers, body, timeoutMs, signal, isRetried, isRedirected }) =>
    got
      .post(url, {
        ...{ headers, body, signal, timeout: { request: timeoutMs }, followRedirect: isRedirected },
        retry: {
          ...{ limit: isRetried ? 1 : 0, methods: ['POST'] },
          calculateDelay: ({ computedValue }) => Math.min(computedValue, RETRY_DELAY_MS),
        },
      })
      .json(),
  ky: (outgoing) => {
    const { url, headers, body, timeoutMs, signal, isRetried } = outgoing;
    const retry = { limit: isRetried ? 1 : 0, methods: ['post' as const], delay: () => RETRY_DELAY_MS };
    const redirect = redirectOf(outgoing);
    return ky.post(url, { headers, body, signal, redirect, timeout: timeoutMs, retry }).json();
  },
  ofetch: (outgoing) => {
    const { url, headers, body, isRetried } = outgoing;
    const retry = { retry: isRetried ? 1 : 0, retryDelay: RETRY_DELAY_MS };
    const redirect = redirectOf(outgoing);
    // Its own limit counts only without a signal.
    return ofetch(url, { method: 'POST', headers, body, redirect, signal: eitherOf(outgoing), ...retry });
  },
} as const satisfies Readonly<Record<string, Client>>;

export type ClientName = keyof typeof CLIENT_OF;
export const CLIENTS: readonly ClientName[] = Object.keys(CLIENT_OF) as ClientName[];
export const clientOf = (name: ClientName): Client => CLIENT_OF[name];
