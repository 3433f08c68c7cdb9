import { Cron } from 'croner';
import { LocalRunError } from '../problem.ts';
import { cronerPattern } from './cron-fields.ts';
import { instantOf, wallTimeOf } from './wall-clock.ts';

export type ScheduleExpression =
  | { readonly kind: 'rate'; readonly periodMs: number }
  /** `cron` knows wall-clock times only: it runs in UTC, and the zone is dealt with here. */
  | { readonly kind: 'cron'; readonly cron: Cron }
  | { readonly kind: 'at'; readonly wallMs: number };

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function parseRate(expression: string, text: string): ScheduleExpression {
  const [, digits, unit = '', plural] = /^(\d+)\s+(minute|hour|day)(s?)$/.exec(text.trim()) ?? [];
  const value = Number(digits);
  const unitMs = UNIT_MS[unit];
  // EventBridge is as strict about the grammar: rate(1 minutes) and rate(5 minute) are refused.
  if (unitMs === undefined || !(value >= 1) || (value === 1) !== (plural === '')) {
    throw new LocalRunError(
      `Schedule expression "${expression}": expected rate(value unit) with a positive integer and minute, hour or day for 1, minutes, hours or days above`,
    );
  }
  return { kind: 'rate', periodMs: value * unitMs };
}

function parseAt(expression: string, text: string): ScheduleExpression {
  const wallMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text) ? Date.parse(`${text}Z`) : Number.NaN;
  // Date.parse lets 31 February pass as 3 March; what it reads must be what was written.
  if (Number.isNaN(wallMs) || !new Date(wallMs).toISOString().startsWith(text)) {
    throw new LocalRunError(
      `Schedule expression "${expression}": expected at(yyyy-mm-ddThh:mm:ss) with a date that exists`,
    );
  }
  return { kind: 'at', wallMs };
}

/** @throws {LocalRunError} for what EventBridge refuses too, naming the expression and what is expected of it. */
export function parseScheduleExpression(expression: string): ScheduleExpression {
  const [, kind, text = ''] = /^(rate|cron|at)\(([^()]*)\)$/.exec(expression) ?? [];
  switch (kind) {
    case 'rate':
      return parseRate(expression, text);
    case 'at':
      return parseAt(expression, text);
    case 'cron': {
      const pattern = cronerPattern(expression, text);
      const cron = new Cron(pattern, { mode: '7-part', alternativeWeekdays: true, utcOffset: 0 });
      return { kind, cron };
    }
    default:
      throw new LocalRunError(
        `Schedule expression "${expression}": expected rate(…), cron(…) or at(yyyy-mm-ddThh:mm:ss)`,
      );
  }
}

function nextCron(cron: Cron, timezone: string, afterMs: number): number | undefined {
  let wallMs = wallTimeOf(afterMs, timezone);
  for (;;) {
    const next = cron.nextRun(new Date(wallMs));
    if (next === null) return undefined;
    wallMs = next.getTime();
    // Left out: times that the zone skips in spring, and in autumn those that had their turn an hour ago.
    const instant = instantOf(wallMs, timezone);
    if (instant !== undefined && instant > afterMs) return instant;
  }
}

/**
 * When a schedule is due next, strictly after a moment; undefined when it never is again. For a rate that is a
 * period later: hand it the time of the last run. Times of day are those of the zone: one that is skipped when the
 * clocks go forward is left out, one that comes twice when they go back runs once.
 * @throws {LocalRunError} for an expression or a timezone that EventBridge refuses.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export function nextAfter(expression: string, timezone: string, afterEpochMs: number): number | undefined {
  const parsed = parseScheduleExpression(expression);
  switch (parsed.kind) {
    case 'rate':
      return afterEpochMs + parsed.periodMs;
    case 'cron':
      return nextCron(parsed.cron, timezone, afterEpochMs);
    case 'at': {
      const instant = instantOf(parsed.wallMs, timezone);
      return instant !== undefined && instant > afterEpochMs ? instant : undefined;
    }
  }
}
