/** The three forms of a date in HTTP, the one to send and the two to understand. `Date.parse` alone takes almost anything. */
const DATES: readonly RegExp[] = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
];

/**
 * The wait that a `Retry-After` asks for, in milliseconds: 0 for a date that has passed, undefined for what is neither a
 * number of seconds nor a date.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,10}$/.test(value)) return Number(value) * 1_000;
  if (!DATES.some((form) => form.test(value))) return undefined;
  // The oldest form names no zone and means GMT too.
  const at = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

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
export function retryAfterMs(error: unknown, now: number): number | undefined {
  const {
    retryAfterMs: ms,
    retryAfterSeconds,
    headers,
    response,
    $response,
  } = (error ?? {}) as {
    retryAfterMs?: unknown;
    retryAfterSeconds?: unknown;
    headers?: Headers;
    response?: { headers?: Headers };
    $response?: { headers?: Headers };
  };
  if (typeof ms === 'number') return ms;
  const told =
    retryAfterSeconds ??
    [headers, response?.headers, $response?.headers].map(retryAfterIn).find((value) => value != null);
  return parseRetryAfter(told == null ? undefined : String(told), now) ?? 0;
}
