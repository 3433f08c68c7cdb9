import type { BreakerSummary } from '../../breaker/summary.ts';
import { printable } from '../../terminal/printable.ts';
import { momentText } from '../time.ts';
import type { Listed } from './list.ts';

const percent = (fraction: number): string => `${Math.round(fraction * 100)} %`;

/** One breaker for people, a line for each of its parts. */
export function summaryLines(summary: BreakerSummary, now: number): readonly string[] {
  const { name, state, reason, cause, since, until, by, rate, admittedFraction } = summary;
  const line = (label: string, text: string | null) => (text === null ? [] : [`${label.padEnd(8)}${text}`]);
  const moment = (text: string | null) => text && momentText(Date.parse(text), now);
  return [
    `breaker ${name}`,
    `state   ${state} · admits ${percent(admittedFraction)} of calls`,
    ...line('reason', reason),
    ...line('cause', cause),
    ...line('by', by),
    ...line('since', moment(since)),
    ...line('until', moment(until)),
    ...line('rate', rate === null ? 'unknown' : `${rate} calls/s`),
  ];
}

const HEADINGS = ['breaker', 'state', 'until', 'admits', 'calls/s', 'reason'];

/** Why a breaker does not admit all calls, and what the last one failed with. */
function whyText({ reason, cause, by }: BreakerSummary): string {
  if (by !== null) return printable(`forced by ${by}`);
  return reason === null ? '' : printable(cause === null ? reason : `${reason} (${cause})`);
}

/** All breakers of a table, a line each. */
export function listLines({ breakers, unreadable, itemsRead }: Listed, table: string): readonly string[] {
  const rows = breakers.map((summary) => [
    ...[printable(summary.name), summary.state, summary.until ?? '', percent(summary.admittedFraction)],
    ...[summary.rate === null ? '' : String(summary.rate), whyText(summary)],
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
    `${count} in table "${table}" (${itemsRead} items read)`,
  ];
}
