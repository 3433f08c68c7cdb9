import type { IncomingMessage } from 'node:http';
import { noteEarlierAttempts } from '../core/attempt-facts.ts';
import { systemClock } from '../core/clock.ts';
import { clientFor } from './agents.ts';
import type { FetchAnswer } from './answer.ts';
import { NoAnswerError } from './errors.ts';
import { exchange } from './exchange.ts';
import { type FetchOptions, readRequest, readUrl } from './options.ts';
import { readAnswer } from './read.ts';

/**
 * One HTTP call, for use inside the policies. It ends with the whole body, so that what bounds the call bounds the body
 * too, and each of its errors says what a retry and a breaker need to know. Redirects are not followed, compressed responses
 * are refused.
 *
 * Connections are kept alive. A request is written only to one that the service has not closed: what has arrived is read
 * first, and a connection that was idle longer than its `Keep-Alive: timeout` is not used. A request that is not idempotent
 * does not use one that was idle for 4 s or more either, where the service announces no timeout. Only an idempotent request
 * is ever sent a second time once the service may have received it.
 * @throws {HttpStatusError} for any status but 200 to 299, with the headers and the first 16 KiB of the body.
 * @throws {ResponseTooLargeError} for a body of more than `maxBytes`, read no further.
 * @throws {EncodedAnswerError} for a compressed body.
 * @throws {NoAnswerError} when the network or the service fails before the response is complete.
 * @throws {InvalidOptionError} for a bad option, or a URL that is not http: or https:, or has credentials in it.
 * @throws the reason of `signal` once that aborts.
 * @example
 * ```ts
 * const rates = resilient<unknown>({ name: 'rates', attemptTimeoutMs: 800 });
 * const rate = await rates.execute(async ({ signal }) => {
 *   const answer = await boundedFetch('https://rates.example/eur', { signal, maxBytes: 10_000 });
 *   return answer.json();
 * });
 * ```
 */
export async function boundedFetch(url: string | URL, options: FetchOptions): Promise<FetchAnswer> {
  const request = readRequest(options);
  const target = readUrl(url);
  const { signal, maxBytes = 1_048_576, agents = {}, clock = systemClock } = options;
  const client = clientFor(target, agents);
  const reading = { host: target.host, method: request.method, maxBytes, clock };
  const read = (response: IncomingMessage) => readAnswer(response, reading);
  const sending = { ...request, host: target.host, client, clock, read };
  let stale: unknown;
  try {
    return await exchange(sending, signal);
  } catch (error) {
    if (!(request.repeatable && error instanceof NoAnswerError && error.staleConnection)) throw error;
    stale = error;
  }
  try {
    return await exchange({ ...sending, sentBefore: true }, signal);
  } catch (error) {
    noteEarlierAttempts(error, [stale]);
    throw error;
  }
}
