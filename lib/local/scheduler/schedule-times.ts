import { LocalRunError } from '../problem.ts';
import type { ScheduleModel } from './schedule.ts';
import { nextAfter, parseScheduleExpression } from './schedule-expression.ts';
import { wallTimeOf } from './wall-clock.ts';

/** When a schedule is due, within its start and end. */
export interface ScheduleTimes {
  /** The first time from `fromMs` on; undefined when there is none. */
  from(fromMs: number): number | undefined;
  /** The time after the one given. */
  after(dueAt: number): number | undefined;
}

function dateOf(property: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  // Both are in UTC, whether they say so or not.
  const epochMs = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  if (Number.isNaN(epochMs)) {
    throw new LocalRunError(
      `Expected a schedule's ${property} to be an ISO 8601 date and time, got "${text}"`,
    );
  }
  return epochMs;
}

/**
 * The times of a schedule. The start counts in, the end does not. A rate runs at its start and every period from
 * there; without a start it begins at once.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export function scheduleTimes(
  model: Pick<ScheduleModel, 'expression' | 'timezone' | 'startDate' | 'endDate'>,
): ScheduleTimes {
  const { expression, timezone } = model;
  const parsed = parseScheduleExpression(expression);
  const startsAt = dateOf('start date', model.startDate);
  const endsAt = dateOf('end date', model.endDate);
  // A rate has no use for the zone; one that does not exist is refused all the same.
  wallTimeOf(0, timezone);

  const withinEnd = (dueAt: number | undefined) =>
    dueAt === undefined || (parsed.kind !== 'at' && endsAt !== undefined && dueAt >= endsAt)
      ? undefined
      : dueAt;

  return {
    from(fromMs) {
      const earliest = Math.max(Math.floor(fromMs), startsAt ?? 0);
      switch (parsed.kind) {
        case 'rate': {
          const anchor = startsAt ?? earliest;
          const periods = Math.ceil((earliest - anchor) / parsed.periodMs);
          return withinEnd(anchor + periods * parsed.periodMs);
        }
        case 'cron':
          return withinEnd(nextAfter(expression, timezone, earliest - 1));
        case 'at':
          return nextAfter(expression, timezone, Math.floor(fromMs) - 1);
      }
    },
    after: (dueAt) => withinEnd(nextAfter(expression, timezone, dueAt)),
  };
}
