import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { refuseStrangers } from '../http/server.ts';
import type { AnswerSink } from './result.ts';

/** What a sandbox says over its Runtime API. */
export interface RuntimeEvents {
  /** It waits for an invocation; answer it with one. */
  next(response: ServerResponse): void;
  /** Where the answer of an invocation goes while it is written, if somebody waits for that. */
  sinkOf(requestId: string): AnswerSink | undefined;
  /** It is done with an invocation. False when there is no such invocation (any more). */
  outcome(requestId: string, outcome: { readonly errorType?: string; readonly payload: string }): boolean;
  /** It cannot start. False when it has started already. */
  initError(errorType: string, payload: string): boolean;
}

export interface RuntimeApi {
  /** `host:port`, as `AWS_LAMBDA_RUNTIME_API` wants it. */
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

/** The error with which a streamed answer ended: its head had been sent long before. */
function brokenOff({ trailers }: IncomingMessage) {
  const errorType = trailers['lambda-runtime-function-error-type'];
  if (errorType === undefined) return undefined;
  const body = trailers['lambda-runtime-function-error-body'] ?? '';
  return { errorType, payload: Buffer.from(body, 'base64').toString('utf8') };
}

/**
 * Serves the Runtime API to one sandbox, on a port of its own, as each sandbox on Lambda has its own.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export function startRuntimeApi(events: RuntimeEvents): RuntimeApi {
  const onOutcome = async (request: IncomingMessage, response: ServerResponse, id: string, kind: string) => {
    const sink = kind === 'response' ? events.sinkOf(id) : undefined;
    const body = sink ? await pour(request, sink) : await readAll(request);
    const tooLarge = kind === 'response' && body.length > MAX_RESPONSE_BYTES;
    const outcome = tooLarge
      ? { errorType: TOO_LARGE.errorType, payload: JSON.stringify(TOO_LARGE) }
      : (brokenOff(request) ?? {
          payload: body.toString('utf8'),
          ...(kind === 'error' && { errorType: errorTypeOf(request) }),
        });
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
    // A page in a browser must not be able to speak for a sandbox.
    refuseStrangers(request);
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

  const server = createServer((request, response) => {
    // The sandbox died while it spoke; its exit says so too.
    serve(request, response).catch(() => response.destroy());
  });
  // A handler may keep its process busy for as long as it is allowed to run, and answers on the same connection.
  server.keepAliveTimeout = 0;
  return {
    address: new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(`127.0.0.1:${(server.address() as AddressInfo).port}`));
    }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
