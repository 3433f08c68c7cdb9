export { circuitBreaker } from './circuit-breaker.ts';
export { idempotency } from './idempotency.ts';
export { type HttpResponse, type ProblemDetailsOptions, problemDetails } from './problem-details.ts';
export type { Middleware, MiddyRequest } from './types.ts';
