import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of the answer to a charge that was made. */
export type Fate =
  | 'answered'
  | 'reset'
  | 'cut in half'
  | 'lost at the gateway'
  | 'never sent'
  | 'odd'
  | 'huge';

export interface ChargeServer {
  /** Where to POST a charge to. */
  url(fate: Fate, id: string): string;
  /** How often it was made. */
  charges(id: string): number;
  /** Resolves once it was made. */
  charged(id: string): Promise<void>;
  close(): Promise<void>;
}

function answer(response: ServerResponse, fate: Fate): void {
  const json = { 'content-type': 'application/json' };
  switch (fate) {
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'cut in half':
      response
        .writeHead(200, { ...json, 'content-length': 100 })
        .write('{"state":', () => response.destroy());
      return;
    case 'lost at the gateway':
      response.writeHead(504, json).end('{"message":"Endpoint request timed out"}');
      return;
    case 'never sent':
      return;
    case 'odd':
      response.writeHead(200, json).end('{"status":"ok"}');
      return;
    case 'huge':
      response.writeHead(200, json).end(JSON.stringify({ state: 'charged', receipt: 'x'.repeat(10_000) }));
      return;
    case 'answered':
      response.writeHead(200, json).end('{"state":"charged"}');
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

/** A port at which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await close(server);
  return port;
}

/** A service that charges for each POST, whatever becomes of its answer. */
export async function startChargeServer(): Promise<ChargeServer> {
  const made = new Map<string, number>();
  const firsts = new Map<string, PromiseWithResolvers<void>>();
  const firstOf = (id: string) => {
    const first = firsts.get(id) ?? Promise.withResolvers<void>();
    firsts.set(id, first);
    return first;
  };
  const server = createServer((request, response) => {
    const [fate = '', id = ''] = (request.url ?? '').slice(1).split('/').map(decodeURIComponent);
    request.resume().once('end', () => {
      made.set(id, (made.get(id) ?? 0) + 1);
      firstOf(id).resolve();
      answer(response, fate as Fate);
    });
  });
  const port = await listen(server);
  return {
    url: (fate, id) => `http://127.0.0.1:${port}/${encodeURIComponent(fate)}/${encodeURIComponent(id)}`,
    charges: (id) => made.get(id) ?? 0,
    charged: (id) => firstOf(id).promise,
    close: () => close(server),
  };
}
