export type { CorrelationOptions } from './correlated-invocations.ts';
export { correlated, correlationHeaders, correlationId } from './correlation.ts';
export { type EmfMetrics, type EmfOptions, emfMetrics } from './emf.ts';
export type { Dimensions, Metric, MetricUnit } from './emf-limits.ts';
export {
  type DependencyHealth,
  type Health,
  type HealthCheck,
  type HealthChecksOptions,
  type HealthDetails,
  healthChecks,
} from './health.ts';
export { idempotencyMetrics } from './idempotency-metrics.ts';
export { type PolicySpansOptions, policySpans, type SpanLike, type TracerLike } from './otel.ts';
export { type LogFields, type PolicyLogger, policyLogs } from './policy-logs.ts';
export { policyMetrics } from './policy-metrics.ts';
export {
  type QueueDepthCheck,
  type QueueDepthCheckOptions,
  type QueueDepthClient,
  type QueueDepthDetails,
  queueDepthCheck,
} from './queue-depth.ts';
export {
  type WarmCapacityCheck,
  type WarmCapacityCheckOptions,
  type WarmCapacityClient,
  type WarmCapacityDetails,
  warmCapacityCheck,
} from './warm-capacity.ts';
