import { retry } from '../policy/retry.ts';
import type { Attempt, CallPermit, Guard, GuardTools } from './subject.ts';

/** A call that fails is a failure of the breaker, and nothing else is. */
async function underPermit(permit: CallPermit, attempt: Attempt): Promise<void> {
  try {
    await attempt(permit.isProbe === true);
  } catch (error) {
    await permit.record({ failed: true, slow: false });
    throw error;
  }
  await permit.record({ failed: false, slow: false });
}

/** Requests of several attempts: the shipped retry around a guard that has no policy of its own. */
export function retried(
  guard: Guard,
  { clock, random, maxAttempts = 1 }: Pick<GuardTools, 'clock' | 'random' | 'maxAttempts'>,
): (attempt: Attempt) => Promise<void> {
  const policy = retry({ maxAttempts, clock, random });
  return (attempt) =>
    policy.execute(async () => {
      const admission = await guard.admit();
      if (admission instanceof Error) throw admission;
      return underPermit(admission, attempt);
    });
}
