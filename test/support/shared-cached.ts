import { type SharedCache, type SharedCacheOptions, sharedCache } from '../../lib/cache/index.ts';
import { sleep } from '../../lib/core/clock.ts';
import { StoreError } from '../../lib/core/errors.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import type { Item, Store } from '../../lib/core/store.ts';
import { type FakeClock, fakeClock, memoryStore, seededRandom } from '../../lib/testing/index.ts';

/** How a store answers. */
interface Link {
  /** Milliseconds; Infinity: never. */
  delayMs: number;
  refuses: boolean;
  /** Whether what is written is applied, and its answer lost. */
  losesAnswers: boolean;
  readonly requests: ('get' | 'put' | 'refused')[];
}

/** A store of its own speed and faults in front of another one. */
function linked(inner: Store, clock: FakeClock, link: Link): Store {
  async function arrive(signal: AbortSignal | undefined): Promise<void> {
    if (link.refuses) throw new StoreError('refused', { retryable: true });
    await sleep(clock, link.delayMs / 2, signal);
  }
  return {
    name: inner.name,
    async get(key, options) {
      link.requests.push('get');
      await arrive(options?.signal);
      const item = await inner.get(key);
      await sleep(clock, link.delayMs / 2, options?.signal);
      return item;
    },
    async put(key, item, options) {
      link.requests.push('put');
      await arrive(options?.signal);
      const result = await inner.put(key, item, options);
      if (!result.applied) link.requests.push('refused');
      await sleep(clock, link.losesAnswers ? Infinity : link.delayMs / 2, options?.signal);
      return result;
    },
    delete: (key, options) => inner.delete(key, options),
  };
}

export interface SharedFleet<T> {
  readonly clock: FakeClock;
  readonly link: Link;
  /** One cache for each environment. */
  readonly caches: readonly SharedCache<T>[];
  at(index: number): SharedCache<T>;
  readonly events: PolicyEvent[];
  /** The one item of the table. */
  item(): Promise<Item>;
  /** Writes something else in its place. */
  overwrite(item: Item): Promise<unknown>;
  /** Does something before the next write arrives. */
  meddle(act: () => Promise<unknown>): void;
}

/** Environments with one shared cache, on a store that answers after 4 ms. */
export function sharedFleet<T>(size: number, given: Partial<SharedCacheOptions<T>> = {}): SharedFleet<T> {
  const clock = fakeClock();
  const inner = memoryStore('table');
  const link: Link = { delayMs: 4, refuses: false, losesAnswers: false, requests: [] };
  let itemKey = '';
  let meddling: (() => Promise<unknown>) | undefined;
  const noting: Store = {
    ...inner,
    async put(key, item, options) {
      itemKey = key;
      const act = meddling;
      meddling = undefined;
      await act?.();
      return inner.put(key, item, options);
    },
  };
  const events: PolicyEvent[] = [];
  const caches = Array.from({ length: size }, (_, n) =>
    sharedCache<T>({
      ...{ name: 'kept', ttlMs: 60_000, ttlJitter: 0, store: linked(noting, clock, link), clock },
      random: seededRandom(n + 1),
      onEvent: (event) => events.push(event),
      ...given,
    }),
  );
  return {
    clock,
    link,
    caches,
    at(index) {
      const found = caches[index];
      if (!found) throw new Error(`no environment ${index}`);
      return found;
    },
    events,
    item: async () => (await inner.get(itemKey)) ?? {},
    overwrite: (item) => inner.put(itemKey, item),
    meddle(act) {
      meddling = act;
    },
  };
}
