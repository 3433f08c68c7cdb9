import type { Agent } from 'node:http';
import type { Socket } from 'node:net';

/** A connection that has served other requests before this one. */
export interface Reuse {
  /** Whether nothing has come over it since. */
  isSilent(): boolean;
  /** Closes the idle connections to the same place. */
  endIdle(): void;
}

/** What is known of a connection that a request is about to use, or undefined when it is a fresh one. */
export function reuseOf(socket: Socket, agent: Agent): Reuse | undefined {
  const bytesBefore = socket.bytesRead;
  // Node's own mark, `reusedSocket`, is not on one that went straight from a request to the next.
  if (bytesBefore === 0) return undefined;
  const place = Object.keys(agent.sockets).find((name) => agent.sockets[name]?.includes(socket)) ?? '';
  return {
    isSilent: () => socket.bytesRead === bytesBefore,
    endIdle() {
      for (const idle of agent.freeSockets[place] ?? []) idle.destroy();
    },
  };
}
