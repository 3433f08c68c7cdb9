/*
 * What windows ask for, minute by minute: the definition, without a schedule.
 */
import { localClock, WEEK_MINUTES } from './clocks.ts';
import type { Period } from './simulate.ts';

/** As a window is given, but for the classes of the CDK. */
export interface PlainWindow {
  readonly days: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly environments: number;
  readonly timeZone: string;
}

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const minutesOf = (time: string): number => {
  const [hours, minutes] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
};

/** Whether a window is open, at each minute of its local week. */
function openWeek(window: PlainWindow): Uint8Array {
  const [from, to] = [minutesOf(window.from), minutesOf(window.to)];
  return Uint8Array.from({ length: WEEK_MINUTES }, (_, weekMinute) => {
    const day = Math.floor(weekMinute / (24 * 60));
    const minute = weekMinute % (24 * 60);
    const today = window.days.includes(DAYS[day] ?? '');
    if (from < to) return Number(today && minute >= from && minute < to);
    const yesterday = window.days.includes(DAYS[(day + 6) % 7] ?? '');
    return Number((today && minute >= from) || (yesterday && minute < to));
  });
}

const openMinutes = new WeakMap<PlainWindow, Uint8Array>();

function openIn(window: PlainWindow): Uint8Array {
  const known = openMinutes.get(window);
  if (known) return known;
  const open = openWeek(window);
  openMinutes.set(window, open);
  return open;
}

/** The most that the open windows ask for, at each minute of a period; the floor outside. */
export function expectedLevels(windows: readonly PlainWindow[], floor: number, period: Period): Int32Array {
  const { startMs, minutes } = period;
  const levels = new Int32Array(minutes).fill(floor);
  for (const window of windows) {
    const { weekMinute } = localClock(window.timeZone, startMs, minutes);
    const open = openIn(window);
    const { environments } = window;
    for (let minute = 0; minute < minutes; minute += 1)
      if (open[weekMinute[minute] ?? 0] === 1 && environments > (levels[minute] ?? 0))
        levels[minute] = environments;
  }
  return levels;
}

/**
 * Adds what windows ask for at minutes that clocks skip, where they go on: a window may lie within them, and a schedule cannot know
 * that this is the day.
 */
export function withSkipped(levels: Int32Array, windows: readonly PlainWindow[], period: Period): Int32Array {
  const all = levels.slice();
  for (const window of windows)
    for (const [minute, skipped] of localClock(window.timeZone, period.startMs, period.minutes).skippedBefore)
      if (skipped.some((one) => openIn(window)[one] === 1))
        all[minute] = Math.max(all[minute] ?? 0, window.environments);
  return all;
}
