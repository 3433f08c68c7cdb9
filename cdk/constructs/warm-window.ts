import type { TimeZone } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { refuse } from './refuse.ts';
import { isTimeZone } from './warm-clock.ts';
import type { CheckedWindow } from './warm-level.ts';
import { DAY_NAMES } from './warm-week.ts';

/** Days of the week. */
export class Days {
  static readonly EVERY_DAY: Days = new Days(DAY_NAMES);
  static readonly MONDAY_TO_FRIDAY: Days = new Days(['MON', 'TUE', 'WED', 'THU', 'FRI']);
  static readonly WEEKEND: Days = new Days(['SAT', 'SUN']);

  /** @param names Of `SUN`, `MON`, `TUE`, `WED`, `THU`, `FRI` and `SAT`. */
  static of(...names: string[]): Days {
    return new Days(names);
  }

  readonly names: readonly string[];

  private constructor(names: readonly string[]) {
    this.names = names;
  }
}

/**
 * A period of the week in which a function is expected to be used.
 *
 * All times are those that the clocks of the time zone show. A minute that clocks show twice is in the window both times. A window
 * that begins at a time that the clocks skip begins when they go on.
 */
export interface WarmWindow {
  /** Those on which it begins. One that crosses midnight ends on the next day. */
  readonly days: Days;
  /** When it begins, as `HH:MM`, from `00:00` to `23:59`. Environments are ready by then. */
  readonly from: string;
  /** When it ends, as `HH:MM`, from `00:00` to `24:00`. Before `from`: on the next day. The minute itself is not part of it. */
  readonly to: string;
  /** That are to be ready. Of windows that overlap, the most counts. Integer, 1 or more. */
  readonly environments: number;
  /** E.g. `TimeZone.EUROPE_BERLIN`. */
  readonly timeZone: TimeZone;
}

/** The minute of the day, undefined for what is no time of it. */
function minuteOf(time: string): number | undefined {
  const [, hours, minutes] = /^(\d\d):(\d\d)$/.exec(time) ?? [];
  const minute = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && minute <= 24 * 60 ? minute : undefined;
}

/** A window whose values have been checked. @param index Its place in `windows`, for errors. */
export function checkedWindow(construct: Construct, window: WarmWindow, index: number): CheckedWindow {
  const { days, from, to, environments, timeZone } = window;
  const wrong = (name: string, rest: string): never =>
    refuse(construct, `expected \`windows[${index}].${name}\` ${rest}`);
  if (days.names.length === 0) wrong('days', 'to name one day at least, got none');
  for (const name of days.names)
    if (!DAY_NAMES.includes(name)) wrong('days', `to be of ${DAY_NAMES.join(', ')}, got ${name}`);
  const fromMinute = minuteOf(from) ?? wrong('from', `to be a time from 00:00 to 23:59, got ${from}`);
  const toMinute = minuteOf(to) ?? wrong('to', `to be a time from 00:00 to 24:00, got ${to}`);
  if (fromMinute === 24 * 60) wrong('from', `to be a time from 00:00 to 23:59, got ${from}`);
  if (fromMinute === toMinute)
    wrong('to', `to differ from \`from\`, got ${to} for both; give 00:00 to 24:00 for the whole day`);
  if (!(Number.isInteger(environments) && environments >= 1))
    wrong('environments', `to be an integer of at least 1, got ${environments}; leave out a window of none`);
  if (!isTimeZone(timeZone.timezoneName))
    wrong('timeZone', `to be a time zone such as Europe/Berlin, got ${timeZone.timezoneName}`);
  return { days: days.names, fromMinute, toMinute, environments, timeZone: timeZone.timezoneName };
}
