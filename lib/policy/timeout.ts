import type { Clock } from '../core/clock.ts';
import { runWithin } from '../core/deadline.ts';
import type { Call } from './call.ts';

/** Bounds one call in time, within the time that its caller still has, and aborts its signal when that is over. */
export function timeout<T>(
  call: Call<T>,
  clock: Clock,
  limitMs: number,
  exceeded: (limitMs: number) => Error,
): Call<T> {
  return (context) => {
    const boundMs = Math.min(limitMs, context.remainingMs());
    return runWithin(
      { clock, limitMs: boundMs, signal: context.signal, exceeded: () => exceeded(boundMs) },
      ({ signal, remainingMs }) => call({ ...context, signal, remainingMs }),
    );
  };
}
