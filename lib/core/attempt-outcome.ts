import { type Evidence, evidenceOf, FROZEN_MS } from './classify.ts';
import type { Execution } from './execution.ts';
import { hasOwnWait } from './own-wait.ts';

/**
 * Whether an attempt has ended so long after its time that the environment was frozen meanwhile. What waits in a socket then is
 * handled before the timer that should have ended it: an answer, or a connection that was closed.
 */
export const wasFrozen = ({ state, attemptState }: Execution): boolean =>
  state.clock.monotonic() - attemptState.dueAt >= FROZEN_MS;

/**
 * What an attempt that ended with an error says about its dependency. Whose limit ended the attempt decides first, and what
 * the function threw decides where it ended by itself. This is the one place where that is decided.
 *
 * `cut short`: the caller, the invocation or earlier attempts left it less time than the policy gives an attempt, so it only
 * counts where it was slow by then.
 */
export function evidenceOfAttempt(error: unknown, execution: Execution): Evidence | 'cut short' {
  const { called, endedBy } = execution.attemptState;
  if (!called || execution.isAbandoned || endedBy === 'frozen' || wasFrozen(execution)) return 'none';
  if (hasOwnWait(error)) return 'none';
  if (endedBy === 'own limit') return 'failed';
  if (endedBy === 'cut short' || execution.isAborted) return 'cut short';
  return evidenceOf(error);
}
