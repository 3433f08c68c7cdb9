import { errorChain } from './error-chain.ts';
import { propertyOf } from './property.ts';
import { answersOf } from './status.ts';

/** Longer text is taken for this, so that 400 digits are a finite time too. Seconds: 30,000 years. */
const MAX_AMOUNT = 1e12;

/** What the three forms of a date in HTTP have in common. `Date.parse` alone takes almost anything. */
const DATE = /^[A-Z][a-z]+,? .+ \d\d:\d\d:\d\d( GMT| \d{4})$/;

/** A number of milliseconds to wait. Undefined for what is none: NaN, Infinity, below 0, not a number. */
export const waitMs = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value < Infinity ? value : undefined;

/** The same for text, which is a whole number of such units. */
const textMs = (value: unknown, unitMs: number): number | undefined =>
  typeof value === 'string' && /^\d+$/.test(value) ? Math.min(Number(value), MAX_AMOUNT) * unitMs : undefined;

/**
 * The wait that a `Retry-After` asks for, in milliseconds: 0 for a date that has passed, undefined for what is neither a
 * number of seconds nor a date. However long it is: what is too long is for the caller to decide.
 * @param now The wall clock. Milliseconds since 1970.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export function parseRetryAfter(value: unknown, now: number): number | undefined {
  if (typeof value !== 'string' || !DATE.test(value)) return textMs(value, 1_000);
  // The oldest form names no zone and means GMT too. A day or a month that does not exist makes NaN.
  return waitMs(Math.max(0, Date.parse(value.endsWith('GMT') ? value : `${value} GMT`) - now));
}

/** What headers ask for: a Headers or a Map, axios' own kind, a plain object. Names in any case, the first value of several. */
function askedIn(headers: unknown, now: number): number | undefined {
  // Most errors have none, and to throw and catch an error takes 20 µs.
  if (!headers) return undefined;
  try {
    const { entries } = headers as Partial<Map<string, unknown>>;
    const all = [...(entries?.call(headers as Map<string, unknown>) ?? Object.entries(headers as object))];
    const values = Object.fromEntries(all.map(([name, value]) => [name.toLowerCase(), [value].flat()[0]]));
    return textMs(values['retry-after-ms'], 1) ?? parseRetryAfter(values['retry-after'], now);
  } catch {
    return undefined;
  }
}

/**
 * How long the service that refused a call asks its callers to wait, in milliseconds. Undefined where neither the error nor
 * what caused it says so. Reads `retryAfterMs`, `retryAfterSeconds` (the SDK's Lambda client) and the headers
 * `retry-after-ms` and `retry-after` of the answer that an error carries, the more exact one first.
 * @param now The wall clock, since a date may be given. Milliseconds since 1970.
 */
export const retryAfterMs = (error: unknown, now: number): number | undefined =>
  errorChain(error)
    .flatMap((link) => {
      const seconds = propertyOf(link, 'retryAfterSeconds');
      return [
        waitMs(propertyOf(link, 'retryAfterMs')),
        // A number in some clients of the SDK, text in that of Lambda.
        typeof seconds === 'number' ? waitMs(seconds * 1_000) : textMs(seconds, 1_000),
        ...answersOf(link).map((answer) => askedIn(propertyOf(answer, 'headers'), now)),
      ];
    })
    .find((asked) => asked !== undefined);
