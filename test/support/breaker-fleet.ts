import { expect } from 'vitest';
import type { SharedBreakerOptions } from '../../lib/breaker/options.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';
import { failing, refusal } from './outcomes.ts';
import { ENOUGH_FAILURES as ENOUGH, KEY, times } from './shared-breaker.ts';

/**
 * So many sandboxes on one store and one clock. With a chance of 0 each does all that it ever does a share of.
 */
export function fleet(size: number, given: Partial<SharedBreakerOptions> = {}, chance: number | 'drawn' = 0) {
  const clock = fakeClock();
  const store = given.store ?? memoryStore();
  const sandboxes = Array.from({ length: size }, (_, index) => {
    const drawn = seededRandom(index + 1);
    const random = chance === 'drawn' ? drawn : { ...drawn, next: () => chance };
    const breaker = sharedBreaker({ openMs: 5_000, ...given, name: 'posts', store, clock, random });
    const call = <T>(work: () => Promise<T>): Promise<unknown> =>
      breaker.execute(work).catch((error: unknown) => error);
    return {
      ...breaker,
      get state() {
        return breaker.state;
      },
      get retryFraction() {
        return breaker.retryFraction;
      },
      call,
      fails: () => call(failing),
      refuses: () => call(() => Promise.reject(refusal())),
      works: () => call(async () => 'ok'),
    };
  });
  const [first, second] = [sandboxes[0], sandboxes[1] ?? sandboxes[0]];
  if (!first || !second) throw new Error('A fleet has at least one sandbox');
  const verdict = () => store.get(KEY);
  return { clock, store, first, second, sandboxes, verdict };
}

/** How long it stays open after a probe that does not come back. */
export const LEASE_MS = 6_615;

export async function opened(size = 2, given: Partial<SharedBreakerOptions> = {}) {
  const world = fleet(size, given);
  await times(ENOUGH, world.first.fails);
  expect(await world.verdict()).toMatchObject({ state: 'open', epoch: 1 });
  return world;
}
