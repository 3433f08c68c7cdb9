/*
 * Checks the built package as npm would ship it: every entry can be imported and typed, has its own names and no others'
 * names, the command runs, each document's links lead to files of the package, and the package holds nothing else.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { linkedFiles } from './links.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const failures: string[] = [];
const expect = (holds: boolean, what: string) => {
  if (!holds) failures.push(what);
};

interface PackageJson {
  readonly version: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}
const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as PackageJson;

/** A few names of each entry, so that one that moves is noticed. Types are checked by the examples. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  '.': [
    'resilient',
    'retry',
    'timeout',
    'fallback',
    'fallbackChain',
    'validation',
    'withDeadline',
    'boundedFetch',
  ],
  './breaker': ['circuitBreaker', 'sharedBreaker', 'breakerCheck'],
  './cdk': [
    'CacheTable',
    'chooseWarming',
    'DeadLetterQueue',
    'EventConsumer',
    'KeepWarm',
    'OutboxRelay',
    'Prewarm',
    'ResilienceTable',
    'ResilientFunction',
    'ResilientHttpApi',
    'Sensitivity',
    'SensitivityBus',
    'Warmer',
  ],
  './cache': ['cache'],
  './chaos': ['injectFaults', 'InjectedFaultError'],
  './dynamodb': ['dynamoStore', 'sdkTransport'],
  './dynamodb-lean': ['leanStore', 'leanTransport'],
  './events': ['envelope', 'eventPublisher', 'outboxRelay', 'sqsBatch', 'streamBatch'],
  './idempotency': ['idempotent', 'idempotentHttp', 'header', 'bodyField', 'envelopeId', 'InFlightError'],
  './middleware': ['deadline', 'idempotency', 'problemDetails'],
  './telemetry': ['policyMetrics', 'healthChecks'],
  './testing': ['fakeClock', 'faultPlan', 'lambdaContext', 'memoryStore', 'seededRandom'],
};

const entryOf = new Map<string, string>();
for (const [entry, target] of Object.entries(manifest.exports)) {
  if (typeof target === 'string' || entry.includes('*')) continue;
  expect(existsSync(`${ROOT}${target.types}`), `${entry}: no types at ${target.types}`);
  const loaded = (await import(`${ROOT}${target.default}`)) as Record<string, unknown>;
  expect(Object.keys(loaded).length > 0, `${entry}: exports nothing`);
  for (const name of Object.keys(loaded)) {
    expect(!entryOf.has(name), `${name}: both in ${entryOf.get(name)} and in ${entry}`);
    entryOf.set(name, entry);
  }
  for (const name of EXPECTED[entry] ?? []) expect(name in loaded, `${entry}: does not export ${name}`);
  expect(entry in EXPECTED || entry === './package.json', `${entry}: no names are expected of it`);
}
for (const entry of Object.keys(EXPECTED))
  expect(entry in manifest.exports, `${entry}: is no entry of the package`);

const [packed] = JSON.parse(
  // Without `prepack`, which is what runs this.
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT, encoding: 'utf8' }),
) as [{ readonly files: readonly { readonly path: string }[]; readonly unpackedSize: number }];
const files = packed.files.map(({ path }) => path);
const TEMPLATE = 'docs/resilience-table.template.json';
const OWN =
  /^(?:dist\/|docs\/(?:guides|adr)\/[\w-]+\.md$|docs\/(?:local\.md|outage\.svg|runbook\.md)$|package\.json$|README\.md$|LICENSE$)/;
const strangers = files.filter((path) => path !== TEMPLATE && !OWN.test(path));
expect(strangers.length === 0, `the package holds ${strangers.join(', ')}`);
expect(
  files.includes('dist/local/dynamodb/LoopbackDynamoDb.class'),
  'the package lacks the launcher of DynamoDB Local',
);
expect(files.includes(TEMPLATE), 'the package lacks the template of the resilience table');

// What the constructs deploy: a folder with one file, which needs nothing beside it.
const deployed = files.filter((path) => path.startsWith('dist/cdk/handlers/'));
expect(
  deployed.join() === 'dist/cdk/handlers/index.mjs',
  `the code of the constructs is ${deployed.join(', ')}`,
);
const handlers = (await import(`${ROOT}${deployed[0]}`)) as Record<string, unknown>;
expect(
  Object.keys(handlers).sort().join() === 'prewarm,warmer',
  `the code of the constructs exports ${Object.keys(handlers).join(', ')}`,
);
const imported = readFileSync(`${ROOT}${deployed[0]}`, 'utf8').matchAll(/\bfrom"([^"]+)"/g);
for (const [, name = ''] of imported)
  expect(name.startsWith('node:'), `the code of the constructs imports ${name}, which a function may lack`);

const documents = files.filter((path) => path.endsWith('.md'));
expect(documents.includes('README.md'), 'the package lacks README.md');
for (const document of documents) {
  for (const linked of linkedFiles(document, readFileSync(`${ROOT}${document}`, 'utf8')))
    expect(files.includes(linked), `${document} links to ${linked}, which the package lacks`);
}

const version = execFileSync(process.execPath, [`${ROOT}dist/cli/main.js`, '--version'], {
  encoding: 'utf8',
}).trim();
expect(version === manifest.version, `the command says it is ${version}, the package ${manifest.version}`);

for (const failure of failures) console.error(`package: ${failure}`);
console.log(
  `package: ${entryOf.size} names in ${Object.keys(manifest.exports).length} entries, ${files.length} files, ${Math.round(packed.unpackedSize / 1024)} KB, ${failures.length} failures`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
