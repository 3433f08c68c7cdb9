import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['fibrin-source'];

/** The tests that have to notice when something in the pure protocols is changed. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'test/property/{breaker-local,deadline,resilient,retry,window}.test.ts',
      'test/unit/{breaker-*,classify,deadline,fallback,idempotency-*,idempotent*,options,peer-defects,resilient*,retry*,timeout,validate}.test.ts',
    ],
    isolate: false,
    restoreMocks: true,
  },
});
