import type { Random } from '../../lib/core/random.ts';

/** Mulberry32: small, and the same for the same seed. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  let tokens = 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
    token: () => `token-${seed}-${++tokens}`,
  };
}
