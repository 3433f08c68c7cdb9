import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, test, vi } from 'vitest';
import type { BundlingProps } from '../../cdk/constructs/bundling-props.ts';
import { lambdaCredentialsOnly } from '../../cdk/constructs/credential-providers.ts';
import { ResilientFunction } from '../../cdk/constructs/resilient-function.ts';
import { temporaryFolder } from '../support/folders.ts';

const FIXTURE = 'test/cdk/fixture/throws.ts';
const CLIENT = 'test/cdk/fixture/http-and-provider.ts';

/** Bundles a handler, and gives the folder of its asset. */
function bundled(bundling?: BundlingProps, entry = FIXTURE) {
  const app = new App({ outdir: temporaryFolder() });
  new ResilientFunction(new Stack(app, 'Shop'), 'Charge', { entry, ...(bundling && { bundling }) });
  const { directory, stacks } = app.synth();
  const [folder = ''] = readdirSync(directory).filter((name) => name.startsWith('asset.'));
  const files = readdirSync(join(directory, folder)).sort();
  const environment = Object.values(stacks[0]?.template.Resources as Record<string, { Properties: object }>)
    .map(
      ({ Properties }) => (Properties as { Environment?: { Variables: Record<string, string> } }).Environment,
    )
    .find((found) => found !== undefined)?.Variables;
  const code = readFileSync(join(directory, folder, 'index.mjs'), 'utf8');
  return { name: folder, file: join(directory, folder, 'index.mjs'), files, code, environment };
}

/** Runs a handler as Lambda does, by plain Node.js with the function's environment, and gives the stack of what it throws. */
function stackOf({ file, environment }: Pick<ReturnType<typeof bundled>, 'file' | 'environment'>): string {
  const script = `
    const { handler } = await import(${JSON.stringify(pathToFileURL(file).href)});
    await handler({ id: '7' }).catch((error) => console.log(error.stack));`;
  return execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...environment },
    encoding: 'utf8',
  });
}

/** What a handler answers, with credentials as Lambda gives them. */
function answerOf({ file }: Pick<ReturnType<typeof bundled>, 'file'>): unknown {
  const script = `
    const { handler } = await import(${JSON.stringify(pathToFileURL(file).href)});
    console.log(JSON.stringify(await handler()));`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      env: { AWS_ACCESS_KEY_ID: 'own', AWS_SECRET_ACCESS_KEY: 'secret' },
      encoding: 'utf8',
    }),
  );
}

const throwsAt =
  readFileSync(FIXTURE, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes('throw new')) + 1;

describe('a bundled handler', () => {
  test('names the lines of its sources in stack traces', () => {
    const bundle = bundled();
    expect(bundle.files).toEqual(['index.mjs', 'index.mjs.map']);
    expect(stackOf(bundle)).toMatch(
      new RegExp(`RangeError: no such order: 7\\n.*${FIXTURE}:${throwsAt}:9\\)`),
    );
  });

  test('names only lines of its bundle without a map', () => {
    const bundle = bundled({ sourceMap: false });
    expect(bundle.files).toEqual(['index.mjs']);
    expect(bundle.environment).toBeUndefined();
    expect(stackOf(bundle)).not.toContain('throws.ts');
  });

  test('is the same wherever the assembly is written and however its file is named', () => {
    const { name } = bundled();
    expect(bundled().name).toBe(name);
    expect(bundled({}, fileURLToPath(new URL('fixture/throws.ts', import.meta.url))).name).toBe(name);
  });

  test('is minified, or not', () => {
    expect(bundled().code).not.toContain('function refuse(');
    expect(bundled({ minify: false }).code).toContain('function refuse(');
  });

  test('is bundled as it is told', () => {
    const entry = 'functions/relay.ts';
    const conditions = ['fibrin-source'];
    expect(bundled({ conditions, external: ['@aws-sdk/*'] }, entry).code).toMatch(
      /from"@aws-sdk\/client-eventbridge"/,
    );
    expect(bundled({ define: { RangeError: 'SyntaxError' } }).code).toMatch(/new SyntaxError/);
  });

  test("gets Node's modules from the process, which loads less of them, or imports them", () => {
    expect(answerOf(bundled({}, CLIENT))).toMatchObject({
      request: 'function',
      methods: true,
      undici: false,
    });
    expect(answerOf(bundled({ lazyBuiltins: false }, CLIENT))).toMatchObject({ methods: true, undici: true });
  });

  test('has the credentials of Lambda, and those of others unless they are left out', () => {
    const [whole, small] = [bundled({}, CLIENT), bundled({ credentialProviders: 'lambda' }, CLIENT)];
    expect(small.code.length / whole.code.length).toBeLessThan(0.75);
    expect(answerOf(whole)).toMatchObject({ accessKeyId: 'own', refusal: expect.stringMatching(/nowhere/) });
    expect(answerOf(small)).toMatchObject({
      accessKeyId: 'own',
      refusal:
        "@aws-sdk/credential-provider-web-identity is not part of this bundle, which has the credentials of Lambda only; bundle with `credentialProviders: 'all'`",
    });
  });

  test('stands in for all that a left-out provider exports', async () => {
    for (const [name, source] of Object.entries(lambdaCredentialsOnly())) {
      const [own, real] = await Promise.all([import(source), import(name)]);
      expect(Object.keys(own).sort(), name).toEqual(
        Object.keys(real)
          .filter((key) => key !== 'default' && key !== 'module.exports')
          .sort(),
      );
    }
  });

  test('takes ES modules of packages, or what it is told', () => {
    const modules = bundled({ minify: false }, CLIENT).code;
    expect(bundled({ minify: false, mainFields: ['main'] }, CLIENT).code.length).toBeGreaterThan(
      modules.length,
    );
  });

  test('is refused where there is no esbuild, with what to install', () => {
    vi.spyOn(process, 'cwd').mockReturnValue('/');
    expect(() => bundled({}, '/dev/null')).toThrow(
      'Shop/Charge: expected esbuild in /, to bundle `entry`, found none; npm install --save-dev esbuild, or give `code`',
    );
  });
});
