import type { Protected, Run } from '../core/call.ts';
import { evidenceOf, isTimeUp } from '../core/classify.ts';
import type { Clock } from '../core/clock.ts';
import type { BreakerOptions } from './options.ts';
import type { CircuitBreaker, Entering, Permit } from './permit.ts';

/** Puts a call under the breaker. */
export type Guard = <T, R>(call: Protected<T, R>) => Protected<T, R>;

/** What of a call a breaker is told. */
type Told = Omit<Run<unknown>, 'make'>;

type Timing = Pick<BreakerOptions, 'slowCallMs' | 'slowCallRatio'>;
type Judged = Timing & Pick<BreakerOptions, 'isFailure' | 'isFailedResult'>;

/** Tells a breaker what came of a call that began at such a moment of the monotonic clock. */
export type Settle = (
  permit: Permit,
  failed: boolean | undefined,
  startedAt: number,
  context?: Entering,
) => Promise<void> | undefined;

export function settleBy({ slowCallMs, slowCallRatio }: Timing, clock: Clock): Settle {
  // Without a ratio of their own slow calls are failures.
  const slowFails = slowCallRatio === undefined;
  return (permit, failed, startedAt, context) => {
    if (failed === undefined) return permit.settle(undefined);
    const slow = slowCallMs !== undefined && clock.monotonic() - startedAt >= slowCallMs;
    return permit.settle(failed || (slow && slowFails), slow, context);
  };
}

/**
 * Runs calls under a breaker, and says what their outcomes mean to it. A refusal is thrown, and not a promise that is
 * rejected: one that is before anybody listens costs Node more than all the rest of a refusal.
 */
export function guardBy(enter: CircuitBreaker['enter'], options: Judged, clock: Clock): Guard {
  const { slowCallMs, isFailedResult, isFailure } = options;
  const tell = settleBy(options, clock);

  /** Undefined: it says nothing about the dependency. */
  const failedBy = (error: unknown): boolean | undefined => {
    const evidence = evidenceOf(error);
    if (evidence === 'nothing') return undefined;
    return isFailure ? isFailure(error) : evidence === 'failed';
  };

  // Whatever was frozen on the way says nothing about who is called.
  const settle = (permit: Permit, failed: boolean | undefined, run: Told, startedAt: number) =>
    tell(permit, run.isAbandoned ? undefined : failed, startedAt, run);

  return (call) => {
    // Without an async function, which would take twice as long.
    const make = (run: Parameters<typeof call>[0], permit: Permit) => {
      // Where nobody is slow, nobody has to look at a clock.
      const startedAt = slowCallMs === undefined ? 0 : clock.monotonic();
      return call(run).then(
        (value) => {
          const told = settle(permit, isFailedResult?.(value) ?? false, run, startedAt);
          return told ? told.then(() => value) : value;
        },
        async (error: unknown) => {
          // A caller that gave up says nothing about the dependency.
          const gaveUp = !isTimeUp(error) && run.callerSignal?.aborted;
          await settle(permit, gaveUp ? undefined : failedBy(error), run, startedAt);
          throw error;
        },
      );
    };
    return (run) => {
      const permit = enter(run);
      return permit instanceof Promise ? permit.then((entered) => make(run, entered)) : make(run, permit);
    };
  };
}
