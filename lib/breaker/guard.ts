import { ambient, type Invocation } from '../core/ambient.ts';
import type { Protected } from '../core/call.ts';
import { evidenceOf, isTimeUp } from '../core/classify.ts';
import type { Clock } from '../core/clock.ts';
import type { BreakerOptions } from './options.ts';
import type { CircuitBreaker, Entering, Permit } from './permit.ts';

/** A call that the breaker has let through. */
interface Made {
  readonly permit: Permit;
  readonly run: Entering;
  readonly startedAt: number;
  /** The one that it is part of, where that is known. */
  readonly invocation: Invocation | undefined;
}

/** Puts a call under the breaker. */
export type Guard = <T, R>(call: Protected<T, R>) => Protected<T, R>;

type Judged = Pick<BreakerOptions, 'slowCallMs' | 'slowCallRatio' | 'isFailure' | 'isFailedResult'>;

/**
 * Runs calls under a breaker, and says what their outcomes mean to it. A refusal is thrown, and not a promise that is
 * rejected: one that is before anybody listens costs Node more than all the rest of a refusal.
 */
export function guardBy(enter: CircuitBreaker['enter'], options: Judged, clock: Clock): Guard {
  const { slowCallMs, slowCallRatio, isFailedResult, isFailure } = options;
  // Without a ratio of their own slow calls are failures.
  const slowFails = slowCallRatio === undefined;

  /** Undefined: it says nothing about the dependency. */
  const failedBy = (error: unknown): boolean | undefined => {
    const evidence = evidenceOf(error);
    if (evidence === 'nothing') return undefined;
    return isFailure ? isFailure(error) : evidence === 'failed';
  };

  /** Tells the breaker what came of a call. */
  const settle = (failed: boolean | undefined, { permit, run, startedAt, invocation }: Made) => {
    // Whatever was frozen on the way says nothing about who is called.
    if (failed === undefined || invocation?.isOver) return permit.settle(undefined);
    const slow = slowCallMs !== undefined && clock.monotonic() - startedAt >= slowCallMs;
    return permit.settle(failed || (slow && slowFails), slow, run);
  };

  return (call) => {
    const make = async (run: Parameters<typeof call>[0], permit: Permit) => {
      // Where nobody is slow, nobody has to look at a clock.
      const startedAt = slowCallMs === undefined ? 0 : clock.monotonic();
      const made = { permit, run, startedAt, invocation: ambient()?.invocation };
      let value: Awaited<ReturnType<typeof call>>;
      try {
        value = await call(run);
      } catch (error) {
        // A caller that gave up says nothing about the dependency.
        const gaveUp = !isTimeUp(error) && run.callerSignal?.aborted;
        const told = settle(gaveUp ? undefined : failedBy(error), made);
        if (told) await told;
        throw error;
      }
      const told = settle(isFailedResult?.(value) ?? false, made);
      if (told) await told;
      return value;
    };
    return (run) => {
      const permit = enter(run);
      return permit instanceof Promise ? permit.then((entered) => make(run, entered)) : make(run, permit);
    };
  };
}
