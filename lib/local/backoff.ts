import type { Random } from '../core/random.ts';

const FIRST_DELAY_MS = 1_000;

/**
 * The wait of the platform before a retry, counted from 1: a second, doubling up to `maxMs`, and of that the half to the
 * whole. AWS says "exponential back-off and jitter" without numbers, so the jitter is the mildest that still spreads a herd.
 */
export function backoffMs(retryAttempt: number, maxMs: number, random: Random): number {
  // 2 ** 20 seconds are beyond any maximum; higher powers would end in Infinity.
  const fullMs = Math.min(maxMs, FIRST_DELAY_MS * 2 ** Math.min(Math.max(retryAttempt - 1, 0), 20));
  return fullMs * (0.5 + random.next() / 2);
}
