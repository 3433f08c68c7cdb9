import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AnswerSink } from './result.ts';
import { streamedOutcome } from './streamed-outcome.ts';

export interface Outcome {
  /** Of an error. */
  readonly errorType?: string;
  readonly payload: string;
}

/** What a sandbox says over its Runtime API. */
export interface RuntimeEvents {
  /** It waits for an invocation; answer it with one. */
  next(response: ServerResponse): void;
  /** Where the answer of an invocation goes while it is written, if a caller waits for that. */
  sinkOf(requestId: string): AnswerSink | undefined;
  /** It is done with an invocation. False when there is no such invocation (any more). */
  outcome(requestId: string, outcome: Outcome): boolean;
  /** It cannot start. False when it has started already. */
  initError(errorType: string, payload: string): boolean;
}

export interface RuntimeApi {
  /** `host:port`, as `AWS_LAMBDA_RUNTIME_API` wants it. The host is a secret name of this machine. */
  readonly address: Promise<string>;
  close(): void;
}

/** Lambda's limit on what a function returns. */
const MAX_RESPONSE_BYTES = 6 * 1_024 * 1_024;

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const reply = (response: ServerResponse, status: number, body: unknown = { status: 'OK' }): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const TOO_LARGE = {
  errorType: 'Function.ResponseSizeTooLarge',
  errorMessage: `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
};

const errorTypeOf = (request: IncomingMessage): string =>
  String(request.headers['lambda-runtime-function-error-type'] ?? 'Error');

/** Gives an answer on while it comes. Nothing of it is left. */
async function pour(request: IncomingMessage, sink: AnswerSink): Promise<Buffer> {
  sink.begin(request.headers['content-type'] ?? 'application/octet-stream');
  for await (const chunk of request as AsyncIterable<Buffer>) await sink.write(chunk);
  return Buffer.alloc(0);
}

const isStreamed = (request: IncomingMessage): boolean =>
  request.headers['lambda-runtime-function-response-mode'] === 'streaming';

/**
 * Serves the Runtime API to one sandbox, on a port of its own, as each sandbox on Lambda has its own. Only who knows its
 * name is served: a page in a browser could ask 127.0.0.1 for an invocation as well. The name is where AWS's runtime clients
 * have room for a secret: they take `host:port` and no path.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export function startRuntimeApi(events: RuntimeEvents): RuntimeApi {
  const onOutcome = async (request: IncomingMessage, response: ServerResponse, id: string, kind: string) => {
    const sink = kind === 'response' ? events.sinkOf(id) : undefined;
    const body = sink ? await pour(request, sink) : await readAll(request);
    const tooLarge = kind === 'response' && body.length > MAX_RESPONSE_BYTES;
    let outcome: Outcome = { payload: body.toString('utf8') };
    if (tooLarge) outcome = { errorType: TOO_LARGE.errorType, payload: JSON.stringify(TOO_LARGE) };
    else if (kind === 'error') outcome = { ...outcome, errorType: errorTypeOf(request) };
    else if (isStreamed(request)) outcome = streamedOutcome(request, body);
    if (outcome.errorType === undefined) sink?.end();
    if (!events.outcome(id, outcome)) {
      return reply(response, 400, { errorType: 'InvalidRequestID', errorMessage: 'Invalid request ID' });
    }
    if (tooLarge) {
      return reply(response, 413, {
        errorType: 'RequestEntityTooLarge',
        errorMessage: 'Exceeded maximum allowed payload size',
      });
    }
    reply(response, 202);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers.host !== (await address)) {
      return reply(response, 403, { errorType: 'Forbidden', errorMessage: 'This server does not know you' });
    }
    const route = `${request.method} ${request.url?.replace('/2018-06-01/runtime/', '')}`;
    const [, id, kind] = /^POST invocation\/([^/]+)\/(response|error)$/.exec(route) ?? [];
    if (id !== undefined && kind !== undefined) return onOutcome(request, response, id, kind);
    if (route === 'GET invocation/next') return events.next(response);
    if (route === 'POST init/error') {
      const payload = (await readAll(request)).toString('utf8');
      if (events.initError(errorTypeOf(request), payload)) return reply(response, 202);
      return reply(response, 403, {
        errorType: 'InvalidStateTransition',
        errorMessage: 'The init phase is over',
      });
    }
    reply(response, 404, { errorType: 'NotFound', errorMessage: `No ${route}` });
  };

  const name = `${randomBytes(16).toString('hex')}.localhost`;
  const server = createServer((request, response) => {
    // The sandbox died while it spoke; its exit says so too.
    serve(request, response).catch(() => response.destroy());
  });
  // A handler may keep its process busy for as long as it is allowed to run, and answers on the same connection.
  server.keepAliveTimeout = 0;
  const address = new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`${name}:${(server.address() as AddressInfo).port}`));
  });
  return {
    address,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
