import { getEventListeners } from 'node:events';
import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { expect } from 'vitest';
import { boundedFetch, type FetchAnswer, type FetchOptions } from '../../lib/index.ts';
import { atEndOfTest } from './ends.ts';

/** In the path and the query of every call. No error may quote it. */
export const SECRET = 'secret-token';

/** Makes a call, and checks that it leaves no listener on its signal. */
export async function call(url: string, options: Partial<FetchOptions> = {}): Promise<FetchAnswer> {
  const { signal = new AbortController().signal } = options;
  try {
    return await boundedFetch(`${url}/${SECRET}?${SECRET}`, { ...options, signal });
  } finally {
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  }
}

/** The error that a call ends with. It must not say where exactly the call led to. */
export async function failureOf(answer: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  const error = await answer.then(
    () => expect.fail('expected the call to fail'),
    (thrown: unknown) => thrown as Error & Record<string, unknown>,
  );
  expect(String(error)).not.toContain(SECRET);
  return error;
}

/** Agents for one test. Their connections are closed at its end. */
export function ownAgents(options: ConstructorParameters<typeof Agent>[0] = {}): { readonly http: Agent } {
  const http = new Agent({ keepAlive: true, ...options });
  atEndOfTest(() => http.destroy());
  return { http };
}

export const closed = async (socket: Socket | undefined): Promise<void> => {
  if (socket?.closed === false) await new Promise((done) => socket.on('close', done));
};

export const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
/** A response in chunks, none of which is the last. */
export const ENDLESS: string = `${CHUNKED}1\r\na\r\n`;

/** Writes chunks as fast as they are read, until the other side closes. */
export function flood(socket: Socket, maxBytes: number = Number.POSITIVE_INFINITY): void {
  const chunk = Buffer.alloc(65_536, 'x');
  const framed = Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]);
  let sent = 0;
  const more = () => {
    while (!socket.destroyed && sent < maxBytes) {
      sent += chunk.length;
      if (!socket.write(framed)) return;
    }
  };
  socket.on('drain', more);
  more();
}
