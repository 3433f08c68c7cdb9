export { circuitBreaker } from './circuit-breaker.ts';
export { type CorrelationOptions, correlation } from './correlation.ts';
export { type FaultsMiddlewareOptions, faults } from './faults.ts';
export { type HealthOptions, health } from './health.ts';
export { idempotency } from './idempotency.ts';
export { type ProblemDetailsOptions, problemDetails } from './problem-details.ts';
export { telemetry } from './telemetry.ts';
export type { Middleware, MiddyRequest } from './types.ts';
export { type WarmupOptions, warmup } from './warmup.ts';
