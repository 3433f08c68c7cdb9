import { LocalRunError } from '../problem.ts';

// A wall-clock time is held as the epoch milliseconds that it would be in UTC: comparable, and without a zone.

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timezone, format);
    return format;
  } catch (error) {
    throw new LocalRunError(
      `Expected a schedule's timezone to be a name of the IANA database, such as Europe/Berlin, got "${timezone}"`,
      error,
    );
  }
}

/** What the clocks of the zone show, to the second. */
export function wallTimeOf(epochMs: number, timezone: string): number {
  const parts = Object.fromEntries(
    formatOf(timezone)
      .formatToParts(epochMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/**
 * When the clocks of the zone show that time: the first time where they show it twice, and undefined where they skip
 * it. That is how EventBridge Scheduler treats the two changes of the year.
 */
export function instantOf(wallMs: number, timezone: string): number | undefined {
  // A day before and a day after lie on either side of a change, so their offsets are the only two possible.
  const candidates = [wallMs - DAY_MS, wallMs + DAY_MS]
    .map((aroundMs) => wallMs - (wallTimeOf(aroundMs, timezone) - aroundMs))
    .filter((instant) => wallTimeOf(instant, timezone) === wallMs);
  return candidates.length === 0 ? undefined : Math.min(...candidates);
}
