import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Figures } from '../../simulation/figures.ts';
import type { Scenario } from '../../simulation/scenario.ts';

const WORKER = fileURLToPath(
  new URL(`./worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** Runs a scenario in a process of its own, which ends with this one. */
function runAside(scenario: Scenario, signal: AbortSignal): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const worker = fork(WORKER, [], {
      signal,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    worker.once('message', (figures: Figures) => resolve(figures));
    worker.once('error', reject);
    worker.once('exit', (code, by) => reject(new Error(`a simulation ended with ${by ?? code}`)));
    worker.send(scenario);
  });
}

/** Runs them, as many at once as there are processors. */
export async function runAll(
  scenarios: readonly Scenario[],
  onDone: (done: number) => void,
): Promise<readonly Figures[]> {
  const ending = new AbortController();
  const waiting = [...scenarios.entries()];
  const figures: Figures[] = [];
  let done = 0;
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, scenario] = next;
      figures[index] = await runAside(scenario, ending.signal);
      onDone(++done);
    }
  };
  try {
    await Promise.all(Array.from({ length: availableParallelism() }, work));
  } finally {
    ending.abort();
  }
  return figures;
}
