import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { synthesize } from '../../lib/local/synth.ts';
import type { Assembly } from '../../lib/local/template/assembly.ts';
import { readModel } from '../../lib/local/template/model.ts';
import { createReader } from '../../lib/local/template/reader.ts';
import { temporaryFolder } from '../support/folders.ts';
import { stackOf } from '../support/stacks.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface DeployedFunction {
  readonly name: string;
  /** Its bundle. */
  readonly file: string;
  /** The environment variables that the stack sets: what is no plain text in the template, as a URL. */
  readonly settings: Readonly<Record<string, string>>;
}

/** What the template sets, with a URL in place of what is known at the deployment only. */
function settingOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  const parts = (value as { 'Fn::Join'?: readonly [string, readonly unknown[]] })['Fn::Join'];
  return parts?.[1].map((part) => settingOf(name, part)).join(parts[0]) ?? `http://127.0.0.1:1/${name}`;
}

/** The functions of an assembly, as synthesis makes them. Those of the constructs are no bundles: the package has them built. */
function functionsOf(assembly: Assembly): readonly DeployedFunction[] {
  return Object.entries(assembly.template.Resources)
    .filter(([id, { Type }]) => Type === 'AWS::Lambda::Function' && !id.startsWith('Warmth'))
    .map(([logicalId, { Properties }]) => {
      const { Code, Environment } = (Properties ?? {}) as {
        Code: { S3Key: string };
        Environment?: { Variables: Readonly<Record<string, unknown>> };
      };
      const code = String(assembly.assetFolder(Code.S3Key));
      expect(readdirSync(code).sort()).toEqual(['index.mjs', 'index.mjs.map']);
      return {
        name: logicalId,
        file: join(code, 'index.mjs'),
        settings: Object.fromEntries(
          Object.entries(Environment?.Variables ?? {})
            // Node.js and load shedding read their own, and the function runs without.
            .filter(([setting]) => !['NODE_OPTIONS', 'FIBRIN_RESERVED_CONCURRENCY'].includes(setting))
            .map(([setting, value]) => [setting, settingOf(setting, value)]),
        ),
      };
    });
}

const bundlesOf = (functions: readonly DeployedFunction[]): Readonly<Record<string, string>> =>
  Object.fromEntries(functions.map(({ name, file }) => [name, readFileSync(file, 'utf8')]));

/** The app as it would be deployed. */
function deployedAssembly(): Assembly {
  const folder = temporaryFolder();
  execFileSync(process.execPath, ['--conditions=fibrin-source', 'cdk/app.ts'], {
    env: { ...process.env, CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify({ stage: 'dev' }) },
    stdio: 'ignore',
  });
  return stackOf(folder);
}

/** Imports a bundle in a process like Lambda's with all settings, then without each of them, and prints what it throws. */
const LOAD_WITHOUT_EACH = `
  const [file, given] = process.argv.slice(1);
  const settings = JSON.parse(given);
  const errors = [];
  for (const without of ['', ...Object.keys(settings)]) {
    Object.assign(process.env, settings);
    delete process.env[without];
    const loaded = import(file + '?without=' + without);
    errors.push({ without, error: await loaded.then(() => '', (error) => error.message) });
  }
  console.log(JSON.stringify(errors));
`;

function loadErrors(file: string, settings: DeployedFunction['settings']) {
  const env = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
  const args = [
    '--input-type=module',
    '--eval',
    LOAD_WITHOUT_EACH,
    pathToFileURL(file).href,
    JSON.stringify(settings),
  ];
  const output = execFileSync(process.execPath, args, { env, encoding: 'utf8' });
  return JSON.parse(output) as readonly { readonly without: string; readonly error: string }[];
}

/** The app as the local run takes it. */
async function localAssembly(): Promise<Assembly> {
  const { folder } = await synthesize({ project: ROOT, fresh: false, signal: new AbortController().signal });
  return stackOf(folder);
}

