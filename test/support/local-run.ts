import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Processes, startProcesses } from '../../lib/local/processes.ts';
import { atEndOfFile } from './ends.ts';

const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));

let processes: Processes | undefined;

/** Whatever a test leaves running, or however the tests themselves end, nothing is left. */
function processesOfFile(): Processes {
  if (processes) return processes;
  const started = startProcesses();
  atEndOfFile(() => {
    processes = undefined;
    return started.end();
  });
  processes = started;
  return started;
}

export interface StartedRun {
  readonly url: string;
  readonly child: ChildProcess;
  /** All that it has printed so far. */
  output(): string;
  /** Ends it as Ctrl-C does and gives its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Starts `fibrin` as a command in a process of its own. */
export function startCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = ROOT): ChildProcess {
  return processesOfFile().start(
    process.execPath,
    ['--conditions=fibrin-source', `${ROOT}lib/cli/main.ts`, ...args],
    {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
  }
  return () => text;
}

/** Runs a command to its end. */
export async function runCommand(
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
  cwd?: string,
): Promise<Ended> {
  const child = startCommand(args, env, cwd);
  const output = collect(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: output() };
}

/** Starts the local run on a free port and waits until it serves. */
export async function startRun(
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
  cwd: string = ROOT,
): Promise<StartedRun> {
  const child = startCommand(['local', '--port', '0', ...args], env, cwd);
  const output = collect(child);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const ready = /^ready (http:\S+)$/m.exec(output());
      if (ready?.[1]) resolve(ready[1]);
    });
    child.once('exit', (code) => reject(new Error(`the local run ended with ${code}:\n${output()}`)));
  });
  return {
    url,
    child,
    output,
    async stop(signal = 'SIGINT') {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exit = once(child, 'exit') as Promise<[number | null]>;
      child.kill(signal);
      return (await exit)[0];
    },
  };
}
