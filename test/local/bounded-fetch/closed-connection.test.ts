import { once } from 'node:events';
import { type ClientRequest, createServer, type ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { call, closed, ownAgents } from '../../support/bounded-fetch.ts';
import type { Close, ClosingServerData } from '../../support/closing-server.ts';
import { atEndOfTest } from '../../support/ends.ts';
import { secureServer } from '../../support/secure.ts';
import { listen, wireAnswer, wireServer } from '../../support/wire.ts';

const POST = { method: 'POST', body: 'x' } as const;
const CALLS = 60;

interface Served {
  readonly url: string;
  requests: number;
}

/** A server of node:http that closes the connection after each response, and does not say so. */
async function httpServer(answer: (response: ServerResponse, socket: Socket) => void): Promise<Served> {
  const served = { url: '', requests: 0 };
  const server = createServer((request, response) => {
    served.requests++;
    request.resume();
    answer(response, request.socket);
  });
  server.keepAliveTimeout = 0;
  served.url = `http://127.0.0.1:${await listen(server)}`;
  return served;
}

/** A server that ends its side after each response, and goes on reading: it counts what it must not get. */
async function halfClosingServer(): Promise<Served> {
  const served = { url: '', requests: 0 };
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    socket.once('data', () => socket.end(wireAnswer(200, 'ok')));
    socket.on('data', () => served.requests++);
  });
  served.url = `http://127.0.0.1:${await listen(server)}`;
  return served;
}

const SERVERS: readonly [string, () => Promise<Served>][] = [
  [
    'ends the connection with the response',
    () =>
      httpServer((response, socket) => {
        response.end('ok');
        socket.end();
      }),
  ],
  [
    'destroys the connection once the response is written',
    () =>
      httpServer((response, socket) => {
        response.end('ok');
        socket.destroySoon();
      }),
  ],
  [
    'ends the connection a turn after the response',
    () => httpServer((response, socket) => response.end('ok', () => setImmediate(() => socket.end()))),
  ],
  [
    'resets the connection a turn after the response',
    () =>
      httpServer((response, socket) =>
        response.end('ok', () => setImmediate(() => socket.resetAndDestroy())),
      ),
  ],
  [
    'announces that it closes',
    () => httpServer((response) => response.setHeader('connection', 'close').end('ok')),
  ],
  ['half-closes the connection with the response', halfClosingServer],
];

describe('boundedFetch', () => {
  it.each(SERVERS)('loses none of 60 POSTs in a row to a server that %s', async (_, start) => {
    const server = await start();
    const agents = ownAgents();

    for (let calls = 0; calls < CALLS; calls++) {
      expect((await call(server.url, { ...POST, agents })).text()).toBe('ok');
    }

    expect(server.requests).toBe(CALLS);
  });

  it.each(SERVERS)(
    'loses none of 60 POSTs, ten at once, over five connections to a server that %s',
    async (_, start) => {
      const server = await start();
      const agents = ownAgents({ maxSockets: 5 });

      const lane = async () => {
        for (let calls = 0; calls < CALLS / 10; calls++) await call(server.url, { ...POST, agents });
      };
      await Promise.all(Array.from({ length: 10 }, lane));

      expect(server.requests).toBe(CALLS);
    },
  );

  it('loses no POST to a server that ends TLS connections after each response', async () => {
    let requests = 0;
    const { url, https } = await secureServer((request, response) => {
      requests++;
      request.resume();
      response.end('ok');
      request.socket.end();
    });

    for (let calls = 0; calls < 20; calls++) await call(url, { ...POST, agents: { https } });

    expect(requests).toBe(20);
  });

  it.each<[Close]>([['half-close'], ['close'], ['reset']])(
    'loses no POST to a connection that the server ended, by a %s, while the process was frozen',
    async (how) => {
      const counts = new Int32Array(new SharedArrayBuffer(8));
      const workerData: ClosingServerData = { counts };
      const server = new Worker(new URL('../../support/closing-server.ts', import.meta.url), { workerData });
      atEndOfTest(() => server.terminate());
      const [port] = await once(server, 'message');
      const agents = ownAgents();

      for (let calls = 0; calls < CALLS; calls++) {
        await call(`http://127.0.0.1:${port}`, { ...POST, agents });
        server.postMessage(how);
        // Blocks this thread: no timer, no event and no read happens until the connection is closed.
        expect(Atomics.wait(counts, 0, calls, 10_000)).not.toBe('timed-out');
      }

      expect(counts[1]).toBe(CALLS);
    },
  );

  it.each<[string, (socket: Socket) => unknown]>([
    ['ends', (socket) => socket.end()],
    ['resets', (socket) => socket.resetAndDestroy()],
    ['sends a response to no request over', (socket) => socket.write(wireAnswer(408, ''))],
    ['sends a part of a response over', (socket) => socket.write('HTTP/1.1 ')],
    ['sends what is not HTTP over', (socket) => socket.write('x')],
  ])('takes another connection when the service %s the one that it was about to use', async (_, meddle) => {
    const server = await wireServer((socket, { connection }) =>
      socket.write(wireAnswer(200, `${connection}`)),
    );
    const agents = ownAgents();
    await call(server.url, { agents });

    const answer = call(server.url, { ...POST, agents });
    await new Promise(process.nextTick);
    expect(Object.values(agents.http.sockets).flat()).toHaveLength(1);
    meddle(server.connections[0] as Socket);

    expect((await answer).text()).toBe('2');
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 2]);
    await closed(server.connections[0]);
  });

  it('takes another connection when the agent gives one whose other side has ended', async () => {
    const server = await wireServer((socket, { connection }) =>
      socket.write(wireAnswer(200, `${connection}`)),
    );
    const idle: Socket[] = [];
    const http = Object.assign(Object.create(null), {
      protocol: 'http:',
      keepAlive: true,
      addRequest(request: ClientRequest, { host, port }: { readonly host: string; readonly port: number }) {
        const socket = idle.pop() ?? connect({ host, port, allowHalfOpen: true });
        socket.once('free', () => idle.push(socket));
        request.onSocket(socket);
      },
    });
    await call(server.url, { agents: { http } });
    await expect.poll(() => idle.length, { interval: 1 }).toBe(1);
    const [kept] = idle as [Socket];
    server.connections[0]?.end();
    await once(kept, 'end');
    expect(kept.writable).toBe(true);

    expect((await call(server.url, { ...POST, agents: { http } })).text()).toBe('2');
  });

  it('reuses a connection that stays open', async () => {
    const server = await httpServer((response) => response.end('ok'));
    const agents = ownAgents();
    const sockets = new Set<unknown>();

    for (let calls = 0; calls < 5; calls++) {
      await call(server.url, { ...POST, agents });
      for (const socket of Object.values(agents.http.freeSockets).flat()) sockets.add(socket);
    }

    expect(sockets.size).toBe(1);
  });
});
