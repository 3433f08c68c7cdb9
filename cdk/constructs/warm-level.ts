/*
 * How many environments the windows of one time zone ask for, at each step of its week.
 */
import { uncertainSteps } from './warm-clock.ts';
import { DAY_NAMES, STEP_MINUTES, type Stretch, WEEK_STEPS, weekStep } from './warm-week.ts';

/** A window that has been checked. */
export interface CheckedWindow {
  /** Names of days, such as `MON`: those on which it begins. */
  readonly days: readonly string[];
  /** Local minutes of the day. An end at or before the start is on the next day. */
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly environments: number;
  readonly timeZone: string;
}

/**
 * The steps of a window that begins on a day. It begins `leadMinutes` early, so that environments are ready when it opens. It begins
 * and ends at no step that a change of clocks can skip or repeat: it takes all of those in.
 */
function stretchOf(
  { fromMinute, toMinute }: CheckedWindow,
  day: number,
  leadMinutes: number,
  uncertain: ReadonlySet<number>,
): Stretch {
  const isUncertain = (step: number) => uncertain.has(weekStep(step));
  const lead = Math.ceil(leadMinutes / STEP_MINUTES);
  const length = toMinute > fromMinute ? toMinute - fromMinute : toMinute - fromMinute + 24 * 60;
  const opens = day * 24 * 60 + fromMinute;
  let start = Math.floor((opens - leadMinutes) / STEP_MINUTES);
  let open = Math.floor(opens / STEP_MINUTES);
  for (;;) {
    const steps = Array.from({ length: Math.max(open - start, 1) }, (_, step) => start + step);
    const first = steps.find(isUncertain);
    if (first === undefined) break;
    // Time passes faster on a clock that jumps: what is warm when the clocks change needs its lead before that.
    open = first;
    while (isUncertain(open - 1)) open -= 1;
    start = open - Math.max(lead, 1);
  }
  let end = Math.ceil((opens + length) / STEP_MINUTES);
  while (isUncertain(end)) end += 1;
  return { start, end };
}

/** The most that the windows of a zone ask for, at each step of the local week; 0 outside. */
export function levelsOf(
  windows: readonly CheckedWindow[],
  timeZone: string,
  leadMinutes: number,
): readonly number[] {
  const uncertain = uncertainSteps(timeZone);
  const levels = new Array<number>(WEEK_STEPS).fill(0);
  for (const window of windows.filter((one) => one.timeZone === timeZone)) {
    for (const name of window.days) {
      const { start, end } = stretchOf(window, DAY_NAMES.indexOf(name), leadMinutes, uncertain);
      for (let step = start; step < Math.min(end, start + WEEK_STEPS); step += 1) {
        const at = weekStep(step);
        levels[at] = Math.max(levels[at] ?? 0, window.environments);
      }
    }
  }
  return levels;
}
