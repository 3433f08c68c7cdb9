import type { Spread } from '../measure.ts';
import type { Kind } from './cost-cases.ts';

/** What calls of one case took, and as multiples of the reference's. */
export interface CostRow {
  readonly kind: Kind;
  readonly name: string;
  readonly cpuUs: Spread;
  readonly p50Us: Spread;
  readonly ratios: { readonly cpu: Spread; readonly p50: Spread };
  /** The most that both medians may be. Undefined: they are reported. */
  readonly atMost: number | undefined;
  readonly isMet: boolean;
}

/** How many requests a call of one case makes. */
export interface RequestsRow {
  readonly kind: Kind;
  readonly name: string;
  readonly requests: number;
  readonly isMet: boolean;
}

export interface CostReport {
  readonly node: string;
  readonly powertools: string;
  readonly middy: string;
  readonly engine: string;
  readonly reference: string;
  readonly rounds: number;
  readonly calls: number;
  readonly rows: readonly CostRow[];
  readonly requests: readonly RequestsRow[];
}

const WIDTHS = [8, 22, 9, 23, 9, 23, 0];

const lineOf = (cells: readonly string[]): string =>
  cells
    .map((cell, at) => cell.padEnd(WIDTHS[at] ?? 0))
    .join(' ')
    .trimEnd();
const inFull = ({ median, least, most }: Spread): string =>
  `${median.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;

function costLine({ kind, name, cpuUs, p50Us, ratios, atMost, isMet }: CostRow): string {
  const verdict = atMost === undefined ? '' : `${atMost.toFixed(2)} ${isMet ? 'ok' : 'MISSED'}`;
  const whole = ({ median }: Spread) => median.toFixed(0);
  return lineOf([kind, name, whole(cpuUs), inFull(ratios.cpu), whole(p50Us), inFull(ratios.p50), verdict]);
}

function requestLines(requests: readonly RequestsRow[]): readonly string[] {
  return [...Map.groupBy(requests, ({ name }) => name)].map(([name, of]) => {
    const made = of.map((one) => `${one.kind} ${one.requests}${one.isMet ? '' : ' MISSED'}`);
    return `  ${name.padEnd(22)} ${made.join(', ')}`;
  });
}

export function asText({ rows, requests, ...about }: CostReport): string {
  const { node, powertools, middy, engine, rounds, calls, reference } = about;
  return [
    `Node ${node}, Powertools ${powertools}, Middy ${middy}, ${engine}; ${rounds} rounds of ${calls} calls;`,
    `as multiples of ${reference}: median (least to most) of the rounds`,
    '',
    lineOf(['', '', 'CPU us', 'x', 'p50 us', 'x', 'wanted']),
    ...rows.map(costLine),
    '',
    'requests to DynamoDB, each call',
    ...requestLines(requests),
  ].join('\n');
}
