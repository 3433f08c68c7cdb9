import { fieldOf } from '../core/field.ts';
import { type HeaderEvent, headerValues } from '../core/http-event.ts';
import { remainingMsOf } from '../core/remaining-time.ts';

/** How long the caller of an HTTP event waits, in milliseconds. What is no whole number is ignored. */
function saidBy(event: HeaderEvent, header: string | undefined): readonly number[] {
  if (header === undefined) return [];
  return headerValues(event, header)
    .filter((value) => /^-?\d{1,9}$/.test(value))
    .map(Number);
}

/** What is left until the moment that an event says is its last, in milliseconds. */
function untilExpiry(event: unknown, now: number): readonly number[] {
  const expiresAt = fieldOf(event, ['detail', 'metadata', 'expiresAt']);
  const at = typeof expiresAt === 'string' ? Date.parse(expiresAt) : Number.NaN;
  return Number.isNaN(at) ? [] : [at - now];
}

/**
 * What an invocation has left, in milliseconds: that of Lambda, and no more than its event allows. The sender of an event can
 * shorten the time, and never make it longer.
 * @param now The wall clock.
 */
export function timeLeftOf(
  event: unknown,
  context: unknown,
  header: string | undefined,
  now: number,
): number {
  const lambdaMs = remainingMsOf(context) ?? Number.POSITIVE_INFINITY;
  if (typeof event !== 'object' || event === null) return lambdaMs;
  return Math.min(lambdaMs, ...saidBy(event, header), ...untilExpiry(event, now));
}
