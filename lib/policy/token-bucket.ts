import type { Clock } from '../core/clock.ts';

/** Fractions do not add up exactly. Milliseconds. */
const ROUNDING_MS = 1e-6;

export interface TokenBucket {
  /** In how many milliseconds so many tokens are there, if no other is taken. 0: now. */
  freeInMs(tokens: number): number;
  take(tokens: number): void;
}

/**
 * Tokens that come at a steady rate, and of which at most `burst` are kept. All that it knows is when it is full again: a pause, or
 * a freeze, fills it and no more. A clock that goes back makes no token.
 * @see Turner, New Directions in Communications (1986), "leaky bucket"; ITU-T I.371, GCRA
 */
export function tokenBucket(clock: Clock, perSecond: number, burst: number): TokenBucket {
  const tokenMs = 1_000 / perSecond;
  let latest = -Infinity;
  let fullAt = -Infinity;
  const now = () => {
    latest = Math.max(latest, clock.monotonic());
    return latest;
  };
  const fullAfter = (tokens: number) => Math.max(now(), fullAt) + tokens * tokenMs;

  return {
    freeInMs(tokens) {
      const waitMs = fullAfter(tokens) - burst * tokenMs - now();
      return waitMs > ROUNDING_MS ? waitMs : 0;
    },
    take(tokens) {
      fullAt = fullAfter(tokens);
    },
  };
}
