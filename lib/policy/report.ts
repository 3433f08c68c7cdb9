import type { CircuitBreaker } from '../breaker/permit.ts';
import type { Clock } from '../core/clock.ts';
import { BreakerOpenError, DeadlineExceededError } from '../core/errors.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import type { Protected } from './call.ts';

export type Report = (event: PolicyEvent) => void;

/** Tells of each attempt when it has ended, and of those that no time was left for. */
export function reportAttempts<T>(
  call: Protected<T>,
  name: string,
  report: Report,
  clock: Clock,
): Protected<T> {
  return async (context) => {
    const startedAt = clock.monotonic();
    const ended = () => {
      const durationMs = clock.monotonic() - startedAt;
      return { kind: 'attempt', name, attempt: context.attempt, durationMs } as const;
    };
    try {
      const value = await call(context);
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
