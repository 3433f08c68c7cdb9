/*
 * Statements of a schedule as few cron expressions.
 */
import type { Statements } from './warm-plan.ts';
import { DAY_NAMES, DAY_STEPS, HOUR_STEPS, STEP_MINUTES } from './warm-week.ts';

/** A recurring action: what it states, and when. */
export interface WarmAction {
  readonly name: string;
  /** `cron(…)` with six fields, in the time zone. */
  readonly schedule: string;
  readonly timeZone: string;
  readonly environments: number;
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, number) => number);

/** Numbers in ascending order as a field: `0-3,8,9`. All of them are `all`. */
function field(
  chosen: readonly number[],
  count: number,
  all: string,
  name: (number: number) => string,
): string {
  if (chosen.length === count) return all;
  const runs: number[][] = [];
  for (const number of chosen) {
    const run = runs.at(-1);
    if (run?.at(-1) === number - 1) run.push(number);
    else runs.push([number]);
  }
  return runs
    .flatMap((run) =>
      run.length > 2 ? [`${name(run[0] ?? 0)}-${name(run.at(-1) ?? 0)}`] : run.map((number) => name(number)),
    )
    .join(',');
}

function cron(minutes: readonly number[], hours: readonly number[], days: readonly number[]): string {
  const minute =
    minutes.length === HOUR_STEPS
      ? `0/${STEP_MINUTES}`
      : minutes.map((step) => step * STEP_MINUTES).join(',');
  return `cron(${minute} ${field(hours, 24, '*', String)} ? * ${field(days, 7, '*', (day) => DAY_NAMES[day] ?? '')} *)`;
}

/** The values of a map that is grown by key. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return [...groups.values()];
}

interface Hour {
  readonly day: number;
  readonly hour: number;
  /** Those of its steps that state the level. */
  readonly minutes: readonly number[];
}

/** When a zone's clock states a level: hours with the same minutes, days with the same such hours. */
function schedulesOf({ levelAt }: Statements, level: number): readonly string[] {
  const hours: readonly Hour[] = numbers(7)
    .flatMap((day) => numbers(24).map((hour) => ({ day, hour })))
    .map(({ day, hour }) => ({
      day,
      hour,
      minutes: numbers(HOUR_STEPS).filter(
        (step) => levelAt.get(day * DAY_STEPS + hour * HOUR_STEPS + step) === level,
      ),
    }))
    .filter(({ minutes }) => minutes.length > 0);
  return grouped(hours, ({ minutes }) => minutes.join()).flatMap((alike) => {
    const days = grouped(alike, ({ day }) => String(day));
    return grouped(days, (day) => day.map(({ hour }) => hour).join()).map((same) =>
      cron(
        alike[0]?.minutes ?? [],
        same[0]?.map(({ hour }) => hour) ?? [],
        same.map((day) => day[0]?.day ?? 0),
      ),
    );
  });
}

/** The actions that state all statements, named by what they state. */
export function actionsOf(statements: readonly Statements[]): readonly WarmAction[] {
  const counts = new Map<number, number>();
  return statements.flatMap((zone) =>
    [...new Set(zone.levelAt.values())]
      .sort((one, other) => one - other)
      .flatMap((environments) =>
        schedulesOf(zone, environments).map((schedule) => {
          const count = (counts.get(environments) ?? 0) + 1;
          counts.set(environments, count);
          return { name: `warm-${environments}-${count}`, schedule, timeZone: zone.timeZone, environments };
        }),
      ),
  );
}
