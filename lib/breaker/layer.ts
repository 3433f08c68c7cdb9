import type { Clock } from '../core/clock.ts';
import { evidenceOfAttempt } from '../core/evidence.ts';
import type { Execution } from '../core/execution.ts';
import { guarded } from '../core/guarded.ts';
import { invocationContext, isWithinProbeOf, runInContext } from '../core/invocation-context.ts';
import type { Invoke } from '../core/layer.ts';
import type { OutcomeOptions } from './options.ts';
import type { Admission, Caller, CallOutcome, CircuitBreaker, Permit } from './permit.ts';

const noDecision = () => undefined;
const notFailed = () => false;

/** Says what the outcomes of calls mean to a breaker. */
export class OutcomeRules {
  readonly #clock: Clock;
  readonly #slowCallMs: number;
  /** Whether it matters when a call began. */
  readonly areTimed: boolean;
  readonly #slowFails: boolean;
  readonly #isFailure: ((error: unknown) => boolean | undefined) | undefined;
  readonly #isFailedResult: ((value: unknown) => boolean) | undefined;

  constructor(options: OutcomeOptions, clock: Clock) {
    const { slowCallMs = Number.POSITIVE_INFINITY, slowCallRatio, isFailure, isFailedResult } = options;
    this.#clock = clock;
    this.#slowCallMs = slowCallMs;
    this.areTimed = slowCallMs < Number.POSITIVE_INFINITY;
    // Without a ratio of their own slow calls are failures.
    this.#slowFails = slowCallRatio === undefined;
    this.#isFailure = isFailure && guarded('isFailure', isFailure, noDecision);
    this.#isFailedResult = isFailedResult && guarded('isFailedResult', isFailedResult, notFailed);
  }

  /** What a value says of a call that began then. Undefined: nothing, since no call was made or no caller waits for it. */
  ofValue(value: unknown, execution: Execution, startedAt: number): CallOutcome | undefined {
    if (!execution.attemptState.called || execution.isAbandoned) return undefined;
    return this.#withTime(this.#isFailedResult?.(value) ?? false, startedAt);
  }

  /** What an error says of a call that began then. Undefined: nothing about the dependency. */
  ofError(error: unknown, execution: Execution, startedAt: number): CallOutcome | undefined {
    const evidence = evidenceOfAttempt(error, execution);
    if (evidence === 'none') return undefined;
    if (evidence === 'cut short') {
      const cut = this.#withTime(false, startedAt);
      return cut.slow ? cut : undefined;
    }
    return this.#withTime(this.#isFailure?.(error) ?? evidence === 'failed', startedAt);
  }

  #withTime(failed: boolean, startedAt: number): CallOutcome {
    const slow = this.areTimed && this.#clock.monotonic() - startedAt >= this.#slowCallMs;
    return { failed: failed || (slow && this.#slowFails), slow };
  }
}

/** A call that is made in a probe of the same breaker runs under the probe's permit, or it would wait for itself. */
function callInProbe<T>(next: Invoke<T>, execution: Execution, breaker: string | object, clock: Clock) {
  const scope = { isOver: false };
  const parent = invocationContext();
  const { invocation, attempt, endsAt = Number.POSITIVE_INFINITY } = parent ?? {};
  const context = {
    scope,
    parent,
    endsAt,
    clock: parent?.clock ?? clock,
    invocation,
    attempt,
    probeOf: breaker,
  };
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
  rules: OutcomeRules,
  clock: Clock,
): <T>(next: Invoke<T>) => Invoke<T> {
  return (next) => {
    async function call(permit: Permit, execution: Execution, caller: Caller) {
      const startedAt = rules.areTimed ? clock.monotonic() : 0;
      try {
        const value = await (permit.isProbe
          ? callInProbe(next, execution, breaker.identity, clock)
          : next(execution));
        const outcome = rules.ofValue(value, execution, startedAt);
        const settled = outcome ? permit.record(outcome, caller) : permit.release(caller);
        if (settled) await settled;
        return value;
      } catch (error) {
        const outcome = rules.ofError(error, execution, startedAt);
        await (outcome ? permit.record(outcome, caller) : permit.release(caller));
        throw error;
      }
    }
    return function callUnderBreaker(execution) {
      if (isWithinProbeOf(breaker.identity)) return next(execution);
      const caller = { signal: execution.outerSignal, remainingMs: execution.remainingMs };
      const proceed = (admission: Admission) =>
        admission instanceof Error ? rejectSoon(admission) : call(admission, execution, caller);
      const admission = breaker.admit(caller);
      return admission instanceof Promise ? admission.then(proceed) : proceed(admission);
    };
  };
}
