import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

export const hasProc: boolean = existsSync('/proc/self/stat');

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly zombie: boolean;
}

/** Reads what may be gone by the time it is read. */
const tryRead = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

function rowsFromProc(): readonly Row[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = tryRead(() => readFileSync(`/proc/${name}/stat`, 'utf8'));
      const [state, parent] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
      return state === undefined
        ? []
        : [{ pid: Number(name), parent: Number(parent), zombie: state === 'Z' }];
    });
}

function rowsFromPs(): readonly Row[] {
  return execFileSync('ps', ['-eo', 'pid=,ppid=,state='], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const [pid, parent, state] = line.trim().split(/\s+/);
      return state === undefined
        ? []
        : [{ pid: Number(pid), parent: Number(parent), zombie: state.startsWith('Z') }];
    });
}

const rows = (): readonly Row[] => (hasProc ? rowsFromProc() : rowsFromPs());

export function childrenOf(pid: number | undefined): readonly number[] {
  return rows()
    .filter(({ parent }) => parent === pid)
    .map((row) => row.pid);
}

export function aliveOf(pids: readonly number[]): readonly number[] {
  return rows()
    .filter(({ pid, zombie }) => !zombie && pids.includes(pid))
    .map(({ pid }) => pid);
}

interface Listener {
  /** A hexadecimal word of the kernel. */
  readonly address: string;
  readonly port: number;
}

/** Where a process listens. Linux only. */
function listenersOf(pid: number): readonly Listener[] {
  const inodes = new Set(
    (tryRead(() => readdirSync(`/proc/${pid}/fd`)) ?? []).flatMap((fd) => {
      const target = tryRead(() => readlinkSync(`/proc/${pid}/fd/${fd}`));
      return /^socket:\[(\d+)\]$/.exec(target ?? '')?.[1] ?? [];
    }),
  );
  return ['tcp', 'tcp6'].flatMap((table) =>
    (tryRead(() => readFileSync(`/proc/${pid}/net/${table}`, 'utf8')) ?? '')
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const fields = line.trim().split(/\s+/);
        const [, local = '', , state] = fields;
        const [address = '', port = ''] = local.split(':');
        // 0A: it listens.
        return state === '0A' && inodes.has(String(fields[9]))
          ? [{ address, port: Number.parseInt(port, 16) }]
          : [];
      }),
  );
}

/** Addresses, as hexadecimal words of the kernel, on which a process listens. Linux only. */
export const listeningAddresses = (pid: number): readonly string[] =>
  listenersOf(pid).map(({ address }) => address);

/** Ports on which a process listens, and what it has started. Linux only. */
export const listeningPorts = (pid: number): readonly number[] => [
  ...new Set([...listenersOf(pid).map(({ port }) => port), ...childrenOf(pid).flatMap(listeningPorts)]),
];
