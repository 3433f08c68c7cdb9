const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** What a fast platform needs to come up. In its own time that is minutes. */
const FAST_MINUTES = 10;
const SLOW_MINUTES = 2;

/** A minute that is not far off, when the app will be deployed. Milliseconds since 1970. */
export const nearMinute = (now: number, timeScale: number): number =>
  (Math.ceil(now / MINUTE_MS) + (timeScale > 1 ? FAST_MINUTES : SLOW_MINUTES)) * MINUTE_MS;

/** `2022-03-22T18:59:00Z`, as Scheduler writes times. */
export const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

/** The clock on a wall in a time zone, as if it were UTC. */
function wallOf(ms: number, timeZone: string): Date {
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  return new Date(`${parts.format(ms).replace(' ', 'T')}Z`);
}

interface Expression {
  readonly key: string;
  readonly title: string;
  readonly expression: string;
  readonly zone?: string;
  /** Whether it is never due while somebody looks. */
  readonly never?: true;
}

const at = (wall: Date): string => `at(${wall.toISOString().slice(0, 19)})`;

/** Expressions that are due in one minute and not before it, and some that are not. */
export function expressionsFor(ms: number): readonly Expression[] {
  const utc = new Date(ms);
  const [minute, hour, day] = [utc.getUTCMinutes(), utc.getUTCHours(), utc.getUTCDate()];
  const [month, weekday, year] = [utc.getUTCMonth() + 1, utc.getUTCDay(), utc.getUTCFullYear()];
  const tomorrow = new Date(ms + DAY_MS);
  const cron = (fields: string) => `cron(${fields})`;
  const inZone = (zone: string) => {
    const wall = wallOf(ms, zone);
    return cron(
      `${wall.getUTCMinutes()} ${wall.getUTCHours()} ${wall.getUTCDate()} ${wall.getUTCMonth() + 1} ? *`,
    );
  };
  return [
    { key: 'at-utc', title: 'at runs at its time, in UTC', expression: at(utc) },
    ...['America/New_York', 'Asia/Kolkata'].map((zone) => ({
      ...{ key: `at-${zone.split('/')[1]}`, title: `at takes the time of ${zone}`, zone },
      expression: at(wallOf(ms, zone)),
    })),
    {
      key: 'cron-date',
      title: 'cron takes a minute, hour, day, month and year',
      expression: cron(`${minute} ${hour} ${day} ${month} ? ${year}`),
    },
    {
      key: 'cron-weekday',
      title: 'cron takes a day of the week by its name',
      expression: cron(`${minute} ${hour} ? * ${DAYS[weekday]} *`),
    },
    {
      key: 'cron-number',
      title: 'cron counts the days of the week from Sunday, 1',
      expression: cron(`${minute} ${hour} ? * ${weekday + 1} *`),
    },
    {
      key: 'cron-month',
      title: 'cron takes a month by its name',
      expression: cron(`${minute} ${hour} ${day} ${MONTHS[month - 1]} ? *`),
    },
    {
      key: 'cron-list',
      title: 'cron takes lists',
      expression: cron(`${minute} ${hour} ${day},${tomorrow.getUTCDate()} * ? *`),
    },
    {
      key: 'cron-range',
      title: 'cron takes ranges',
      expression: cron(`${minute} ${hour} ? JAN-DEC SUN-SAT ${year}-${year + 1}`),
    },
    { key: 'cron-step', title: 'cron takes steps', expression: cron(`${minute} ${hour} ${day}/1 * ? *`) },
    {
      key: 'cron-nth',
      title: 'cron takes the n-th of a day of the week in a month',
      expression: cron(`${minute} ${hour} ? * ${weekday + 1}#${Math.ceil(day / 7)} *`),
    },
    ...['America/New_York', 'Asia/Kolkata', 'Australia/Eucla'].map((zone) => ({
      ...{ key: `cron-${zone.split('/')[1]}`, title: `cron takes the time of ${zone}`, zone },
      expression: inZone(zone),
    })),
    {
      key: 'never-day',
      title: 'cron does not run on another day of the week',
      expression: cron(`${minute} ${hour} ? * ${DAYS[(weekday + 1) % 7]} *`),
      never: true,
    },
    {
      key: 'never-year',
      title: 'cron does not run in another year',
      expression: cron(`${minute} ${hour} ${day} ${month} ? ${year + 1}`),
      never: true,
    },
  ];
}
