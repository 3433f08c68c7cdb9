/* Asks what runs here what the documentation of AWS says: `npm run test:conformance -- --help`. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../lib/core/clock.ts';
import { startProcesses } from '../../lib/local/processes.ts';
import { stopOnSignals } from '../support/on-signals.ts';
import { APPS } from './apps.ts';
import { type Arguments, HELP, readArguments } from './arguments.ts';
import type { TargetName } from './case.ts';
import { type Outcomes, reportOf, textOf } from './report.ts';
import { runCases } from './run.ts';
import { localTarget } from './target/local.ts';
import { ministackTarget } from './target/ministack.ts';

function readOrExit(): Arguments {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    process.exit(2);
  }
}

const { areas, targets, json, help } = readOrExit();
if (help) {
  console.log(HELP);
  process.exit(0);
}

const PROGRESS_EACH = 20;
const startedAt = systemClock.monotonic();
const say = (what: string) =>
  console.error(
    `${String(Math.round((systemClock.monotonic() - startedAt) / 1_000)).padStart(4)} s  ${what}`,
  );

const stopping = new AbortController();
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'fibrin-conformance-'));
const processes = startProcesses();
processes.removeAtEnd(folder);
let ended: Promise<void> | undefined;
function stop(): Promise<void> {
  ended ??= (async () => {
    stopping.abort();
    await processes.end();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  })();
  return ended;
}

const apps = APPS.map((app) => ({
  ...app,
  cases: app.cases.filter(({ area }) => areas.includes(area)),
})).filter(({ cases }) => cases.length > 0);
const cases = apps.flatMap((app) => app.cases);

async function outcomesOn(name: TargetName): Promise<Outcomes | string> {
  const target =
    name === 'local'
      ? localTarget(processes, folder)
      : await ministackTarget(processes, folder, stopping.signal);
  if (typeof target === 'string') return target;
  const total = cases.filter(({ only = name }) => only === name).length;
  let done = 0;
  const outcomes = await runCases(apps, target, {
    onCase() {
      if (++done % PROGRESS_EACH === 0) say(`${name}: ${done} of ${total} cases`);
    },
    onAgain: ({ area, title }, difference) => say(`asked again: ${area}: ${title}: ${difference}`),
  });
  say(`${name}: ${total} cases`);
  return outcomes;
}

async function main(): Promise<void> {
  const results = new Map<TargetName, Outcomes>();
  for (const name of targets) {
    const outcomes = await outcomesOn(name);
    if (typeof outcomes === 'string') say(`${name} is left out: ${outcomes}`);
    else results.set(name, outcomes);
  }
  const report = reportOf(cases, results);
  console.log(json ? JSON.stringify(report, undefined, 2) : textOf(report));
  for (const line of report.wrong) console.error(line);
  process.exitCode = report.wrong.length === 0 ? 0 : 1;
}

stopOnSignals(stop);
try {
  await main();
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
} finally {
  await stop();
}
// A case that was not waited for may still be under way.
process.exit();
