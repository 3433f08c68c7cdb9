import type { Clock } from '../core/clock.ts';
import { runWithin } from '../core/deadline.ts';
import { AttemptContext, type Call, type Protected } from './call.ts';

/** Bounds on one attempt. */
export interface AttemptLimit {
  readonly clock: Clock;
  /** The most that it may take, in milliseconds. */
  readonly limitMs: number;
  /** Kept of the caller's time for what is to be done after it, in milliseconds. */
  readonly reserveMs: number;
  /** The error when it took longer. Zero or less: there was no time to make it in. */
  readonly exceeded: (limitMs: number) => Error;
}

/** Bounds one call in time, within the time that its caller still has, and aborts its signal when that is over. */
export function timeout<T>(call: Call<T>, limit: AttemptLimit): Protected<T> {
  const { clock, limitMs, reserveMs, exceeded } = limit;
  return (context) => {
    const now = clock.monotonic();
    const boundMs = Math.min(limitMs, context.endsAt - now - reserveMs);
    return runWithin(
      { clock, limitMs: boundMs, now, signal: context.callerSignal, exceeded: () => exceeded(boundMs) },
      (timed) => call(new AttemptContext(timed, context.attempt)),
    );
  };
}
