/*
 * What a call costs beside Powertools, both on the AWS SDK's client: `npm run bench -- idempotency`.
 *   --rounds  how often all cases are measured in turn; 61 by default
 *   --calls   of each case in a round; 50 by default
 *   --only    the case to call and nothing else, such as "fibrin, Middy", for a profile
 *   --kind    fresh or replay; both by default
 *   --check   exits with 1 when a target is missed
 *   --json    prints one JSON document and nothing else
 */
import { parseArgs } from 'node:util';
import { type Spread, spreadOf } from '../measure.ts';
import { type CostCase, callsOf, casesOf, type Kind } from './cost-cases.ts';
import { installedVersion, takeNewestPowertools } from './newest.ts';
import { useOneSdk } from './one-sdk.ts';
import { tell, withEngine } from './with-engine.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '61' },
    calls: { type: 'string', default: '50' },
    only: { type: 'string' },
    kind: { type: 'string' },
    check: { type: 'boolean' },
    json: { type: 'boolean' },
  },
});
const [rounds, calls] = [Number(values.rounds), Number(values.calls)];
if (!(rounds > 0 && calls > 0)) throw new Error('--rounds and --calls take a number above 0');

/** What fibrin may cost, as a multiple of what the other one does. */
const AT_MOST: Readonly<Record<string, number>> = { fresh: 1, replay: 0.9 };
const REFERENCE = 'Powertools, Middy';
const REQUESTS: Readonly<Record<Kind, number>> = { fresh: 2, replay: 1, hit: 0 };

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

async function requestsOf({ handler }: CostCase, kind: Kind): Promise<number> {
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
  // The first two rounds are for the compiler.
  for (let n = -2; n < rounds; n++) {
    for (let turn = 0; turn < each.length; turn++) {
      const index = (turn + n + 2) % each.length;
      const one = await round(each[index] as () => Promise<unknown>);
      if (n >= 0) all[index]?.push(one);
    }
  }
  return all;
}

const ratiosOf = (own: readonly Round[], other: readonly Round[], of: keyof Round): Spread =>
  spreadOf(own.map((one, index) => one[of] / (other[index]?.[of] ?? Number.NaN)));
const inFull = ({ median, least, most }: Spread) =>
  `${median.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;

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
  const rows = [];
  for (const kind of kinds) {
    const all = await measured(cases, kind);
    const reference = all[cases.findIndex(({ name }) => name === REFERENCE)] ?? [];
    for (const [index, { name }] of cases.entries()) {
      const own = all[index] ?? [];
      const [cpu, p50] = [ratiosOf(own, reference, 'cpuUs'), ratiosOf(own, reference, 'p50Us')];
      const figures = {
        cpuUs: spreadOf(own.map(({ cpuUs }) => cpuUs)),
        p50Us: spreadOf(own.map(({ p50Us }) => p50Us)),
      };
      const atMost = name.startsWith('fibrin') ? AT_MOST[kind] : undefined;
      const isMet = atMost === undefined || (cpu.median <= atMost && p50.median <= atMost);
      rows.push({ kind, name, ...figures, ratios: { cpu, p50 }, atMost, isMet });
    }
  }
  const requests = [];
  for (const one of cases) {
    for (const kind of ['fresh', 'replay', 'hit'] as const) {
      const made = await requestsOf(one, kind);
      const isMet = !one.name.startsWith('fibrin') || made === REQUESTS[kind];
      requests.push({ name: one.name, kind, requests: made, isMet });
    }
  }
  for (const subject of subjects) subject.close();

  const versions = {
    node: process.versions.node,
    powertools: installedVersion('@aws-lambda-powertools/idempotency'),
    middy: installedVersion('@middy/core'),
    engine: engine.name,
  };
  if (values.json) console.log(JSON.stringify({ ...versions, rounds, calls, rows, requests }, null, 2));
  else {
    console.log(
      `Node ${versions.node}, Powertools ${versions.powertools}, Middy ${versions.middy}, ${engine.name}; ${rounds} rounds of ${calls} calls; as multiples of ${REFERENCE}: median (least to most) of the rounds\n`,
    );
    const line = (cells: readonly string[]) =>
      cells
        .map((cell, at) => cell.padEnd([8, 22, 9, 23, 9, 23, 6][at] ?? 0))
        .join(' ')
        .trimEnd();
    console.log(line(['', '', 'CPU us', 'x', 'p50 us', 'x', 'wanted']));
    for (const { kind, name, cpuUs, p50Us, ratios, atMost, isMet } of rows) {
      const verdict = atMost === undefined ? '' : `${atMost.toFixed(2)} ${isMet ? 'ok' : 'MISSED'}`;
      const [cpu, p50] = [cpuUs, p50Us].map(({ median }) => median.toFixed(0)) as [string, string];
      console.log(line([kind, name, cpu, inFull(ratios.cpu), p50, inFull(ratios.p50), verdict]));
    }
    const made = Map.groupBy(requests, ({ name }) => name);
    console.log('\nrequests to DynamoDB, each call');
    for (const [name, of] of made) {
      const texts = of.map((one) => `${one.kind} ${one.requests}${one.isMet ? '' : ' MISSED'}`);
      console.log(`  ${name.padEnd(22)} ${texts.join(', ')}`);
    }
  }
  if (values.check && [...rows, ...requests].some(({ isMet }) => !isMet)) process.exitCode = 1;
});
