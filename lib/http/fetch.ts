import { systemClock } from '../core/clock.ts';
import { clientFor } from './agents.ts';
import type { FetchAnswer } from './answer.ts';
import { NoAnswerError } from './errors.ts';
import { exchange } from './exchange.ts';
import { checkFetchOptions, checkUrl, type FetchOptions, headersOf } from './options.ts';

const REPEATABLE: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * One call over HTTP, for use inside the policies: it ends with the whole body, so that what bounds the call bounds the
 * body too, and each of its errors says what a retry and a breaker need to know. Redirects are not followed, compressed
 * answers refused.
 * @throws {HttpStatusError} for any status but 200 to 299.
 * @throws {ResponseTooLargeError} for a body of more than `maxBytes`, read no further.
 * @throws {EncodedAnswerError} for a compressed body.
 * @throws {NoAnswerError} when the network or the service fails before the answer is whole.
 * @throws {InvalidOptionError} for a bad option, or a URL that is none of http: or https: or has credentials in it.
 * @throws the reason of `signal` once that aborts.
 * @example
 * ```ts
 * const rates = resilient<unknown>({ name: 'rates', attemptTimeoutMs: 800, retry: { attempts: 2 } });
 * const rate = await rates.execute(async ({ signal }) => {
 *   const answer = await resilientFetch('https://rates.example/eur', { signal, maxBytes: 10_000 });
 *   return answer.json();
 * });
 * ```
 */
export async function resilientFetch(url: string | URL, options: FetchOptions): Promise<FetchAnswer> {
  const {
    signal,
    method = 'GET',
    body,
    maxBytes = 1_048_576,
    agents = {},
    ...rest
  } = checkFetchOptions(options);
  const { idempotent = REPEATABLE.includes(method), clock = systemClock } = rest;
  const target = checkUrl(url);
  const sending = {
    url: target,
    host: target.host,
    client: clientFor(target, agents),
    method,
    headers: headersOf(options),
    body,
    maxBytes,
    clock,
  };
  try {
    return await exchange(sending, signal);
  } catch (error) {
    if (!(idempotent && error instanceof NoAnswerError && error.staleConnection)) throw error;
  }
  return exchange(sending, signal);
}
