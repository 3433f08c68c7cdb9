import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Simulated } from '../../simulation/run.ts';
import type { Scenario } from '../../simulation/scenario.ts';
import type { SubjectName } from '../../simulation/subjects.ts';

/** One simulation. */
export interface Job {
  readonly scenario: Scenario;
  readonly subject: SubjectName;
}

const WORKER = fileURLToPath(
  new URL(`./worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** Runs one in a process of its own, which ends with this one. */
function runAside(job: Job, signal: AbortSignal): Promise<Simulated> {
  return new Promise((resolve, reject) => {
    const worker = fork(WORKER, [], {
      signal,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    worker.once('message', (simulated: Simulated) => resolve(simulated));
    worker.once('error', reject);
    worker.once('exit', (code, by) => reject(new Error(`a simulation ended with ${by ?? code}`)));
    worker.send(job);
  });
}

/** Runs them, as many at once as there are processors. */
export async function runAll(
  jobs: readonly Job[],
  onDone: (done: number) => void,
): Promise<readonly Simulated[]> {
  const ending = new AbortController();
  const waiting = [...jobs.entries()];
  const all: Simulated[] = [];
  let done = 0;
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, job] = next;
      all[index] = await runAside(job, ending.signal);
      onDone(++done);
    }
  };
  try {
    await Promise.all(Array.from({ length: availableParallelism() }, work));
  } finally {
    ending.abort();
  }
  return all;
}
