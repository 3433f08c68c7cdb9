import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['fibrin-source'];

const tests = (...names: readonly string[]) => names.map((name) => `test/${name}.test.ts`);
/** Tests of code alone: they leave nothing behind in their process, so many files share one. */
const CODE = tests('{unit,property,model,cdk}/**/*');
/** Tests of what needs tables and no more. */
const TABLES = tests('{contract,idempotency}/**/*', 'local/{transactions,streams,idempotency-command}');
const sharedEngine = fileURLToPath(new URL('./support/shared-engine.ts', import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    reporters: ['default', fileURLToPath(new URL('./support/summary.ts', import.meta.url))],
    // The default leaves one core out, which of two is half: tests of processes wait more than they work.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    // The first run of a fresh clone synthesizes the app.
    hookTimeout: 180_000,
    projects: [
      { extends: true, test: { name: 'code', include: CODE, isolate: false } },
      { extends: true, test: { name: 'tables', include: TABLES, globalSetup: sharedEngine } },
      { extends: true, test: { name: 'processes', include: tests('**/*'), exclude: [...CODE, ...TABLES] } },
    ],
  },
});
