import { seededRandom } from '../../core/seeded-random.ts';
import { simulatedStore } from '../store.ts';
import { world } from '../world.ts';
import { cacheEnvironmentsOf } from './environments.ts';
import { type CacheFigures, cacheFiguresOf } from './figures.ts';
import { itemsOf } from './items.ts';
import { CacheObserver } from './observer.ts';
import type { CacheScenario } from './scenario.ts';
import { Source } from './source.ts';
import { CacheTraffic } from './traffic.ts';

/** Runs environments with a cache through a scenario, in virtual time. The same seed gives the same figures. */
export async function simulateCache(scenario: CacheScenario): Promise<CacheFigures> {
  const { seed, lagMs, durationMs } = scenario;
  const virtual = world();
  const random = seededRandom(seed);
  const observer = new CacheObserver(scenario);
  const items = itemsOf({ virtual, random: seededRandom(seed + 5), lagMs });
  const { store, costs } = simulatedStore(virtual, seededRandom(seed + 1), items);
  const environments = cacheEnvironmentsOf(scenario, { virtual, store, random });
  const source = new Source(scenario, virtual, seededRandom(seed + 4));
  new CacheTraffic(scenario, { virtual, random, environments, observer, source }).begin();
  await virtual.runUntil(durationMs);
  return cacheFiguresOf(scenario, observer.observed, costs);
}
