/*
 * What time zones do with their clocks, by the time zone data of the machine that synthesizes.
 */
import { STEP_MINUTES, WEEK_STEPS, weekStep } from './warm-week.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Rules of today repeat every year, but dates move over the days of a month. Fixed, so that a template depends on no date. */
const FROM_MS: number = Date.UTC(2026, 0, 1);
const TO_MS: number = Date.UTC(2038, 0, 1);

/** A change of a zone's offset from UTC, in minutes. */
interface ClockChange {
  readonly atMs: number;
  readonly before: number;
  readonly after: number;
}

interface Zone {
  /** From UTC at the first moment that is considered, in minutes. */
  readonly firstOffset: number;
  readonly changes: readonly ClockChange[];
}

const zones = new Map<string, Zone>();

/**
 * Whether the machine knows a zone by this name. Application Auto Scaling takes no offsets such as `+01:00`, which Intl does, and is
 * taken to mind upper and lower case.
 */
export function isTimeZone(name: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions();
    const isOtherName = timeZone.toLowerCase() !== name.toLowerCase();
    return /^[A-Z]/.test(name) && (isOtherName || timeZone === name);
  } catch {
    return false;
  }
}

/** Minutes that the clocks of a zone are ahead of UTC. */
function offsetReader(timeZone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset', year: 'numeric' });
  return (ms) => {
    const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
    const offset = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
    return sign === '-' ? -offset : offset;
  };
}

function zoneOf(timeZone: string): Zone {
  const known = zones.get(timeZone);
  if (known) return known;
  const offsetAt = offsetReader(timeZone);
  const changes: ClockChange[] = [];
  const firstOffset = offsetAt(FROM_MS);
  let before = firstOffset;
  for (let day = FROM_MS; day < TO_MS; day += DAY_MS) {
    const after = offsetAt(day + DAY_MS);
    if (after === before) continue;
    let [low, high] = [day, day + DAY_MS];
    while (high - low > MINUTE_MS) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
      if (offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    changes.push({ atMs: high, before, after });
    before = after;
  }
  const zone = { firstOffset, changes };
  zones.set(timeZone, zone);
  return zone;
}

/** The step of the week in local time, 1970-01-01 having been a Thursday. */
const localStep = (ms: number, offset: number): number =>
  weekStep(Math.floor((ms / MINUTE_MS + offset) / STEP_MINUTES) + (WEEK_STEPS / 7) * 4);

/**
 * Steps of the local week that a change of clocks skips or repeats in some year: whether a schedule runs then, and how often, is
 * not certain.
 */
export function uncertainSteps(timeZone: string): ReadonlySet<number> {
  const steps = new Set<number>();
  for (const { atMs, before, after } of zoneOf(timeZone).changes) {
    const first = localStep(atMs, Math.min(before, after));
    const count = Math.ceil(Math.abs(after - before) / STEP_MINUTES);
    for (let step = 0; step < count; step += 1) steps.add(weekStep(first + step));
  }
  return steps;
}

/**
 * How far zones are ahead of UTC at the same moment, in steps: each combination that occurs. Clocks change on other dates in other
 * zones, so Berlin and New York have three.
 */
export function jointOffsets(timeZones: readonly string[]): readonly (readonly number[])[] {
  const all = timeZones.map(zoneOf);
  const moments = [FROM_MS, ...all.flatMap(({ changes }) => changes.map(({ atMs }) => atMs))];
  const combinations = moments.map((ms) =>
    all.map(
      ({ firstOffset, changes }) =>
        (changes.findLast(({ atMs }) => atMs <= ms)?.after ?? firstOffset) / STEP_MINUTES,
    ),
  );
  return [...new Map(combinations.map((offsets) => [offsets.join(), offsets])).values()];
}
