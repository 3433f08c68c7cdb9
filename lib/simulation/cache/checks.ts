import type { CacheCheck, Line } from '../check.ts';
import type { CacheFigureName } from './figures.ts';
import { type CacheDraft, TTL_MS } from './scenario.ts';

/*
 * What the shipped cache is held to: an entry a scenario, a line a figure. `npm run simulate -- cache --check` runs them.
 */

type CacheLine = Line<CacheFigureName>;

/** Defaults of the shipped cache, which limits are made of. Milliseconds. */
const MEMORY_TTL_MS = 1_000;
const STORE_TIMEOUT_MS = 50;
const LEASE_MS = 1_000;
/** Within this after a lease is over one of those who waited takes it, at random. */
const SPREAD_MS = 300;

const SEEDS = 5;
const MINUTE_MS = 60_000;

/** What DynamoDB does for one key in a second, in units. */
const WITHIN_TABLE: readonly CacheLine[] = [
  { figure: 'peakReadUnits', worst: 3_000 },
  { figure: 'peakWriteUnits', worst: 1_000 },
  { figure: 'throttled', worst: 0 },
];
const NONE_FAILS: CacheLine = { figure: 'failed', worst: 0 };
const SHOWN: readonly CacheLine[] = [
  { figure: 'calls' },
  { figure: 'loadsPerTtl' },
  { figure: 'asked' },
  { figure: 'waited' },
  { figure: 'p50' },
  { figure: 'p99' },
  { figure: 'slowest' },
  { figure: 'reads' },
  { figure: 'writes' },
  { figure: 'dollars' },
];

/** Values are handed out for so much longer while they are refreshed. */
const REFRESHED = { staleWhileRevalidateMs: 30_000 } as const;

const HOT: readonly CacheLine[] = [
  { figure: 'mostLoadsPerTtl', worst: 2 },
  ...WITHIN_TABLE,
  NONE_FAILS,
  ...SHOWN,
];

const HOT_KEY: readonly CacheCheck[] = [
  {
    ...{ name: 'hot-key', seeds: SEEDS, draft: {} },
    lines: [...HOT, { figure: 'oldest', worst: TTL_MS / 1_000 }],
  },
  {
    ...{ name: 'hot-key-refreshed', seeds: SEEDS, draft: { cache: REFRESHED } },
    lines: [...HOT, { figure: 'oldest', worst: (TTL_MS + REFRESHED.staleWhileRevalidateMs) / 1_000 }],
  },
];

const STALE_IF_ERROR_MS = 15 * MINUTE_MS;

/** Ten minutes, of errors and then without an answer. Environments ask for keys that they have not asked for before. */
const OUTAGE: CacheCheck = {
  ...{ name: 'outage', seeds: SEEDS },
  draft: {
    ...{ sandboxes: 100, rate: 200, keys: 100, durationMs: 13 * MINUTE_MS, replaceEveryMs: 2_000 },
    cache: { staleIfErrorMs: STALE_IF_ERROR_MS, loadTimeoutMs: 1_000 },
    sourceOutages: [
      { fromMs: 2 * MINUTE_MS, toMs: 7 * MINUTE_MS, fault: 'errors' },
      { fromMs: 7 * MINUTE_MS, toMs: 12 * MINUTE_MS, fault: 'hangs' },
    ],
  },
  lines: [
    NONE_FAILS,
    { figure: 'oldest', worst: (TTL_MS + STALE_IF_ERROR_MS) / 1_000 },
    ...WITHIN_TABLE,
    ...SHOWN,
    { figure: 'peakLoads' },
  ],
};

/**
 * A thousand keys that were loaded at once expire in the last tenth of a TTL: ten times as many loads in a second of it as in one
 * of a TTL, and by chance a fifth more, or 30 % in one seed of many. Of a hundred keys one is asked for so late that it takes no
 * lease, and is loaded again where another call comes during its load.
 */
const TOGETHER: CacheCheck = {
  ...{ name: 'together', seeds: SEEDS },
  draft: { sandboxes: 100, rate: 5_000, keys: 1_000, isTogether: true, durationMs: 70_000 },
  lines: [
    { figure: 'peakToMean', median: 12, worst: 13 },
    { figure: 'keysOverTwo', worst: 10 },
    { figure: 'mostLoadsPerTtl' },
    ...WITHIN_TABLE,
    NONE_FAILS,
    { figure: 'peakLoads' },
    ...SHOWN,
  ],
};

/** A shorter TTL, so that there are more loads to cut short. */
const OFTEN: CacheDraft = { rate: 1_000, durationMs: 210_000, cache: { ttlMs: 20_000 } };
/** A load that is cut short is waited for as long as its lease is, and then for the one that takes over. */
const BY_LEASE: readonly CacheLine[] = [
  { figure: 'takenOver', worst: LEASE_MS + STORE_TIMEOUT_MS },
  { figure: 'addedMost', worst: 2 * LEASE_MS + STORE_TIMEOUT_MS },
];

