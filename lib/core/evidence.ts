import { type Evidence, evidenceOf } from './classify.ts';
import type { Execution } from './execution.ts';
import { hasOwnWait } from './own-wait.ts';

/**
 * What an attempt that ended with an error says about its dependency. Whose limit ended the attempt decides first, and what
 * the function threw decides where it ended by itself. This is the one place where that is decided.
 *
 * `cut short`: the caller, the invocation or earlier attempts left it less time than the policy gives an attempt, so it only
 * counts where it was slow by then.
 */
export function evidenceOfAttempt(error: unknown, execution: Execution): Evidence | 'cut short' {
  const { called, endedBy } = execution.attemptState;
  if (!called || execution.isAbandoned || endedBy === 'frozen') return 'none';
  if (endedBy === 'own limit') return hasOwnWait(error) ? 'none' : 'failed';
  if (endedBy === 'cut short' || execution.state.callerSignal?.aborted) return 'cut short';
  return evidenceOf(error);
}
