import type { CircuitBreaker } from '../breaker/permit.ts';
import type { Protected } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import { BreakerOpenError, DeadlineExceededError } from '../core/errors.ts';
import type { PolicyEvent } from '../core/policy-event.ts';

export type Report = (event: PolicyEvent) => void;

/** Tells of each attempt when it has ended, and of those that no time was left for. */
export function reportAttempts<T, R>(
  call: Protected<T, R>,
  name: string,
  report: Report,
  clock: Clock,
): Protected<T, R> {
  return async (run) => {
    const startedAt = clock.monotonic();
    const { attempt } = run;
    const ended = () =>
      ({ kind: 'attempt', name, attempt, durationMs: clock.monotonic() - startedAt }) as const;
    try {
      const value = await call(run);
      report(ended());
      return value;
    } catch (error) {
      const isMade = !(error instanceof DeadlineExceededError) || error.called;
      report(isMade ? { ...ended(), error } : { kind: 'rejected', name, by: 'deadline' });
      throw error;
    }
  };
}

/** Tells of each call that the breaker refuses. */
export function reportRefusals(
  enter: CircuitBreaker['enter'],
  name: string,
  report: Report,
): CircuitBreaker['enter'] {
  const tell = (error: unknown): never => {
    if (error instanceof BreakerOpenError) report({ kind: 'rejected', name, by: 'breaker' });
    throw error;
  };
  return (context) => {
    try {
      const entered = enter(context);
      return entered instanceof Promise ? entered.catch(tell) : entered;
    } catch (error) {
      return tell(error);
    }
  };
}
