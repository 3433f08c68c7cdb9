import type { BreakerEvent } from '../core/breaker-event.ts';
import { InvalidOptionError } from '../core/errors.ts';
import type { Source } from '../core/execution.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { safeListener } from '../core/safe-listener.ts';
import { errorCode } from './error-code.ts';
import { type CallEvent, isBreakerEvent } from './event-kind.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

/** Fields of a log line. Numbers, names and codes: no message of an error, no value. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** Any logger that takes a message and fields: the console, that of Powertools, winston and so on. */
export type PolicyLogger = { [L in Level]: (message: string, fields: LogFields) => unknown };

interface Entry {
  readonly level: Level;
  readonly message: string;
  readonly fields: LogFields;
}

/** A call that succeeds is for debugging, a degraded one a warning, one without a value an error. */
const OUTCOMES: Readonly<Record<Source | 'none', readonly [Level, string]>> = {
  live: ['debug', 'succeeded'],
  cache: ['debug', 'was answered by its cache'],
  stale: ['warn', 'was answered by a stale value'],
  fallback: ['warn', 'was answered by its fallback'],
  none: ['error', 'failed'],
};

function breakerEntry(event: BreakerEvent): Entry {
  const { kind, name } = event;
  const entry = (level: Level, what: string, fields: LogFields): Entry => ({
    level,
    message: `Breaker "${name}" ${what}`,
    fields: { event: kind, breaker: name, ...fields },
  });
  switch (kind) {
    case 'breaker-state': {
      const { from, to, origin, admittedFraction, waitMs, cause } = event;
      const level = to === 'open' || to === 'forced-open' ? 'warn' : 'info';
      return entry(level, `changed from ${from} to ${to}`, {
        ...{ from, to, origin, admittedFraction, waitMs },
        ...(cause !== undefined && { cause }),
      });
    }
    case 'breaker-report': {
      const { calls, failures, slow } = event;
      return entry('debug', `reported a ${slow ? 'slow' : 'failed'} call`, { calls, failures, slow });
    }
    case 'breaker-store': {
      const { available, reason } = event;
      return available
        ? entry('info', 'uses the shared state again', { available })
        : entry('warn', 'decides for this environment alone: the shared state is unavailable', {
            available,
            ...(reason !== undefined && { reason }),
          });
    }
  }
}

/** What was thrown may be `undefined`, so whether there is an error is asked of the event and never of the error. */
function hasError(event: CallEvent): event is CallEvent & { readonly error: unknown } {
  switch (event.kind) {
    case 'attempt':
      return event.failed;
    case 'outcome':
      return event.degraded;
    default:
      return 'error' in event;
  }
}

const CACHE_RESULTS: Readonly<Record<Extract<CallEvent, { kind: 'cache' }>['result'], string>> = {
  hit: 'had a fresh value',
  stale: 'had a stale value, which is refreshed',
  miss: 'had no value',
  coalesced: 'had no value: the call waits for the load of another call',
};

const STORE_WORDS = { read: 'read its store', write: 'write to its store', lease: 'take a lease' } as const;

function cacheStoreEntry(event: Extract<CallEvent, { kind: 'cache-store' }>): Entry {
  const { kind, name, operation, reason, error } = event;
  const what =
    reason === 'corrupted' ? 'has found what no cache has written' : `failed to ${STORE_WORDS[operation]}`;
  const code = reason === 'error' ? errorCode(error) : undefined;
  return {
    level: 'warn',
    message: `Cache "${name}" ${what}${code === undefined ? '' : `: ${code}`}`,
    fields: { event: kind, cache: name, operation, reason, ...(code !== undefined && { code }) },
  };
}

function callEntry(event: CallEvent): Entry {
  const { kind, name } = event;
  if (kind === 'cache') {
    const { result } = event;
    const fields = { event: kind, cache: name, result };
    return { level: 'debug', message: `Cache "${name}" ${CACHE_RESULTS[result]}`, fields };
  }
  if (kind === 'cache-store') return cacheStoreEntry(event);
  const code = hasError(event) ? errorCode(event.error) : undefined;
  const entry = (level: Level, what: string, fields: LogFields): Entry => ({
    level,
    message: `Policy "${name}" ${what}${code === undefined ? '' : `: ${code}`}`,
    fields: { event: kind, policy: name, ...fields, ...(code !== undefined && { code }) },
  });
  switch (kind) {
    case 'attempt': {
      const { attempt, durationMs, failed, waitedMs, cancelled = false } = event;
      const what = cancelled ? 'cancelled' : `${failed ? 'failed' : 'succeeded'} at`;
      return entry('debug', `${what} attempt ${attempt}`, {
        attempt,
        durationMs,
        ...(waitedMs !== undefined && { waitedMs }),
      });
    }
    case 'retry': {
      const { attempt, delayMs } = event;
      return entry('info', `retries in ${Math.round(delayMs)} ms`, { attempt, delayMs });
    }
    case 'hedge':
      return entry('debug', `makes a hedge, attempt ${event.attempt}`, { attempt: event.attempt });
    case 'budget-exhausted': {
      const { attempt } = event;
      return entry('warn', `makes no further attempt, since its retry budget is empty`, { attempt });
    }
    case 'rejected':
      return entry('warn', `rejected a call: ${event.by}`, { by: event.by });
    case 'bulkhead-overdue': {
      const { heldMs } = event;
      const message = `Bulkhead "${name}" has a call that has not ended in ${Math.round(heldMs)} ms`;
      return { level: 'warn', message, fields: { event: kind, bulkhead: name, heldMs } };
    }
    case 'shed': {
      const { priority, reason } = event;
      const message = `Shedding "${name}" has shed a request of ${priority} priority: ${reason}`;
      return { level: 'debug', message, fields: { event: kind, shedding: name, priority, reason } };
    }
    case 'fallback':
      return entry('info', 'used its fallback', {});
    case 'outcome': {
      const [level, what] = OUTCOMES[event.source];
      const { source, attempts, durationMs, budgetExhausted, hedgeWon } = event;
      const fields = { source, attempts, durationMs, budgetExhausted };
      return entry(level, what, { ...fields, ...(hedgeWon && { hedgeWon }) });
    }
  }
}

/**
 * Log lines of protected calls, for `onEvent`.
 *
 * | level | what |
 * | --- | --- |
 * | `error` | a call that threw |
 * | `warn` | a call that the fallback or a stale value answered, a rejected call, an empty retry budget, a call that does not end, a breaker that opens, a store that stops answering |
 * | `info` | a retry, a fallback, any other change of a breaker, a store that answers again |
 * | `debug` | a call that succeeded, each attempt, a hedge, what a cache had, a request that was shed, each report of a breaker |
 *
 * Of an error, only the code is logged, since a message may quote anything. A failure of the logger never reaches the call,
 * neither one that it throws nor one that it rejects with.
 * @throws {InvalidOptionError} for a logger without one of its four levels.
 * @example
 * ```ts
 * const onEvent = policyLogs(console);
 * onEvent({ kind: 'rejected', name: 'rates', by: 'breaker' });
 * ```
 */
export function policyLogs(logger: PolicyLogger): (event: PolicyEvent) => void {
  const missing = LEVELS.find((level) => typeof logger?.[level] !== 'function');
  if (missing !== undefined)
    throw new InvalidOptionError(`policyLogs: expected \`logger.${missing}\` to be a function`);
  return safeListener((event) => {
    const { level, message, fields } = isBreakerEvent(event) ? breakerEntry(event) : callEntry(event);
    return logger[level](message, fields);
  }, 'policyLogs');
}
