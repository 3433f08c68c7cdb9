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
      'test/property/{breaker-local,bulkhead,cache*,hedge,outcome-window,rate-limit,recorded-outcomes,resilient,retry,time-limit}.test.ts',
      'test/unit/{breaker-*,bulkhead,cache*,call-*,calls-*,classify*,evidence*,fallback*,guarded,hedge*,idempotency-*,idempotent*,layers,limits-*,options,own-*,peer-defects,predicates,probe-calls,rate-limit,resilient*,retry*,status,time-limit,timeout,validat*}.test.ts',
    ],
    isolate: false,
    restoreMocks: true,
    // Instrumented code takes several times as long.
    testTimeout: 60_000,
  },
});
