import type { PolicyEvent } from 'fibrin';
import { policyLogs, policyMetrics, policySpans } from 'fibrin/telemetry';
import { log, reasonOf } from './log.ts';

export const NAMESPACE = 'Profiles';

const policyLog = policyLogs({
  debug: () => undefined,
  info: (message, fields) => log('info', message, fields),
  warn: (message, fields) => log('warn', message, fields),
  error: (message, fields) => log('error', message, fields),
});

/** Says why a call was not answered live, one line a call, what becomes of breakers, and what goes wrong with a cache. */
export function logEvent(event: PolicyEvent): void {
  if (event.kind.startsWith('breaker-') || event.kind === 'cache-store') policyLog(event);
  if (event.kind !== 'outcome' || ['live', 'cache'].includes(event.source)) return;
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
