import type { BreakerEvent } from '../core/breaker-event.ts';
import type { PolicyEvent } from '../core/policy-event.ts';

/** An event of a call, not of a breaker. */
export type CallEvent = Exclude<PolicyEvent, BreakerEvent>;

export const isBreakerEvent = (event: PolicyEvent): event is BreakerEvent =>
  event.kind.startsWith('breaker-');
