import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { atEndOfTest } from './ends.ts';

export interface WireServer {
  readonly url: string;
  /** Every connection so far, in order. */
  readonly connections: readonly Socket[];
  /** Every request so far, each with the number of its connection. */
  readonly requests: readonly { readonly connection: number; readonly text: string }[];
}

/** Listens on this machine until the test ends. */
export async function listen(server: Server, open: Set<Socket> = new Set()): Promise<number> {
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEndOfTest(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of open) socket.destroy();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

/** A server whose test writes the bytes of each response. It takes each packet for one request, as those of the tests are. */
export async function wireServer(
  answer: (
    socket: Socket,
    request: { readonly connection: number; readonly nth: number; readonly text: string },
  ) => void,
): Promise<WireServer> {
  const connections: Socket[] = [];
  const requests: { connection: number; text: string }[] = [];
  const server = createServer((socket) => {
    const connection = connections.push(socket);
    let nth = 0;
    socket.on('data', (data) => {
      const text = data.toString('latin1');
      requests.push({ connection, text });
      answer(socket, { connection, nth: ++nth, text });
    });
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, connections, requests };
}

/** A response with a body and its length, as a server writes it. */
export const wireAnswer = (status: number, body: string, headers: readonly string[] = []): string =>
  [`HTTP/1.1 ${status} X`, `content-length: ${Buffer.byteLength(body)}`, ...headers, '', body].join('\r\n');
