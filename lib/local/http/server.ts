import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { FibrinError } from '../../core/errors.ts';
import { toProblem } from '../../core/problem.ts';
import { printDefect } from '../../terminal/print.ts';
import { printable } from '../../terminal/printable.ts';
import { LocalRunError } from '../problem.ts';
import { endToEnd } from './hop-by-hop.ts';

export interface Listening {
  readonly port: number;
  /** Drops the connections on which nothing is under way, as servers do with those that are idle for long. */
  closeIdle(): void;
  /** Stops listening and drops every connection. */
  close(): Promise<void>;
}

/** API Gateway's limit on the request line and all headers together. */
const MAX_HEADER_BYTES = 10_240;

/** Listens on the loopback interface only. Port 0 takes any that is free. */
export async function listen(port: number, handle: RequestListener): Promise<Listening> {
  const server: Server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new LocalRunError(
              `port ${port} is in use; set PORT to a free one, e.g. PORT=${port + 1} npm start`,
            )
          : new LocalRunError(`cannot listen on 127.0.0.1:${port}: ${error.message}`, error),
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    closeIdle: () => server.closeIdleConnections(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Reads a body up to a limit. @throws {FibrinError} 413 above it. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw new FibrinError('BODY_TOO_LARGE', `The body is over ${maxBytes} bytes`, { status: 413 });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export interface Answer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

/** Begins an answer. Without a length it is sent in chunks. */
export function sendHead(response: ServerResponse, answer: Answer, lengthBytes?: number): void {
  const { statusCode, headers = {} } = answer;
  response.writeHead(statusCode, {
    ...(endToEnd(headers) as Record<string, string | string[]>),
    ...(lengthBytes !== undefined && { 'content-length': lengthBytes }),
  });
}

export function send(response: ServerResponse, answer: Answer): void {
  if (response.headersSent || response.destroyed) return;
  const { body = '' } = answer;
  sendHead(response, answer, Buffer.byteLength(body));
  response.end(body);
}

/** Sends JSON in which a terminal finds nothing to obey: what `curl` prints is what there is. */
export function sendJson(response: ServerResponse, statusCode: number, value: unknown): void {
  send(response, {
    statusCode,
    headers: { 'content-type': 'application/json' },
    body: printable(JSON.stringify(value)),
  });
}

/**
 * Whether a page of another site has caused a request, which another port of this machine is too. Browsers say so of every
 * request to it, of those for an image, a script or a link as well, which have no Origin.
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
export function isOfOtherSite({ 'sec-fetch-site': site = 'none' }: IncomingHttpHeaders): boolean {
  return site !== 'same-origin' && site !== 'none';
}

/** The names under which a server may be called, with its port. */
const ownNames = (request: IncomingMessage, names: readonly string[]): readonly string[] =>
  ['127.0.0.1', 'localhost', ...names].map((name) => `${name}:${request.socket.localPort}`);

/**
 * Refuses what was sent to another name that resolves to this machine: a page of another site can have one.
 * @param names Further names that the server has.
 * @throws {FibrinError} 403
 */
export function refuseOtherHosts(request: IncomingMessage, names: readonly string[] = []): void {
  const own = ownNames(request, names);
  const { host } = request.headers;
  if (host === undefined || !own.includes(host))
    throw new FibrinError('BAD_HOST', `This server answers to ${own.join(' and ')} only`, { status: 403 });
}

/**
 * Refuses what did not come from this machine's own pages and tools. A page of another site can make a browser call
 * 127.0.0.1, under a name of its own that resolves there too: its Host, its Origin or what the browser says of it gives it away.
 * @throws {FibrinError} 403
 */
export function refuseStrangers(request: IncomingMessage, names: readonly string[] = []): void {
  refuseOtherHosts(request, names);
  const { origin } = request.headers;
  const isOwnOrigin =
    origin === undefined || ownNames(request, names).some((name) => origin === `http://${name}`);
  if (!isOwnOrigin || isOfOtherSite(request.headers))
    throw new FibrinError('BAD_ORIGIN', 'Pages of other origins may not call this server', { status: 403 });
}

export interface Guard {
  /** Further names that the server has. */
  readonly names?: readonly string[];
  /** Throws for what is refused. Default: `refuseStrangers`. */
  readonly refuse?: typeof refuseStrangers;
}

/** Makes a listener out of an asynchronous one: strangers refused, whatever it throws answered as a problem. */
export function guarded(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  { names = [], refuse = refuseStrangers }: Guard = {},
): RequestListener {
  return (request, response) => {
    // A client that went away in the middle is no news.
    request.on('error', () => undefined);
    (async () => {
      refuse(request, names);
      await handle(request, response);
    })().catch((error: unknown) => {
      // Answered already, or the client has gone: what is left of the request is of no use.
      if (response.headersSent || response.destroyed) return void request.destroy();
      if (!(error instanceof FibrinError)) printDefect(error);
      // A request whose body was not read to its end cannot be followed by another on its connection.
      if (!request.complete) response.setHeader('connection', 'close');
      const problem = toProblem(error);
      send(response, { ...problem, body: printable(problem.body) });
    });
  };
}
