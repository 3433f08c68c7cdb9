import { parseArgs } from 'node:util';
import type { Draft } from '../../simulation/scenario.ts';
import { SCENARIO_NAMES, type ScenarioName } from '../../simulation/scenarios.ts';
import { UsageError } from '../usage.ts';
import { draftIn } from './draft.ts';
import { integerIn, oneIn } from './values.ts';

export interface SimulateRequest {
  readonly scenario: ScenarioName;
  readonly seeds: readonly number[];
  readonly given: Draft;
  readonly json: boolean;
  readonly check: boolean;
  /** Whether other breakers go through the same. */
  readonly beside: boolean;
  /** Where the chart is written. Undefined: nowhere. */
  readonly svg: string | undefined;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const OPTIONS = {
  ...{ sandboxes: text, rate: text, outage: text, errors: text, 'healthy-errors': text },
  ...{ latency: text, 'failure-latency': text, 'slow-call': text, attempts: text },
  ...{ loss: text, skew: text, 'skew-one': text, concurrency: text, freeze: flag },
  ...{ 'store-outage': text, 'store-fault': text, hostile: text, 'hostile-at': text },
  ...{ scenario: text, seed: text, seeds: text, svg: text },
  ...{ beside: flag, json: flag, check: flag, help: flag },
} as const;

const SEEDS = 4_294_967_295;

/** @throws {UsageError} for what it does not understand. */
export function readArguments(args: readonly string[], freshSeed: () => number): SimulateRequest | 'help' {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false });
  if (values.help) return 'help';
  const scenario = oneIn('scenario', values.scenario ?? 'outage', SCENARIO_NAMES);
  const given = draftIn(values);
  const count = values.seeds === undefined ? 1 : integerIn('seeds', values.seeds, 1, 1_000);
  const first = values.seed === undefined ? freshSeed() : integerIn('seed', values.seed, 0, SEEDS);
  const check = values.check === true;
  if (check && (values.scenario !== undefined || Object.keys(given).length > 0))
    throw new UsageError(
      '--check is of the outage of ten thousand sandboxes: expected no scenario beside it',
    );
  const beside = values.beside === true;
  if (check && beside) throw new UsageError('--check is of this breaker alone: expected no --beside');
  if (values.svg?.trim() === '') throw new UsageError('--svg: expected a file to write, got ""');
  return {
    scenario,
    seeds: Array.from({ length: count }, (_, index) => (first + index) % (SEEDS + 1)),
    given,
    json: values.json === true,
    check,
    beside,
    svg: values.svg,
  };
}
