import { seededRandom } from '../core/seeded-random.ts';

/** What a fleet goes through. Times are virtual. */
export interface Scenario {
  readonly seed: number;
  readonly sandboxes: number;
  /** Calls a second of the whole fleet. */
  readonly rate: number;
  /** How many times as many there are from the onset on. */
  readonly surge: number;
  /** Nothing of this time is counted. */
  readonly warmUpMs: number;
  readonly healthyMs: number;
  readonly outageMs: number;
  readonly afterMs: number;
  /** Share of calls that fail without an outage, and in one. */
  readonly errors: number;
  readonly outageErrors: number;
  /** A share that takes turns with that of the outage, each for so long. */
  readonly turns?: { readonly errors: number; readonly everyMs: number } | undefined;
  /** How long calls take: those that succeed half as long to half as long again. */
  readonly okMs: number;
  readonly failedMs: number;
  readonly slowCallMs?: number | undefined;
  /** Share of requests to the store that nobody hears the answer of. Default 0. */
  readonly lossShare?: number | undefined;
  /** When the store answers nobody: from the onset on. Default: never. */
  readonly storeOutage?: { readonly fromMs: number; readonly toMs: number } | undefined;
  /** Whether sandboxes stand still between invocations. Default false. */
  readonly isFreezing?: boolean | undefined;
  /** Wall clocks are off by up to so much, either way. Default 0. */
  readonly skewMs?: number | undefined;
  /** Invocations that a sandbox takes at once. Default: as many as come. */
  readonly concurrency?: number | undefined;
}

/** What of a scenario has a name, and the rest of it drawn by the seed. */
export type Draft = Partial<Omit<Scenario, 'seed'>>;

export type ScenarioName =
  | 'outage'
  | 'small-fleet'
  | 'rare-calls'
  | 'one-a-second'
  | 'slow-failures'
  | 'partial'
  | 'brown-out'
  | 'errors-20'
  | 'errors-30'
  | 'errors-40'
  | 'large'
  | 'surge'
  | 'born-into-it';

const SCENARIOS: Readonly<Record<ScenarioName, Draft>> = {
  outage: {},
  'small-fleet': { sandboxes: 1_000, rate: 50 },
  'rare-calls': { sandboxes: 10_000, rate: 500 },
  'one-a-second': { sandboxes: 100, rate: 1 },
  'slow-failures': { failedMs: 3_000, slowCallMs: 1_000 },
  partial: { outageErrors: 0.7 },
  'brown-out': { outageErrors: 0.8, outageMs: 120_000, turns: { errors: 0.05, everyMs: 20_000 } },
  'errors-20': { sandboxes: 1_000, rate: 500, errors: 0.2, healthyMs: 240_000, outageMs: 0, afterMs: 0 },
  'errors-30': { sandboxes: 1_000, rate: 500, errors: 0.3, healthyMs: 240_000, outageMs: 0, afterMs: 0 },
  'errors-40': { sandboxes: 1_000, rate: 500, errors: 0.4, healthyMs: 240_000, outageMs: 0, afterMs: 0 },
  large: {
    sandboxes: 100_000,
    rate: 200_000,
    healthyMs: 10_000,
    outageMs: 25_000,
    afterMs: 25_000,
  },
  surge: { surge: 10, outageErrors: 0.001, outageMs: 30_000, afterMs: 0 },
  'born-into-it': { warmUpMs: 0, healthyMs: 0, outageMs: 40_000, afterMs: 60_000 },
};

export const SCENARIO_NAMES: readonly ScenarioName[] = Object.keys(SCENARIOS) as ScenarioName[];

/** How long an outage is, where nobody says. Milliseconds. */
const OUTAGE_MS = { least: 60_000, most: 180_000 } as const;
/** What evidence is collected in: an outage begins anywhere in it. */
const PHASE_MS = 10_000;

/** The scenario of that name, with what is said otherwise; the length of its outage and its moment are drawn by the seed. */
export function scenarioOf(name: ScenarioName, seed: number, said: Draft = {}): Scenario {
  const random = seededRandom(seed * 7 + 3);
  const outageMs = Math.round(OUTAGE_MS.least + (OUTAGE_MS.most - OUTAGE_MS.least) * random.next());
  const draft: Draft = { ...SCENARIOS[name], ...said };
  const { healthyMs = 60_000 } = draft;
  return {
    sandboxes: 10_000,
    rate: 5_000,
    surge: 1,
    warmUpMs: 90_000,
    outageMs,
    afterMs: 120_000,
    errors: 0.001,
    outageErrors: 1,
    okMs: 50,
    failedMs: 200,
    ...draft,
    healthyMs: healthyMs > 0 ? healthyMs + Math.round(PHASE_MS * random.next()) : 0,
    seed,
  };
}
