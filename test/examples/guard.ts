import { Socket } from 'node:net';
import { vi } from 'vitest';

const LOCAL: readonly unknown[] = ['127.0.0.1', 'localhost', '::1'];

/** Refuses connections to other machines. Returns the hosts that were asked for, and an end to it. */
function refuseOtherMachines(): { readonly hosts: readonly string[]; end(): void } {
  const hosts: string[] = [];
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function connectHere(this: Socket, ...args: Parameters<typeof connect>) {
    // Node's own callers pass their arguments as one array.
    const [target] = args.flat() as readonly unknown[];
    const host = (target as { readonly host?: unknown } | undefined)?.host ?? 'localhost';
    if (LOCAL.includes(host)) return connect.apply(this, args);
    hosts.push(String(host));
    return this.destroy(new Error(`${host} is not on this machine`));
  } as typeof connect;
  return {
    hosts,
    end() {
      Socket.prototype.connect = connect;
    },
  };
}

/** Collects unhandled rejections in place of the process's own listeners. */
function collectRejections(): { readonly reasons: readonly unknown[]; end(): void } {
  const reasons: unknown[] = [];
  const collect = (reason: unknown) => void reasons.push(reason);
  const before = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', collect);
  return {
    reasons,
    end() {
      process.off('unhandledRejection', collect);
      for (const listener of before) process.on('unhandledRejection', listener);
    },
  };
}

/**
 * Runs something without its output.
 * @throws where it tries to reach another machine, or leaves a rejection unhandled.
 */
export async function runGuarded(run: () => Promise<void>): Promise<void> {
  const connections = refuseOtherMachines();
  const rejections = collectRejections();
  const outputs = [
    ...(['log', 'info', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name).mockReturnValue()),
    ...([process.stdout, process.stderr] as const).map((stream) =>
      vi.spyOn(stream, 'write').mockReturnValue(true),
    ),
  ];
  try {
    await run();
  } finally {
    for (const output of outputs) output.mockRestore();
    rejections.end();
    connections.end();
  }
  const [reason] = rejections.reasons;
  if (connections.hosts.length > 0) throw new Error(`calls another machine: ${connections.hosts.join(', ')}`);
  if (rejections.reasons.length > 0) throw new Error('leaves a rejection unhandled', { cause: reason });
}
