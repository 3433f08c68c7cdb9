import type { Clock } from '../core/clock.ts';
import { Execution } from '../core/execution.ts';
import type { Invoke } from '../core/layer.ts';
import { runWithin } from '../core/time-limit.ts';
import { callWithin, exceededBy } from './within.ts';

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
  return (next) =>
    function callWithDeadline(outer) {
      const { state, attemptState, run: outerRun, holder } = outer;
      const endsAt = state.startedAt + totalTimeoutMs;
      const execution =
        endsAt < outer.endsAt
          ? new Execution(state, attemptState, endsAt, 'total timeout', outerRun, holder)
          : outer;
      if (!needsTimer) return next(execution);
      const exceeded = () => exceededBy(name, execution);
      const limitMs = execution.endsAt - clock.monotonic();
      return runWithin({ clock, limitMs, signal: execution.outerSignal, exceeded }, (run) =>
        callWithin(next, execution, run),
      );
    };
}
