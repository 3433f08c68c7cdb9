import type { IncomingMessage } from 'node:http';
import { FibrinError } from '../core/errors.ts';
import type { Client } from './agents.ts';
import type { FetchAnswer } from './answer.ts';
import { NoAnswerError } from './errors.ts';
import { type Reading, readAnswer } from './read.ts';
import { type Reuse, reuseOf } from './reuse.ts';

export interface Exchange extends Reading {
  readonly url: URL;
  readonly client: Client;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

const CLOSED: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE']);

/**
 * Sends a request once and reads the answer. Whatever ends it, the signal included, closes a connection that is not
 * through with its answer and leaves no listener on the signal.
 */
export async function exchange(sending: Exchange, signal: AbortSignal): Promise<FetchAnswer> {
  signal.throwIfAborted();
  const { url, client, method, headers, body, host } = sending;
  const { promise, resolve, reject } = Promise.withResolvers<FetchAnswer>();
  let reuse = undefined as Reuse | undefined;
  const fail = (error?: NodeJS.ErrnoException) => {
    if (error instanceof FibrinError) return reject(error);
    const isStale = reuse?.isSilent() === true && CLOSED.has(error?.code);
    // The others have been idle for as long, and the request may be sent again.
    if (isStale) reuse?.endIdle();
    reject(new NoAnswerError(host, error, isStale));
  };
  const onAbort = () => reject(signal.reason);
  const onClose = () => fail();

  const request = client.request(url, { agent: client.agent, method, headers });
  signal.addEventListener('abort', onAbort, { once: true });
  // Stays for good: a connection that is closed may still have an error to tell.
  request.on('error', fail);
  // Some answers, as one that changes the protocol, end a request without an error.
  request.once('close', onClose);
  request.once('socket', (socket) => {
    reuse = reuseOf(socket, client.agent);
  });
  request.once('response', (response: IncomingMessage) => {
    request.off('close', onClose);
    readAnswer(response, sending).then(resolve, fail);
  });
  try {
    request.end(body);
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Does nothing when the connection is free for the next request already.
    request.destroy();
  }
}
