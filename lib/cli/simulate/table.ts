import type { Figures } from '../../simulation/figures.ts';
import { SUBJECTS, type SubjectName } from '../../simulation/subjects.ts';
import { type FigureName, spreadOf, spreadText } from '../../simulation/summary.ts';

/** What the seeds of each breaker have shown. */
export type FiguresOf = ReadonlyMap<SubjectName, readonly Figures[]>;

const ROWS: readonly (readonly [FigureName, string])[] = [
  ['outage', 'outage, s'],
  ['verdict', 'open after, s'],
  ['rejected95', '95 % rejected after, s'],
  ['recovered', '95 % let through after the outage, s'],
  ['wasted', 'calls that failed in the outage'],
  ['falseCloses', 'closed in the outage, times'],
  ['probesAtOnce', 'probes at one time'],
  ['rejectedHealthy', 'share rejected before it'],
  ['readsPerCallHealthy', 'reads a call, healthy'],
  ['readsPerCall', 'reads a call, all'],
  ['writesPerCall', 'writes a call'],
  ['peakWrites', 'most writes a second on a key'],
  ['throttled', 'throttled requests'],
  ['throttledUntil', 'throttled until, s after the onset'],
  ['dollarsPerMillionHealthy', '$ for a million calls, healthy'],
  ['dollarsPerMillion', '$ for a million calls, all'],
];
const LABEL_WIDTH = 38;

/** What only a state that is shared can do. */
const OF_SHARED: readonly FigureName[] = ['verdict', 'falseCloses'];

/** Figures below each other, breakers side by side; where there is one alone it needs no heading. */
export function tableOf(all: FiguresOf): string {
  const columns = [...all].map(([subject, figures]) => {
    const isShared = SUBJECTS[subject].key !== undefined;
    const cells = ROWS.map(([name]) =>
      isShared || !OF_SHARED.includes(name) ? spreadText(spreadOf(figures, name)) : '–',
    );
    const column = all.size > 1 ? [subject, ...cells] : cells;
    const width = Math.max(...column.map((cell) => cell.length)) + 2;
    return column.map((cell) => cell.padEnd(width));
  });
  const labels = ROWS.map(([, label]) => label);
  return (all.size > 1 ? ['', ...labels] : labels)
    .map((label, row) =>
      `${label.padEnd(LABEL_WIDTH)}${columns.map((column) => column[row]).join('')}`.trimEnd(),
    )
    .join('\n');
}
