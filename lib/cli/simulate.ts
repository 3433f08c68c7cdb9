import { systemRandom } from '../core/random.ts';
import type { Figures } from '../simulation/figures.ts';
import { SCENARIO_NAMES, scenarioOf } from '../simulation/scenario.ts';
import { type FigureName, judge, spreadOf, spreadText } from '../simulation/summary.ts';
import { readArguments } from './simulate/arguments.ts';
import { runAll } from './simulate/processes.ts';

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
  --seed N              (default: a fresh one)
  --seeds N             runs so many, as many at once as there are processors (default: 1)
  --check               fails unless the figures of the default outage are within their limits
  --json                for programs
  --help                this text

Not simulated: a store that fails, frozen sandboxes, clocks that differ, several calls at once in a sandbox.
Exit codes: 0 done, 1 a limit was missed, 2 wrong usage.`;

const ROWS: readonly (readonly [FigureName, string])[] = [
  ['outage', 'outage, s'],
  ['verdict', 'open after, s'],
  ['rejected95', '95 % rejected after, s'],
  ['recovered', '95 % let through after the outage, s'],
  ['wasted', 'calls that failed in the outage'],
  ['falseCloses', 'closed in the outage, times'],
  ['probesAtOnce', 'probes at one time'],
  ['rejectedHealthy', 'share rejected before it'],
  ['readsPerCallHealthy', 'reads a call, healthy'],
  ['readsPerCall', 'reads a call, all'],
  ['writesPerCall', 'writes a call'],
  ['peakWrites', 'most writes a second on a key'],
  ['throttled', 'throttled requests'],
  ['throttledUntil', 'throttled until, s after the onset'],
  ['dollarsPerMillionHealthy', '$ for a million calls, healthy'],
  ['dollarsPerMillion', '$ for a million calls, all'],
];

const tableOf = (all: readonly Figures[]): string =>
  ROWS.map(([name, label]) => `${label.padEnd(38)}${spreadText(spreadOf(all, name))}`).join('\n');

export async function simulate(args: readonly string[]): Promise<number> {
  const request = readArguments(args, () => Math.floor(systemRandom.next() * 4_294_967_296));
  if (request === 'help') {
    console.log(SIMULATE_HELP);
    return 0;
  }
  const { scenario, seeds, said, json, check } = request;
  const note = (done: number) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${seeds.length} simulated`);
  };
  note(0);
  const all = await runAll(
    seeds.map((seed) => scenarioOf(scenario, seed, said)),
    note,
  );
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  const verdicts = check ? judge(all) : [];
  const isMet = verdicts.every((verdict) => verdict.isMet);
  if (json)
    console.log(JSON.stringify({ scenario, seeds: all, ...(check && { isMet, verdicts }) }, undefined, 2));
  else {
    console.log(
      `${scenario}, seed${seeds.length > 1 ? 's' : ''} ${seeds.join(', ')}: median (least to most)\n`,
    );
    console.log(tableOf(all));
    if (check) console.log(`\n${verdicts.map(({ text }) => text).join(' | ')}`);
  }
  return isMet ? 0 : 1;
}
