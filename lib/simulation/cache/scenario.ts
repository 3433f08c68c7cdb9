import type { CacheOptions, SharedCacheOptions } from '../../cache/index.ts';
import type { StoreFault } from '../store-outage.ts';
import type { CacheSubjectName } from './subject.ts';

/** Something that lasts from one moment to another. Virtual milliseconds. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

/** In which way the source fails: each load ends with an error after its usual time, or never ends. */
export type SourceFault = 'errors' | 'hangs';

/** Options of a cache that scenarios set. Milliseconds. */
export type CacheTimes = Pick<
  CacheOptions<unknown>,
  'ttlJitter' | 'staleWhileRevalidateMs' | 'staleIfErrorMs' | 'loadTimeoutMs'
> & { readonly ttlMs: number };

/** Options that only a shared one has. Milliseconds. */
export type SharedTimes = Pick<SharedCacheOptions<unknown>, 'memoryTtlMs' | 'storeTimeoutMs' | 'leaseMs'>;

/** What environments with a cache go through. Times are virtual. */
export interface CacheScenario {
  readonly seed: number;
  readonly subject: CacheSubjectName;
  readonly sandboxes: number;
  /** Calls a second of all environments. */
  readonly rate: number;
  /** How many keys there are; each is asked for as often. */
  readonly keys: number;
  readonly durationMs: number;
  readonly cache: CacheTimes;
  /** Default: those of the shipped cache. */
  readonly shared: SharedTimes;
  /** How large a value is. Bytes. */
  readonly valueBytes: number;
  /** Half of the loads take at most so long; log-normal. */
  readonly loadMs: number;
  /** When the source fails, and in which way. */
  readonly sourceOutages: readonly (Period & { readonly fault: SourceFault })[];
  /** When the store fails, in which way, and for which fraction of the requests. */
  readonly storeOutage?: Period & { readonly fault: StoreFault; readonly fraction: number };
  /** Wall clocks are off by up to so much, either way. */
  readonly skewMs: number;
  /** An eventual read may be from so long ago. */
  readonly lagMs: number;
  /** An invocation goes on for so long after its call has ended, which matters where environments stand still after it. */
  readonly afterMs: number;
  /** Whether environments stand still between invocations. */
  readonly isFreezing: boolean;
  /** An environment ends so often, and a new one takes its place. Undefined: never. */
  readonly replaceEveryMs?: number | undefined;
  /** What happens to an environment in the middle of a load, at most once in each half of a TTL. Undefined: nothing. */
  readonly mishap?: Mishap | undefined;
  /** The first key is changed at the source and invalidated so often. Undefined: never. */
  readonly invalidateEveryMs?: number | undefined;
  /** Whether all keys are asked for at the beginning. */
  readonly isTogether: boolean;
}

/** `killed`: it ends, and nothing of it goes on. `frozen`: it stands still for five seconds and gets no more calls. */
export type Mishap = 'killed' | 'frozen';

/** The parts of a scenario that are given. */
export type CacheDraft = Partial<Omit<CacheScenario, 'seed' | 'cache'>> & {
  readonly cache?: Partial<CacheTimes>;
};

export const TTL_MS = 60_000;

/** A hot key, unless the draft says otherwise. */
export const cacheScenarioOf = (seed: number, { cache, ...given }: CacheDraft = {}): CacheScenario => ({
  ...{ subject: 'shared', sandboxes: 200, rate: 5_000, keys: 1, durationMs: 5 * TTL_MS + 10_000 },
  ...{ valueBytes: 2_000, loadMs: 100, sourceOutages: [] },
  ...{ skewMs: 0, lagMs: 0, afterMs: 0, isFreezing: false, isTogether: false, shared: {} },
  ...given,
  cache: { ttlMs: TTL_MS, ...cache },
  seed,
});
