import type { Random } from './random.ts';

/**
 * Full jitter: anything up to a bound that doubles with each attempt.
 * @see https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 */
export const fullJitter =
  (random: Random, baseDelayMs: number, maxDelayMs: number) =>
  (attempt: number): number =>
    random.next() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1));
