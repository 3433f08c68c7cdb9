import type { Spread } from '../measure.ts';

/** Cold starts of one bundle. */
export interface ColdStartRow {
  readonly name: string;
  readonly kb: number;
  readonly initMs: Spread;
  /** Of the first invocation, which is 0 where there is none. */
  readonly firstMs: Spread;
  readonly cpuMs: Spread;
  /** What init and first invocation may be as a multiple of another bundle's, of the same round. */
  readonly target?: { readonly of: string; readonly times: number; readonly measured: Spread };
  readonly atMostKb?: number;
  readonly isMet: boolean;
}

export interface ColdStartReport {
  readonly node: string;
  readonly powertools: string;
  readonly middy: string;
  readonly engine: string;
  readonly rounds: number;
  readonly rows: readonly ColdStartRow[];
}

const WIDTHS = [42, 8, 22, 22, 22, 0];
const lineOf = (cells: readonly string[]): string =>
  cells
    .map((cell, at) => cell.padEnd(WIDTHS[at] ?? 0))
    .join(' ')
    .trimEnd();
const inMs = ({ median, least, most }: Spread): string =>
  most === 0 ? '' : `${median.toFixed(1)} (${least.toFixed(1)} to ${most.toFixed(1)})`;

function verdictOf({ target, kb, atMostKb, isMet }: ColdStartRow): string {
  if (!target && atMostKb === undefined) return '';
  const parts = [
    target &&
      `${target.measured.median.toFixed(2)} (${target.measured.least.toFixed(2)} to ${target.measured.most.toFixed(2)}) of ${target.of}, wanted ${target.times}`,
    atMostKb !== undefined && `${kb.toFixed(0)} of ${atMostKb} KB`,
  ];
  return `${parts.filter(Boolean).join('; ')}: ${isMet ? 'ok' : 'MISSED'}`;
}

export const asText = ({ node, powertools, middy, engine, rounds, rows }: ColdStartReport): string =>
  [
    `Node ${node}, Powertools ${powertools}, Middy ${middy}, ${engine}; ${rounds} processes of each, in turn; median (least to most)`,
    '',
    lineOf(['', 'KB', 'init, ms', 'first invocation, ms', 'CPU of both, ms', '']),
    ...rows.map((row) =>
      lineOf([
        row.name,
        row.kb.toFixed(0),
        inMs(row.initMs),
        inMs(row.firstMs),
        inMs(row.cpuMs),
        verdictOf(row),
      ]),
    ),
  ].join('\n');
