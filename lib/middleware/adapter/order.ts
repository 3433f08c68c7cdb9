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

/**
 * What happens when a middleware is not used before another: `BEFORE.warmup.idempotency`. Before is outside of. The right
 * order of all: warmup, health, idempotency, correlation, telemetry, problemDetails, deadline, breaker, faults.
 */
const BEFORE: Partial<Record<MiddlewareName, Partial<Record<MiddlewareName, string>>>> = {
  warmup: {
    idempotency: 'a ping fails, because it has no idempotency key',
    telemetry: 'a ping counts as an invocation, and as the cold start',
    breaker: 'a ping is rejected while the breaker is open',
    faults: 'a ping meets the injected failures',
  },
  health: {
    idempotency: 'a check fails, because it has no idempotency key',
    telemetry: 'a check counts as an invocation',
    breaker: 'a check is rejected while the breaker is open',
    faults: 'a check meets the injected failures',
  },
  idempotency: {
    correlation: 'the correlation id is added to an answer after it was recorded, so a replay differs',
    breaker: 'a replay is rejected while the breaker is open',
    faults: 'a replay meets the injected failures',
  },
  correlation: {
    problemDetails: 'the answer to an error has no correlation id',
    deadline: 'the refusal of a late request has no correlation id',
    breaker: 'a rejection by the breaker has no correlation id',
    faults: 'an injected failure has no correlation id',
  },
  telemetry: {
    problemDetails: 'an error that is answered with 404 counts as an error',
    deadline: 'a late request that is refused has no metrics',
    breaker: 'an invocation that the breaker rejects has no metrics',
    faults: 'an injected failure has no metrics',
  },
  deadline: {
    breaker: "the breaker's access to its store is not limited by it",
  },
  breaker: {
    faults: 'the breaker does not record the injected failures',
  },
};

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
  const constraints = Object.entries(BEFORE[name] ?? {}) as [MiddlewareName, string][];
  const warned = new Set<MiddlewareName>();
  return (request) => {
    // A test may call a hook with less than Middy gives it.
    if (!request.internal) return;
    const { begun } = markOf(request, request.internal);
    for (const [before, otherwise] of constraints) {
      if (!begun.includes(before) || warned.has(before)) continue;
      warned.add(before);
      onWarning(`use the middleware \`${name}\` before \`${before}\`: otherwise ${otherwise}`);
    }
    begun.push(name);
  };
}
