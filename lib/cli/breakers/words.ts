import { sightOf } from '../../breaker/sight.ts';
import type { Verdict } from '../../breaker/verdict.ts';
import { momentText } from '../time.ts';
import type { Listed } from './list.ts';

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** What is of interest of a verdict, for people. */
export function sightText(name: string, verdict: Verdict, now: number): string {
  const sight = sightOf(name, verdict, now);
  const { state, since, until, by, rate } = sight;
  return [
    `breaker ${name}`,
    `state   ${state}${by === null ? '' : `, by ${by}`}`,
    ...(since === null ? [] : [`since   ${momentText(verdict.since, now)}`]),
    ...(until === null ? [] : [`until   ${momentText(verdict.until, now)}`]),
    `lets    ${percent(sight.admittedShare)} of the calls through, and ${percent(sight.retryShare)} of the failed ones be made again`,
    `rate    ${rate === null ? 'nobody knows yet' : `${rate} calls a second`}`,
  ].join('\n');
}

const HEADINGS = ['breaker', 'state', 'until', 'lets through', 'calls a second', 'by'];

/** All breakers of a table, a line each. */
export function listText({ breakers, unreadable, itemsRead }: Listed, table: string): string {
  const rows = breakers.map(({ name, state, until, admittedShare, rate, by }) => [
    ...[name, state, until ?? '', percent(admittedShare), rate === null ? '' : String(rate), by ?? ''],
  ]);
  const all = rows.length > 0 ? [HEADINGS, ...rows] : [];
  const widths = HEADINGS.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const count = `${breakers.length} ${breakers.length === 1 ? 'breaker' : 'breakers'}`;
  return [
    ...lines,
    ...unreadable.map(({ name, why }) => `${name}: ${why}`),
    `${count} in table "${table}", of which ${itemsRead} items were read`,
  ].join('\n');
}
