/* What a call costs beside Powertools, on the AWS SDK's client and without it: `npm run bench -- idempotency`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { thisMachine } from '../machine.ts';
import { type Spread, spreadOf } from '../measure.ts';
import { bareCase } from './bare.ts';
import { type CostCase, casesOf, KINDS, type Kind } from './cost-cases.ts';
import { asText, type CostReport, type CostRow, type Figure, type RequestsRow } from './cost-report.ts';
import { countRequests, measured, type Round } from './cost-rounds.ts';
import { LEAN, ON_SDK, REFERENCE, REQUESTS, targetsOf } from './cost-targets.ts';
import { installedVersion, takeNewestPowertools } from './newest.ts';
import { useOneSdk } from './one-sdk.ts';
import { tell, withEngine } from './with-engine.ts';

const RESULTS = new URL('../results/', import.meta.url);
const USAGE = `usage: npm run bench -- idempotency [options]
  --rounds N   how often all cases are measured in turn; 41 by default
  --calls N    of each case in a round; 50 by default
  --only CASE  the case to call and nothing else, such as "fibrin lean, Middy", for a profile
  --kind KIND  ${KINDS.join(', ')}; all by default
  --check      exits with 1 when a target is missed
  --json       prints one JSON document and nothing else
  --save       writes that document to bench/results/idempotency.json, too`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' },
    rounds: { type: 'string', default: '41' },
    calls: { type: 'string', default: '50' },
    only: { type: 'string' },
    kind: { type: 'string' },
    check: { type: 'boolean' },
    json: { type: 'boolean' },
    save: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit();
}
const [rounds, calls] = [Number(values.rounds), Number(values.calls)];
if (!(rounds > 0 && calls > 0)) throw new Error('--rounds and --calls take a number above 0');

const FIGURES = ['p50Us', 'cpuUs', 'callsPerS'] as const;

const inFigures = (of: (figure: Figure) => Spread): Readonly<Record<Figure, Spread>> =>
  Object.fromEntries(FIGURES.map((figure) => [figure, of(figure)])) as Record<Figure, Spread>;

async function costsOf(cases: readonly CostCase[], kind: Kind): Promise<readonly CostRow[]> {
  const all = await measured(cases, kind, { rounds, calls });
  const reference: readonly Round[] = all[cases.findIndex(({ name }) => name === REFERENCE)] ?? [];
  return cases.map(({ name }, index) => {
    const own = all[index] ?? [];
    const timesOf = (figure: Figure) =>
      own.map((one, at) => one[figure] / (reference[at]?.[figure] ?? Number.NaN));
    const took = inFigures((figure) => spreadOf(own.map((one) => one[figure])));
    return { kind, name, took, times: inFigures((figure) => spreadOf(timesOf(figure))) };
  });
}

async function requestsOf(one: CostCase): Promise<readonly RequestsRow[]> {
  const rows: RequestsRow[] = [];
  for (const kind of KINDS) {
    const requests = await countRequests(one, kind);
    const isMet = !one.name.startsWith(ON_SDK) || requests === REQUESTS[kind];
    rows.push({ kind, name: one.name, requests, isMet });
  }
  return rows;
}

/** Four digits are more than can be measured. */
const asJson = (report: CostReport): string =>
  JSON.stringify(report, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value), 2);

// Powertools warns on the console of a table that is shared here on purpose.
console.warn = () => undefined;
tell(await takeNewestPowertools());
useOneSdk();
const { fibrin, leanSandboxes } = await import('./fibrin.ts');
const { powertools } = await import('./powertools.ts');

await withEngine(async (engine) => {
  const subjects = await Promise.all([fibrin, powertools].map((library) => library.open(engine.endpoint)));
  const [onSdk, reference] = subjects as [(typeof subjects)[0], (typeof subjects)[0]];
  const cases = [
    ...casesOf(ON_SDK, onSdk.sandbox),
    ...casesOf(LEAN, await leanSandboxes(engine.endpoint)),
    ...casesOf(powertools.name, reference.sandbox),
    await bareCase(engine.endpoint),
  ].filter(({ name }) => values.only === undefined || name === values.only);
  const kinds = KINDS.filter((kind) => values.kind === undefined || kind === values.kind);
  const rows: CostRow[] = [];
  for (const kind of kinds) rows.push(...(await costsOf(cases, kind)));
  const requests: RequestsRow[] = [];
  for (const one of cases) requests.push(...(await requestsOf(one)));
  for (const subject of subjects) subject.close();

  const targets = rows.flatMap(targetsOf);
  const report: CostReport = {
    ...thisMachine(),
    powertools: installedVersion('@aws-lambda-powertools/idempotency'),
    middy: installedVersion('@middy/core'),
    sdk: installedVersion('@aws-sdk/client-dynamodb'),
    engine: engine.name,
    ...{ reference: REFERENCE, rounds, calls, rows, targets, requests },
  };
  console.log(values.json ? asJson(report) : asText(report));
  if (values.save) {
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(new URL('idempotency.json', RESULTS), `${asJson(report)}\n`);
  }
  if (values.check && [...targets, ...requests].some(({ isMet }) => !isMet)) process.exitCode = 1;
});
