import type { CacheFigures } from '../../lib/simulation/cache/figures.ts';
import type { Figures } from '../../lib/simulation/figures.ts';

/** Figures of a simulation in which all is as it should be. */
export const GOOD_FIGURES: Figures = {
  ...{ seed: 1, outage: 100, openAfter: 1, rejected95: 8, recovered: 10, failedCalls: 12_000 },
  ...{ failedUntilOpen: 4_000, callsPerRequest: 1, live: 0.5, amplification: 1 },
  ...{ readsPerCallHealthy: 0.02, readsPerCall: 0.07, writesPerCall: 0.001, peakWrites: 40 },
  ...{ throttled: 0, throttledUntil: 0, dollarsPerMillionHealthy: 0.003, dollarsPerMillion: 0.005 },
  ...{ rejectedHealthy: 0, rejectedAfterGarbage: 0, rejectedOutage: 1, rejectedSettled: 0 },
  ...{ rejectedSkewed: 0, addedP50: 0, addedP99: 5, probesAtOnce: 1, falseOpens: 0, falseCloses: 0 },
};

/** Figures of a simulation of caches. */
export const CACHE_FIGURES: CacheFigures = {
  ...{ seed: 1, calls: 1_000, failed: 0, loadsPerTtl: 1, mostLoadsPerTtl: 2, keysOverTwo: 0, takenOver: 0 },
  ...{ peakLoads: 1, peakToMean: 1, loadsInStoreOutage: 0, asked: 40_000, waited: 2_000, p50: 0, p99: 6 },
  ...{ slowest: 300, addedP99: 6, addedMost: 300, addedInStoreOutage: 0, oldest: 59, oldVersion: 0 },
  ...{ reads: 200, writes: 0.2, peakReadUnits: 300, peakWriteUnits: 30, throttled: 0, dollars: 0.0025 },
};
