import { evidenceOf, isTimeUp } from '../core/classify.ts';
import type { Clock } from '../core/clock.ts';
import { runWithin } from '../core/deadline.ts';
import { DeadlineExceededError } from '../core/errors.ts';
import type { BreakerOptions } from './options.ts';
import type { CircuitBreaker, Entering, Permit } from './permit.ts';

type Judged = Pick<BreakerOptions, 'name' | 'slowCallMs' | 'slowCallRatio' | 'isFailure' | 'isFailedResult'>;

/** No store is waited for longer, whatever the caller has left. */
const LONGEST_MS = 60_000;

/**
 * Runs calls under a breaker, and says what their outcomes mean to it. A refusal is thrown, and not a promise that is
 * rejected: one that is before anybody listens costs Node more than all the rest of a refusal.
 */
export function guardBy(
  enter: CircuitBreaker['enter'],
  options: Judged,
  clock: Clock,
): CircuitBreaker['protect'] {
  const { slowCallMs, slowCallRatio, isFailedResult, isFailure } = options;
  // Without a ratio of their own slow calls are failures.
  const slowFails = slowCallRatio === undefined;

  /** Waits no longer than the caller can, nor past its abort. */
  const within = <R>(context: Entering, access: Promise<R>): Promise<R> => {
    const limitMs = Math.min(LONGEST_MS, context.remainingMs?.() ?? LONGEST_MS);
    const exceeded = () => new DeadlineExceededError(options.name, limitMs, false);
    return runWithin({ clock, limitMs, signal: context.signal, exceeded }, () => access);
  };
  /** What was to be told is told, or not: that never changes what the caller gets. */
  const tell = (context: Entering, told: Promise<void>) => within(context, told).catch(() => undefined);

  /** Undefined: it says nothing about the dependency. */
  const failedBy = (error: unknown): boolean | undefined => {
    const evidence = evidenceOf(error);
    if (evidence === 'nothing') return undefined;
    return isFailure ? isFailure(error) : evidence === 'failed';
  };

  return (call) => {
    const make = async (context: Parameters<typeof call>[0], permit: Permit) => {
      // Where nobody is slow, nobody has to look at a clock.
      const startedAt = slowCallMs === undefined ? 0 : clock.monotonic();
      const settle = (failed: boolean | undefined) => {
        if (failed === undefined) return permit.settle(undefined);
        const slow = slowCallMs !== undefined && clock.monotonic() - startedAt >= slowCallMs;
        return permit.settle(failed || (slow && slowFails), slow);
      };
      let value: Awaited<ReturnType<typeof call>>;
      try {
        value = await call(context);
      } catch (error) {
        // A caller that gave up says nothing about the dependency.
        const gaveUp = !isTimeUp(error) && context.signal.aborted;
        const told = settle(gaveUp ? undefined : failedBy(error));
        if (told) await tell(context, told);
        throw error;
      }
      const told = settle(isFailedResult?.(value) ?? false);
      if (told) await tell(context, told);
      return value;
    };
    return (context) => {
      const permit = enter(context);
      // Whoever gives up, or runs out of time, while it is entered never makes the call.
      return permit instanceof Promise
        ? within(context, permit).then((entered) => make(context, entered))
        : make(context, permit);
    };
  };
}

/** The same for whoever expects a promise of it, whatever comes. */
export function protectBy(
  enter: CircuitBreaker['enter'],
  options: Judged,
  clock: Clock,
): CircuitBreaker['protect'] {
  const guard = guardBy(enter, options, clock);
  return (call) => {
    const guarded = guard(call);
    return async (context) => guarded(context);
  };
}
