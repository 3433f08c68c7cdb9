import type { PolicyEvent } from 'fibrin';
import { policyMetrics, policySpans } from 'fibrin/telemetry';

export const NAMESPACE = 'Profiles';

const listeners = [policyMetrics({ namespace: NAMESPACE }), policySpans()];

/** Metrics of every protected call, and spans where OpenTelemetry is installed. */
export const onEvent = (event: PolicyEvent): void => {
  for (const listen of listeners) listen(event);
};