/** Who waits for a load of another environment waits no longer than its lease and that spread, and for one request to the store. */
const ONE_LEASE: CacheLine = { figure: 'addedMost', worst: LEASE_MS + SPREAD_MS + STORE_TIMEOUT_MS };

/** At each of two expiries within a TTL one load, and another one where that is cut short. */
const TWICE: CacheLine = { figure: 'mostLoadsPerTtl', worst: 4 };

const MISHAPS: readonly CacheCheck[] = [
  { name: 'killed', draft: { ...OFTEN, mishap: 'killed' } as const },
  { name: 'frozen', draft: { ...OFTEN, mishap: 'frozen' } as const },
  // They all wait for one load that never ends.
  {
    name: 'killed-of-1000',
    draft: { ...OFTEN, sandboxes: 1_000, rate: 5_000, durationMs: 45_000, mishap: 'killed' } as const,
  },
].map(({ name, draft }) => ({
  ...{ name, seeds: SEEDS, draft },
  lines: [
    ...BY_LEASE,
    TWICE,
    NONE_FAILS,
    { figure: 'oldest', worst: 20 },
    ...WITHIN_TABLE,
    { figure: 'peakLoads' },
    ...SHOWN,
  ],
}));

/**
 * Each environment is invoked every ten seconds and stands still between. A refresh that it has begun stands still with it, and may
 * hold a lease: others go on when that is over, so there is at most a load for each time that a lease goes into a TTL.
 */
const FROZEN_REFRESHES: readonly CacheCheck[] = [
  { name: 'frozen-refresh', afterMs: 20 },
  { name: 'frozen-at-once', afterMs: 0 },
].map(({ name, afterMs }) => ({
  ...{ name, seeds: SEEDS },
  draft: { ...OFTEN, rate: 20, isFreezing: true, afterMs, cache: { ttlMs: 20_000, ...REFRESHED } },
  lines: [
    ONE_LEASE,
    NONE_FAILS,
    { figure: 'oldest', worst: 50 },
    afterMs > 0 ? { figure: 'mostLoadsPerTtl', worst: 20_000 / LEASE_MS } : { figure: 'mostLoadsPerTtl' },
    ...WITHIN_TABLE,
    ...SHOWN,
  ],
}));

const STORE_FAULTS: readonly CacheCheck[] = (
  [
    { fault: 'slow', fraction: 1, mostMs: STORE_TIMEOUT_MS },
    { fault: 'refused', fraction: 1, mostMs: STORE_TIMEOUT_MS },
    { fault: 'silent', fraction: 1, mostMs: STORE_TIMEOUT_MS },
    // Some get a lease and cannot end it.
    { fault: 'throttled', fraction: 0.5, mostMs: LEASE_MS + SPREAD_MS + STORE_TIMEOUT_MS },
  ] as const
).map(({ fault, fraction, mostMs }) => ({
  ...{ name: `store-${fault}`, seeds: SEEDS },
  draft: {
    ...{ rate: 1_000, durationMs: 3 * MINUTE_MS },
    storeOutage: { fromMs: MINUTE_MS, toMs: 2 * MINUTE_MS, fault, fraction },
  },
  lines: [
    { figure: 'addedInStoreOutage', worst: mostMs },
    // A load for each time that an environment asks the store.
    { figure: 'loadsInStoreOutage', worst: 1_000 / MEMORY_TTL_MS },
    NONE_FAILS,
    { figure: 'oldest', worst: TTL_MS / 1_000 },
    ...SHOWN,
  ],
}));

const APART_MS = 5_000;

/**
 * To a clock that is ahead by more than a lease, a lease is over at once: at each of two expiries within a TTL it may be taken over
 * as often as a lease's time goes into what the clocks are apart.
 */
const CLOCKS: CacheCheck = {
  ...{ name: 'clocks', seeds: SEEDS, draft: { skewMs: APART_MS / 2 } },
  lines: [
    { figure: 'mostLoadsPerTtl', worst: 2 * (1 + APART_MS / LEASE_MS) },
    { figure: 'oldest', worst: (TTL_MS + APART_MS) / 1_000 },
    ONE_LEASE,
    NONE_FAILS,
    ...WITHIN_TABLE,
    ...SHOWN,
  ],
};

const LAG_MS = 1_000;

const INVALIDATION: readonly CacheCheck[] = [
  { name: 'invalidation', lagMs: 0 },
  { name: 'invalidation-late-reads', lagMs: LAG_MS },
].map(({ name, lagMs }) => ({
  ...{ name, seeds: SEEDS, draft: { invalidateEveryMs: 7_000, lagMs, cache: REFRESHED } },
  lines: [
    { figure: 'oldVersion', worst: MEMORY_TTL_MS + lagMs },
    NONE_FAILS,
    { figure: 'mostLoadsPerTtl' },
    ...WITHIN_TABLE,
    ...SHOWN,
  ],
}));

export const CACHE_CHECKS: readonly CacheCheck[] = [
  ...HOT_KEY,
  OUTAGE,
  TOGETHER,
  ...MISHAPS,
  ...FROZEN_REFRESHES,
  ...STORE_FAULTS,
  CLOCKS,
  ...INVALIDATION,
];
