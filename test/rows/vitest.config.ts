import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['fibrin-source'];
const support = (name: string) => fileURLToPath(new URL(`../support/${name}.ts`, import.meta.url));

/** Rows that compare times, need caches that answer within theirs, or count what many do at once: nothing else runs beside them. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    reporters: ['default', support('summary')],
    include: ['test/rows/*.test.ts'],
    fileParallelism: false,
    // Another program may take the processor for a while.
    retry: 2,
    setupFiles: support('setup'),
    env: { CDK_VALIDATION: 'false' },
    expect: { poll: { timeout: 60_000 } },
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
