import { contextLeftMs } from '../core/invocation-context.ts';
import { DEADLINE_HEADER } from './options.ts';

/**
 * How long what runs here may still take, in milliseconds: the invocation's time, or that of the attempt of a protected call
 * that it is part of. Undefined where nothing is known to limit it.
 * @example
 * ```ts
 * if ((remainingMs() ?? 0) > 500) console.log('There is time for the long way');
 * ```
 */
export function remainingMs(): number | undefined {
  const leftMs = contextLeftMs();
  return leftMs < Infinity ? leftMs : undefined;
}

/**
 * The header that says to the called service how long the answer is waited for, where a deadline is known. It is a length of
 * time, so that clocks need not agree, and for a call that is waited for: an event carries an explicit `expiresAt`.
 * @param header Its name. Default `x-request-timeout-ms`.
 * @example
 * ```ts
 * const rates = resilient<string>({ name: 'rates' });
 * const rate = await rates.execute(async ({ signal }) => {
 *   const answer = await boundedFetch('https://rates.example/eur', { signal, headers: deadlineHeaders() });
 *   return answer.text();
 * });
 * ```
 */
export function deadlineHeaders(header: string = DEADLINE_HEADER): Readonly<Record<string, string>> {
  const leftMs = remainingMs();
  return leftMs === undefined ? {} : { [header]: String(Math.floor(leftMs)) };
}
