import type { BreakerEvent } from '../core/breaker-event.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { safeListener } from '../core/safe-listener.ts';
import { boundedMetrics } from './bounded-metrics.ts';
import type { EmfMetrics, EmfOptions } from './emf.ts';
import { counted, milliseconds } from './emf-limits.ts';
import { errorCode } from './error-code.ts';
import { type CallEvent, isBreakerEvent } from './event-kind.ts';

type Metrics = Pick<EmfMetrics, 'count' | 'put'>;

function breakerMetrics({ count, put }: Metrics, event: BreakerEvent) {
  const breaker = event.name;
  switch (event.kind) {
    case 'breaker-state': {
      const { from, to, origin, waitMs } = event;
      const metric = origin === 'self' ? 'BreakerStateChanges' : 'BreakerStateObserved';
      return put({ [metric]: counted(1), BreakerWait: milliseconds(waitMs) }, { breaker, from, to });
    }
    case 'breaker-report': {
      const { calls, failures, slow } = event;
      const metrics = {
        BreakerWindowCalls: counted(calls),
        BreakerWindowFailures: counted(failures),
        BreakerSlowReports: counted(slow ? 1 : 0),
      };
      return put(metrics, { breaker });
    }
    case 'breaker-store':
      return count(event.available ? 'BreakerStoreRecoveries' : 'BreakerStoreFailures', 1, { breaker });
  }
}

function outcomeMetrics({ count, put }: Metrics, event: Extract<CallEvent, { kind: 'outcome' }>): void {
  const policy = event.name;
  const failed = event.source === 'none';
  const metrics = {
    PolicyCalls: counted(1),
    PolicyAttempts: counted(event.attempts),
    PolicyDuration: milliseconds(event.durationMs),
    PolicyFallbacks: counted(event.source === 'fallback' ? 1 : 0),
    PolicyFailures: counted(failed ? 1 : 0),
  };
  put(metrics, { policy });
  if (failed) count('PolicyFailures', 1, { policy, code: errorCode(event.error) });
}

function callMetrics(metrics: Metrics, event: CallEvent) {
  const policy = event.name;
  switch (event.kind) {
    case 'attempt': {
      if (!event.failed) return;
      const failed = {
        PolicyFailedAttempts: counted(1),
        PolicyFailedAttemptDuration: milliseconds(event.durationMs),
      };
      return metrics.put(failed, { policy, code: errorCode(event.error) });
    }
    case 'retry': {
      const retry = { PolicyRetries: counted(1), PolicyRetryDelay: milliseconds(event.delayMs) };
      return metrics.put(retry, { policy });
    }
    case 'budget-exhausted':
      return metrics.count('PolicyRetryBudgetExhausted', 1, { policy });
    case 'rejected':
      return metrics.count('PolicyRejections', 1, { policy, by: event.by });
    case 'fallback':
      return metrics.count('PolicyFallbacks', 1, { policy, code: errorCode(event.error) });
    case 'outcome':
      return outcomeMetrics(metrics, event);
  }
}

/**
 * Metrics of protected calls, for `onEvent`. Those of calls have the dimension `policy`, those of breakers `breaker`: the
 * name of either. A call that succeeds at its first attempt is one line.
 *
 * | metric | further dimensions | value |
 * | --- | --- | --- |
 * | `PolicyCalls` | | 1 for each call |
 * | `PolicyAttempts` | | attempts of the call |
 * | `PolicyDuration` | | duration of the call with its retries and its fallback, milliseconds |
 * | `PolicyFallbacks` | | 1 for a call that the fallback answered, else 0: the average is the fraction of calls |
 * | `PolicyFallbacks` | `code` | 1 for each error that the fallback stood in for |
 * | `PolicyFailures` | | 1 for a call that threw, else 0: the average is the fraction of calls |
 * | `PolicyFailures` | `code` | 1 for each call that threw |
 * | `PolicyFailedAttempts` | `code` | 1 for each attempt that failed |
 * | `PolicyFailedAttemptDuration` | `code` | duration of that attempt, milliseconds |
 * | `PolicyRetries` | | 1 for each retry |
 * | `PolicyRetryDelay` | | wait before the retry, milliseconds |
 * | `PolicyRetryBudgetExhausted` | | 1 for each retry that was not made, since the retry budget was empty |
 * | `PolicyRejections` | `by` | 1 for each call or attempt that the breaker or the deadline did not admit |
 * | `BreakerStateChanges` | `from`, `to` | 1 for each change, from the execution environment that made it: the sum counts each change once |
 * | `BreakerStateObserved` | `from`, `to` | 1 for each environment that noticed a change which it did not make |
 * | `BreakerWait` | `from`, `to` | how long the breaker then makes no probe, waits for one, or is forced, in milliseconds |
 * | `BreakerWindowCalls`, `BreakerWindowFailures` | | calls and failures of all environments in the last ten seconds, at each reported failure: use the average, not the sum |
 * | `BreakerSlowReports` | | 1 where the reported call was slow, else 0 |
 * | `BreakerStoreFailures` | | 1 for each environment whose store stopped answering |
 * | `BreakerStoreRecoveries` | | 1 for each environment whose store answers again |
 *
 * An execution environment gives the first 20 codes a value of their own, beside those of fibrin, and the first 100 names;
 * later ones count as `OTHER`, since CloudWatch bills each combination of values as a metric.
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
  const metrics = boundedMetrics(options);
  return safeListener(
    (event) => (isBreakerEvent(event) ? breakerMetrics(metrics, event) : callMetrics(metrics, event)),
    'policyMetrics',
  );
}
