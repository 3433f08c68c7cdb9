import { parseArgs } from 'node:util';
import { type Draft, SCENARIO_NAMES, type ScenarioName } from '../../simulation/scenario.ts';
import { UsageError } from '../usage.ts';
import { durationIn, integerIn, numberIn, spanIn } from './values.ts';

export interface SimulateRequest {
  readonly scenario: ScenarioName;
  readonly seeds: readonly number[];
  readonly said: Draft;
  readonly json: boolean;
  readonly check: boolean;
  /** Whether other breakers go through the same. */
  readonly beside: boolean;
  /** Where the chart is written. Undefined: nowhere. */
  readonly svg: string | undefined;
}

/** Where `--outage` is a span, as 60s..180s, the seed draws from it; that of the scenarios is the same. */
function outageIn(name: string, text: string): Draft {
  if (!text.includes('..')) return { outageMs: durationIn(name, text) };
  const { fromMs, toMs } = spanIn(name, text);
  if (fromMs === 60_000 && toMs === 180_000) return {};
  throw new UsageError(`--outage: expected 60s..180s or one duration, got ${JSON.stringify(text)}`);
}

/** What each option with a value says about the scenario. */
const SAID = {
  sandboxes: (name, text) => ({ sandboxes: integerIn(name, text, 1, 1_000_000) }),
  rate: (name, text) => ({ rate: numberIn(name, text, 0.1, 1_000_000) }),
  outage: outageIn,
  errors: (name, text) => ({ outageErrors: numberIn(name, text, 0, 1) }),
  'healthy-errors': (name, text) => ({ errors: numberIn(name, text, 0, 1) }),
  latency: (name, text) => ({ okMs: durationIn(name, text) }),
  'failure-latency': (name, text) => ({ failedMs: durationIn(name, text) }),
  'slow-call': (name, text) => ({ slowCallMs: durationIn(name, text) }),
  loss: (name, text) => ({ lossShare: numberIn(name, text, 0, 1) }),
  skew: (name, text) => ({ skewMs: durationIn(name, text) }),
  concurrency: (name, text) => ({ concurrency: integerIn(name, text, 1, 1_000) }),
  'store-outage': (name, text) => ({ storeOutage: spanIn(name, text) }),
} as const satisfies Readonly<Record<string, (name: string, text: string) => Draft>>;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const OPTIONS = {
  ...{ sandboxes: text, rate: text, outage: text, errors: text, 'healthy-errors': text },
  ...{ latency: text, 'failure-latency': text, 'slow-call': text },
  ...{ loss: text, skew: text, concurrency: text, 'store-outage': text, freeze: flag },
  ...{ scenario: text, seed: text, seeds: text, svg: text },
  ...{ beside: flag, json: flag, check: flag, help: flag },
} as const;

const SEEDS = 4_294_967_295;

/** @throws {UsageError} for what it does not understand. */
export function readArguments(args: readonly string[], freshSeed: () => number): SimulateRequest | 'help' {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false });
  if (values.help) return 'help';
  const scenario = SCENARIO_NAMES.find((name) => name === (values.scenario ?? 'outage'));
  if (scenario === undefined)
    throw new UsageError(
      `--scenario: expected one of ${SCENARIO_NAMES.join(', ')}, got ${JSON.stringify(values.scenario)}`,
    );
  const given = (Object.keys(SAID) as (keyof typeof SAID)[]).filter((name) => values[name] !== undefined);
  const drafts: readonly Draft[] = given.map((name) => SAID[name](name, values[name] ?? ''));
  const said: Draft = Object.assign({}, ...drafts, values.freeze && { isFreezing: true });
  const count = values.seeds === undefined ? 1 : integerIn('seeds', values.seeds, 1, 1_000);
  const first = values.seed === undefined ? freshSeed() : integerIn('seed', values.seed, 0, SEEDS);
  const check = values.check === true;
  if (check && (values.scenario !== undefined || Object.keys(said).length > 0))
    throw new UsageError(
      '--check is of the outage of ten thousand sandboxes: expected no scenario beside it',
    );
  const beside = values.beside === true;
  if (check && beside) throw new UsageError('--check is of this breaker alone: expected no --beside');
  if (values.svg?.trim() === '') throw new UsageError('--svg: expected a file to write, got ""');
  return {
    scenario,
    seeds: Array.from({ length: count }, (_, index) => (first + index) % (SEEDS + 1)),
    said,
    json: values.json === true,
    check,
    beside,
    svg: values.svg,
  };
}
