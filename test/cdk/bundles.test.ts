import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readAssembly } from '../../lib/local/template/assembly.ts';
import { readModel } from '../../lib/local/template/model.ts';
import { temporaryFolder } from '../support/folders.ts';

/** The bundles of a stage by function, as synthesis makes them. */
function bundlesOf(stage: string): Readonly<Record<string, string>> {
  const folder = temporaryFolder();
  execFileSync(process.execPath, ['cdk/app.ts'], {
    env: {
      ...process.env,
      CDK_OUTDIR: folder,
      CDK_CONTEXT_JSON: JSON.stringify({ stage, 'aws:cdk:enable-path-metadata': true }),
    },
    stdio: 'ignore',
  });
  const assembly = readAssembly(folder);
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

let deployed: Readonly<Record<string, string>>;
let local: Readonly<Record<string, string>>;
beforeAll(() => {
  deployed = bundlesOf('dev');
  local = bundlesOf('local');
});

describe('the bundles', () => {
  it('hold the fault switches in the local stage only', () => {
    expect(Object.keys(deployed).sort()).toEqual([
      'Downstream',
      'GetProfile',
      'GetProfileNaive',
      'Health',
      'PutProfile',
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
    const folder = temporaryFolder();
    execFileSync(process.execPath, ['cdk/app.ts'], {
      env: {
        ...process.env,
        CDK_OUTDIR: folder,
        CDK_CONTEXT_JSON: JSON.stringify({
          stage: 'local',
          'aws:cdk:bundling-stacks': [],
          'aws:cdk:enable-path-metadata': true,
        }),
      },
      stdio: 'ignore',
    });
    const model = readModel(readAssembly(folder), 'us-east-1');
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
