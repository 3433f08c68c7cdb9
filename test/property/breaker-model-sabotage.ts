import type { CountingStore, Item, WriteOptions } from '../../lib/core/store.ts';
import type { Invariant } from './breaker-model-history.ts';
import { KEY, type Sabotage } from './breaker-model-network.ts';

type Put = readonly [item: Item, options: WriteOptions];

/** A breaker that writes other verdicts than it should, or under other conditions. */
const writes =
  (change: (item: Item, options: WriteOptions) => Put | undefined): Sabotage =>
  (store) => ({
    ...store,
    put(key, item, options = {}) {
      const [other, under] = (key === KEY && change(item, options)) || [item, options];
      return store.put(key, other, under);
    },
  });

const unconditional = (item: Item, { signal }: WriteOptions): Put => [item, { signal }];

/** A breaker for which nothing is ever forced. */
function ignoresForce(store: CountingStore): CountingStore {
  const seen = (item: Item | undefined): Item | undefined =>
    String(item?.['state']).startsWith('forced-') ? { ...item, state: 'closed' } : item;
  return {
    ...store,
    get: async (...args) => seen(await store.get(...args)),
    async put(...args) {
      const result = await store.put(...args);
      return result.applied ? result : { applied: false, current: seen(result.current) };
    },
  };
}

/** Variants of the breaker that are broken each in one way, and what the model must see of it. */
export const SABOTAGE: Readonly<
  Record<string, { readonly by: Sabotage; readonly breaks: readonly Invariant[] }>
> = {
  'closes whatever has become of its claim': {
    by: writes((item, options) =>
      item['state'] === 'closed' && Number(item['epoch']) > 0 ? unconditional(item, options) : undefined,
    ),
    breaks: ['versions grow by one', 'epochs never go back', 'only the holder tells'],
  },
  'claims whatever others have done': {
    by: writes((item, options) => (item['isProbing'] ? unconditional(item, options) : undefined)),
    breaks: ['versions grow by one', 'one probe under a claim', 'only the holder tells'],
  },
  'claims for no time': {
    by: writes((item, options) =>
      item['isProbing'] ? [{ ...item, until: item['since'] ?? 0 }, options] : undefined,
    ),
    breaks: ['one probe under a claim', 'late probers do not close', 'late probers do not call'],
  },
  'takes a probe that failed for one that closes': {
    by: writes((item, options) => {
      const isFailed = item['state'] === 'open' && !item['isProbing'] && Number(item['claims']) > 0;
      const closed = { ...item, state: 'closed', epoch: Number(item['epoch']) + 1, claims: 0 };
      return isFailed ? [closed, options] : undefined;
    }),
    breaks: ['as many successes as needed'],
  },
  'closes after one success': {
    by: writes((item, options) =>
      item['successes'] === 1 && !item['isProbing']
        ? [{ ...item, state: 'closed', epoch: Number(item['epoch']) + 1, successes: 0 }, options]
        : undefined,
    ),
    breaks: ['as many successes as needed'],
  },
  'opens whatever others have done': {
    by: writes((item, options) =>
      item['state'] === 'open' && item['claims'] === 0 && item['successes'] === 0
        ? unconditional(item, options)
        : undefined,
    ),
    breaks: ['versions grow by one', 'epochs never go back', 'what is forced wins'],
  },
  'opens for what was not reported': {
    by: (store) => ({
      ...store,
      async add(...args) {
        const sums = Object.entries(await store.add(...args));
        return Object.fromEntries(sums.map(([name, sum]) => [name, Number(sum) * 10]));
      },
    }),
    breaks: ['it opens of failures of its own epoch'],
  },
  'takes a claim for its own that was lost': {
    by: (store) => ({
      ...store,
      put: (key, item, options) =>
        store.put(key, item, options).catch((error: unknown) => {
          if (item['isProbing']) return { applied: true };
          throw error;
        }),
    }),
    breaks: ['an open breaker is not called through', 'as many successes as needed'],
  },
  'reports twice': {
    by: (store) => ({
      ...store,
      async add(...args) {
        await store.add(...args);
        return store.add(...args);
      },
    }),
    breaks: ['the counts are what was reported'],
  },
  'ignores what is forced': { by: ignoresForce, breaks: ['what is forced wins'] },
  'reports under the epoch before': {
    by: (store) => ({
      ...store,
      add: (key, ...rest) =>
        store.add(
          key.replace(/#(\d+)#/, (_, epoch) => `#${Number(epoch) - 1}#`),
          ...rest,
        ),
    }),
    breaks: ['the counts are what was reported'],
  },
  'never claims': {
    by: (store) => ({
      ...store,
      put: (key, item, options) =>
        item['isProbing']
          ? store.put(key, item, { ...options, when: [[{ attribute: 'version', is: '<', value: 0 }]] })
          : store.put(key, item, options),
    }),
    breaks: ['never stuck'],
  },
};
