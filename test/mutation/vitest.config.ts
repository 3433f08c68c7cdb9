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
      'test/property/{breaker-local,outcome-window,recorded-outcomes,resilient,retry,time-limit}.test.ts',
      'test/unit/{breaker-*,call-*,calls-*,classify*,evidence*,fallback*,guarded,idempotency-*,idempotent*,layers,options,own-*,peer-defects,predicates,probe-calls,resilient*,retry*,status,time-limit,timeout,validat*}.test.ts',
    ],
    isolate: false,
    restoreMocks: true,
    // Instrumented code takes several times as long.
    testTimeout: 60_000,
  },
});
