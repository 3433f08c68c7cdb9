import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { guarded } from '../http/server.ts';
import { LocalRunError } from '../problem.ts';
import type { Engine } from './engine.ts';

/** By itself it answers every page that finds its port. */
function guard(server: Server): void {
  const [serve] = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on(
    'request',
    guarded(async (request, response) => serve?.call(server, request, response)),
  );
}

/** Starts dynalite, a DynamoDB in plain JavaScript, inside this process. */
export async function startDynalite(): Promise<Engine> {
  const { default: dynalite } = await import('dynalite').catch((error: unknown) => {
    throw new LocalRunError(
      'there is no Java 17 for DynamoDB Local and the package dynalite is not installed; npm install --save-dev dynalite',
      error,
    );
  });
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  guard(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    name: 'dynalite',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    weaker: [
      'a refused conditional write brings no item: the store makes one consistent read instead',
      'transactions are made one after the other by this run',
      'nothing expires by TTL',
      'no streams: tables are looked at once a second, so several changes of an item in that time are one',
    ],
    ttl: false,
    transactions: false,
    streams: false,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
