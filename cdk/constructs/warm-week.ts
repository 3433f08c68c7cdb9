/*
 * A week of local time in steps of five minutes: what schedules of warm capacity are compiled on.
 */

/** The schedule states its level this often. Offsets of time zones are multiples of it. */
export const STEP_MINUTES = 5;
export const HOUR_STEPS: number = 60 / STEP_MINUTES;
export const DAY_STEPS: number = 24 * HOUR_STEPS;
/** Step 0 is Sunday 00:00. */
export const WEEK_STEPS: number = 7 * DAY_STEPS;

/** As cron expressions of AWS count and name them. */
export const DAY_NAMES: readonly string[] = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** The step of the week for any whole number of steps before or after its start. */
export const weekStep = (step: number): number => ((step % WEEK_STEPS) + WEEK_STEPS) % WEEK_STEPS;

/** A stretch of steps `[start, end)`. The end may lie in the next week. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The stretches of a week in which a condition holds. None begins where the one before ends, over the end of the week too. */
export function stretchesOf(holds: (step: number) => boolean): readonly Stretch[] {
  const starts = Array.from({ length: WEEK_STEPS }, (_, step) => step).filter(
    (step) => holds(step) && !holds(weekStep(step - 1)),
  );
  return starts.map((start) => {
    let end = start + 1;
    while (holds(weekStep(end))) end += 1;
    return { start, end };
  });
}
