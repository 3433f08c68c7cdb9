import { cache, sharedCache } from '../../cache/index.ts';
import type { Clock } from '../../core/clock.ts';
import type { Call } from '../../core/execution.ts';
import type { PolicyEvent } from '../../core/policy-event.ts';
import type { Random } from '../../core/random.ts';
import type { Store } from '../../core/store.ts';
import type { CacheTimes, SharedTimes } from './scenario.ts';
import type { Value } from './source.ts';

/** What simulations use of a cache. */
export interface SimulatedCache {
  execute(call: Call<Value>, options: { readonly key: string }): Promise<Value>;
  invalidate(key: string): unknown;
}

/** What the cache of one environment is made of. */
export interface CacheTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly times: CacheTimes;
  readonly shared: SharedTimes;
  readonly onEvent: (event: PolicyEvent) => void;
}

const optionsOf = ({ clock, random, times, onEvent }: CacheTools) => ({
  ...{ name: 'values', ...times, maxEntries: 10_000, clock, random, onEvent },
});

/** `shared`: what this package ships. `memory`: each environment has a cache of its own, which the checks must tell from it. */
export type CacheSubjectName = 'shared' | 'memory';

export const CACHE_SUBJECTS: Readonly<Record<CacheSubjectName, (tools: CacheTools) => SimulatedCache>> = {
  shared: (tools) => sharedCache<Value>({ ...optionsOf(tools), ...tools.shared, store: tools.store }),
  memory: (tools) => cache<Value>(optionsOf(tools)),
};
