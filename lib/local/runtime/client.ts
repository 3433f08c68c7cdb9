import { Agent, type ClientRequest, type IncomingHttpHeaders, request } from 'node:http';
import { describeError } from './errors.ts';

/** An invocation as the Runtime API gives it. */
export interface Next {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a runtime says to the Runtime API. While none of it is under way, it keeps no event loop alive. */
export interface RuntimeClient {
  next(): Promise<Next>;
  /** @param json The result. */
  respond(id: string, json: string): Promise<void>;
  fail(id: string, thrown: unknown): Promise<void>;
  initError(thrown: unknown): Promise<void>;
  /** Begins an answer that is sent as it is written. `answered` settles when the Runtime API has taken all of it. */
  stream(id: string): { readonly outgoing: ClientRequest; readonly answered: Promise<void> };
}

/** Where the error of a streamed answer is, since its head has been sent long before. */
export const ERROR_TRAILERS = {
  type: 'Lambda-Runtime-Function-Error-Type',
  body: 'Lambda-Runtime-Function-Error-Body',
} as const;

interface Reply {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const STREAM_HEADERS = {
  'lambda-runtime-function-response-mode': 'streaming',
  'content-type': 'application/octet-stream',
  'transfer-encoding': 'chunked',
  trailer: Object.values(ERROR_TRAILERS),
};

/**
 * @param address `name:port`. The name is a secret of this sandbox and the server, which is on this machine.
 * @param maxSockets One for each invocation whose answer is under way, and one to ask for the next.
 */
export function runtimeClient(address: string, maxSockets: number): RuntimeClient {
  const agent = new Agent({ keepAlive: true, maxSockets });
  const port = address.split(':')[1];

  const begin = (method: string, path: string, headers: Record<string, string | string[] | number>) => {
    const outgoing = request({
      ...{ host: '127.0.0.1', port, agent, method, path: `/2018-06-01/runtime/${path}` },
      headers: { host: address, ...headers },
    });
    const reply = new Promise<Reply>((resolve, reject) => {
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({ headers: incoming.headers, body: Buffer.concat(chunks).toString('utf8') }),
        );
      });
    });
    return { outgoing, reply };
  };

  const call = (method: string, path: string, body = '', headers: Record<string, string> = {}) => {
    const { outgoing, reply } = begin(method, path, {
      ...headers,
      'content-length': Buffer.byteLength(body),
    });
    outgoing.end(body);
    return reply;
  };

  const report = async (path: string, thrown: unknown): Promise<void> => {
    const description = describeError(thrown);
    await call('POST', path, JSON.stringify(description), {
      ...JSON_TYPE,
      // A name may hold what a header may not.
      'lambda-runtime-function-error-type': String(description.errorType).replaceAll(/[^\x20-\x7e]/g, '?'),
    });
  };

  return {
    async next() {
      const { headers, body } = await call('GET', 'invocation/next');
      return { id: String(headers['lambda-runtime-aws-request-id']), headers, body };
    },
    async respond(id, json) {
      await call('POST', `invocation/${id}/response`, json, JSON_TYPE);
    },
    fail: (id, thrown) => report(`invocation/${id}/error`, thrown),
    initError: (thrown) => report('init/error', thrown),
    stream(id) {
      const { outgoing, reply } = begin('POST', `invocation/${id}/response`, STREAM_HEADERS);
      return { outgoing, answered: reply.then(() => undefined) };
    },
  };
}
