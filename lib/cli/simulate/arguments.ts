import { parseArgs } from 'node:util';
import { SCENARIO_NAMES, type Scenario, type ScenarioName } from '../../simulation/scenario.ts';
import { durationOf } from '../time.ts';
import { UsageError } from '../usage.ts';

export interface SimulateRequest {
  readonly scenario: ScenarioName;
  readonly seeds: readonly number[];
  readonly said: Partial<Omit<Scenario, 'seed'>>;
  readonly json: boolean;
  readonly check: boolean;
  /** Whether other breakers go through the same. */
  readonly beside: boolean;
  /** Where the chart is written. Undefined: nowhere. */
  readonly svg: string | undefined;
}

const OPTIONS = {
  scenario: { type: 'string' },
  sandboxes: { type: 'string' },
  rate: { type: 'string' },
  outage: { type: 'string' },
  errors: { type: 'string' },
  'healthy-errors': { type: 'string' },
  latency: { type: 'string' },
  'failure-latency': { type: 'string' },
  'slow-call': { type: 'string' },
  seed: { type: 'string' },
  seeds: { type: 'string' },
  json: { type: 'boolean' },
  check: { type: 'boolean' },
  beside: { type: 'boolean' },
  svg: { type: 'string' },
  help: { type: 'boolean' },
} as const;

function numberIn(name: string, text: string, least: number, most: number, isWhole = false): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most && (!isWhole || Number.isInteger(value)))
    return value;
  const what = isWhole ? 'an integer' : 'a number';
  throw new UsageError(`--${name}: expected ${what} from ${least} to ${most}, got ${JSON.stringify(text)}`);
}

/** Longer than any of what is simulated has to be. */
const LONGEST_MS = 3_600_000;

/** Milliseconds of what is written as `200ms`, `3s` or `2m`. */
function durationIn(name: string, text: string): number {
  const ms = durationOf(text, /^(\d+(?:\.\d+)?)(ms|s|m)$/);
  if (ms <= LONGEST_MS) return ms;
  throw new UsageError(
    `--${name}: expected a duration up to an hour, as 200ms, 3s or 2m, got ${JSON.stringify(text)}`,
  );
}

/** Where `--outage` is a span, as 60s..180s, the seed draws from it; that of the scenarios is the same. */
function outageIn(text: string): number | undefined {
  const [from, to] = text.split('..');
  if (from === undefined || to === undefined) return durationIn('outage', text);
  if (durationIn('outage', from) === 60_000 && durationIn('outage', to) === 180_000) return undefined;
  throw new UsageError(`--outage: expected 60s..180s or one duration, got ${JSON.stringify(text)}`);
}

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
  const share = (name: 'errors' | 'healthy-errors') =>
    values[name] === undefined ? undefined : numberIn(name, values[name], 0, 1);
  const duration = (name: 'latency' | 'failure-latency' | 'slow-call') =>
    values[name] === undefined ? undefined : durationIn(name, values[name]);
  const said = {
    sandboxes:
      values.sandboxes === undefined
        ? undefined
        : numberIn('sandboxes', values.sandboxes, 1, 1_000_000, true),
    rate: values.rate === undefined ? undefined : numberIn('rate', values.rate, 0.1, 1_000_000),
    outageMs: values.outage === undefined ? undefined : outageIn(values.outage),
    outageErrors: share('errors'),
    errors: share('healthy-errors'),
    okMs: duration('latency'),
    failedMs: duration('failure-latency'),
    slowCallMs: duration('slow-call'),
  };
  const count = values.seeds === undefined ? 1 : numberIn('seeds', values.seeds, 1, 1_000, true);
  const first = values.seed === undefined ? freshSeed() : numberIn('seed', values.seed, 0, SEEDS, true);
  const check = values.check === true;
  if (check && Object.values({ ...said, scenario: values.scenario }).some((value) => value !== undefined))
    throw new UsageError(
      '--check is of the outage of ten thousand sandboxes: expected no scenario beside it',
    );
  const beside = values.beside === true;
  if (check && beside) throw new UsageError('--check is of this breaker alone: expected no --beside');
  if (values.svg?.trim() === '') throw new UsageError('--svg: expected a file to write, got ""');
  return {
    scenario,
    seeds: Array.from({ length: count }, (_, index) => (first + index) % (SEEDS + 1)),
    said: Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
    json: values.json === true,
    check,
    beside,
    svg: values.svg,
  };
}
