/*
 * How long what is outside of a handler takes to load, beside how large it is: the app's functions as they are deployed, the AWS
 * SDK's client for DynamoDB bundled and not, and nothing at all. Each load is a process of its own, all in turn.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, buildSync } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROUNDS = 15;
const FUNCTIONS = ['put-profile', 'get-profile', 'relay', 'on-profile-updated', 'health'];

const folder = mkdtempSync(join(tmpdir(), 'fibrin-cold-start-'));
mkdirSync(join(folder, 'plain'));
// What is not bundled finds its packages as in a project.
symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));

const NAMES = ['CACHE', 'CONTACTS', 'USERS', 'VIEWS'].map((table) => [`${table}_TABLE`, 'table']);
const BUSES = ['INTERNAL', 'PUBLIC', 'RESTRICTED'].map((bus) => [`${bus}_BUS`, bus]);
const ENVIRONMENT: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...NAMES, ...BUSES]),
  ...{ FIBRIN_TABLE: 'table', DOWNSTREAM_AUTH: 'iam', DOWNSTREAM_URL: 'https://downstream.example' },
  ...{ AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' },
  // As ResilientFunction sets it.
  NODE_OPTIONS: '--enable-source-maps',
};

interface Case {
  readonly name: string;
  readonly file: string;
  readonly kb: number | undefined;
}

/** Bundles as ResilientFunction does. */
function bundled(name: string, input: BuildOptions): Case {
  const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.mjs`);
  buildSync({
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node24', minify: true },
    ...{ sourcemap: 'linked', sourcesContent: false, mainFields: ['module', 'main'] },
    conditions: ['fibrin-source'],
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    outfile: file,
    ...input,
  });
  return { name, file, kb: statSync(file).size / 1_024 };
}

const FIBRIN = ['fibrin', 'fibrin/breaker', 'fibrin/idempotency', 'fibrin/middleware', 'fibrin/telemetry'];
const SDK =
  "import { DynamoDBClient } from '@aws-sdk/client-dynamodb';\nexport const client = new DynamoDBClient({});";

function cases(): readonly Case[] {
  const plain = (name: string, code: string): Case => {
    const file = join(folder, 'plain', `${name.replaceAll(/\W+/g, '-')}.mjs`);
    writeFileSync(file, code);
    return { name, file, kb: undefined };
  };
  const stdin = { contents: SDK, resolveDir: ROOT };
  return [
    plain('nothing', 'export const handler = async () => undefined;'),
    ...FUNCTIONS.map((name) => bundled(name, { entryPoints: [join(ROOT, 'functions', `${name}.ts`)] })),
    bundled('all of fibrin but its stores', {
      stdin: { contents: FIBRIN.map((name) => `export * from '${name}';`).join(''), resolveDir: ROOT },
    }),
    bundled('SDK client, bundled', { stdin }),
    bundled('SDK client, bundled, not minified', { stdin, minify: false }),
    plain('SDK client, not bundled', SDK),
  ];
}

interface Load {
  readonly elapsedMs: number;
  /** Of all threads of the process: what else the machine does counts less. */
  readonly cpuMs: number;
}

const LOAD = `
  const from = performance.now();
  const before = process.cpuUsage();
  await import(process.argv[1]);
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ elapsedMs: performance.now() - from, cpuMs: (user + system) / 1_000 }));
  process.exit(0);`;

/** Loads a module in a process of its own. */
const load = (file: string): Load =>
  JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '--eval', LOAD, file], {
      env: ENVIRONMENT,
      encoding: 'utf8',
    }),
  );

/** The median, then from the second lowest to the second highest. */
function spread(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (rank: number) => (sorted.at(rank) ?? Number.NaN).toFixed(0);
  return `${at(Math.floor(numbers.length / 2)).padStart(5)} (${at(1)} to ${at(-2)})`.padEnd(20);
}

try {
  const all = cases();
  const loads = all.map((): Load[] => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, { file }] of all.entries()) loads[index]?.push(load(file));
  console.log(`${'to load, in ms'.padEnd(34)} ${'size'.padStart(7)}   CPU                  elapsed`);
  for (const [index, { name, kb }] of all.entries()) {
    const size = kb === undefined ? '' : `${kb.toFixed(0)} KB`;
    const of = (what: keyof Load) => spread(loads[index]?.map((one) => one[what]) ?? []);
    console.log(`${name.padEnd(34)} ${size.padStart(7)} ${of('cpuMs')} ${of('elapsedMs')}`.trimEnd());
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
