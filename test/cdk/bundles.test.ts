import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { synthesize } from '../../lib/local/synth.ts';
import { type Assembly, readAssembly } from '../../lib/local/template/assembly.ts';
import { readModel } from '../../lib/local/template/model.ts';
import { temporaryFolder } from '../support/folders.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The bundles of an assembly by function, as synthesis makes them. */
function bundlesOf(assembly: Assembly): Readonly<Record<string, string>> {
  const functions = Object.entries(assembly.template.Resources).filter(
    ([, { Type }]) => Type === 'AWS::Lambda::Function',
  );
  return Object.fromEntries(
    functions.map(([logicalId, { Properties }]) => {
      const { Code } = (Properties ?? {}) as { Code: { S3Key: string } };
      const code = String(assembly.assetFolder(Code.S3Key));
      expect(readdirSync(code)).toEqual(['index.mjs']);
      return [logicalId.replace(/Function[0-9A-F]{8}$/, ''), readFileSync(join(code, 'index.mjs'), 'utf8')];
    }),
  );
}

/** The app as it would be deployed. */
function deployedAssembly(): Assembly {
  const folder = temporaryFolder();
  execFileSync(process.execPath, ['cdk/app.ts'], {
    env: { ...process.env, CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify({ stage: 'dev' }) },
    stdio: 'ignore',
  });
  return readAssembly(folder);
}

let localAssembly: Assembly;
let deployed: Readonly<Record<string, string>>;
let local: Readonly<Record<string, string>>;
beforeAll(async () => {
  const { folder } = await synthesize({ project: ROOT, fresh: false, signal: new AbortController().signal });
  localAssembly = readAssembly(folder);
  local = bundlesOf(localAssembly);
  deployed = bundlesOf(deployedAssembly());
});

describe('the bundles', () => {
  it('hold the fault switches in the local stage only', () => {
    expect(Object.keys(deployed).sort()).toEqual([
      'Downstream',
      'GetProfile',
      'GetProfileNaive',
      'Health',
      'JournalProfile',
      'OnProfileUpdated',
      'PutProfile',
      'Relay',
    ]);
    for (const code of Object.values(deployed))
      expect(code).not.toMatch(/x-fibrin-fault|FIBRIN_FAULT_SWITCHES/);
    expect(local['Downstream']).toContain('x-fibrin-fault');
  });

  it('hold no part of the CDK and none of the local run', () => {
    for (const code of Object.values(deployed)) expect(code).not.toMatch(/aws-cdk|_fibrin\//);
  });
});

describe('the model of the template', () => {
  it('resolves what functions are told about each other', () => {
    const model = readModel(localAssembly, 'us-east-1');
    const [url] = model.urls;
    const getProfile = model.functions.find(({ displayName }) => displayName === 'GetProfile');
    if (url === undefined || getProfile === undefined)
      throw new Error('expected a function URL and GetProfile');
    const environment = model.environmentOf(getProfile, new Map([[url.logicalId, 'http://127.0.0.1:1/']]));
    const tables = model.tables.map(({ tableName }) => tableName);
    expect(environment['DOWNSTREAM_URL']).toBe('http://127.0.0.1:1/');
    expect(tables).toContain(environment['USERS_TABLE']);
    expect(tables).toContain(environment['FIBRIN_TABLE']);
    expect(model.routes.find(({ routeKey }) => routeKey === 'GET /api/profiles/{id}')?.functionName).toBe(
      getProfile.functionName,
    );
  });
});
