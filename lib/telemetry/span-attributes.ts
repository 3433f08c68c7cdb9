import type { PolicyEvent } from '../core/policy-event.ts';
import { errorCode } from './error-code.ts';

export type Attributes = Record<string, string | number | boolean>;

/** What took time, and so is a span of its own. */
type TimedEvent = Extract<PolicyEvent, { kind: 'attempt' | 'outcome' }>;

export const isTimed = (event: PolicyEvent): event is TimedEvent =>
  event.kind === 'attempt' || event.kind === 'outcome';

/** Anything can be thrown, `undefined` too, so the event says whether there is an error. */
const errorType = (failed: boolean, error: unknown): Attributes =>
  failed ? { 'error.type': errorCode(error) } : {};

export interface TimedSpan {
  readonly name: string;
  readonly failed: boolean;
  readonly attributes: Attributes;
}

export function spanOf(event: TimedEvent): TimedSpan {
  const policy = { 'fibrin.policy': event.name };
  if (event.kind === 'attempt') {
    const { name, attempt, failed, cancelled, error, waitedMs } = event;
    const attributes = {
      ...policy,
      'fibrin.attempt': attempt,
      ...(waitedMs !== undefined && { 'fibrin.waited_ms': waitedMs }),
      ...(cancelled && { 'fibrin.cancelled': true }),
      ...errorType(failed, error),
    };
    return { name: `${name} attempt`, failed, attributes };
  }
  const { name, source, degraded, attempts, budgetExhausted, hedgeWon, error } = event;
  const attributes = {
    ...policy,
    'fibrin.source': source,
    'fibrin.degraded': degraded,
    'fibrin.attempts': attempts,
    'fibrin.budget_exhausted': budgetExhausted,
    ...(hedgeWon && { 'fibrin.hedge_won': true }),
    ...errorType(degraded, error),
  };
  return { name, failed: source === 'none', attributes };
}

/** Attributes of an event of the active span. */
export function noteOf(event: Exclude<PolicyEvent, TimedEvent>): Attributes {
  const policy = { 'fibrin.policy': event.name };
  const breaker = { 'fibrin.breaker': event.name };
  switch (event.kind) {
    case 'retry': {
      const { attempt, delayMs, error } = event;
      const retry = { 'fibrin.attempt': attempt, 'fibrin.delay_ms': delayMs };
      return { ...policy, ...retry, ...errorType('error' in event, error) };
    }
    case 'hedge':
    case 'budget-exhausted':
      return { ...policy, 'fibrin.attempt': event.attempt };
    case 'rejected':
      return { ...policy, 'fibrin.rejected_by': event.by };
    case 'bulkhead-overdue':
      return { 'fibrin.bulkhead': event.name, 'fibrin.held_ms': event.heldMs };
    case 'shed':
      return {
        'fibrin.shedding': event.name,
        'fibrin.priority': event.priority,
        'fibrin.reason': event.reason,
      };
    case 'fallback':
      return { ...policy, ...errorType(true, event.error) };
    case 'cache':
      return { 'fibrin.cache': event.name, 'fibrin.cache_result': event.result };
    case 'cache-store': {
      const { name, operation, reason, error } = event;
      const cache = { 'fibrin.cache': name, 'fibrin.operation': operation, 'fibrin.reason': reason };
      return { ...cache, ...errorType(reason === 'error', error) };
    }
    case 'breaker-state': {
      const { from, to, origin, admittedFraction, waitMs, cause } = event;
      const change = { 'fibrin.from': from, 'fibrin.to': to, 'fibrin.origin': origin };
      const state = { 'fibrin.admitted_fraction': admittedFraction, 'fibrin.wait_ms': waitMs };
      return { ...breaker, ...change, ...state, ...(cause !== undefined && { 'fibrin.cause': cause }) };
    }
    case 'breaker-report': {
      const { calls, failures, slow } = event;
      return { ...breaker, 'fibrin.calls': calls, 'fibrin.failures': failures, 'fibrin.slow': slow };
    }
    case 'breaker-store':
      return {
        ...breaker,
        'fibrin.store_available': event.available,
        ...(event.reason !== undefined && { 'fibrin.reason': event.reason }),
      };
  }
}
