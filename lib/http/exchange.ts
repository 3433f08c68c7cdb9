import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { noteRequestSent } from '../core/attempt-facts.ts';
import type { Clock } from '../core/clock.ts';
import { isFibrinError } from '../core/errors.ts';
import { noteOwnWait } from '../core/own-wait.ts';
import type { Client } from './agents.ts';
import { Connection } from './connection.ts';
import { NoAnswerError } from './errors.ts';

export interface Exchange<T> {
  readonly client: Client;
  /** Named in errors. */
  readonly host: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  /** Whether the request may be sent a second time after the service may have received it. */
  readonly repeatable: boolean;
  /** Whether the service may have received it already, by an earlier try. Default false. */
  readonly sentBefore?: boolean;
  readonly clock: Clock;
  /** Reads a response to its end. */
  readonly read: (response: IncomingMessage) => Promise<T>;
}

const CLOSED: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE']);

/** Resolves once a connection is made, its TLS included. One that cannot be made fails the request by itself. */
async function isMade(socket: Socket & { readonly secureConnecting?: boolean }): Promise<void> {
  if (socket.secureConnecting) return new Promise((resolve) => socket.once('secureConnect', resolve));
  if (socket.connecting) await new Promise<void>((resolve) => socket.once('connect', resolve));
}

/** Undefined: the connection that the agent gave was closed, or about to be, and nothing was written to it. */
async function attempt<T>(sending: Exchange<T>, signal: AbortSignal): Promise<T | undefined> {
  signal.throwIfAborted();
  const { client, method, headers, body, host, clock, read, sentBefore = false } = sending;
  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
  let connection: Connection | undefined;
  let isWritten = false;
  const fail = (error?: NodeJS.ErrnoException) => {
    if (isFibrinError(error)) return reject(error);
    if (connection?.isReused && !isWritten) return resolve(undefined);
    const isStale = connection?.isReused === true && connection.isSilent && CLOSED.has(error?.code);
    // The others have been idle for as long, and the request may be sent again.
    if (isStale) connection?.closeIdle();
    const failure = new NoAnswerError(host, error, isStale);
    // Of what caused it too: the code of a connection alone leaves it open.
    for (const link of [failure, error]) noteRequestSent(link, sentBefore || isWritten);
    reject(failure);
  };
  const onAbort = () => {
    if (hasWaited) noteOwnWait(signal.reason);
    noteRequestSent(signal.reason, sentBefore || isWritten);
    reject(signal.reason);
  };
  const onClose = () => fail();

  const write = async (socket: Socket) => {
    const given = new Connection(socket, client.agent);
    connection = given;
    if (!(await given.isUsable(sending.repeatable))) return resolve(undefined);
    await isMade(socket);
    isWritten = true;
    request.once('response', (response: IncomingMessage) => {
      request.off('close', onClose);
      response.once('end', () => given.noteIdle(response.headers['keep-alive'], clock));
      read(response).then(resolve, fail);
    });
    // Node writes it with the headers, at once.
    request.end(body);
  };

  const request = client.request({ ...client.to, agent: client.agent, method, headers });
  // The agent has as many connections as it may, and queues the request until one is free.
  const hasWaited = Object.values(client.agent.requests ?? {}).some((queue) => queue?.includes(request));
  signal.addEventListener('abort', onAbort, { once: true });
  // Never removed: a closed connection may still emit an error.
  request.on('error', fail);
  // Some responses, such as one that switches protocols, end a request without an error.
  request.once('close', onClose);
  // Until `end` is called, Node writes nothing.
  request.once('socket', (socket) => {
    write(socket).catch(reject);
  });
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Has no effect when the connection is free for the next request already.
    request.destroy();
  }
}

/**
 * Sends a request once and reads the response. Whatever ends it, the signal included, closes a connection whose response
 * is not complete and leaves no listener on the signal.
 */
export async function exchange<T>(sending: Exchange<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    // Each turn closes a connection, and the agent opens a new one when it has no other.
    const answer = await attempt(sending, signal);
    if (answer !== undefined) return answer;
  }
}
