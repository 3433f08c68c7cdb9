import type { Machine } from '../machine.ts';
import type { Spread } from '../measure.ts';
import type { Kind } from './cost-cases.ts';
import { AT_ONCE, type Round } from './cost-rounds.ts';
import type { Target } from './cost-targets.ts';

/** What is measured in each round. */
export type Figure = keyof Round;

/** What calls of one case took, and as multiples of the reference's, round by round. */
export interface CostRow {
  readonly kind: Kind;
  readonly name: string;
  readonly took: Readonly<Record<Figure, Spread>>;
  readonly times: Readonly<Record<Figure, Spread>>;
}

/** How many requests a call of one case makes. */
export interface RequestsRow {
  readonly kind: Kind;
  readonly name: string;
  readonly requests: number;
  readonly isMet: boolean;
}

export interface CostReport extends Machine {
  readonly powertools: string;
  readonly middy: string;
  readonly sdk: string;
  readonly engine: string;
  readonly reference: string;
  readonly rounds: number;
  readonly calls: number;
  readonly rows: readonly CostRow[];
  readonly targets: readonly Target[];
  readonly requests: readonly RequestsRow[];
}

const FIGURES: Readonly<Record<Figure, string>> = {
  p50Us: 'p50',
  cpuUs: 'CPU',
  callsPerS: `calls/s, ${AT_ONCE} at once`,
};

const table = (widths: readonly number[]) => (cells: readonly string[]) =>
  cells
    .map((cell, at) => cell.padEnd(widths[at] ?? 0))
    .join(' ')
    .trimEnd();
const costLine = table([7, 20, 8, 22, 8, 22, 8]);
const targetLine = table([7, 20, 22, 24, 0]);

const whole = ({ median }: Spread): string => median.toFixed(median < 100 ? 1 : 0);
const inFull = ({ median, least, most }: Spread): string =>
  `${median.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;

const rowLine = ({ kind, name, took, times }: CostRow): string => {
  const cells = (['p50Us', 'cpuUs', 'callsPerS'] as const).flatMap((figure) => [
    whole(took[figure]),
    inFull(times[figure]),
  ]);
  return costLine([kind, name, ...cells]);
};

const verdictLine = ({ kind, name, figure, times, limit, isMet }: Target): string => {
  const wanted = `${figure === 'callsPerS' ? 'at least' : 'at most'} ${limit.toFixed(2)}`;
  return targetLine([kind, name, FIGURES[figure], inFull(times), `${wanted}: ${isMet ? 'ok' : 'MISSED'}`]);
};

function requestLines(requests: readonly RequestsRow[]): readonly string[] {
  return [...Map.groupBy(requests, ({ name }) => name)].map(([name, of]) => {
    const made = of.map((one) => `${one.kind} ${one.requests}${one.isMet ? '' : ' MISSED'}`);
    return `  ${name.padEnd(22)} ${made.join(', ')}`;
  });
}

export function asText({ rows, targets, requests, ...about }: CostReport): string {
  const { node, powertools, middy, sdk, engine, rounds, calls, reference, cpu, cores, date } = about;
  return [
    `${date}: ${cores} x ${cpu}; Node ${node}, Powertools ${powertools}, Middy ${middy}, AWS SDK ${sdk}, ${engine};`,
    `${rounds} rounds of ${calls} calls, all in turn; x: as multiples of ${reference}, median (least to most) of the rounds`,
    '',
    costLine(['', '', 'p50 us', 'x', 'CPU us', 'x', 'calls/s', `x, ${AT_ONCE} at once`]),
    ...rows.map(rowLine),
    '',
    `as multiples of ${reference}`,
    ...targets.map(verdictLine),
    '',
    'requests to DynamoDB, each call',
    ...requestLines(requests),
  ].join('\n');
}
