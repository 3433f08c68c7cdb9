import type { Random } from '../core/random.ts';
import { parseRetryAfter } from '../core/retry-after.ts';

/**
 * Full jitter: anything up to a bound that doubles with each attempt.
 * @see https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 */
export const fullJitter =
  (random: Random, baseDelayMs: number, maxDelayMs: number) =>
  (attempt: number): number =>
    random.next() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1));

type Headers = { readonly get?: unknown } & Readonly<Record<string, unknown>>;

/** What a set of headers says under `retry-after`, as fetch, axios, got and the AWS SDK keep them. */
const retryAfterIn = (headers: Headers | undefined): unknown =>
  typeof headers?.get === 'function'
    ? headers.get('retry-after')
    : (headers?.['retry-after'] ?? headers?.['Retry-After']);

/**
 * How long whoever refused a call wants to be left alone, in milliseconds; 0 where an error does not say. Looks at
 * `retryAfterMs`, at `retryAfterSeconds` (as Lambda has it) and at the headers of an answer that an error carries.
 * @param now The wall clock, since a date may be given.
 */
export function askedWaitMs(error: unknown, now: number): number {
  const { retryAfterMs, retryAfterSeconds, headers, response, $response } = (error ?? {}) as {
    retryAfterMs?: unknown;
    retryAfterSeconds?: unknown;
    headers?: Headers;
    response?: { headers?: Headers };
    $response?: { headers?: Headers };
  };
  if (typeof retryAfterMs === 'number') return retryAfterMs;
  const told =
    retryAfterSeconds ??
    [headers, response?.headers, $response?.headers].map(retryAfterIn).find((value) => value != null);
  return parseRetryAfter(told == null ? undefined : String(told), now) ?? 0;
}
