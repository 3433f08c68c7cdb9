import { writeFileSync } from 'node:fs';
import { systemRandom } from '../core/random.ts';
import { chartOf } from '../simulation/chart.ts';
import { SCENARIO_NAMES, type Scenario, scenarioOf } from '../simulation/scenario.ts';
import { SUBJECT_NAMES, type SubjectName } from '../simulation/subjects.ts';
import { print, showProgress } from '../terminal/print.ts';
import { readArguments } from './simulate/arguments.ts';
import { runAll } from './simulate/processes.ts';
import { reportOf } from './simulate/report.ts';
import { UsageError } from './usage.ts';

export const SIMULATE_HELP: string = `fibrin simulate: a fleet that shares a circuit breaker, in virtual time

Usage: fibrin simulate [options]

Runs the shipped breaker in thousands of simulated sandboxes on a simulated DynamoDB (its latency, its limits for each
key, its prices), through an outage of what they call. The same seed gives the same figures.

  --scenario NAME       (default: outage) ${SCENARIO_NAMES.slice(0, 6).join(', ')},
                        ${SCENARIO_NAMES.slice(6).join(', ')}
  --sandboxes N         (default: 10000)
  --rate R              calls a second of the whole fleet (default: 5000)
  --outage DURATION     60s..180s, drawn by the seed, or one such as 90s; 0s for none (default: 60s..180s)
  --errors SHARE        of the calls in the outage, 0 to 1 (default: 1)
  --healthy-errors SHARE  of the calls without one (default: 0.001)
  --latency DURATION    of a call that succeeds, half of it to half as long again (default: 50ms)
  --failure-latency DURATION  of one that fails (default: 200ms)
  --slow-call DURATION  a call that takes longer is slow, and fails (default: none is)
  --loss SHARE          of the requests to the store, 0 to 1: nobody hears the answer, half of them are done (default: 0)
  --store-outage FROM..TO  from the onset on, up to 60m, such as 10s..40s: the store answers nobody (default: never)
  --freeze              sandboxes stand still between invocations: no timer runs, no answer comes in (default: they do not)
  --skew DURATION       wall clocks are off by up to so much, either way, up to 60m (default: 0ms)
  --concurrency N       invocations that a sandbox takes at once, 1 to 1000; where all have as many, one more sandbox is
                        begun (default: as many as come)
  --seed N              (default: a fresh one)
  --seeds N             runs so many, as many at once as there are processors (default: 1)
  --beside              the same for other breakers: one in each sandbox, and the algorithms of circuitbreaker-lambda and of
                        Powertools for AWS Lambda (Python), by their documentation; not with --check
  --svg FILE            a chart of the first seed: the fraction of calls rejected, and of calls made and failed, over time
  --check               fails unless the figures of the default outage are within their limits
  --json                for programs
  --help                this text

Not simulated: reads that see an older item, cold starts, sandboxes that die, a dependency that slows under load.
Exit codes: 0 done, 1 a limit was missed, 2 wrong usage.`;

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
  const { scenario, seeds, said, beside, svg } = request;
  const first = scenarioOf(scenario, seeds[0] as number, said);
  const subjects = beside ? SUBJECT_NAMES : SUBJECT_NAMES.slice(0, 1);
  const jobs = subjects.flatMap((subject) =>
    seeds.map((seed) => ({ subject, scenario: scenarioOf(scenario, seed, said) })),
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
