import { harmless } from '../core/harmless.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { type EmfOptions, emfMetrics } from './emf.ts';
import { counted, milliseconds } from './emf-limits.ts';
import { errorCode } from './error-code.ts';

/**
 * Metrics of protected calls, for `onEvent`, by the policy's name (dimension `policy`). A call that goes well is one line.
 *
 * | metric | what it says |
 * | --- | --- |
 * | `PolicyCalls`, `PolicyAttempts`, `PolicyDuration` | one call, how often the function ran for it, how long all of it took |
 * | `PolicyFallbacks`, `PolicyFailures` | 1 for a call that ended so, else 0: the average is the share |
 * | `PolicyFailures` by `code` | the same for calls that ended so, by what the error is called |
 * | `PolicyFailedAttempts`, `PolicyFailedAttemptDuration` | one attempt that failed, by `code` |
 * | `PolicyRetries`, `PolicyRetryDelay` | one wait for a further attempt |
 * | `PolicyRejections` | one call that was not made, `by` whom |
 *
 * It never throws: a metric that fails is lost.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * const onEvent = policyMetrics({ namespace: 'Shop' });
 * onEvent({ kind: 'rejected', name: 'rates', by: 'breaker' });
 * ```
 */
export function policyMetrics(options: EmfOptions): (event: PolicyEvent) => void {
  const { count, put } = emfMetrics(options);
  return harmless((event) => {
    const policy = event.name;
    switch (event.kind) {
      case 'attempt':
        if (event.error === undefined) return;
        return put(
          { PolicyFailedAttempts: counted(1), PolicyFailedAttemptDuration: milliseconds(event.durationMs) },
          { policy, code: errorCode(event.error) },
        );
      case 'retry':
        return put({ PolicyRetries: counted(1), PolicyRetryDelay: milliseconds(event.delayMs) }, { policy });
      case 'rejected':
        return count('PolicyRejections', 1, { policy, by: event.by });
      case 'outcome': {
        const failed = event.source === 'none';
        put(
          {
            PolicyCalls: counted(1),
            PolicyAttempts: counted(event.attempts),
            PolicyDuration: milliseconds(event.durationMs),
            PolicyFallbacks: counted(event.source === 'fallback' ? 1 : 0),
            PolicyFailures: counted(failed ? 1 : 0),
          },
          { policy },
        );
        if (failed) count('PolicyFailures', 1, { policy, code: errorCode(event.error) });
      }
    }
  });
}
