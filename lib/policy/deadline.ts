import type { Clock } from '../core/clock.ts';
import { DeadlineExceededError } from '../core/errors.ts';
import type { Invoke } from '../core/layer.ts';
import { runWithin } from '../core/time-limit.ts';

export interface TotalLimit {
  readonly name: string;
  readonly clock: Clock;
  readonly totalTimeoutMs: number;
  /**
   * Whether something inside waits that does not watch the call's time by itself: a layer of a user's own. The layers of the
   * toolkit do, so no timer is needed for them.
   */
  readonly needsTimer: boolean;
}

/** Limits the whole call in time: attempts, waits and all. */
export function deadlineLayer({
  name,
  clock,
  totalTimeoutMs,
  needsTimer,
}: TotalLimit): <T>(next: Invoke<T>) => Invoke<T> {
  if (!needsTimer) {
    return (next) =>
      function callWithDeadline(execution) {
        const endsAt = execution.state.startedAt + totalTimeoutMs;
        return next(execution.endingBy({ endsAt, limit: 'total timeout' }));
      };
  }
  return (next) =>
    function callWithDeadlineTimer(outer) {
      const endsAt = outer.state.startedAt + totalTimeoutMs;
      const execution = outer.endingBy({ endsAt, limit: 'total timeout' });
      const { bound, limitMs } = execution;
      return runWithin(
        {
          clock,
          limitMs: bound.endsAt - clock.monotonic(),
          signal: execution.outerSignal,
          exceeded: () =>
            new DeadlineExceededError(name, bound.limit, limitMs, { called: execution.attemptState.called }),
        },
        (run) => next(execution.within(run)),
      );
    };
}
