import type { BreakerEvent } from '../core/breaker-event.ts';
import { InvalidOptionError } from '../core/errors.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { safeListener } from '../core/safe-listener.ts';
import { errorCode } from './error-code.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

/** What is told beside the message. Numbers, names and codes: no message of an error, no value. */
export type LogFields = Readonly<Record<string, string | number>>;

/** Any logger that takes a message and fields: the console, that of Powertools, winston and so on. */
export type PolicyLogger = { [L in Level]: (message: string, fields: LogFields) => unknown };

interface Entry {
  readonly level: Level;
  readonly message: string;
  readonly fields: LogFields;
}

/** A call that goes well is for debugging, a degraded one a warning, one without a value an error. */
const OUTCOMES: Readonly<Record<'live' | 'fallback' | 'none', readonly [Level, string]>> = {
  live: ['debug', 'answered'],
  fallback: ['warn', 'answered by its fallback'],
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
      const { from, to, how, admittedShare } = event;
      const level = to === 'open' || to === 'forced-open' ? 'warn' : 'info';
      return entry(level, `is ${to}; it was ${from}`, { from, to, how, admittedShare });
    }
    case 'breaker-evidence': {
      const { calls, failures, isSlow } = event;
      return entry('debug', `has reported a ${isSlow ? 'slow' : 'failed'} call`, { calls, failures });
    }
    case 'breaker-store':
      return event.isAnswering
        ? entry('info', 'has answers from its store again', {})
        : entry('warn', 'has no answer from its store; what is known stands', {});
  }
}

function callEntry(event: Exclude<PolicyEvent, BreakerEvent>): Entry {
  const { kind, name } = event;
  const code = 'error' in event && event.error !== undefined ? errorCode(event.error) : undefined;
  const entry = (level: Level, what: string, fields: LogFields): Entry => ({
    level,
    message: `Policy "${name}" ${what}${code === undefined ? '' : `: ${code}`}`,
    fields: { event: kind, policy: name, ...fields, ...(code !== undefined && { code }) },
  });
  switch (kind) {
    case 'attempt': {
      const { attempt, durationMs } = event;
      return entry('debug', `ended attempt ${attempt}`, { attempt, durationMs });
    }
    case 'retry': {
      const { attempt, delayMs } = event;
      return entry('info', 'waits for a further attempt', { attempt, delayMs });
    }
    case 'rejected':
      return entry('warn', `did not make a call, by its ${event.by}`, { by: event.by });
    case 'outcome': {
      const [level, what] = OUTCOMES[event.source];
      const { source, attempts, durationMs } = event;
      return entry(level, what, { source, attempts, durationMs });
    }
  }
}

const isOfBreaker = (event: PolicyEvent): event is BreakerEvent => event.kind.startsWith('breaker-');

/**
 * Log lines of protected calls, for `onEvent`. Degraded and rejected calls are warnings, failed ones errors, retries
 * information, the rest is for debugging; a breaker that opens is a warning, and so is its store when it does not answer.
 * Errors are told by their code alone, since a message may quote anything. A failure of the logger never reaches the call,
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
    const { level, message, fields } = isOfBreaker(event) ? breakerEntry(event) : callEntry(event);
    return logger[level](message, fields);
  });
}
