import type { AttributeValue, CountingStore } from '../core/store.ts';
import type { World } from './world.ts';

/** What is seen as it happens. */
export interface Sighted {
  wasted: number;
  verdictMs: number | undefined;
  probesAtOnce: number;
  falseCloses: number;
  throttledMs: number | undefined;
}

/** Looks at a fleet: at what it writes about its breaker, and at its probes. */
export interface Watch {
  readonly sighted: Sighted;
  /** The store, with an eye on what is written under the key. */
  over(store: CountingStore, key: string | undefined): CountingStore;
  /** A probe begins. Gives what is to be called when it ends. */
  probe(): () => void;
}

export function watch(virtual: World, isOutage: () => boolean): Watch {
  const sighted: Sighted = {
    ...{ wasted: 0, probesAtOnce: 0, falseCloses: 0 },
    ...{ verdictMs: undefined, throttledMs: undefined },
  };
  let last: AttributeValue | undefined = 'closed';
  let probes = 0;
  const note = (state: AttributeValue | undefined) => {
    if (state === 'open' && isOutage()) sighted.verdictMs ??= virtual.now;
    if (state === 'closed' && last !== 'closed' && isOutage()) sighted.falseCloses++;
    last = state;
  };
  return {
    sighted,
    over: (store, watchedKey) => ({
      ...store,
      async put(key, item, options) {
        const result = await store.put(key, item, options);
        if (result.applied && key === watchedKey) note(item['state']);
        return result;
      },
    }),
    probe() {
      sighted.probesAtOnce = Math.max(sighted.probesAtOnce, ++probes);
      return () => {
        probes--;
      };
    },
  };
}
