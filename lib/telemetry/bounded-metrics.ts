import { type EmfMetrics, type EmfOptions, emfMetrics } from './emf.ts';
import type { Dimensions } from './emf-limits.ts';

/**
 * Distinct values that one dimension takes in one execution environment; what comes after them is `OTHER`. CloudWatch bills
 * every combination of values as a metric, about 0.30 USD a month each.
 * - `data`: an error's code comes from whatever threw it. A function's dependencies fail in a dozen ways, not in hundreds.
 * - `name`: a policy's, a breaker's or an operation's name is an option. A function has tens of them at most, and one that
 *   makes a policy for each tenant must not make a metric for each.
 */
const MAX_VALUES = { data: 20, name: 100 } as const;

const NAMES: ReadonlySet<string> = new Set(['policy', 'breaker', 'operation', 'function']);

const OTHER = 'OTHER';

/** Always their own value, and not counted: fibrin's own codes, and those of a network that fails or a service that throttles. */
export const WELL_KNOWN_CODES: ReadonlySet<string> = new Set([
  ...[
    'ATTEMPT_TIMEOUT',
    'BREAKER_OPEN',
    'DEADLINE_EXCEEDED',
    'INJECTED_FAULT',
    'INVALID_ANSWER',
    'INVALID_OPTION',
  ],
  ...['ENCODED_ANSWER', 'HTTP_STATUS', 'NO_ANSWER', 'RESPONSE_TOO_LARGE', 'STORE_UNAVAILABLE'],
  ...['BAD_ENVELOPE', 'BAD_OUTBOX', 'BAD_STREAM_VIEW', 'NO_BUS_FOR_SENSITIVITY', 'NO_SEQUENCE_NUMBER'],
  ...['EVENT_EXPIRED', 'EVENT_HELD_BACK', 'EVENT_REJECTED', 'EVENT_TOO_LARGE', 'RECORD_HELD_BACK'],
  ...['NOT_A_BATCH', 'NOT_JSON', 'RETRY_BUDGET_EXHAUSTED', 'UNKNOWN'],
  ...['IDEMPOTENCY_IN_FLIGHT', 'IDEMPOTENCY_KEY_MISSING', 'IDEMPOTENCY_LOST', 'IDEMPOTENCY_MISMATCH'],
  ...['IDEMPOTENCY_NO_RESULT', 'IDEMPOTENCY_UNKNOWN'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT', 'AbortError', 'TimeoutError'],
  ...['ThrottlingException', 'TooManyRequestsException', 'ProvisionedThroughputExceededException'],
]);

/** Gives each dimension's value back, or `OTHER` once the dimension has had as many as it may. */
export function boundedValues(): (dimension: string, value: string) => string {
  const admitted = new Map<string, Set<string>>();
  return (dimension, value) => {
    if (dimension === 'code' && WELL_KNOWN_CODES.has(value)) return value;
    const values = admitted.get(dimension) ?? new Set();
    admitted.set(dimension, values);
    if (values.size < (NAMES.has(dimension) ? MAX_VALUES.name : MAX_VALUES.data)) values.add(value);
    return values.has(value) ? value : OTHER;
  };
}

/** Metrics whose dimensions come from events: every value of them is bounded. */
export function boundedMetrics(options: EmfOptions): Pick<EmfMetrics, 'count' | 'put'> {
  const { count, put } = emfMetrics(options);
  const admitted = boundedValues();
  const bounded = (dimensions: Dimensions): Dimensions =>
    Object.fromEntries(Object.entries(dimensions).map(([name, value]) => [name, admitted(name, value)]));
  return {
    count: (name, value, dimensions = {}) => count(name, value, bounded(dimensions)),
    put: (metrics, dimensions = {}) => put(metrics, bounded(dimensions)),
  };
}