let ofLocal: Assembly;
let deployedFunctions: readonly DeployedFunction[];
let deployed: Readonly<Record<string, string>>;
let local: Readonly<Record<string, string>>;
beforeAll(async () => {
  ofLocal = await localAssembly();
  local = bundlesOf(functionsOf(ofLocal));
  deployedFunctions = functionsOf(deployedAssembly());
  deployed = bundlesOf(deployedFunctions);
});

describe('the bundles', () => {
  it('hold the fault switches in the local stage only', () => {
    expect(Object.keys(deployed).sort()).toEqual([
      'Downstream',
      'GetProfile',
      'GetProfileNaive',
      'Health',
      'JournalProfile',
      'OnContactChanged',
      'OnProfileUpdated',
      'PutProfile',
      'Relay',
    ]);
    for (const code of Object.values(deployed))
      expect(code).not.toMatch(/x-fibrin-fault|FIBRIN_FAULT_SWITCHES/);
    expect(local['Downstream']).toContain('x-fibrin-fault');
  });

  it('reach their tables without the SDK, in the local stage over it where that is asked for', async () => {
    const withClient = (bundles: Readonly<Record<string, string>>) =>
      Object.entries(bundles).flatMap(([name, code]) => (code.includes('DynamoDBClient') ? [name] : []));
    expect(withClient({ ...deployed, ...local })).toEqual([]);
    vi.stubEnv('FIBRIN_PROFILE_TRANSPORT', 'sdk');
    const overSdk = bundlesOf(functionsOf(await localAssembly()));
    vi.unstubAllEnvs();
    const others = ['Downstream', 'Relay'];
    expect(withClient(overSdk)).toEqual(Object.keys(local).filter((name) => !others.includes(name)));
  });

  it('take callers for one in the local stage only', () => {
    const open = (bundles: Readonly<Record<string, string>>) =>
      Object.entries(bundles).flatMap(([name, code]) =>
        code.includes('every caller of an open API') ? [name] : [],
      );
    expect(open(deployed)).toEqual([]);
    expect(open(local).sort()).toEqual(['Health', 'PutProfile']);
  });

  it('load with what the stack sets, and fail without any of it, by its name', () => {
    const failures = deployedFunctions.flatMap(({ name, file, settings }) =>
      loadErrors(file, settings).map(({ without, error }) => [name, without, error] as const),
    );
    const expected = deployedFunctions.flatMap(({ name, settings }) => [
      [name, '', ''],
      ...Object.keys(settings).map((setting) => [
        name,
        setting,
        expect.stringMatching(new RegExp(` ${setting}\\b`)),
      ]),
    ]);
    expect(failures).toEqual(expected);
  });

  it('hold no part of the CDK and none of the local run', () => {
    for (const code of Object.values(deployed)) expect(code).not.toMatch(/aws-cdk|_fibrin\//);
  });
});

describe('the model of the template', () => {
  it('resolves what functions know about each other', () => {
    const model = readModel([ofLocal], createReader(ofLocal, 'us-east-1'));
    const [url] = model.urls;
    const getProfile = model.functions.find(({ displayName }) => displayName === 'GetProfile');
    if (url === undefined || getProfile === undefined)
      throw new Error('expected a function URL and GetProfile');
    const addresses = [url, ...model.queues].map(
      ({ logicalId }) => [logicalId, 'http://127.0.0.1:1/'] as const,
    );
    const environment = model.environmentOf(getProfile, new Map(addresses));
    const tables = model.tables.map(({ tableName }) => tableName);
    expect(environment['DOWNSTREAM_URL']).toBe('http://127.0.0.1:1/');
    expect(tables).toContain(environment['USERS_TABLE']);
    expect(tables).toContain(environment['FIBRIN_TABLE']);
    const routes = model.apis.flatMap((api) => (api.kind === 'http' ? api.routes : []));
    expect(routes.find(({ routeKey }) => routeKey === 'GET /api/profiles/{id}')?.functionName).toBe(
      getProfile.functionName,
    );
  });
});
