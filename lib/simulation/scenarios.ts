import type { Draft } from './scenario.ts';

export type ScenarioName =
  | 'outage'
  | '1000-at-50'
  | '10000-at-500'
  | '100-at-1'
  | '100-at-0.6'
  | '5-at-0.1'
  | '1-at-0.02'
  | 'slow-failures'
  | 'partial'
  | 'brown-out'
  | 'errors-20'
  | 'errors-30'
  | 'errors-40'
  | 'large'
  | 'surge'
  | 'born-into-it'
  | 'three-attempts'
  | 'two-attempts'
  | 'skew-one'
  | 'after-store-outage'
  | 'store-fails'
  | 'hostile';

/** No outage: the breaker should stay closed. */
const CALM: Draft = { sandboxes: 1_000, rate: 500, healthyMs: 240_000, outageMs: 0, afterMs: 0 };

export const SCENARIOS: Readonly<Record<ScenarioName, Draft>> = {
  outage: {},
  '1000-at-50': { sandboxes: 1_000, rate: 50 },
  '10000-at-500': { sandboxes: 10_000, rate: 500 },
  '100-at-1': { sandboxes: 100, rate: 1 },
  '100-at-0.6': { sandboxes: 100, rate: 0.6 },
  '5-at-0.1': { sandboxes: 5, rate: 0.1 },
  '1-at-0.02': { sandboxes: 1, rate: 0.02 },
  'slow-failures': { failedMs: 3_000, slowCallMs: 1_000 },
  partial: { outageErrors: 0.7 },
  'brown-out': { outageErrors: 0.8, outageMs: 120_000, turns: { errors: 0.05, everyMs: 20_000 } },
  'errors-20': { ...CALM, errors: 0.2 },
  'errors-30': { ...CALM, errors: 0.3 },
  'errors-40': { ...CALM, errors: 0.4 },
  large: { sandboxes: 100_000, rate: 200_000, healthyMs: 10_000, outageMs: 25_000, afterMs: 25_000 },
  surge: { surge: 10, outageErrors: 0.001, outageMs: 30_000, afterMs: 0 },
  'born-into-it': { warmUpMs: 0, healthyMs: 0, outageMs: 40_000, afterMs: 60_000 },
  'three-attempts': { maxAttempts: 3, warmUpMs: 60_000, healthyMs: 10_000, outageMs: 15_000, afterMs: 5_000 },
  // At least 5,000 requests.
  'two-attempts': { ...CALM, sandboxes: 5, rate: 10, errors: 0.2, maxAttempts: 2, healthyMs: 510_000 },
  'skew-one': { sandboxes: 20, rate: 20, outageMs: 20_000, afterMs: 300_000, skewOneMs: 86_400_000 },
  'after-store-outage': {
    ...{ sandboxes: 5, rate: 10, healthyMs: 80_000, outageMs: 60_000 },
    storeOutage: { fromMs: -60_000, toMs: -20_000 },
  },
  // A tenth of the calls fails, so that calls read the store as well as write to it.
  'store-fails': {
    ...{ sandboxes: 20, rate: 20, errors: 0.1, outageErrors: 0.1, outageMs: 300_000, afterMs: 0 },
    storeOutage: { fromMs: 0, toMs: 300_000, kind: 'refused' },
  },
  hostile: {
    ...{ sandboxes: 20, rate: 40, errors: 0.01, healthyMs: 150_000, outageMs: 60_000 },
    hostile: { item: 'state', garbage: 'unknown-state', atMs: -130_000 },
  },
};

export const SCENARIO_NAMES: readonly ScenarioName[] = Object.keys(SCENARIOS) as ScenarioName[];
