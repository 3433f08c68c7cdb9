import type { MetricLine } from '../core/metric-names.ts';
import { type EmfOptions, emfMetrics } from './emf.ts';

/**
 * Distinct values that one dimension takes in one execution environment; what comes after them is `OTHER`. CloudWatch bills
 * every combination of values as a metric, about 0.30 USD a month each.
 * - `data`: an error's code comes from whatever threw it. A function's dependencies fail in a dozen ways, not in hundreds.
 * - `name`: the name of a policy, a breaker, a cache or an operation is an option. A function has tens of them at most, and one that
 *   makes a policy for each tenant must not make a metric for each.
 */
const MAX_VALUES = { data: 20, name: 100 } as const;

const NAMES: ReadonlySet<string> = new Set([
  'policy',
  'breaker',
  'cache',
  'bulkhead',
  'operation',
  'shedding',
  'function',
]);

const OTHER = 'OTHER';

/** Always their own value, and not counted: fibrin's own codes, and those of a network that fails or a service that throttles. */
export const WELL_KNOWN_CODES: ReadonlySet<string> = new Set([
  ...[
    'ATTEMPT_TIMEOUT',
    'BREAKER_OPEN',
    'BULKHEAD_FULL',
    'DEADLINE_EXCEEDED',
    'INJECTED_FAULT',
    'INVALID_ANSWER',
    'INVALID_OPTION',
    'OVERLOADED',
    'RATE_LIMITED',
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
function boundedValues(): (dimension: string, value: string) => string {
  const admitted = new Map<string, Set<string>>();
  return (dimension, value) => {
    if (dimension === 'code' && WELL_KNOWN_CODES.has(value)) return value;
    const values = admitted.get(dimension) ?? new Set();
    admitted.set(dimension, values);
    if (values.size < (NAMES.has(dimension) ? MAX_VALUES.name : MAX_VALUES.data)) values.add(value);
    return values.has(value) ? value : OTHER;
  };
}

/** Values of a line's metrics. One that is undefined is left out. */
type LineValues<L extends MetricLine> = {
  readonly [name in keyof L['units']]?: number | undefined;
};

/** Values of a line's dimensions. */
type LineDimensions<L extends MetricLine> = {
  readonly [name in L['dimensions'][number]]?: string | undefined;
};

/** Writes lines of metrics that are declared. */
export type WriteLine = <L extends MetricLine>(
  line: L,
  dimensions: LineDimensions<L>,
  values: LineValues<L>,
) => void;

/** Metrics whose dimensions come from events: every value of them is bounded. */
export function boundedMetrics(options: EmfOptions): WriteLine {
  const { put } = emfMetrics(options);
  const admitted = boundedValues();
  return ({ units }, dimensions, values: { readonly [name: string]: number | undefined }) => {
    const metrics = Object.entries(units).flatMap(([name, unit]) => {
      const value = values[name];
      return value === undefined ? [] : [[name, { value, unit }] as const];
    });
    const bounded = Object.entries<string | undefined>(dimensions).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, admitted(name, value)]],
    );
    put(Object.fromEntries(metrics), Object.fromEntries(bounded));
  };
}
