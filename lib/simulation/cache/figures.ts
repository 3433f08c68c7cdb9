import { dollarsPerMillion, noCosts, type StoreCosts } from '../costs.ts';
import { percentile } from '../percentile.ts';
import type { CacheObserved } from './observer.ts';
import type { CacheScenario } from './scenario.ts';

export interface CacheFigures {
  readonly seed: number;
  readonly calls: number;
  /** Calls that ended with an error. */
  readonly failed: number;
  /** Loads of a key in each TTL: the mean, and the most within any TTL from the cold cache on. */
  readonly loadsPerTtl: number;
  readonly mostLoadsPerTtl: number;
  /** Keys of which there are more than two. */
  readonly keysOverTwo: number;
  /** From a load that was cut short to the next one of its key, at most. Milliseconds. */
  readonly takenOver: number;
  /** The most loads in a second after the first half of a TTL, and how often that is one load of each key in a TTL. */
  readonly peakLoads: number;
  readonly peakToMean: number;
  /** Loads of each environment in each second while the store fails. */
  readonly loadsInStoreOutage: number;
  /** Of a million calls those that are not answered from memory, and those that wait for more than one request to the store. */
  readonly asked: number;
  readonly waited: number;
  /** Milliseconds that calls take: half of them, 99 of 100, and all take less. */
  readonly p50: number;
  readonly p99: number;
  readonly slowest: number;
  /** Milliseconds without the call's own load. */
  readonly addedP99: number;
  readonly addedMost: number;
  readonly addedInStoreOutage: number;
  /** The greatest age of a value, in seconds. */
  readonly oldest: number;
  /** How long an older version was handed out after it was invalidated, in milliseconds. */
  readonly oldVersion: number;
  /** Requests to the store in a second. */
  readonly reads: number;
  readonly writes: number;
  /** In a second, on any key, in units. */
  readonly peakReadUnits: number;
  readonly peakWriteUnits: number;
  readonly throttled: number;
  readonly dollars: number;
}

/** Without what sums of fractions are off by. */
const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;

export function cacheFiguresOf(
  scenario: CacheScenario,
  observed: CacheObserved,
  costs: StoreCosts,
): CacheFigures {
  const { seed, sandboxes, keys, durationMs, storeOutage } = scenario;
  const { ttlMs } = scenario.cache;
  const { calls, failed, loads, loadsPerSecond, tookMs, addedMs } = observed;
  const peakLoads = Math.max(0, ...loadsPerSecond.slice(Math.floor(ttlMs / 2_000)));
  const outageSeconds = storeOutage ? (storeOutage.toMs - storeOutage.fromMs) / 1_000 : 1;
  return {
    ...{ seed, calls, failed },
    loadsPerTtl: (loads / keys / durationMs) * ttlMs,
    mostLoadsPerTtl: observed.mostLoadsPerTtl,
    keysOverTwo: observed.overTwo.size,
    takenOver: observed.takenOverMs,
    peakLoads,
    peakToMean: peakLoads / (keys / (ttlMs / 1_000)),
    loadsInStoreOutage: observed.loadsInStoreOutage / sandboxes / outageSeconds,
    asked: (1e6 * tookMs.length) / calls,
    waited: (1e6 * observed.waited) / calls,
    p50: percentile(tookMs, calls, 0.5),
    p99: percentile(tookMs, calls, 0.99),
    slowest: percentile(tookMs, calls, 1),
    addedP99: percentile(addedMs, calls, 0.99),
    addedInStoreOutage: rounded(observed.addedInStoreOutageMs),
    addedMost: percentile(addedMs, calls, 1),
    oldest: observed.oldestMs / 1_000,
    oldVersion: observed.oldVersionMs,
    reads: costs.reads / (durationMs / 1_000),
    writes: costs.writes / (durationMs / 1_000),
    peakReadUnits: costs.peakReads,
    peakWriteUnits: costs.peakWrites,
    throttled: costs.throttled,
    dollars: dollarsPerMillion(noCosts(), costs, calls),
  };
}

export type CacheFigureName = Exclude<keyof CacheFigures, 'seed'>;

/** What each figure is called, with its unit. */
export const CACHE_FIGURE_LABELS: Readonly<Record<CacheFigureName, string>> = {
  calls: 'calls',
  failed: 'calls that failed',
  loadsPerTtl: 'loads of a key in a TTL, mean',
  mostLoadsPerTtl: 'loads of a key in any TTL, most',
  keysOverTwo: 'keys with over 2 loads in any TTL',
  takenOver: 'ms until another load takes over, most',
  peakLoads: 'loads in a second, most',
  peakToMean: 'that, as multiple of one in a TTL',
  loadsInStoreOutage: 'loads of an environment, s, store fails',
  asked: 'calls in a million not from memory',
  waited: 'calls in a million that wait for a load',
  p50: 'ms that half of the calls take at most',
  p99: 'ms that 99 % of the calls take at most',
  slowest: 'ms that calls take, most',
  addedP99: 'ms beside their load, 99 % of the calls',
  addedMost: 'ms beside their load, most',
  addedInStoreOutage: 'ms beside their load, most, store fails',
  oldest: 'age of a value, most, s',
  oldVersion: 'old version after it is invalidated, ms',
  reads: 'reads a second',
  writes: 'writes a second',
  peakReadUnits: 'most read units a second on a key',
  peakWriteUnits: 'most write units a second on a key',
  throttled: 'throttled requests',
  dollars: '$ for a million calls',
};
