import { seededRandom } from '../core/seeded-random.ts';
import type { HostileItem } from './hostile.ts';
import { SCENARIOS, type ScenarioName } from './scenarios.ts';
import type { StoreOutage } from './store-outage.ts';

/** What the environments go through. Times are virtual. */
export interface Scenario {
  readonly seed: number;
  readonly sandboxes: number;
  /** Requests a second of all environments. */
  readonly rate: number;
  /** How many times as many there are from the onset on. */
  readonly surge: number;
  /** Nothing of this time is counted. */
  readonly warmUpMs: number;
  readonly healthyMs: number;
  readonly outageMs: number;
  readonly afterMs: number;
  /** Fraction of calls that fail without an outage, and in one. */
  readonly errors: number;
  readonly outageErrors: number;
  /** A fraction that takes turns with that of the outage, each for so long. */
  readonly turns?: { readonly errors: number; readonly everyMs: number } | undefined;
  /** How long calls take: those that succeed half as long to half as long again. */
  readonly okMs: number;
  readonly failedMs: number;
  readonly slowCallMs?: number | undefined;
  /** Calls that a request makes at most. From 2 on through the shipped retry, with its defaults. Default 1. */
  readonly maxAttempts?: number | undefined;
  /** Fraction of requests to the store that get no answer. Default 0. */
  readonly lossFraction?: number | undefined;
  /** When the store fails, and in which way. Default: never. */
  readonly storeOutage?: StoreOutage | undefined;
  /** Which item of the breaker is replaced by garbage, and when. Default: none. */
  readonly hostile?: HostileItem | undefined;
  /** Whether environments stand still between invocations. Default false. */
  readonly isFreezing?: boolean | undefined;
  /** Wall clocks are off by up to so much, either way. Default 0. */
  readonly skewMs?: number | undefined;
  /** The wall clock of one environment is ahead by exactly so much. Negative: behind. Default 0. */
  readonly skewOneMs?: number | undefined;
  /** Invocations that an environment takes at once. Default: as many as come. */
  readonly concurrency?: number | undefined;
}

/** The parts of a scenario that are given. The others have defaults, or are drawn by the seed. */
export type Draft = Partial<Omit<Scenario, 'seed'>>;

/** An outage is so long, unless a scenario says otherwise. Milliseconds. */
const OUTAGE_MS = { least: 60_000, most: 180_000 } as const;
/** An outage begins anywhere in a period of this length, as outcome counts are kept by period. */
const PHASE_MS = 10_000;
/** Each phase has at least so many calls, so rare calls take longer. */
const MIN_CALLS = 60;

/** The scenario of that name with the given changes. The seed draws when its outage begins and how long it is. */
export function scenarioOf(name: ScenarioName, seed: number, given: Draft = {}): Scenario {
  const random = seededRandom(seed * 7 + 3);
  const drawnMs = OUTAGE_MS.least + (OUTAGE_MS.most - OUTAGE_MS.least) * random.next();
  const draft: Draft = { ...SCENARIOS[name], ...given };
  const { rate = 5_000 } = draft;
  const atLeast = (ms: number) => Math.round(Math.max(ms, (MIN_CALLS / rate) * 1_000));
  const { healthyMs = atLeast(60_000) } = draft;
  return {
    sandboxes: 10_000,
    rate,
    surge: 1,
    warmUpMs: atLeast(90_000),
    outageMs: atLeast(drawnMs),
    afterMs: atLeast(120_000),
    errors: 0.001,
    outageErrors: 1,
    okMs: 50,
    failedMs: 200,
    ...draft,
    healthyMs: healthyMs > 0 ? healthyMs + Math.round(PHASE_MS * random.next()) : 0,
    seed,
  };
}
