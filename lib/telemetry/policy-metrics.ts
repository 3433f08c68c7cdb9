import type { PolicyEvent } from '../core/policy-event.ts';
import { safeListener } from '../core/safe-listener.ts';
import { type EmfOptions, emfMetrics } from './emf.ts';
import { counted, milliseconds } from './emf-limits.ts';
import { errorCode } from './error-code.ts';

/**
 * Metrics of protected calls, for `onEvent`, by the policy's name (dimension `policy`). A call that goes well is one line.
 * Those of breakers are by the breaker's name (dimension `breaker`).
 *
 * | metric | what it says |
 * | --- | --- |
 * | `PolicyCalls`, `PolicyAttempts`, `PolicyDuration` | one call, how often the function ran for it, how long all of it took |
 * | `PolicyFallbacks`, `PolicyFailures` | 1 for a call that ended so, else 0: the average is the share |
 * | `PolicyFailures` by `code` | the same for calls that ended so, by what the error is called |
 * | `PolicyFailedAttempts`, `PolicyFailedAttemptDuration` | one attempt that failed, by `code` |
 * | `PolicyRetries`, `PolicyRetryDelay` | one wait for a further attempt |
 * | `PolicyRejections` | one call that was not made, `by` whom |
 * | `BreakerStateChanges` | one change, `from` and `to` which state, by the sandbox that has made it: a fleet counts each once |
 * | `BreakerStatesSeen` | the same for each sandbox that has learnt of a change which it has not made |
 * | `BreakerWindowCalls`, `BreakerWindowFailures` | what the last ten seconds of the whole fleet held when a failure was reported: look at the average, never at the sum |
 * | `BreakerSlowReports` | 1 where the reported call was slow, else 0 |
 * | `BreakerStoreTroubles`, `BreakerStoreRecoveries` | one sandbox whose breaker has no answer from its store any more, and has again |
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
  return safeListener((event) => {
    const policy = event.name;
    const breaker = event.name;
    switch (event.kind) {
      case 'breaker-state': {
        const { from, to, how } = event;
        const metric = how === 'made' ? 'BreakerStateChanges' : 'BreakerStatesSeen';
        return count(metric, 1, { breaker, from, to });
      }
      case 'breaker-evidence':
        return put(
          {
            BreakerWindowCalls: counted(event.calls),
            BreakerWindowFailures: counted(event.failures),
            BreakerSlowReports: counted(event.isSlow ? 1 : 0),
          },
          { breaker },
        );
      case 'breaker-store':
        return count(event.isAnswering ? 'BreakerStoreRecoveries' : 'BreakerStoreTroubles', 1, { breaker });
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
