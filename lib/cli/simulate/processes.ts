import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { CacheFigures } from '../../simulation/cache/figures.ts';
import type { CacheScenario } from '../../simulation/cache/scenario.ts';
import type { Simulated } from '../../simulation/run.ts';
import type { Scenario } from '../../simulation/scenario.ts';
import type { SubjectName } from '../../simulation/subjects.ts';

/** One simulation of breakers. */
export interface Job {
  readonly scenario: Scenario;
  readonly subject: SubjectName;
  /** Whether what each second has seen is wanted too. */
  readonly withSeconds?: boolean;
}

/** One simulation of caches. */
export interface CacheJob {
  readonly cacheScenario: CacheScenario;
}

export interface CacheSimulated {
  readonly figures: CacheFigures;
}

export type AnyJob = Job | CacheJob;
export type AnySimulated = Simulated | CacheSimulated;

/** What a simulation has shown, or why it ended before. */
export type Outcome<S extends AnySimulated = Simulated> = S | { readonly error: string };

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
  run<S extends AnySimulated>(job: AnyJob): Promise<Outcome<S>> {
    const process = this.#started();
    return new Promise((resolve) => {
      const settle = (outcome: Outcome<S>) => {
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
const effortOf = (job: AnyJob): number => {
  if ('cacheScenario' in job) return job.cacheScenario.rate * job.cacheScenario.durationMs;
  const { rate, warmUpMs, healthyMs, outageMs, afterMs, maxAttempts = 1 } = job.scenario;
  return rate * (warmUpMs + healthyMs + outageMs + afterMs) * (maxAttempts > 1 ? 3 : 1);
};

/** Runs them, as many at once as there are processors. The longest begin first, so that none of them ends alone. */
export async function runAll<S extends AnySimulated = Simulated>(
  jobs: readonly AnyJob[],
  onDone: (index: number, outcome: Outcome<S>) => void,
): Promise<readonly Outcome<S>[]> {
  const waiting = [...jobs.entries()].sort(([, one], [, other]) => effortOf(other) - effortOf(one));
  const all: Outcome<S>[] = [];
  const workers = Array.from({ length: Math.min(availableParallelism(), jobs.length) }, () => new Worker());
  const work = async (worker: Worker) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, job] = next;
      const outcome = await worker.run<S>(job);
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
