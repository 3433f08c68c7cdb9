import { expect } from 'vitest';
import type { SharedBreakerOptions } from '../../lib/breaker/options.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { StoreError } from '../../lib/core/errors.ts';
import type { CountingStore } from '../../lib/core/store.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';
import { failing, never } from './outcomes.ts';
import { ENOUGH_FAILURES as ENOUGH, KEY, times } from './shared-breaker.ts';

export const broken = () => Promise.reject(new StoreError('down'));
export type Trouble = Pick<CountingStore, 'get' | 'put' | 'add'>;
export const BROKEN: Trouble = { get: broken, put: broken, add: broken };
export const HANGS: Trouble = { get: never, put: never, add: never };

/** One sandbox on a store that can be put into trouble. With a chance of 0 it does all that it ever does a share of. */
export function sandbox(given: Partial<SharedBreakerOptions> = {}) {
  const clock = fakeClock();
  const inner = memoryStore();
  let now: Trouble = inner;
  const store: CountingStore = {
    ...inner,
    get: (...args) => now.get(...args),
    put: (...args) => now.put(...args),
    add: (...args) => now.add(...args),
  };
  const random = { ...seededRandom(1), next: () => 0 };
  const breaker = sharedBreaker({ openMs: 5_000, random, ...given, store, name: 'posts', clock });
  const call = <T>(work: () => Promise<T>): Promise<unknown> =>
    breaker.execute(work).catch((error: unknown) => error);
  return {
    clock,
    inner,
    breaker,
    call,
    trouble: (next: Trouble = inner) => {
      now = next;
    },
    fails: () => call(failing),
    works: () => call(async () => 'ok'),
  };
}

export async function opened() {
  const world = sandbox();
  await times(ENOUGH, world.fails);
  expect(await world.inner.get(KEY)).toMatchObject({ state: 'open' });
  return world;
}
