import type { PolicyEvent } from 'fibrin';
import { policyLogs, policyMetrics, policySpans } from 'fibrin/telemetry';
import { log, reasonOf } from './log.ts';

export const NAMESPACE = 'Profiles';

const breakerLogs = policyLogs({
  debug: () => undefined,
  info: (message, fields) => log('info', message, fields),
  warn: (message, fields) => log('warn', message, fields),
  error: (message, fields) => log('error', message, fields),
});

/** Says why a call was not answered live, one line a call, and what becomes of breakers. */
export function logEvent(event: PolicyEvent): void {
  if (event.kind.startsWith('breaker-')) breakerLogs(event);
  if (event.kind !== 'outcome' || event.source === 'live') return;
  const { name: policy, source, attempts, durationMs, budgetExhausted, error } = event;
  const [level, what] =
    source === 'none' ? (['error', 'failed'] as const) : (['warn', 'is degraded'] as const);
  const call = { policy, source, attempts, durationMs: Math.round(durationMs), budgetExhausted };
  log(level, `Call of ${policy} ${what}`, { ...call, ...reasonOf(error) });
}

const listeners = [policyMetrics({ namespace: NAMESPACE }), policySpans(), logEvent];

/** Metrics and logs of every protected call, and spans where OpenTelemetry is installed. */
export const onEvent = (event: PolicyEvent): void => {
  for (const listen of listeners) listen(event);
};
