import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { LocalRunError } from './problem.ts';

/** Starts processes and sees to it that none outlives this one, whatever ends it. */
export interface Processes {
  /** Starts a process in a group of its own, so that a Ctrl-C in the terminal reaches only the run itself. */
  start(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  /** Sends a signal to a process and what it started. Nothing happens when it has ended before. */
  signal(child: ChildProcess, signal: NodeJS.Signals): void;
  /** Ends a process and what it started, at once, frozen or not. */
  kill(child: ChildProcess): void;
  /** Removes a folder once everything has ended. */
  removeAtEnd(folder: string): void;
  /** Ends everything that was started and waits until it is gone. */
  end(): Promise<void>;
}

const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: it has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/**
 * A reaper process holds the other end of a pipe. However this process ends, SIGKILL included, the pipe closes and the
 * reaper ends every group that was reported to it and has not ended. It also ends children that are frozen.
 */
export function startProcesses(): Processes {
  const script = fileURLToPath(
    new URL(`./reaper${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
  );
  const reaper = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const running = new Set<ChildProcess>();
  let ending = false;
  reaper.unref();
  // A reaper that died is no reason to stop serving; its pipe must not bring this process down.
  reaper.stdin.on('error', () => undefined);
  const report = (line: string) => void reaper.stdin.write(`${line}\n`);

  const signal: Processes['signal'] = (child, name) => {
    if (child.pid !== undefined && running.has(child)) signalGroup(child.pid, name);
  };

  return {
    start(command, args, options) {
      if (ending) throw new LocalRunError(`the run is ending; ${command} is not started`);
      const child = spawn(command, args, { ...options, detached: true });
      const { pid } = child;
      if (pid === undefined) return child;
      running.add(child);
      report(`+${pid}`);
      child.once('exit', () => {
        running.delete(child);
        report(`-${pid}`);
      });
      return child;
    },
    signal,
    removeAtEnd: report,
    kill: (child) => signal(child, 'SIGKILL'),
    async end() {
      ending = true;
      const exits = [...running].map((child) => once(child, 'exit'));
      for (const child of running) signal(child, 'SIGKILL');
      await Promise.all(exits);
      const gone = once(reaper, 'exit');
      reaper.ref();
      reaper.stdin.end();
      if (reaper.exitCode === null && reaper.signalCode === null) await gone;
    },
  };
}
