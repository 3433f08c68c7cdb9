import type { Random } from './random.ts';

/**
 * Chance that is the same for the same seed: a run that failed can be had again. Tokens repeat with the seed too, so give
 * each sandbox of a simulation a seed of its own. It is Mulberry32: quick, evenly spread, and nothing for secrets.
 * @param seed Any integer; its lowest 32 bits count.
 * @example
 * ```ts
 * const throwsOf = (seed: number) => {
 *   const random = seededRandom(seed);
 *   return [random.next(), random.next(), random.token()];
 * };
 * console.log(throwsOf(7), throwsOf(7)); // the same, twice
 * ```
 */
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
