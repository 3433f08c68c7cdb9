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
