import type { BreakerEvent } from '../core/breaker-event.ts';
import * as line from '../core/metric-names.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { safeListener } from '../core/safe-listener.ts';
import { boundedMetrics, type WriteLine } from './bounded-metrics.ts';
import type { EmfOptions } from './emf.ts';
import { errorCode } from './error-code.ts';
import { type CallEvent, isBreakerEvent } from './event-kind.ts';

function breakerMetrics(write: WriteLine, event: BreakerEvent) {
  const breaker = event.name;
  switch (event.kind) {
    case 'breaker-state': {
      const { from, to, origin, waitMs: BreakerWait } = event;
      return origin === 'self'
        ? write(line.BREAKER_CHANGE, { breaker, from, to }, { BreakerStateChanges: 1, BreakerWait })
        : write(line.BREAKER_OBSERVATION, { breaker, from, to }, { BreakerStateObserved: 1, BreakerWait });
    }
    case 'breaker-report':
      return write(
        line.BREAKER_REPORT,
        { breaker },
        {
          BreakerWindowCalls: event.calls,
          BreakerWindowFailures: event.failures,
          BreakerSlowReports: event.slow ? 1 : 0,
        },
      );
    case 'breaker-store':
      return event.available
        ? write(line.BREAKER_STORE_RECOVERY, { breaker }, { BreakerStoreRecoveries: 1 })
        : write(line.BREAKER_STORE_FAILURE, { breaker }, { BreakerStoreFailures: 1 });
  }
}

function outcomeMetrics(write: WriteLine, event: Extract<CallEvent, { kind: 'outcome' }>): void {
  const policy = event.name;
  const failed = event.source === 'none';
  const values = {
    PolicyCalls: 1,
    PolicyAttempts: event.attempts,
    PolicyDuration: event.durationMs,
    PolicyFallbacks: event.source === 'fallback' ? 1 : 0,
    PolicyStale: event.source === 'stale' ? 1 : 0,
    PolicyFailures: failed ? 1 : 0,
  };
  write(line.CALL, { policy }, values);
  if (event.hedgeWon) write(line.HEDGE_WON, { policy }, { PolicyHedgesWon: 1 });
  if (failed) write(line.FAILED_CALL, { policy, code: errorCode(event.error) }, { PolicyFailures: 1 });
}

function cacheMetrics(write: WriteLine, { name, result }: Extract<CallEvent, { kind: 'cache' }>): void {
  const count = (of: typeof result) => (result === of ? 1 : 0);
  const values = {
    CacheHits: count('hit'),
    CacheStale: count('stale'),
    CacheMisses: count('miss'),
    CacheCoalesced: count('coalesced'),
  };
  write(line.CACHE, { cache: name }, values);
}

function callMetrics(write: WriteLine, event: CallEvent) {
  const policy = event.name;
  switch (event.kind) {
    case 'attempt': {
      const { waitedMs: PolicyWaitDuration } = event;
      if (PolicyWaitDuration !== undefined)
        write(line.WAIT, { policy }, { PolicyWaits: 1, PolicyWaitDuration });
      if (!event.failed) return;
      const failed = { PolicyFailedAttempts: 1, PolicyFailedAttemptDuration: event.durationMs };
      return write(line.FAILED_ATTEMPT, { policy, code: errorCode(event.error) }, failed);
    }
    case 'retry':
      return write(line.RETRY, { policy }, { PolicyRetries: 1, PolicyRetryDelay: event.delayMs });
    case 'hedge':
      return write(line.HEDGE, { policy }, { PolicyHedges: 1 });
    case 'budget-exhausted':
      return write(line.RETRY_BUDGET_EXHAUSTED, { policy }, { PolicyRetryBudgetExhausted: 1 });
    case 'rejected':
      return write(line.REJECTION, { policy, by: event.by }, { PolicyRejections: 1 });
    case 'bulkhead-overdue':
      return write(line.BULKHEAD_OVERDUE, { bulkhead: event.name }, { BulkheadOverdue: 1 });
    case 'shed':
      return write(line.SHED, { shedding: event.name, priority: event.priority }, { Shed: 1 });
    case 'fallback':
      return write(line.FALLBACK, { policy, code: errorCode(event.error) }, { PolicyFallbacks: 1 });
    case 'cache':
      return cacheMetrics(write, event);
    case 'cache-store': {
      const { name: cache, operation, reason } = event;
      const isCorrupted = reason === 'corrupted';
      const values = { CacheStoreFailures: isCorrupted ? 0 : 1, CacheCorrupted: isCorrupted ? 1 : 0 };
      return write(line.CACHE_STORE, { cache, operation }, values);
    }
    case 'outcome':
      return outcomeMetrics(write, event);
  }
}

/**
 * Metrics of protected calls, for `onEvent`. Those of calls have the dimension `policy`, those of breakers `breaker`, those of
 * bulkheads `bulkhead`, those of caches `cache`, those of shed requests `shedding`: the name of each. A call that succeeds at its first attempt is one line.
 *
 * | metric | further dimensions | value |
 * | --- | --- | --- |
 * | `PolicyCalls` | | 1 for each call |
 * | `PolicyAttempts` | | attempts of the call |
 * | `PolicyDuration` | | duration of the call with its retries and its fallback, milliseconds |
 * | `PolicyFallbacks` | | 1 for a call that the fallback answered, else 0: the average is the fraction of calls |
 * | `PolicyStale` | | 1 for a call that a stale value answered in place of an error, else 0 |
 * | `PolicyFallbacks` | `code` | 1 for each error that the fallback stood in for |
 * | `PolicyFailures` | | 1 for a call that threw, else 0: the average is the fraction of calls |
 * | `PolicyFailures` | `code` | 1 for each call that threw |
 * | `PolicyFailedAttempts` | `code` | 1 for each attempt that failed |
 * | `PolicyFailedAttemptDuration` | `code` | duration of that attempt, milliseconds |
 * | `PolicyRetries` | | 1 for each retry |
 * | `PolicyRetryDelay` | | wait before the retry, milliseconds |
 * | `PolicyHedges` | | 1 for each hedge |
 * | `PolicyHedgesWon` | | 1 for each call whose value is that of a hedge |
 * | `PolicyRetryBudgetExhausted` | | 1 for each retry or hedge that was not made, since the retry budget was empty |
 * | `PolicyWaits` | | 1 for each attempt that was made after it had waited for the rate limiter or the bulkhead |
 * | `PolicyWaitDuration` | | that wait, milliseconds |
 * | `PolicyRejections` | `by` | 1 for each call or attempt that the breaker, the rate limiter, the bulkhead or the deadline did not admit |
 * | `BulkheadOverdue` | | 1 for each call whose function has not ended in `maxHoldMs`, once its slot is another call's |
 * | `Shed` | `priority` | 1 for each request that was shed |
 * | `CacheHits`, `CacheStale`, `CacheMisses`, `CacheCoalesced` | | 1 for one of them, 0 for the others, for each call with a key: the averages are fractions of calls. Stale: the value was handed out while it is refreshed. Coalesced: the call waited for a load of another call |
 * | `CacheStoreFailures`, `CacheCorrupted` | `operation` | 1 for each request of a shared cache to its store that failed, or brought what no cache has written |
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
  const write = boundedMetrics(options);
  return safeListener(
    (event) => (isBreakerEvent(event) ? breakerMetrics(write, event) : callMetrics(write, event)),
    'policyMetrics',
  );
}
