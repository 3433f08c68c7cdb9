import { play } from './play.ts';
import type { Schedule } from './steps.ts';
import { Violation } from './verdict.ts';
import type { Setup, Trial } from './world.ts';

/** Leaves out of a schedule whatever it takes not to break the same invariant. */
export async function smallest(
  setup: Setup,
  schedule: Schedule,
  error: unknown,
  trial: Trial,
): Promise<Schedule> {
  const breaks = (steps: Schedule) =>
    play(setup, steps, trial).then(
      () => false,
      (other: unknown) =>
        error instanceof Violation && other instanceof Violation
          ? other.invariant === error.invariant
          : String(other) === String(error),
    );
  let least = schedule;
  // From the end: what comes late is mostly left over.
  for (let at = least.length - 1; at >= 0; at--) {
    const without = least.toSpliced(at, 1);
    if (await breaks(without)) least = without;
  }
  return least;
}
