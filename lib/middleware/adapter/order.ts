import { onceEach } from '../../core/once-each.ts';
import { perRequest } from './per-request.ts';

export type MiddlewareName =
  | 'warmup'
  | 'health'
  | 'idempotency'
  | 'correlation'
  | 'telemetry'
  | 'problemDetails'
  | 'deadline'
  | 'loadShedding'
  | 'breaker'
  | 'faults';

export type Warn = (warning: string) => void;

/**
 * What happens when a middleware is not used before another: `BEFORE.warmup.idempotency`. Before is outside of. The right
 * order of all: warmup, health, idempotency, correlation, telemetry, problemDetails, deadline, loadShedding, breaker,
 * faults.
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
    loadShedding: 'a check of another path than /health is shed',
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
    loadShedding: 'the answer to a shed request has no correlation id',
    breaker: 'a rejection by the breaker has no correlation id',
    faults: 'an injected failure has no correlation id',
  },
  telemetry: {
    problemDetails: 'an error that is answered with 404 counts as an error',
    deadline: 'a late request that is refused has no metrics',
    loadShedding: 'a request that is shed has no metrics',
    breaker: 'an invocation that the breaker rejects has no metrics',
    faults: 'an injected failure has no metrics',
  },
  deadline: {
    loadShedding: 'a request can wait for its turn until its invocation is over',
    breaker: "the breaker's access to its store is not limited by it",
  },
  loadShedding: {
    breaker: 'a probe can wait for its turn, or be shed',
    faults: 'injected latency takes no slot',
  },
  breaker: {
    faults: 'the breaker does not record the injected failures',
  },
};

/** The middlewares of every copy of this package that have begun, outermost first. */
const begunOf = perRequest<MiddlewareName[]>(Symbol.for('fibrin.begun'));

const emitWarning: Warn = (warning) => process.emitWarning(`fibrin: ${warning}`);

/**
 * Makes the check that a middleware does when it begins for a request: whether one that has begun before should come after
 * it. Each such pair is warned of once.
 */
export function orderCheck(name: MiddlewareName, onWarning: Warn = emitWarning): (request: object) => void {
  const constraints = Object.entries(BEFORE[name] ?? {}) as [MiddlewareName, string][];
  const warn = onceEach(onWarning);
  return (request) => {
    const begun = begunOf.get(request) ?? [];
    for (const [before, otherwise] of constraints) {
      if (begun.includes(before))
        warn(`use the middleware \`${name}\` before \`${before}\`: otherwise ${otherwise}`);
    }
    begunOf.set(request, [...begun, name]);
  };
}
