import type { Listening } from './http/server.ts';

/** What a run has opened, and closes when it ends. */
export interface Opened {
  /** Has this done at the end, before what was added earlier. */
  atEnd(close: () => Promise<void>): void;
  /** Closes a server with the run. Its address: `http://127.0.0.1:4000`. */
  server(server: Listening): string;
  /** Has `closeIdle` close the idle connections of these too. */
  connections(...servers: readonly Pick<Listening, 'closeIdle'>[]): void;
  closeIdle(): void;
  /** @throws {AggregateError} of what failed; all the others are closed then too. */
  closeAll(): Promise<void>;
}

export const addressOf = ({ port }: Listening): string => `http://127.0.0.1:${port}`;

export function opened(): Opened {
  const closers: (() => Promise<void>)[] = [];
  const servers: Pick<Listening, 'closeIdle'>[] = [];
  return {
    atEnd: (close) => void closers.push(close),
    server(server) {
      closers.push(server.close);
      servers.push(server);
      return addressOf(server);
    },
    connections: (...more) => void servers.push(...more),
    closeIdle() {
      for (const server of servers) server.closeIdle();
    },
    async closeAll() {
      const failures: unknown[] = [];
      for (const close of closers.splice(0).reverse())
        await close().catch((error: unknown) => failures.push(error));
      if (failures.length > 0) throw new AggregateError(failures, 'the local run did not end cleanly');
    },
  };
}
