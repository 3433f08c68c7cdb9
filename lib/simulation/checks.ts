import type { AnyCheck, Check, Line } from './check.ts';
import { GARBAGE_COUNTS_NAMES, GARBAGE_STATE_NAMES, type Hostile } from './hostile.ts';
import type { Draft } from './scenario.ts';

/*
 * What the shipped breaker is held to: an entry a scenario, a line a figure. `npm run simulate -- --check all` runs them.
 */

/** Ten thousand environments at 5,000 calls a second. */
const MANY_CALLS: readonly Check[] = [
  {
    // When it recovers depends on when the last claim was made: any moment of 16 s. The median of five says little about it.
    ...{ name: 'outage', scenario: 'outage', seeds: 21 },
    lines: [
      { figure: 'openAfter', median: 1.5 },
      { figure: 'rejected95', median: 9 },
      { figure: 'failedCalls', median: 15_000 },
      { figure: 'readsPerCallHealthy', median: 0.04 },
      { figure: 'readsPerCall', median: 0.08 },
      { figure: 'writesPerCall', median: 0.004 },
      { figure: 'peakWrites', median: 60 },
      { figure: 'throttled', worst: 0 },
      { figure: 'recovered', median: 15, worst: 23 },
      { figure: 'probesAtOnce', worst: 1 },
      { figure: 'dollarsPerMillionHealthy', median: 0.0055 },
      { figure: 'dollarsPerMillion', median: 0.0075 },
    ],
  },
  {
    ...{ name: 'three-attempts', scenario: 'three-attempts', seeds: 5 },
    lines: [{ figure: 'callsPerRequest', median: 1.5 }],
  },
  {
    ...{ name: 'slow-failures', scenario: 'slow-failures', seeds: 5 },
    lines: [
      { figure: 'rejected95', median: 10 },
      { figure: 'failedCalls', median: 17_000 },
    ],
  },
  {
    ...{ name: 'partial', scenario: 'partial', seeds: 5 },
    lines: [{ figure: 'failedCalls', median: 18_000 }],
  },
  {
    ...{ name: 'brown-out', scenario: 'brown-out', seeds: 5 },
    lines: [{ figure: 'failedCalls', median: 31_000 }],
  },
  {
    ...{ name: 'large', scenario: 'large', seeds: 1, takesMinutes: true },
    lines: [{ figure: 'throttled', worst: 0 }],
  },
];

/** Fewer calls a second. */
const OTHER_RATES: readonly Check[] = [
  {
    ...{ name: '1000-at-50', scenario: '1000-at-50', seeds: 5 },
    lines: [{ figure: 'rejected95', median: 22 }],
  },
  {
    ...{ name: '10000-at-500', scenario: '10000-at-500', seeds: 5 },
    lines: [{ figure: 'rejected95', median: 22 }],
  },
  ...(['errors-20', 'errors-30', 'errors-40'] as const).map(
    (name): Check => ({
      ...{ name, scenario: name, seeds: 20 },
      lines: [{ figure: 'rejectedHealthy', mean: 0.005 }],
    }),
  ),
];

/** Environments, and requests a second of all of them. */
const RARE = [
  { name: '100-at-1', sandboxes: 100, rate: 1 },
  { name: '100-at-0.6', sandboxes: 100, rate: 0.6 },
  { name: '5-at-0.1', sandboxes: 5, rate: 0.1 },
  { name: '1-at-0.02', sandboxes: 1, rate: 0.02 },
] as const;

/** No outage for so many calls, from the first one on. */
const calm = (calls: number, rate: number): Draft => ({
  rate,
  warmUpMs: 0,
  healthyMs: (calls / rate) * 1_000,
});

