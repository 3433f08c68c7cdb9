import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

const conditions = ['fibrin-source'];

const tests = (...names: readonly string[]) => names.map((name) => `test/${name}.test.ts`);
const support = (name: string) => fileURLToPath(new URL(`./support/${name}.ts`, import.meta.url));

/** Of this run: apps of the CDK leave their output behind, a folder each. */
const TEMPORARY = mkdtempSync(join(tmpdir(), 'fibrin-'));
process.once('exit', () => rmSync(TEMPORARY, { recursive: true, force: true }));

/** Tests of code alone. */
const CODE = tests('{unit,property,model,cdk}/**/*');
/** Take longest. */
const APP = tests('local/{profile,profile-idempotency,profile-sdk,outages}');
/** Tests of what needs tables and no more. */
const TABLES = tests(
  '{contract,fleet,idempotency}/**/*',
  'local/{transactions,streams,breakers,breakers-command,idempotency-command}',
);
/** `npm run test:rows`: nothing else may run beside them. */
const ROWS = tests('rows/*');
/** Run the examples of the documentation. */
const EXAMPLES = tests('examples/*');

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    reporters: ['default', support('summary')],
    // Two more than there are cores: the tests of the app wait for most of their time, and all begin first. Each worker loads
    // what it tests, which takes two seconds.
    maxWorkers: availableParallelism() + 2,
    // Starting a process for each file takes longer than most of them.
    isolate: false,
    restoreMocks: true,
    setupFiles: support('setup'),
    env: {
      // `npm run synth` validates the template. What processes compile the next of them need not compile again.
      CDK_VALIDATION: 'false',
      TMPDIR: TEMPORARY,
      NODE_COMPILE_CACHE: fileURLToPath(new URL('../.fibrin/compile-cache', import.meta.url)),
    },
    // Of `npm run test:coverage`: no branch of what stands in the path of every call is untried.
    coverage: {
      provider: 'v8',
      include: ['lib/core/**', 'lib/policy/**', 'lib/breaker/**', 'lib/cache/**'],
      reporter: [['text', { skipFull: true }]],
      thresholds: { branches: 100 },
    },
    // On a busy machine what is waited for comes late. How soon it comes is not what these tests are about.
    expect: { poll: { timeout: 60_000 } },
    testTimeout: 120_000,
    // The first run of a fresh clone synthesizes the app.
    hookTimeout: 180_000,
    // Begun in the order of their names.
    projects: [
      { extends: true, test: { name: 'app', include: APP } },
      { extends: true, test: { name: 'code', include: CODE } },
      { extends: true, test: { name: 'tables', include: TABLES, globalSetup: support('shared-engine') } },
      // Isolated: these files stop the clocks of their process.
      { extends: true, test: { name: 'examples', include: EXAMPLES, isolate: true } },
      {
        extends: true,
        test: {
          name: 'processes',
          include: tests('**/*'),
          exclude: [...configDefaults.exclude, ...APP, ...CODE, ...TABLES, ...EXAMPLES, ...ROWS],
        },
      },
    ],
  },
});
