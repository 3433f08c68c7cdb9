import { parseArgs } from 'node:util';
import type { AnyCheck } from '../../simulation/check.ts';
import { CHECKS, checksOf } from '../../simulation/checks.ts';
import type { Draft } from '../../simulation/scenario.ts';
import { SCENARIO_NAMES, type ScenarioName } from '../../simulation/scenarios.ts';
import { UsageError } from '../usage.ts';
import { draftIn } from './draft.ts';
import { integerIn, oneIn } from './values.ts';

/** Runs one scenario and shows its figures. */
export interface RunRequest {
  readonly kind: 'run';
  readonly scenario: ScenarioName;
  readonly seeds: readonly number[];
  readonly given: Draft;
  readonly json: boolean;
  /** Whether other breakers go through the same. */
  readonly beside: boolean;
  /** Where the chart is written. Undefined: nowhere. */
  readonly svg: string | undefined;
}

/** Holds figures of scenarios to their limits. */
export interface CheckRequest {
  readonly kind: 'check';
  readonly checks: readonly AnyCheck[];
  /** Left out, since they take minutes. */
  readonly skipped: readonly AnyCheck[];
  readonly firstSeed: number;
  /** How many seeds of each check there are. Undefined: as many as it says. */
  readonly seedCount: number | undefined;
  readonly json: boolean;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const OPTIONS = {
  ...{ sandboxes: text, rate: text, outage: text, errors: text, 'healthy-errors': text },
  ...{ latency: text, 'failure-latency': text, 'slow-call': text, attempts: text },
  ...{ loss: text, skew: text, 'skew-one': text, concurrency: text, freeze: flag },
  ...{ 'store-outage': text, 'store-fault': text, hostile: text, 'hostile-at': text },
  ...{ scenario: text, seed: text, seeds: text, svg: text, check: text },
  ...{ beside: flag, json: flag, quick: flag, help: flag },
} as const;

/** What `--check` may be combined with. */
const OF_CHECKS: readonly string[] = ['check', 'quick', 'seed', 'seeds', 'json'];

/** Seeds of a quick check. */
const QUICK_SEEDS = 2;
const MAX_SEED = 4_294_967_295;
const MAX_SEEDS = 1_000;

/** The seeds from the first one on. */
export const seedsFrom = (first: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => (first + index) % (MAX_SEED + 1));

/** What every simulation says of its seeds, and every check of itself. */
export interface SeedValues {
  readonly seed?: string | undefined;
  readonly seeds?: string | undefined;
}

interface Seeds {
  readonly first: number;
  readonly count: number | undefined;
}

/** @throws {UsageError} for values that it does not understand. */
const seedsIn = ({ seed, seeds }: SeedValues, newSeed: () => number): Seeds => ({
  count: seeds === undefined ? undefined : integerIn('seeds', seeds, 1, MAX_SEEDS),
  first: seed === undefined ? newSeed() : integerIn('seed', seed, 0, MAX_SEED),
});

/** The checks that are found are run, and those that are quick where only they are wanted. */
export function checkRequestOf(
  found: readonly AnyCheck[],
  values: SeedValues & { readonly quick?: boolean | undefined; readonly json?: boolean | undefined },
  newSeed: () => number,
): CheckRequest {
  const { quick = false, json = false } = values;
  const { first, count } = seedsIn(values, newSeed);
  const skipped = found.filter(({ takesMinutes }) => quick && takesMinutes);
  return {
    kind: 'check',
    checks: found.filter((check) => !skipped.includes(check)),
    skipped,
    firstSeed: first,
    seedCount: count ?? (quick ? QUICK_SEEDS : undefined),
    json,
  };
}

/** Those of that name among all that there are. */
export function foundChecks<C extends AnyCheck>(
  name: string,
  all: readonly C[],
  find: (name: string) => readonly C[],
): readonly C[] {
  const found = find(name);
  if (found.length > 0) return found;
  throw new UsageError(
    `--check: expected all or one of ${all.map((check) => check.name).join(', ')}, or how some of them begin, got ${JSON.stringify(name)}`,
  );
}

/** @throws {UsageError} for what it does not understand. */
export function readArguments(
  args: readonly string[],
  newSeed: () => number,
): RunRequest | CheckRequest | 'help' {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false });
  if (values.help) return 'help';
  if (values.check !== undefined) {
    const other = Object.keys(values).find((option) => !OF_CHECKS.includes(option));
    if (other !== undefined)
      throw new UsageError(`--check says itself what is simulated: expected no --${other} beside it`);
    return checkRequestOf(foundChecks(values.check, CHECKS, checksOf), values, newSeed);
  }
  const { first, count = 1 } = seedsIn(values, newSeed);
  if (values.quick) throw new UsageError('--quick: expected --check beside it');
  if (values.svg?.trim() === '') throw new UsageError('--svg: expected a file to write, got ""');
  return {
    kind: 'run',
    scenario: oneIn('scenario', values.scenario ?? 'outage', SCENARIO_NAMES),
    seeds: seedsFrom(first, count),
    given: draftIn(values),
    json: values.json === true,
    beside: values.beside === true,
    svg: values.svg,
  };
}
