import { InvalidOptionError } from '../core/errors.ts';
import { harmless } from '../core/harmless.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
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

function entryOf(event: PolicyEvent): Entry {
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

/**
 * Log lines of protected calls, for `onEvent`. Degraded and rejected calls are warnings, failed ones errors, retries
 * information, the rest is for debugging. Errors are told by their code alone, since a message may quote anything. A failure
 * of the logger never reaches the call, neither one that it throws nor one that it rejects with.
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
  return harmless((event) => {
    const { level, message, fields } = entryOf(event);
    return logger[level](message, fields);
  });
}
