/*
 * What clocks show, minute by minute, by Intl alone: apart from the code that it judges.
 */

const MINUTE_MS = 60_000;
/** Offsets change on quarters of an hour at the finest. */
const QUARTER = 15;

/** A stretch of time, as the clocks of a zone show it. */
export interface LocalClock {
  /** For each minute: the minute of the local week, from Sunday 00:00. */
  readonly weekMinute: Int16Array;
  /** Whether the clocks have shown this minute before, an hour or so ago. */
  readonly repeated: Uint8Array;
  /** Whether the clocks are going to show this minute again. */
  readonly toRepeat: Uint8Array;
  /** Minutes of the local week that the clocks skip right before this minute. */
  readonly skippedBefore: ReadonlyMap<number, readonly number[]>;
}

export const WEEK_MINUTES: number = 7 * 24 * 60;

/** 1970-01-01 was a Thursday. */
const weekMinuteOf = (localMinute: number): number => (localMinute + 4 * 24 * 60) % WEEK_MINUTES;

const cache = new Map<string, LocalClock>();

export function localClock(timeZone: string, startMs: number, minutes: number): LocalClock {
  const key = `${timeZone} ${startMs} ${minutes}`;
  const known = cache.get(key);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const local = new Int32Array(minutes);
  for (let quarter = 0; quarter < minutes; quarter += QUARTER) {
    const parts = new Map<string, number>(
      format.formatToParts(startMs + quarter * MINUTE_MS).map(({ type, value }) => [type, Number(value)]),
    );
    const of = (type: string) => parts.get(type) ?? Number.NaN;
    const first = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute')) / MINUTE_MS;
    for (let minute = quarter; minute < Math.min(quarter + QUARTER, minutes); minute += 1)
      local[minute] = first + minute - quarter;
  }
  const repeated = new Uint8Array(minutes);
  const toRepeat = new Uint8Array(minutes);
  const skippedBefore = new Map<number, readonly number[]>();
  const seen = new Map<number, number>();
  for (let minute = 0; minute < minutes; minute += 1) {
    const shown = local[minute] ?? 0;
    const earlier = seen.get(shown);
    if (earlier !== undefined) {
      repeated[minute] = 1;
      toRepeat[earlier] = 1;
    }
    seen.set(shown, minute);
    const last = minute > 0 ? (local[minute - 1] ?? 0) : shown - 1;
    if (shown > last + 1)
      skippedBefore.set(
        minute,
        Array.from({ length: shown - last - 1 }, (_, skipped) => weekMinuteOf(last + 1 + skipped)),
      );
  }
  const clock = { weekMinute: Int16Array.from(local, weekMinuteOf), repeated, toRepeat, skippedBefore };
  cache.set(key, clock);
  return clock;
}
