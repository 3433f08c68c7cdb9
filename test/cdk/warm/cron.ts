/*
 * When cron expressions of Application Auto Scaling are due. What it does at minutes that clocks skip or repeat is not documented
 * (EventBridge Scheduler leaves the former out and runs the latter once), so each way that there is can be asked for.
 */
import { type LocalClock, WEEK_MINUTES } from './clocks.ts';

export type ClockChangeRule =
  /** Skipped minutes are left out, repeated ones run once: what EventBridge Scheduler documents. */
  | 'once'
  /** Repeated minutes run at their second occurrence. */
  | 'second'
  /** Repeated minutes run twice. */
  | 'twice'
  /** Skipped minutes run when the clocks go on, after what is due then. */
  | 'late'
  /** The same, before what is due then. */
  | 'late-first';

export const CLOCK_CHANGE_RULES: readonly ClockChangeRule[] = [
  'once',
  'second',
  'twice',
  'late',
  'late-first',
];

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

function valuesOf(field: string, size: number, names: readonly string[] = []): ReadonlySet<number> {
  const numberOf = (text: string) => {
    const number = names.includes(text) ? names.indexOf(text) : Number(text);
    if (!(Number.isInteger(number) && number >= 0 && number < size))
      throw new Error(`expected a value below ${size}, got ${text}`);
    return number;
  };
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', step] = part.split('/');
    const [first = '', last = step === undefined ? first : undefined] = range.split('-');
    const from = first === '*' ? 0 : numberOf(first);
    const to = first === '*' || last === undefined ? size - 1 : numberOf(last);
    if (to < from) throw new Error(`expected ascending values, got ${part}`);
    for (let value = from; value <= to; value += step === undefined ? 1 : Number(step)) values.add(value);
  }
  return values;
}

/** For each minute of the week whether it is due. @throws for an expression that is not weekly. */
export function weeklyCron(expression: string): Uint8Array {
  const fields = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/.exec(expression);
  const [, minute = '', hour = '', dayOfMonth, month, dayOfWeek = '', year] = fields ?? [];
  const anyDay = dayOfMonth === '*' && dayOfWeek === '?';
  if (!fields || month !== '*' || year !== '*' || !(dayOfMonth === '?' || anyDay))
    throw new Error(`expected a weekly cron expression with six fields, got ${expression}`);
  const days = valuesOf(anyDay ? '*' : dayOfWeek, 7, DAYS);
  const due = new Uint8Array(WEEK_MINUTES);
  for (const day of days)
    for (const h of valuesOf(hour, 24))
      for (const m of valuesOf(minute, 60)) due[day * 24 * 60 + h * 60 + m] = 1;
  return due;
}

/** Which minutes of the local week fall due as time goes on. */
export interface DueMinutes {
  /** At each minute the one that is due, -1 for none. */
  readonly onTime: Int16Array;
  /** At a few minutes, those that were skipped and are due now. */
  readonly skipped: ReadonlyMap<number, readonly number[]>;
}

const cache = new WeakMap<LocalClock, Map<ClockChangeRule, DueMinutes>>();

export function dueMinutes(clock: LocalClock, rule: ClockChangeRule): DueMinutes {
  const byRule = cache.get(clock) ?? new Map<ClockChangeRule, DueMinutes>();
  cache.set(clock, byRule);
  const known = byRule.get(rule);
  if (known) return known;
  const runs = (minute: number): boolean => {
    if (clock.repeated[minute] === 1) return rule === 'twice' || rule === 'second';
    return !(rule === 'second' && clock.toRepeat[minute] === 1);
  };
  const due: DueMinutes = {
    onTime: clock.weekMinute.map((shown, minute) => (runs(minute) ? shown : -1)),
    skipped: rule === 'late' || rule === 'late-first' ? clock.skippedBefore : new Map(),
  };
  byRule.set(rule, due);
  return due;
}
