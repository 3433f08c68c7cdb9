import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { systemClock } from '../../lib/core/clock.ts';
import { until } from '../deploy/steps.ts';
import { aliveOf, childrenOf } from '../support/processes.ts';
import { processorMs } from './processor-time.ts';
import type { Workplace } from './project.ts';

const START_LIMIT_MS = 120_000;
const EVENT_LIMIT_MS = 60_000;
/** What a command says that was ended by Ctrl-C. */
export const INTERRUPTED = 130;

/** Node's own cache, which is to stay. */
const COMPILED = 'node-compile-cache';
/** What a shell adds to the number of the signal that ended a command. */
const SIGNALLED = 128;

export interface Ending {
  /** As a shell has it. */
  readonly code: number;
  /** What is still there of all that it has started. */
  readonly processes: readonly number[];
  /** What is still there of its temporary files. */
  readonly files: readonly string[];
}

/** An app that runs by `npx fibrin local`. */
export interface Started {
  readonly url: string;
  /** From the command to `ready`. */
  readonly startMs: number;
  /** Processor time of all its processes by then. Undefined where the kernel does not tell. */
  readonly startProcessorMs: number | undefined;
  /** All that it has printed. */
  output(): string;
  /** Calls the API that has the run's own port. */
  call(method: string, path: string, sent?: Sent): Promise<Got>;
  /** What `GET /_fibrin/state` says. */
  state(): Promise<State>;
  /** The messages of a queue. */
  messages(queue: string): Promise<readonly { readonly body: string }[]>;
  /** Waits until the app has printed a line that matches. */
  prints(line: RegExp): Promise<void>;
  /** Waits until a queue has so many messages, and gives their bodies. */
  receives(queue: string, count: number): Promise<readonly string[]>;
  /** Ends it as Ctrl-C in a terminal does. */
  stop(): Promise<Ending>;
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON where it is no text. */
  readonly body?: unknown;
}

export interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface State {
  readonly functionUrls: Readonly<Record<string, string>>;
}

/** A process, what it has started, and what that has. */
function family(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap(family)];
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
  return () => text;
}

/** Where it serves, as soon as it says so. */
function readyUrl(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const give = (why: string) => reject(new Error(`${why}; it printed:\n${output().slice(-4_000)}`));
    const cancel = systemClock.after(START_LIMIT_MS, () =>
      give(`not ready within ${START_LIMIT_MS / 1_000} s`),
    );
    child.once('exit', (code) => {
      cancel();
      give(`it ended with ${code}`);
    });
    child.stdout?.on('data', () => {
      const url = /^ready (http:\S+)$/m.exec(output())?.[1];
      if (url === undefined) return;
      cancel();
      resolve(url);
    });
  });
}

/** Runs `npx fibrin local` in the project, in a process group of its own, as a terminal does, and waits until it serves. */
export async function start(
  { project, temporary }: Workplace,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Started> {
  const startedAt = systemClock.monotonic();
  const child = spawn('npx', ['--no-install', 'fibrin', 'local', '--port', '0', ...args], {
    ...{ cwd: project, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    env: { ...process.env, TMPDIR: temporary },
  });
  const pid = child.pid ?? 0;
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const kill = () => void (child.exitCode === null && process.kill(-pid, 'SIGKILL'));
  signal.addEventListener('abort', kill, { once: true });
  void exit.finally(() => signal.removeEventListener('abort', kill));
  const output = collect(child);
  const url = await readyUrl(child, output).catch((error: unknown) => {
    kill();
    throw error;
  });
  const startMs = systemClock.monotonic() - startedAt;
  const startProcessorMs = processorMs(family(pid));
  const json = async (path: string) => (await fetch(`${url}${path}`)).json();
  const messages: Started['messages'] = async (queue) => {
    const seen = (await json(`/_fibrin/queues/${queue}?limit=50`)) as { messages: { body: string }[] };
    return seen.messages;
  };
  return {
    ...{ url, startMs, startProcessorMs, output, messages },
    async call(method, path, { headers = {}, body } = {}) {
      const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
      const response = await fetch(`${url}${path}`, {
        method,
        headers,
        ...(text !== undefined && { body: text }),
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    },
    state: async () => (await json('/_fibrin/state')) as State,
    prints: async (line) =>
      void (await until(
        String(line),
        EVENT_LIMIT_MS,
        async () => output().slice(-2_000),
        () => line.test(output()),
      )),
    async receives(queue, count) {
      const all = await until(
        queue,
        EVENT_LIMIT_MS,
        () => messages(queue),
        ({ length }) => length >= count,
      );
      return all.map(({ body }) => body);
    },
    async stop() {
      const pids = family(pid);
      if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGINT');
      const [code, by] = await exit;
      return {
        code: code ?? SIGNALLED + (by === null ? 0 : constants.signals[by]),
        processes: aliveOf(pids),
        files: readdirSync(temporary).filter((name) => name !== COMPILED),
      };
    },
  };
}
