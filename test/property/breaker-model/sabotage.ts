import { SHARED_PROBES } from '../../../lib/breaker/constants.ts';
import type { CircuitBreaker } from '../../../lib/breaker/permit.ts';
import type { CountingStore, Item, WriteOptions } from '../../../lib/core/store.ts';
import { KEY } from './network.ts';
import { SLOT_MS } from './reports.ts';

type Execute = CircuitBreaker['execute'];

/** How a variant is broken on purpose: in what it asks of the store and is answered, or in what its callers get. */
export interface Sabotage {
  readonly store?: (store: CountingStore) => CountingStore;
  readonly execute?: (execute: Execute, store: CountingStore) => Execute;
}

type Write = readonly [item: Item, options: WriteOptions];

/** A breaker that writes other states than it should, or under other conditions. Undefined: as it should. */
export const writes = (change: (item: Item, options: WriteOptions) => Write | undefined): Sabotage => ({
  store: (store) => ({
    ...store,
    put(key, item, options = {}) {
      const [other, under] = (key === KEY && change(item, options)) || [item, options];
      return store.put(key, other, under);
    },
  }),
});

export const changed =
  (change: Item) =>
  (item: Item, options: WriteOptions): Write => [{ ...item, ...change }, options];
export const unconditional = (item: Item, { signal }: WriteOptions): Write => [item, { signal }];

/** Compares all but some attributes. */
export const without = (attribute: string, item: Item, { when = [], signal }: WriteOptions): Write => [
  item,
  {
    signal,
    when: when.map((clause) =>
      clause === 'absent' ? clause : clause.filter((each) => each.attribute !== attribute),
    ),
  },
];

export const isClosing = (item: Item): boolean => item['state'] === 'closed' && Number(item['epoch']) > 0;
export const isTrip = (item: Item): boolean =>
  item['state'] === 'open' && !item['isProbing'] && item['by'] === '';
export const closed = (item: Item): Item => ({
  ...item,
  ...{
    state: 'closed',
    epoch: Number(item['epoch']) + 1,
    isProbing: false,
    successes: 0,
    until: 0,
    cause: '',
  },
});

/** A breaker that reads other states than there are. */
export const reads = (see: (item: Item) => Item): Sabotage => ({
  store(store) {
    const seen = (item: Item | undefined) => item && see(item);
    return {
      ...store,
      get: async (...args) => seen(await store.get(...args)),
      async put(...args) {
        const result = await store.put(...args);
        return result.applied ? result : { applied: false, current: seen(result.current) };
      },
    };
  },
});

/** A breaker that reports in another way. */
export const reports = (change: (store: CountingStore) => CountingStore['add']): Sabotage => ({
  store: (store) => ({ ...store, add: change(store) }),
});

/** Each reading has other times, so that its wait begins anew. */
export function rereads(): Sabotage {
  let readings = 0;
  return reads((item) =>
    typeof item['until'] === 'number' ? { ...item, until: item['until'] + ++readings / 1_000 } : item,
  );
}

/** Takes a success for one that came in time. */
export const closesLate: Sabotage = {
  store(store) {
    let claim: Item = {};
    return {
      ...store,
      put(key, item, options) {
        const isRelease = Number(item['version']) === Number(claim['version']) + 1 && !item['isProbing'];
        const isLate = isRelease && Number(item['until']) > Number(claim['until']);
        if (item['isProbing']) claim = item;
        const successes = Math.min(SHARED_PROBES - 1, Number(item['successes']) + 1);
        return store.put(key, isLate ? { ...item, successes } : item, options);
      },
    };
  },
};

/** When the store answers again, what the environment has found out alone is written. */
export const closesForAll: Sabotage = {
  store(store) {
    let wasDown = false;
    return {
      ...store,
      async get(key, options) {
        try {
          const item = await store.get(key, options);
          if (!wasDown || item?.['state'] !== 'open') return item;
          wasDown = false;
          const next = closed({ ...item, version: Number(item['version']) + 1 });
          await store.put(key, next, {});
          return next;
        } catch (error) {
          wasDown = true;
          throw error;
        }
      },
    };
  },
};

/** A claim that got no answer may be another one's. */
export const keepsLostClaims: Sabotage = {
  store: (store) => ({
    ...store,
    put: (key, item, options) =>
      store.put(key, item, options).catch((error: unknown) => {
        if (item['isProbing']) return { applied: true };
        throw error;
      }),
  }),
};

export const slotBefore = (name: string): string =>
  (Number.parseInt(name.slice(1), 36) - 1_000 / SLOT_MS).toString(36);
