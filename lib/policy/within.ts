import { DeadlineExceededError } from '../core/errors.ts';
import { Execution } from '../core/execution.ts';
import type { LimitedRun } from '../core/time-limit.ts';

/** The same attempt within a limit of time, which has a signal of its own. */
export const within = ({ state, attemptState, endsAt, limit }: Execution, run: LimitedRun): Execution =>
  new Execution(state, attemptState, Math.min(endsAt, run.endsAt), limit, run);

/** The time of the call is over, by whosever limit that is. Whatever this attempt is, an earlier one may have been made. */
export const exceededBy = (name: string, { state, endsAt, limit }: Execution): Error =>
  new DeadlineExceededError(name, limit, endsAt - state.startedAt, { called: state.record.attempts > 0 });
