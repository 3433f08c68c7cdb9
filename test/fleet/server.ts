import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sleep, systemClock } from '../../lib/core/clock.ts';
import { CLAIM_HEADER, ID_HEADER } from './order.ts';

/** Long enough for two probes to be seen at once. */
const WORK_MS = 30;

/** A request that has come in. */
export interface Visit {
  readonly id: number;
  /** The version of the claim, of a probe. */
  readonly claim: number | undefined;
  readonly at: number;
  /** How many probes were there, with this one. */
  readonly probes: number;
}

export interface Server {
  readonly url: string;
  readonly visits: readonly Visit[];
  /** Whether it is well. */
  isWell: boolean;
  /** What is done about the next probe before it is answered. */
  onProbe: ((visit: Visit) => void) | undefined;
  stop(): void;
}

/** The server that all processes call. */
export async function startServer(): Promise<Server> {
  const visits: Visit[] = [];
  let probes = 0;
  const server = createServer((request, response) => {
    const work = async () => {
      const { [ID_HEADER]: id, [CLAIM_HEADER]: claim } = request.headers;
      if (claim !== undefined) probes++;
      const visit: Visit = {
        id: Number(id),
        claim: claim === undefined ? undefined : Number(claim),
        at: systemClock.now(),
        probes,
      };
      visits.push(visit);
      const status = self.isWell ? 200 : 503;
      await sleep(systemClock, WORK_MS);
      if (claim !== undefined) {
        const { onProbe } = self;
        self.onProbe = undefined;
        onProbe?.(visit);
        probes--;
      }
      response.writeHead(status).end();
    };
    void work();
  }).listen(0, '127.0.0.1');
  // A connection is not closed while a process stands still.
  server.keepAliveTimeout = 0;
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const self: Server = {
    ...{ url: `http://127.0.0.1:${port}`, visits, isWell: false, onProbe: undefined },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return self;
}
