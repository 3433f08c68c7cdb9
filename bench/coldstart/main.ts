/* What a cold start takes, of processes that start in turn: `npm run bench -- coldstart`. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createTable } from '../../lib/local/dynamodb/tables.ts';
import { installedVersion, takeNewestPowertools } from '../idempotency/newest.ts';
import { tell, withEngine } from '../idempotency/with-engine.ts';
import { spreadOf } from '../measure.ts';
import { type Bundle, byNodejsFunction, byResilientFunction, RUNTIME_MODULES } from './bundles.ts';
import { type ColdStart, coldStart } from './process.ts';
import { asText, type ColdStartReport, type ColdStartRow } from './report.ts';

const USAGE = `usage: npm run bench -- coldstart [options]
  --rounds N   processes of each bundle, started in turn; 21 by default
  --check      exits with 1 when a target is missed
  --json       prints one JSON document and nothing else`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' },
    rounds: { type: 'string', default: '21' },
    check: { type: 'boolean' },
    json: { type: 'boolean' },
  },
});
const rounds = Number(values.rounds);
if (values.help || !Number.isInteger(rounds) || rounds < 1) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}

interface Case {
  readonly name: string;
  readonly bundle: Bundle;
  /** Whether the handler is called, with an event of its own. */
  readonly isCalled: boolean;
  /** What it may be, as a multiple of which other case's. */
  readonly atMost?: { readonly of: string; readonly times: number };
  /** KB that the bundle may have. */
  readonly atMostKb?: number;
}

const POWERTOOLS = 'Powertools and Middy';
const USERS_OWN = "a user's client, NodejsFunction";

function cases(folder: string): readonly Case[] {
  const loaded = (name: string, bundle: Bundle, times?: number): Case => ({
    ...{ name, bundle, isCalled: false },
    ...(times !== undefined && { atMost: { of: USERS_OWN, times } }),
  });
  const called = (name: string, bundle: Bundle, times?: number, atMostKb?: number): Case => ({
    ...{ name, bundle, isCalled: true },
    ...(times !== undefined && { atMost: { of: POWERTOOLS, times } }),
    ...(atMostKb !== undefined && { atMostKb }),
  });
  return [
    loaded('nothing', byResilientFunction(folder, 'nothing')),
    loaded(USERS_OWN, byNodejsFunction(folder, 'users-own')),
    loaded(
      'the same, with the SDK in the bundle',
      byNodejsFunction(folder, 'users-own', { bundleAwsSDK: true }),
    ),
    loaded('the same, ResilientFunction', byResilientFunction(folder, 'users-own'), 0.75),
    loaded(
      "the same, credentialProviders: 'lambda'",
      byResilientFunction(folder, 'users-own', { credentialProviders: 'lambda' }),
      0.75,
    ),
    // As NodejsFunction bundles by default: its stack traces name no sources.
    loaded(
      'the same, and without source maps',
      byResilientFunction(folder, 'users-own', { credentialProviders: 'lambda', sourceMap: false }),
      0.75,
    ),
    called('two requests of node:http', byResilientFunction(folder, 'bare')),
    called(POWERTOOLS, byResilientFunction(folder, 'powertools', { lazyBuiltins: false })),
    called('the same, NodejsFunction', byNodejsFunction(folder, 'powertools')),
    called('the same, ResilientFunction', byResilientFunction(folder, 'powertools')),
    called('fibrin on the SDK', byResilientFunction(folder, 'on-sdk'), 0.85),
    called('fibrin on the lean transport', byResilientFunction(folder, 'on-lean'), 0.35, 64),
  ];
}

/** The whole of it, in ms. */
const totalOf = ({ initMs, firstMs }: ColdStart): number => initMs + firstMs;

function rowsOf(all: readonly Case[], starts: readonly (readonly ColdStart[])[]): readonly ColdStartRow[] {
  return all.map(({ name, bundle, atMost, atMostKb }, at) => {
    const own = starts[at] ?? [];
    const other = starts[all.findIndex((one) => one.name === atMost?.of)];
    const times =
      other && spreadOf(own.map((one, round) => totalOf(one) / totalOf(other[round] as ColdStart)));
    const kb = bundle.bytes / 1_024;
    return {
      ...{ name, kb },
      initMs: spreadOf(own.map(({ initMs }) => initMs)),
      firstMs: spreadOf(own.map(({ firstMs }) => firstMs)),
      cpuMs: spreadOf(own.map(({ cpuMs }) => cpuMs)),
      ...(atMost && times && { target: { ...atMost, measured: times } }),
      ...(atMostKb !== undefined && { atMostKb }),
      isMet: (times?.median ?? 0) <= (atMost?.times ?? 0) && kb <= (atMostKb ?? kb),
    };
  });
}

const TABLES = [
  ['fibrin', 'pk'],
  ['powertools', 'id'],
] as const;

tell(await takeNewestPowertools());
const folder = mkdtempSync(join(tmpdir(), 'fibrin-coldstart-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

await withEngine(async (engine) => {
  for (const [TableName, key] of TABLES)
    await createTable(engine.endpoint, {
      TableName,
      AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
    });
  const environment = {
    ...{ AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' },
    ...{ AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint, FIBRIN_TABLE: 'fibrin', TABLE: 'powertools' },
    NODE_PATH: RUNTIME_MODULES,
  };
  const all = cases(folder);
  const starts = all.map((): ColdStart[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < all.length; turn++) {
      const at = (round + turn) % all.length;
      const { bundle, isCalled } = all[at] as Case;
      const event = isCalled ? { id: randomUUID() } : undefined;
      starts[at]?.push(coldStart(bundle.file, { ...environment, ...bundle.environment }, event));
    }
    tell(`${round + 1} of ${rounds} rounds`);
  }
  const report: ColdStartReport = {
    ...{ node: process.versions.node, engine: engine.name, rounds, rows: rowsOf(all, starts) },
    powertools: installedVersion('@aws-lambda-powertools/idempotency'),
    middy: installedVersion('@middy/core'),
  };
  console.log(values.json ? JSON.stringify(report, null, 2) : asText(report));
  if (values.check && report.rows.some(({ isMet }) => !isMet)) process.exitCode = 1;
});
