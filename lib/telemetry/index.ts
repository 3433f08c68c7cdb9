export { type Count, type EmfOptions, emfCounter } from './emf.ts';
export { idempotencyMetrics } from './idempotency-metrics.ts';
