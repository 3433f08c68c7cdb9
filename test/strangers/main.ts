/*
 * Twelve small apps of the kinds that collections of examples have, and how long a start takes. From the packed package, in an
 * empty project: `npm run test:strangers`.
 */
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stopOnSignals } from '../support/on-signals.ts';
import { packedPackage } from '../support/packed-example.ts';
import { APPS } from './apps.ts';
import { type Judged, judge } from './judge.ts';
import { makeProject } from './project.ts';
import { measureStarts, type Starts, startsTable, tooSlow } from './starts.ts';
import { documentedRow, tableOf } from './table.ts';

const HELP = `Starts twelve small apps by \`npx fibrin local\`, from the packed package in an empty project, and calls them.

Usage: npm run test:strangers -- [--only NAME]... [--starts] [--runs N] [--json] [--help]

  --only NAME  one app: ${APPS.map(({ name }) => name).join(', ')}
  --starts     measures instead how long an app of five bundled functions takes to start
  --runs N     how often each start is measured, 5 to 50 (default 5)
  --json       prints the results as JSON
  --help       this text

Exits with 1 unless every app held, or every start was within its limit.`;

const DOCS = fileURLToPath(new URL('../../docs/local.md', import.meta.url));

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    starts: { type: 'boolean', default: false },
    runs: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const unknown = values.only?.filter((name) => !APPS.some((app) => app.name === name)) ?? [];
const runs = Number(values.runs);
if (unknown.length > 0 || !Number.isInteger(runs) || runs < 5 || runs > 50) {
  console.error(HELP);
  process.exit(2);
}
const apps = APPS.filter(({ name }) => values.only?.includes(name) ?? true);

/** Beside the results, so that `--json` prints nothing else to the standard output. */
const say = (line: string): void => console.error(line);
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'fibrin-strangers-'));
const ending = new AbortController();
const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
stopOnSignals(async () => {
  ending.abort();
  remove();
});

function report(judged: readonly Judged[]): boolean {
  if (values.json) console.log(JSON.stringify(judged, null, 2));
  else console.log(tableOf(judged));
  for (const { app, wrong } of judged) for (const reason of wrong) say(`${app}: ${reason}`);
  const held = judged.filter(({ wrong }) => wrong.length === 0);
  const documentation = readFileSync(DOCS, 'utf8');
  const unsaid = held.filter((one) => !documentedRow(one, documentation));
  for (const { app, kind, calls } of unsaid)
    say(`${app}: expected docs/local.md to have a row "| ${kind} | … | ${calls} of ${calls} |"`);
  say(`${held.length} of ${judged.length} apps held`);
  return held.length === judged.length && unsaid.length === 0;
}

function reportStarts(starts: Starts): boolean {
  console.log(values.json ? JSON.stringify(starts, null, 2) : startsTable(starts));
  const slow = tooSlow(starts);
  for (const line of slow) say(line);
  return slow.length === 0;
}

try {
  say('packing and installing …');
  const tarball = await packedPackage(folder, ending.signal);
  const place = await makeProject(folder, tarball, ending.signal);
  if (values.starts) {
    const starts = await measureStarts({ place, runs, signal: ending.signal, say });
    process.exitCode = reportStarts(starts) ? 0 : 1;
  } else {
    const judged: Judged[] = [];
    for (const app of apps) {
      say(`${app.name} …`);
      judged.push(await judge(app, place, ending.signal));
    }
    process.exitCode = report(judged) ? 0 : 1;
  }
} finally {
  remove();
}
