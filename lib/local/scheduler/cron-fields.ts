import { LocalRunError } from '../problem.ts';

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names for the values, from `min` on. */
  readonly names?: readonly string[];
  /** Whether "/" makes steps here. */
  readonly steps: boolean;
  /** What only this field knows, as the pattern for croner; undefined for anything else. */
  readonly special?: (item: string, number: (text: string) => number | undefined) => string | undefined;
}

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

const DAY_OF_MONTH: Field = {
  name: 'day-of-month',
  min: 1,
  max: 31,
  steps: true,
  special(item, number) {
    if (item === 'L') return 'L';
    const nearest = item.endsWith('W') ? number(item.slice(0, -1)) : undefined;
    return nearest === undefined ? undefined : `${nearest}W`;
  },
};

const DAY_OF_WEEK: Field = {
  name: 'day-of-week',
  min: 1,
  max: 7,
  names: DAYS,
  steps: false,
  special(item, number) {
    // Alone it is the last day of the week; croner would take it for the last of each weekday in the month.
    if (item === 'L') return '7';
    const last = item.endsWith('L') ? number(item.slice(0, -1)) : undefined;
    if (last !== undefined) return `${last}L`;
    const [, day = '', nth] = /^(\w+)#([1-5])$/.exec(item) ?? [];
    const weekday = number(day);
    return weekday === undefined ? undefined : `${weekday}#${nth}`;
  },
};

const FIELDS: readonly Field[] = [
  { name: 'minutes', min: 0, max: 59, steps: true },
  { name: 'hours', min: 0, max: 23, steps: true },
  DAY_OF_MONTH,
  { name: 'month', min: 1, max: 12, names: MONTHS, steps: true },
  DAY_OF_WEEK,
  { name: 'year', min: 1970, max: 2199, steps: true },
];

function numberIn(field: Field, text: string): number | undefined {
  const named = field.names?.indexOf(text) ?? -1;
  if (named >= 0) return field.min + named;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.min && value <= field.max ? value : undefined;
}

/** One item of a comma-separated list in croner's terms; undefined when it is not one. */
function translateItem(field: Field, item: string): string | undefined {
  const number = (text: string) => numberIn(field, text);
  const special = field.special?.(item, number);
  if (special !== undefined) return special;

  const [, from = '', to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d{1,3}))?$/.exec(item) ?? [];
  if (step !== undefined && (!field.steps || Number(step) < 1)) return undefined;
  const suffix = step === undefined ? '' : `/${Number(step)}`;
  if (from === '*') return to === undefined ? `*${suffix}` : undefined;
  const first = number(from);
  // A start with a step goes on to the end of the field; croner wants that end spelt out.
  const last = to === undefined ? (step === undefined ? first : field.max) : number(to);
  if (first === undefined || last === undefined || first > last) return undefined;
  return first === last ? String(first) : `${first}-${last}${suffix}`;
}

/**
 * AWS's six fields as the seven of croner, with seconds in front and day 1 as Sunday (`alternativeWeekdays`).
 * @throws {LocalRunError} for what EventBridge refuses too.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
export function cronerPattern(expression: string, fields: string): string {
  const refuse = (expected: string): never => {
    throw new LocalRunError(`Schedule expression "${expression}": expected ${expected}`);
  };
  const values = fields.trim().split(/\s+/);
  if (values.length !== FIELDS.length) {
    refuse(`six fields (minutes hours day-of-month month day-of-week year), got ${values.length}`);
  }
  const [, , dayOfMonth, , dayOfWeek = ''] = values;
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    refuse('"?" in exactly one of day-of-month and day-of-week');
  }
  if (dayOfWeek.includes('#') && dayOfWeek.includes(',')) refuse('a "#" in day-of-week to stand alone');

  const translated = FIELDS.map((field, index) => {
    const value = (values[index] ?? '').toUpperCase();
    const isDay = field === DAY_OF_MONTH || field === DAY_OF_WEEK;
    // The other day field decides; "*" is how croner says that this one does not.
    if (value === '?' && isDay) return '*';
    const items = value.split(',').map((item) => translateItem(field, item));
    return items.includes(undefined)
      ? refuse(
          `${field.name} to be ${field.min}-${field.max}${field.names ? ` or ${field.names[0]}-${field.names.at(-1)}` : ''} with AWS's wildcards, got "${values[index]}"`,
        )
      : items.join(',');
  });
  return ['0', ...translated].join(' ');
}
