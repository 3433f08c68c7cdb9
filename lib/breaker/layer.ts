import { evidenceOfAttempt, wasFrozen } from '../core/attempt-outcome.ts';
import type { Clock } from '../core/clock.ts';
import type { Execution } from '../core/execution.ts';
import { guarded } from '../core/guarded.ts';
import { invocationContext, isWithinProbeOf, runInContext } from '../core/invocation-context.ts';
import type { Invoke } from '../core/layer.ts';
import type { OutcomeOptions } from './options.ts';
import type { Admission, CallOutcome, CircuitBreaker, Permit } from './permit.ts';

const noDecision = () => undefined;
const notFailed = () => false;

/** Says what the outcomes of calls mean to a breaker. Undefined: nothing. */
function outcomeRules(
  { name, slowCallMs, slowCallRatio, isFailure, isFailedResult }: OutcomeOptions,
  clock: Clock,
) {
  const fails =
    isFailure &&
    guarded<[unknown], boolean | undefined>(`${name}: isFailure`, isFailure, noDecision, 'boolean');
  const isFailed = isFailedResult && guarded(`${name}: isFailedResult`, isFailedResult, notFailed, 'boolean');
  const outcome = (
    failed: boolean,
    startedAt: number,
    execution: Execution,
    cause?: unknown,
  ): CallOutcome => {
    const isLate =
      slowCallMs !== undefined && clock.monotonic() - startedAt - execution.waitedMs >= slowCallMs;
    const slow = isLate && !wasFrozen(execution);
    // Without a ratio of their own slow calls are failures.
    return { failed: failed || (slow && slowCallRatio === undefined), slow, cause };
  };

  return {
    ofValue(value: unknown, execution: Execution, startedAt: number): CallOutcome | undefined {
      // No call was made, or no caller waits for it.
      if (!execution.attemptState.called || execution.isAbandoned) return undefined;
      return outcome(isFailed?.(value) ?? false, startedAt, execution);
    },
    ofError(error: unknown, execution: Execution, startedAt: number): CallOutcome | undefined {
      const evidence = evidenceOfAttempt(error, execution);
      if (evidence === 'none') return undefined;
      if (evidence === 'cut short') {
        // Aborted, and without a limit of its own: nothing tells a slow call from one that was frozen on the way.
        const { endedBy, dueAt } = execution.attemptState;
        if (endedBy === undefined && dueAt === Infinity) return undefined;
        const cut = outcome(false, startedAt, execution);
        return cut.slow ? cut : undefined;
      }
      // A predicate is asked about what the function threw, never about a limit of time.
      const decided = execution.attemptState.endedBy ? undefined : fails?.(error);
      return outcome(decided ?? evidence === 'failed', startedAt, execution, error);
    },
  };
}

/** A call that is made in a probe of the same breaker runs under the probe's permit, or it would wait for itself. */
function callInProbe<T>(next: Invoke<T>, execution: Execution, breaker: string | object, clock: Clock) {
  const scope = { isOver: false };
  const parent = invocationContext();
  const context = { endsAt: Infinity, clock, ...parent, parent, scope, probeOf: breaker };
  return runInContext(context, next, execution).finally(() => {
    scope.isOver = true;
  });
}

/** Rejects a turn later: a promise that rejects before anything listens costs Node more than all the rest of a rejection. */
const rejectSoon = (error: unknown): Promise<never> =>
  new Promise(function executor(_, reject) {
    queueMicrotask(() => reject(error));
  });

/** Puts calls under a breaker, and records what came of them. */
export function breakerLayer(
  breaker: Pick<CircuitBreaker, 'admit' | 'identity'>,
  options: OutcomeOptions,
  clock: Clock,
): <T>(next: Invoke<T>) => Invoke<T> {
  const rules = outcomeRules(options, clock);
  const { identity } = breaker;
  return (next) => {
    async function call(permit: Permit, execution: Execution) {
      const startedAt = options.slowCallMs === undefined ? 0 : clock.monotonic();
      try {
        const value = await (permit.isProbe
          ? callInProbe(next, execution, identity, clock)
          : next(execution));
        const outcome = rules.ofValue(value, execution, startedAt);
        const settled = outcome ? permit.record(outcome, execution) : permit.release(execution);
        if (settled) await settled;
        return value;
      } catch (error) {
        const outcome = rules.ofError(error, execution, startedAt);
        await (outcome ? permit.record(outcome, execution) : permit.release(execution));
        throw error;
      }
    }
    return function callUnderBreaker(execution) {
      if (isWithinProbeOf(identity)) return next(execution);
      if (execution.isAborted) return Promise.reject(execution.signal.reason);
      const proceed = (admission: Admission) =>
        admission instanceof Error ? rejectSoon(admission) : call(admission, execution);
      const admission = breaker.admit(execution);
      return admission instanceof Promise ? admission.then(proceed) : proceed(admission);
    };
  };
}
