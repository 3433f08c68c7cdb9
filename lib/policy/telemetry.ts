import type { Clock } from '../core/clock.ts';
import { isFibrinError } from '../core/errors.ts';
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

/** Who has refused the attempts that were not made, by the code of the error. */
const REFUSED_BY = {
  BREAKER_OPEN: 'breaker',
  RATE_LIMITED: 'rateLimit',
  BULKHEAD_FULL: 'bulkhead',
  DEADLINE_EXCEEDED: 'deadline',
} as const;

const isRefusal = (error: unknown): error is { readonly code: keyof typeof REFUSED_BY } =>
  isFibrinError(error) && Object.hasOwn(REFUSED_BY, error.code);

/** Reports each attempt when it has ended, and those that were not made. */
export function attemptLayer({ name, clock, report }: Reporting): <T>(next: Invoke<T>) => Invoke<T> {
  return (next) =>
    async function attemptAndReport(execution) {
      const { number: attempt } = execution.attemptState;
      const startedAt = clock.monotonic();
      const ended = (failed: boolean) => {
        const { waitedMs } = execution;
        const durationMs = clock.monotonic() - startedAt - waitedMs;
        const waited = waitedMs > 0 ? { waitedMs } : undefined;
        return { kind: 'attempt', name, attempt, durationMs, ...waited, failed } as const;
      };
      try {
        const value = await next(execution);
        report(ended(false));
        return value;
      } catch (error) {
        if (execution.run?.hasLost && execution.attemptState.called)
          report({ ...ended(false), cancelled: true });
        else if (execution.attemptState.called) report({ ...ended(true), error });
        else if (isRefusal(error)) report({ kind: 'rejected', name, by: REFUSED_BY[error.code] });
        throw error;
      }
    };
}
