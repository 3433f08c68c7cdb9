import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Simulated } from '../../simulation/run.ts';
import type { Scenario } from '../../simulation/scenario.ts';
import type { SubjectName } from '../../simulation/subjects.ts';

/** One simulation. */
export interface Job {
  readonly scenario: Scenario;
  readonly subject: SubjectName;
  /** Whether what each second has seen is wanted too. */
  readonly withSeconds?: boolean;
}

/** What a simulation has shown, or why it ended before. */
export type Outcome = Simulated | { readonly error: string };

const WORKER = fileURLToPath(
  new URL(`./worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** A process that runs simulations one after the other, and ends with this one. */
class Worker {
  #process: ChildProcess | undefined;

  #started(): ChildProcess {
    this.#process ??= fork(WORKER, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    return this.#process;
  }

  /** Never rejects. After a process that died the next job gets a new one. */
  run(job: Job): Promise<Outcome> {
    const process = this.#started();
    return new Promise((resolve) => {
      const settle = (outcome: Outcome) => {
        process.off('message', settle).off('error', failed).off('exit', ended);
        resolve(outcome);
      };
      const failed = (reason: unknown) => {
        this.#process = undefined;
        settle({ error: `the process of the simulation ended with ${reason}` });
      };
      const ended = (code: number | null, signal: string | null) => failed(signal ?? code);
      process.on('message', settle).on('error', failed).on('exit', ended);
      process.send(job);
    });
  }

  end(): void {
    this.#process?.kill('SIGKILL');
  }
}

/** About how long a simulation takes, compared with others. */
const effortOf = ({ scenario }: Job): number => {
  const { rate, warmUpMs, healthyMs, outageMs, afterMs, maxAttempts = 1 } = scenario;
  return rate * (warmUpMs + healthyMs + outageMs + afterMs) * (maxAttempts > 1 ? 3 : 1);
};

/** Runs them, as many at once as there are processors. The longest begin first, so that none of them ends alone. */
export async function runAll(
  jobs: readonly Job[],
  onDone: (index: number, outcome: Outcome) => void,
): Promise<readonly Outcome[]> {
  const waiting = [...jobs.entries()].sort(([, one], [, other]) => effortOf(other) - effortOf(one));
  const all: Outcome[] = [];
  const workers = Array.from({ length: Math.min(availableParallelism(), jobs.length) }, () => new Worker());
  const work = async (worker: Worker) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, job] = next;
      const outcome = await worker.run(job);
      all[index] = outcome;
      onDone(index, outcome);
    }
  };
  try {
    await Promise.all(workers.map(work));
  } finally {
    for (const worker of workers) worker.end();
  }
  return all;
}
