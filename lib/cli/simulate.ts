import { writeFileSync } from 'node:fs';
import { systemRandom } from '../core/random.ts';
import { chartOf } from '../simulation/chart.ts';
import type { Simulated } from '../simulation/run.ts';
import { type Scenario, scenarioOf } from '../simulation/scenario.ts';
import { SUBJECT_NAMES, type SubjectName } from '../simulation/subjects.ts';
import { print } from '../terminal/print.ts';
import { type RunRequest, readArguments } from './simulate/arguments.ts';
import { readCacheArguments } from './simulate/cache-arguments.ts';
import { CACHE_HELP } from './simulate/cache-help.ts';
import { SIMULATE_HELP } from './simulate/help.ts';
import { type Outcome, runAll } from './simulate/processes.ts';
import { progressOf } from './simulate/progress.ts';
import { reportOf } from './simulate/report.ts';
import { runChecks } from './simulate/run-checks.ts';
import { UsageError } from './usage.ts';

const titleOf = (name: string, { sandboxes, rate, seed }: Scenario): string =>
  `${name}: ${sandboxes} sandboxes, ${rate} calls a second, seed ${seed}`;

/** @throws {UsageError} where it cannot be written. */
function writeChart(file: string, svg: string): void {
  try {
    writeFileSync(file, svg);
  } catch (cause) {
    throw new UsageError(`--svg: expected a file that can be written, got ${JSON.stringify(file)}: ${cause}`);
  }
}

function simulatedOf(outcome: Outcome): Simulated {
  if ('error' in outcome) throw new Error(outcome.error);
  return outcome;
}

async function runScenario(request: RunRequest): Promise<void> {
  const { scenario, seeds, given, beside, svg } = request;
  const first = scenarioOf(scenario, seeds[0] as number, given);
  const subjects = beside ? SUBJECT_NAMES : SUBJECT_NAMES.slice(0, 1);
  const jobs = subjects.flatMap((subject) =>
    seeds.map((seed, index) => ({
      ...{ subject, scenario: scenarioOf(scenario, seed, given) },
      withSeconds: svg !== undefined && index === 0,
    })),
  );
  const progress = progressOf(jobs.length);
  let done = 0;
  progress.show(done);
  // The first one that ends early ends them all.
  const outcomes = await runAll(jobs, (_, outcome) => {
    simulatedOf(outcome);
    progress.show(++done);
  });
  const all = outcomes.map(simulatedOf);
  progress.clear();
  const runsOf = (name: SubjectName) => all.filter((_, index) => jobs[index]?.subject === name);
  const figures = new Map(subjects.map((name) => [name, runsOf(name).map((run) => run.figures)]));
  print(...reportOf(request, figures).split('\n'));
  if (svg !== undefined) {
    const panels = subjects.map((name) => ({ name, seconds: runsOf(name)[0]?.seconds ?? [] }));
    writeChart(svg, chartOf(titleOf(scenario, first), panels, first));
  }
}

/** Resolves with the exit code. */
export async function simulate(args: readonly string[]): Promise<number> {
  const newSeed = () => Math.floor(systemRandom.next() * 4_294_967_296);
  const ofCaches = args[0] === 'cache';
  const request = ofCaches ? readCacheArguments(args.slice(1), newSeed) : readArguments(args, newSeed);
  if (request === 'help') {
    print(...(ofCaches ? CACHE_HELP : SIMULATE_HELP).split('\n'));
    return 0;
  }
  if (request.kind === 'check') return runChecks(request);
  await runScenario(request);
  return 0;
}
