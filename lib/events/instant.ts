const INSTANT = /^(\d{4}-\d{2}-(\d{2}))T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Whether a text is a moment of ISO 8601: date, time and offset, on a day that exists. `Date` takes February 30 too. */
export function isInstant(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  const [, date = '', day] = INSTANT.exec(text) ?? [];
  return !Number.isNaN(Date.parse(text)) && new Date(date).getUTCDate() === Number(day);
}
