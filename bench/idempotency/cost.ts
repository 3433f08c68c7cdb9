/* What a call costs beside Powertools, both on the AWS SDK's client: `npm run bench -- idempotency`. */
import { parseArgs } from 'node:util';
import { type Spread, spreadOf } from '../measure.ts';
import { type CostCase, callsOf, casesOf, type Kind } from './cost-cases.ts';
import { asText, type CostRow, type RequestsRow } from './cost-report.ts';
import { installedVersion, takeNewestPowertools } from './newest.ts';
import { useOneSdk } from './one-sdk.ts';
import { tell, withEngine } from './with-engine.ts';

const USAGE = `usage: npm run bench -- idempotency [options]
  --rounds N   how often all cases are measured in turn; 61 by default
  --calls N    of each case in a round; 50 by default
  --only CASE  the case to call and nothing else, such as "fibrin, Middy", for a profile
  --kind KIND  fresh or replay; both by default
  --check      exits with 1 when a target is missed
  --json       prints one JSON document and nothing else`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' },
    rounds: { type: 'string', default: '61' },
    calls: { type: 'string', default: '50' },
    only: { type: 'string' },
    kind: { type: 'string' },
    check: { type: 'boolean' },
    json: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit();
}
const [rounds, calls] = [Number(values.rounds), Number(values.calls)];
if (!(rounds > 0 && calls > 0)) throw new Error('--rounds and --calls take a number above 0');

/** What fibrin may cost, as a multiple of what the other one does. */
const AT_MOST: Readonly<Record<string, number>> = { fresh: 1, replay: 0.9 };
const REFERENCE = 'Powertools, Middy';
const REQUESTS: Readonly<Record<Kind, number>> = { fresh: 2, replay: 1, hit: 0 };

/** For the compiler. */
const WARM_UP_ROUNDS = 10;

/** Of one case in one round, per call. */
interface Round {
  readonly cpuUs: number;
  readonly p50Us: number;
}

/** One after the other, as an execution environment is called. The CPU is that of this process: the store is another one. */
async function round(call: () => Promise<unknown>): Promise<Round> {
  const tookMs: number[] = [];
  const before = process.cpuUsage();
  for (let n = 0; n < calls; n++) {
    const startedAt = performance.now();
    await call();
    tookMs.push(performance.now() - startedAt);
  }
  const { user, system } = process.cpuUsage(before);
  return { cpuUs: (user + system) / calls, p50Us: spreadOf(tookMs).median * 1_000 };
}

async function countRequests({ handler }: CostCase, kind: Kind): Promise<number> {
  let requests = 0;
  const counted = handler(kind, {
    fault: (_, send) => {
      requests++;
      return send();
    },
  });
  const call = await callsOf(counted, kind);
  requests = 0;
  await call();
  return requests;
}

/** Round by round, each time another case first, so that a machine that is slow for a while is so for all. */
async function measured(cases: readonly CostCase[], kind: Kind): Promise<readonly (readonly Round[])[]> {
  const each = await Promise.all(cases.map(({ handler }) => callsOf(handler(kind), kind)));
  const all = cases.map(() => [] as Round[]);
  for (let n = -WARM_UP_ROUNDS; n < rounds; n++) {
    for (let turn = 0; turn < each.length; turn++) {
      const index = (turn + n + WARM_UP_ROUNDS) % each.length;
      const one = await round(each[index] as () => Promise<unknown>);
      if (n >= 0) all[index]?.push(one);
    }
  }
  return all;
}

const ratiosOf = (own: readonly Round[], other: readonly Round[], of: keyof Round): Spread =>
  spreadOf(own.map((one, index) => one[of] / (other[index]?.[of] ?? Number.NaN)));

async function costsOf(cases: readonly CostCase[], kind: Kind): Promise<readonly CostRow[]> {
  const all = await measured(cases, kind);
  const reference = all[cases.findIndex(({ name }) => name === REFERENCE)] ?? [];
  return cases.map(({ name }, index) => {
    const own = all[index] ?? [];
    const ratios = { cpu: ratiosOf(own, reference, 'cpuUs'), p50: ratiosOf(own, reference, 'p50Us') };
    const atMost = name.startsWith('fibrin') ? AT_MOST[kind] : undefined;
    return {
      kind,
      name,
      cpuUs: spreadOf(own.map(({ cpuUs }) => cpuUs)),
      p50Us: spreadOf(own.map(({ p50Us }) => p50Us)),
      ratios,
      atMost,
      isMet: atMost === undefined || (ratios.cpu.median <= atMost && ratios.p50.median <= atMost),
    };
  });
}

async function requestsOf(one: CostCase): Promise<readonly RequestsRow[]> {
  const rows: RequestsRow[] = [];
  for (const kind of ['fresh', 'replay', 'hit'] as const) {
    const requests = await countRequests(one, kind);
    const isMet = !one.name.startsWith('fibrin') || requests === REQUESTS[kind];
    rows.push({ kind, name: one.name, requests, isMet });
  }
  return rows;
}

// Powertools warns on the console of a table that is shared here on purpose.
console.warn = () => undefined;
tell(await takeNewestPowertools());
useOneSdk();
const libraries = [(await import('./fibrin.ts')).fibrin, (await import('./powertools.ts')).powertools];

await withEngine(async (engine) => {
  const subjects = await Promise.all(libraries.map((library) => library.open(engine.endpoint)));
  const cases = libraries
    .flatMap((library, of) => casesOf(library, subjects[of] as (typeof subjects)[number]))
    .filter(({ name }) => values.only === undefined || name === values.only);
  const kinds = (['fresh', 'replay'] as const).filter(
    (kind) => values.kind === undefined || kind === values.kind,
  );
  const rows: CostRow[] = [];
  for (const kind of kinds) rows.push(...(await costsOf(cases, kind)));
  const requests: RequestsRow[] = [];
  for (const one of cases) requests.push(...(await requestsOf(one)));
  for (const subject of subjects) subject.close();

  const report = {
    node: process.versions.node,
    powertools: installedVersion('@aws-lambda-powertools/idempotency'),
    middy: installedVersion('@middy/core'),
    engine: engine.name,
    ...{ reference: REFERENCE, rounds, calls, rows, requests },
  };
  console.log(values.json ? JSON.stringify(report, null, 2) : asText(report));
  if (values.check && [...rows, ...requests].some(({ isMet }) => !isMet)) process.exitCode = 1;
});
