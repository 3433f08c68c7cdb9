import type { CancelTimer, Clock } from '../../core/clock.ts';

export interface DueTimes {
  /** When it is due next, in milliseconds since the epoch; undefined when it never is again. */
  next(): number | undefined;
  stop(): void;
}

/**
 * Calls back whenever something is due.
 * @param first When it is due first.
 * @param after When it is due after a time at which it was.
 * @param platform The clock of all these times.
 */
export function startDueTimes(
  first: number | undefined,
  after: (dueAt: number) => number | undefined,
  platform: Clock,
  onDue: (dueAt: number) => void,
): DueTimes {
  let next = first;
  let cancelTimer: CancelTimer = () => undefined;
  const arm = () => {
    if (next === undefined) return;
    const dueAt = next;
    cancelTimer = platform.after(Math.max(0, dueAt - platform.now()), () => {
      // A timer holds no more than some weeks, and may be a little early: it is the clock that decides.
      if (platform.now() >= dueAt) {
        onDue(dueAt);
        next = after(dueAt);
      }
      arm();
    });
  };
  arm();
  return {
    next: () => next,
    stop() {
      next = undefined;
      cancelTimer();
    },
  };
}
