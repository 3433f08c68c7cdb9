import type { Clock } from '../core/clock.ts';
import { hasCode } from '../core/errors.ts';
import type { Invoke } from '../core/layer.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { type Outcome, outcomeOf } from './outcome.ts';

export interface Reporting {
  readonly name: string;
  readonly clock: Clock;
  /** Never throws. */
  readonly report: (event: PolicyEvent) => void;
}

/** Reports the outcome of each call. */
export function outcomeLayer({ name, report }: Omit<Reporting, 'clock'>): <T>(next: Invoke<T>) => Invoke<T> {
  const reported = ({ value: _, ...outcome }: Outcome<unknown>) =>
    report({ kind: 'outcome', name, ...outcome });
  return (next) =>
    async function callAndReport(execution) {
      try {
        const value = await next(execution);
        reported(outcomeOf(execution, { value }));
        return value;
      } catch (error) {
        reported(outcomeOf(execution, { error }));
        throw error;
      }
    };
}

/** Reports each attempt when it has ended, and those that were not made. */
export function attemptLayer({ name, clock, report }: Reporting): <T>(next: Invoke<T>) => Invoke<T> {
  return (next) =>
    async function attemptAndReport(execution) {
      const { number: attempt } = execution.attemptState;
      const startedAt = clock.monotonic();
      const ended = (failed: boolean) =>
        ({ kind: 'attempt', name, attempt, durationMs: clock.monotonic() - startedAt, failed }) as const;
      try {
        const value = await next(execution);
        report(ended(false));
        return value;
      } catch (error) {
        if (execution.run?.hasLost && execution.attemptState.called)
          report({ ...ended(false), cancelled: true });
        else if (execution.attemptState.called) report({ ...ended(true), error });
        else if (hasCode(error, 'BREAKER_OPEN')) report({ kind: 'rejected', name, by: 'breaker' });
        else if (hasCode(error, 'DEADLINE_EXCEEDED')) report({ kind: 'rejected', name, by: 'deadline' });
        throw error;
      }
    };
}
