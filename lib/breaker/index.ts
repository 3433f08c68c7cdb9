export type { BreakerEvent, BreakerState } from '../core/breaker-event.ts';
export { type BreakerCheck, type BreakerCheckOptions, breakerCheck } from './check.ts';
export { circuitBreaker } from './local.ts';
export type { CircuitBreakerOptions, SharedBreakerOptions } from './options.ts';
export type { Caller, CallOutcome, CircuitBreaker, ForceOptions, Permit } from './permit.ts';
export type { RefreshOptions, SharedCircuitBreaker } from './refresh.ts';
export { sharedBreaker } from './shared.ts';
