import { writeFileSync } from 'node:fs';
import { systemRandom } from '../core/random.ts';
import { chartOf } from '../simulation/chart.ts';
import { type Scenario, scenarioOf } from '../simulation/scenario.ts';
import { SUBJECT_NAMES, type SubjectName } from '../simulation/subjects.ts';
import { print, showProgress } from '../terminal/print.ts';
import { readArguments } from './simulate/arguments.ts';
import { SIMULATE_HELP } from './simulate/help.ts';
import { runAll } from './simulate/processes.ts';
import { reportOf } from './simulate/report.ts';
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

export async function simulate(args: readonly string[]): Promise<number> {
  const request = readArguments(args, () => Math.floor(systemRandom.next() * 4_294_967_296));
  if (request === 'help') {
    print(...SIMULATE_HELP.split('\n'));
    return 0;
  }
  const { scenario, seeds, given, beside, svg } = request;
  const first = scenarioOf(scenario, seeds[0] as number, given);
  const subjects = beside ? SUBJECT_NAMES : SUBJECT_NAMES.slice(0, 1);
  const jobs = subjects.flatMap((subject) =>
    seeds.map((seed) => ({ subject, scenario: scenarioOf(scenario, seed, given) })),
  );
  const note = (done: number) => showProgress(`${done} of ${jobs.length} simulated`);
  note(0);
  const all = await runAll(jobs, note);
  showProgress('');
  const runsOf = (name: SubjectName) => all.filter((_, index) => jobs[index]?.subject === name);
  const { text, isMet } = reportOf(
    request,
    new Map(subjects.map((name) => [name, runsOf(name).map(({ figures }) => figures)])),
  );
  print(...text.split('\n'));
  if (svg !== undefined) {
    const panels = subjects.map((name) => ({ name, seconds: runsOf(name)[0]?.seconds ?? [] }));
    writeChart(svg, chartOf(titleOf(scenario, first), panels, first));
  }
  return isMet ? 0 : 1;
}