const RARE_CALLS: readonly Check[] = [
  ...RARE.map(
    ({ name }): Check => ({
      ...{ name, scenario: name, seeds: 20 },
      lines: [{ figure: 'failedUntilOpen', median: 10, worst: 20 }],
    }),
  ),
  ...RARE.map(
    ({ name, sandboxes, rate }): Check => ({
      ...{ name: `errors-20-${name}`, scenario: 'errors-20', seeds: 20 },
      given: { sandboxes, ...calm(1_000, rate) },
      lines: [{ figure: 'falseOpens', runs: 0 }],
    }),
  ),
  {
    ...{ name: 'errors-30-1-at-2', scenario: 'errors-30', seeds: 20 },
    given: { sandboxes: 1, ...calm(1_000, 2) },
    lines: [{ figure: 'rejectedHealthy', mean: 0.005 }],
  },
  // In all of the outage, probes included: at most 20, or two in each environment.
  ...[1, 20].map(
    (sandboxes): Check => ({
      ...{ name: `failed-calls-${sandboxes}`, scenario: 'outage', seeds: 10 },
      given: { sandboxes, rate: 10, outageMs: 60_000 },
      lines: [{ figure: 'failedCalls', median: Math.max(20, 2 * sandboxes) }],
    }),
  ),
  ...[1, 5].map(
    (sandboxes): Check => ({
      ...{ name: `two-attempts-${sandboxes}`, scenario: 'two-attempts', given: { sandboxes }, seeds: 5 },
      lines: [
        { figure: 'live', limit: 'least', median: 0.95 },
        { figure: 'amplification', median: 1.25 },
      ],
    }),
  ),
];

/** Half a second and the time between two calls. */
const AS_SOON: Line = { figure: 'openAfter', median: 0.5 + 1 / 10 };

const STORE_FAULTS: readonly Check[] = [
  {
    ...{ name: 'after-store-outage', scenario: 'after-store-outage', beside: { storeOutage: undefined } },
    ...{ seeds: 40, lines: [AS_SOON] },
  },
  ...(['refused', 'throttled', 'slow'] as const).map(
    (kind): Check => ({
      ...{ name: `store-${kind}`, scenario: 'store-fails', beside: { storeOutage: undefined }, seeds: 5 },
      given: { storeOutage: { fromMs: 0, toMs: 300_000, kind } },
      lines: [{ figure: 'addedP50' }, { figure: 'addedP99', median: 30 }],
    }),
  ),
];

const CLOCKS: readonly Check[] = [
  ...([
    ['ahead-10s', 10_000],
    ['ahead-60s', 60_000],
    ['ahead-1d', 86_400_000],
    ['behind-1d', -86_400_000],
  ] as const),
].map(([name, skewOneMs]) => ({
  ...{ name: `skew-${name}`, scenario: 'skew-one', given: { skewOneMs }, seeds: 10 },
  lines: [{ figure: 'rejectedSettled', worst: 0 }, { figure: 'rejectedSkewed' }],
}));

/** Two minutes before the outage; in the middle of it, or for counts before the breaker opens. */
const GARBAGE_AT_MS = { healthy: -130_000, state: 20_000, counts: 300 } as const;
/** An environment that decides by itself probes by itself, so a little more is admitted. */
const STILL_OPENS: Line = { figure: 'rejectedOutage', limit: 'least', median: 0.9 };
const SETTLES: Line = { figure: 'rejectedSettled', worst: 0 };

/** A state that is open may be true for as long as the breaker stays open. */
const staysAdmitted = ({ garbage }: Hostile): Line => ({
  figure: garbage === 'open-until-3000' ? 'rejectedAfterGarbage' : 'rejectedHealthy',
  worst: 0,
});

const HOSTILE: readonly Check[] = [
  ...GARBAGE_STATE_NAMES.map((garbage) => ({ item: 'state', garbage }) as const),
  ...GARBAGE_COUNTS_NAMES.map((garbage) => ({ item: 'counts', garbage }) as const),
].flatMap((hostile): readonly Check[] => [
  {
    ...{ name: `hostile-${hostile.item}-${hostile.garbage}`, scenario: 'hostile', seeds: 5 },
    given: { hostile: { ...hostile, atMs: GARBAGE_AT_MS.healthy } },
    lines: [staysAdmitted(hostile), STILL_OPENS, SETTLES],
  },
  {
    ...{ name: `hostile-${hostile.item}-${hostile.garbage}-in-outage`, scenario: 'hostile', seeds: 5 },
    given: { hostile: { ...hostile, atMs: GARBAGE_AT_MS[hostile.item] } },
    lines: [STILL_OPENS, SETTLES],
  },
]);

export const CHECKS: readonly Check[] = [
  ...MANY_CALLS,
  ...OTHER_RATES,
  ...RARE_CALLS,
  ...CLOCKS,
  ...HOSTILE,
  ...STORE_FAULTS,
];

/** The checks of that name, or whose names begin with it and a hyphen. `all`: every one. */
export const checksIn = <C extends AnyCheck>(all: readonly C[], name: string): readonly C[] =>
  all.filter((check) => name === 'all' || check.name === name || check.name.startsWith(`${name}-`));

export const checksOf = (name: string): readonly Check[] => checksIn(CHECKS, name);
