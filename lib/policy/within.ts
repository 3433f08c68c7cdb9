import { DeadlineExceededError } from '../core/errors.ts';
import { Execution } from '../core/execution.ts';
import { invocationContext, runInContext } from '../core/invocation-context.ts';
import type { Invoke } from '../core/layer.ts';
import type { LimitedRun } from '../core/time-limit.ts';

/**
 * Makes the same attempt within a limit of time, which has a signal of its own. In an invocation, what is called under
 * policies in it has no more time than it has itself.
 */
export function callWithin<T>(next: Invoke<T>, outer: Execution, run: LimitedRun): Promise<T> {
  const { state, attemptState, limit, holder } = outer;
  const endsAt = Math.min(outer.endsAt, run.endsAt);
  const execution = new Execution(state, attemptState, endsAt, limit, run, holder);
  const parent = invocationContext();
  if (!parent?.invocation) return next(execution);
  const { clock } = state;
  const context = { ...parent, scope: run, parent, endsAt, clock, attempt: run, probeOf: undefined };
  return runInContext(context, next, execution);
}

/** The time of the call is over, by whosever limit that is. Whatever this attempt is, an earlier one may have been made. */
export const exceededBy = (name: string, { state, endsAt, limit }: Execution): Error =>
  new DeadlineExceededError(name, limit, endsAt - state.startedAt, { called: state.attempts > 0 });
