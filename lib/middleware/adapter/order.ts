import type { MiddyRequest } from '../types.ts';

export type MiddlewareName =
  | 'warmup'
  | 'health'
  | 'idempotency'
  | 'correlation'
  | 'telemetry'
  | 'problemDetails'
  | 'deadline'
  | 'breaker'
  | 'faults';

export type Warn = (warning: string) => void;

interface Constraint {
  readonly use: MiddlewareName;
  readonly before: MiddlewareName;
  /** What happens in the other order. */
  readonly otherwise: string;
}

/**
 * Pairs whose other order has a consequence. Before is outside of. The right order of all: warmup, health, idempotency,
 * correlation, telemetry, problemDetails, deadline, breaker, faults.
 */
const CONSTRAINTS: readonly Constraint[] = [
  { use: 'warmup', before: 'idempotency', otherwise: 'a ping fails, because it has no idempotency key' },
  { use: 'warmup', before: 'telemetry', otherwise: 'a ping counts as an invocation, and as the cold start' },
  { use: 'warmup', before: 'breaker', otherwise: 'a ping is rejected while the breaker is open' },
  { use: 'warmup', before: 'faults', otherwise: 'a ping meets the injected failures' },
  { use: 'health', before: 'idempotency', otherwise: 'a check fails, because it has no idempotency key' },
  { use: 'health', before: 'telemetry', otherwise: 'a check counts as an invocation' },
  { use: 'health', before: 'breaker', otherwise: 'a check is rejected while the breaker is open' },
  { use: 'health', before: 'faults', otherwise: 'a check meets the injected failures' },
  {
    use: 'idempotency',
    before: 'correlation',
    otherwise: 'the correlation id is added to an answer after it was recorded, so a replay differs',
  },
  { use: 'idempotency', before: 'breaker', otherwise: 'a replay is rejected while the breaker is open' },
  { use: 'idempotency', before: 'faults', otherwise: 'a replay meets the injected failures' },
  { use: 'correlation', before: 'problemDetails', otherwise: 'the answer to an error has no correlation id' },
  {
    use: 'correlation',
    before: 'deadline',
    otherwise: 'the refusal of a late request has no correlation id',
  },
  { use: 'correlation', before: 'breaker', otherwise: 'a rejection by the breaker has no correlation id' },
  { use: 'correlation', before: 'faults', otherwise: 'an injected failure has no correlation id' },
  {
    use: 'telemetry',
    before: 'problemDetails',
    otherwise: 'an error that is answered with 404 counts as an error',
  },
  { use: 'telemetry', before: 'deadline', otherwise: 'a late request that is refused has no metrics' },
  { use: 'telemetry', before: 'breaker', otherwise: 'an invocation that the breaker rejects has no metrics' },
  { use: 'telemetry', before: 'faults', otherwise: 'an injected failure has no metrics' },
  { use: 'deadline', before: 'breaker', otherwise: "the breaker's access to its store is not limited by it" },
  { use: 'breaker', before: 'faults', otherwise: 'the breaker does not record the injected failures' },
];

/** Of every copy of this package. Middy's `internal` is where middlewares keep values for one another. */
const KEY = 'fibrin';

interface Mark {
  /** Middy 6 hands one `internal` to all requests where its options have one. */
  readonly request: object;
  /** The middlewares that have begun, outermost first. */
  readonly begun: MiddlewareName[];
}

/** Not enumerable, so that a log line of `internal` has no request in it, which holds `internal` in turn. */
function markOf(request: object, internal: object): Mark {
  const known = Object.getOwnPropertyDescriptor(internal, KEY)?.value as Mark | undefined;
  if (known?.request === request) return known;
  const mark: Mark = { request, begun: [] };
  Object.defineProperty(internal, KEY, { value: mark, configurable: true, writable: true });
  return mark;
}

const emitWarning: Warn = (warning) => process.emitWarning(`fibrin: ${warning}`);

/**
 * Makes the check that a middleware does when it begins for a request: whether one that has begun before should come after
 * it. Each such pair is warned of once.
 */
export function orderCheck(
  name: MiddlewareName,
  onWarning: Warn = emitWarning,
): (request: Pick<MiddyRequest, 'internal'>) => void {
  const constraints = CONSTRAINTS.filter(({ use }) => use === name);
  const warned = new Set<MiddlewareName>();
  return (request) => {
    // A test may call a hook with less than Middy gives it.
    if (!request.internal) return;
    const { begun } = markOf(request, request.internal);
    for (const { before, otherwise } of constraints) {
      if (!begun.includes(before) || warned.has(before)) continue;
      warned.add(before);
      onWarning(`use the middleware \`${name}\` before \`${before}\`: otherwise ${otherwise}`);
    }
    begun.push(name);
  };
}
