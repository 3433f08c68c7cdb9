import { durationOf } from '../time.ts';
import { UsageError } from '../usage.ts';

/** Longer than anything that is simulated. */
const LONGEST_MS = 3_600_000;

const wrong = (name: string, expected: string, text: string) =>
  new UsageError(`--${name}: expected ${expected}, got ${JSON.stringify(text)}`);

/** @throws {UsageError} for what is no number in that range. */
export function numberIn(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most) return value;
  throw wrong(name, `a number from ${least} to ${most}`, text);
}

/** @throws {UsageError} for what is no integer in that range. */
export function integerIn(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most && Number.isInteger(value)) return value;
  throw wrong(name, `an integer from ${least} to ${most}`, text);
}

/**
 * Milliseconds of what is written as `200ms`, `3s` or `2m`.
 * @throws {UsageError} for what is not, or longer than an hour.
 */
export function durationIn(name: string, text: string): number {
  const ms = durationOf(text, /^(\d+(?:\.\d+)?)(ms|s|m)$/);
  if (ms <= LONGEST_MS) return ms;
  throw wrong(name, 'a duration up to an hour, as 200ms, 3s or 2m', text);
}

/**
 * Milliseconds of what is written as `1d`, `+10s` or `-1d`.
 * @throws {UsageError} for what is not, or longer than `mostMs` either way.
 */
export function signedDurationIn(name: string, text: string, mostMs: number): number {
  const ms = durationOf(text, /^([+-]?\d+(?:\.\d+)?)(ms|s|m|h|d)$/);
  if (Math.abs(ms) <= mostMs) return ms;
  throw wrong(name, 'a duration up to a year, as 10s, 1d or -1d', text);
}

/** @throws {UsageError} for what is none of them. */
export function oneIn<V extends string>(name: string, text: string, all: readonly V[]): V {
  const found = all.find((each) => each === text);
  if (found !== undefined) return found;
  throw wrong(name, `one of ${all.join(', ')}`, text);
}

/**
 * Milliseconds of what is written as `10s..40s`.
 * @throws {UsageError} for what is not, or ends before it begins.
 */
export function spanIn(name: string, text: string): { readonly fromMs: number; readonly toMs: number } {
  const [from = '', to = '', ...more] = text.split('..');
  if (to === '' || more.length > 0) throw wrong(name, 'FROM..TO, as 10s..40s', text);
  const span = { fromMs: durationIn(name, from), toMs: durationIn(name, to) };
  if (span.fromMs < span.toMs) return span;
  throw wrong(name, 'a span that ends after it begins', text);
}
