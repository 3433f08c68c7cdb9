import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen, sendJson } from '../../lib/local/http/server.ts';
import { STORE, startTables } from './tables.ts';

/** What a server does with each request: the last two are an error 503, and no answer at all. */
export type Mode = 'answers' | 'refuses' | 'hangs';

/** What the service's gateway says in place of the service. No example may hand it on as an answer. */
export const REFUSAL = 'Service Unavailable';

/** The answers of services by their host in the example. Others answer with a rate: text, a number and JSON in one. */
const ANSWERS: Readonly<Record<string, (path: string) => unknown>> = {
  'posts.example': (path) => [{ userId: path.slice(1), title: 'A post' }],
  'profiles.example': (path) => ({ id: path.slice(1), name: 'Ada', version: 1 }),
};
const RATE = 1.08;

/** All that examples call, on this machine: services over HTTP, EventBridge, and the store's DynamoDB. */
export interface Services {
  /** Where services are: that of `https://rates.example/eur` is `${origin}/rates.example/eur`. */
  readonly origin: string;
  /** Environment variables that lead AWS clients and stores here. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets how they answer from now on, and forgets what was written and how many requests there were. */
  begin(modes: { readonly services: Mode; readonly store: Mode }): Promise<void>;
  /** How many requests have come to services. */
  requests(): number;
  /** Whether a server works on a request. One that hangs does not. */
  isBusy(): boolean;
  /** Ends the connections that hang. Further requests are answered. */
  release(): void;
  close(): Promise<void>;
}

/** The requests that the servers of this process have and have not answered. */
function watchRequests(): { readonly open: ReadonlySet<ServerResponse>; end(): void } {
  const open = new Set<ServerResponse>();
  const onStart = (message: unknown) => {
    const { response } = message as { readonly response: ServerResponse };
    open.add(response);
    response.once('close', () => open.delete(response));
  };
  subscribe('http.server.request.start', onStart);
  return { open, end: () => void unsubscribe('http.server.request.start', onStart) };
}

const PUBLISHED = { FailedEntryCount: 0, Entries: [{ EventId: '1' }] };

function answerOf({ url = '/', headers }: IncomingMessage): unknown {
  if (headers['x-amz-target'] === 'AWSEvents.PutEvents') return PUBLISHED;
  const [, host = '', path = ''] = /^\/([^/]*)(.*)$/.exec(url) ?? [];
  return ANSWERS[host]?.(path) ?? RATE;
}

export async function startServices(): Promise<Services> {
  const watched = watchRequests();
  const tables = await startTables();
  let mode: Mode = 'answers';
  let requests = 0;
  const server = await listen(0, (request, response) => {
    requests++;
    if (mode === 'answers') sendJson(response, 200, answerOf(request));
    else if (mode === 'refuses') sendJson(response, 503, { message: REFUSAL });
  });
  const hangingPorts = new Set<number | undefined>();
  const isHanging = ({ req }: ServerResponse) => hangingPorts.has(req.socket.localPort);
  const origin = `http://127.0.0.1:${server.port}`;
  return {
    origin,
    env: {
      AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${tables.port}`,
      AWS_ENDPOINT_URL_EVENTBRIDGE: origin,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      FIBRIN_TABLE: STORE,
    },
    async begin(modes) {
      await tables.begin(modes.store);
      mode = modes.services;
      requests = 0;
      hangingPorts.clear();
      if (modes.services === 'hangs') hangingPorts.add(server.port);
      if (modes.store === 'hangs') hangingPorts.add(tables.port);
    },
    requests: () => requests,
    isBusy: () => [...watched.open].some((response) => !isHanging(response)),
    release() {
      for (const response of watched.open) if (isHanging(response)) response.destroy();
      // What is sent now comes too late: it must not hang in the next example.
      if (mode === 'hangs') mode = 'refuses';
      tables.release();
      hangingPorts.clear();
    },
    async close() {
      await server.close();
      await tables.close();
      watched.end();
    },
  };
}
