import type { Figures } from '../../simulation/figures.ts';
import type { Draft } from '../../simulation/scenario.ts';
import { SUBJECTS, type SubjectName } from '../../simulation/subjects.ts';
import { type FigureName, spreadOf, spreadText } from '../../simulation/summary.ts';

/** What the seeds of each breaker have shown. */
export type FiguresOf = ReadonlyMap<SubjectName, readonly Figures[]>;

const ROWS: readonly (readonly [FigureName, string])[] = [
  ['outage', 'outage, s'],
  ['openAfter', 'open after, s'],
  ['rejected95', '95 % rejected after, s'],
  ['recovered', '95 % admitted after the outage, s'],
  ['failedCalls', 'calls that failed in the outage'],
  ['failedUntilOpen', 'calls that failed until it opened'],
  ['falseOpens', 'opened before the outage, times'],
  ['falseCloses', 'closed in the outage, times'],
  ['probesAtOnce', 'probes at one time'],
  ['rejectedHealthy', 'fraction rejected before the outage'],
  ['rejectedOutage', 'fraction rejected in its second half'],
  ['rejectedSettled', 'fraction rejected from 50 s after it'],
  ['readsPerCallHealthy', 'reads a call, healthy'],
  ['readsPerCall', 'reads a call, all'],
  ['writesPerCall', 'writes a call'],
  ['peakWrites', 'most writes a second on a key'],
  ['throttled', 'throttled requests'],
  ['throttledUntil', 'throttled until, s after the onset'],
  ['dollarsPerMillionHealthy', '$ for a million calls, healthy'],
  ['dollarsPerMillion', '$ for a million calls, all'],
];

/** Rows of a scenario that has what they are about. */
const MORE_ROWS: readonly (readonly [keyof Draft, FigureName, string])[] = [
  ['maxAttempts', 'callsPerRequest', 'calls a request until it opened'],
  ['maxAttempts', 'live', 'fraction of requests that succeeded'],
  ['maxAttempts', 'amplification', 'calls a request, all'],
  ['skewOneMs', 'rejectedSkewed', 'the same, where the clock is off'],
  ['hostile', 'rejectedAfterGarbage', 'rejected from 50 s after garbage'],
  ['storeOutage', 'addedP50', 'ms added to half of the calls at most'],
  ['storeOutage', 'addedP99', 'ms added to 99 % of the calls at most'],
];
const LABEL_WIDTH = 39;

/** Figures of a shared state: a breaker in each environment has none. */
const OF_SHARED: readonly FigureName[] = [
  ...(['openAfter', 'failedUntilOpen', 'callsPerRequest', 'falseOpens', 'falseCloses'] as const),
];

/**
 * Figures below each other, breakers side by side. One breaker needs no heading.
 * @param scenario Default: one without further rows.
 */
export function tableOf(all: FiguresOf, scenario: Draft = {}): string {
  const more = MORE_ROWS.filter(([of]) => scenario[of] !== undefined);
  const rows = [...ROWS, ...more.map(([, name, label]) => [name, label] as const)];
  const columns = [...all].map(([subject, figures]) => {
    const isShared = SUBJECTS[subject].key !== undefined;
    const cells = rows.map(([name]) =>
      isShared || !OF_SHARED.includes(name) ? spreadText(spreadOf(figures, name)) : '–',
    );
    const column = all.size > 1 ? [subject, ...cells] : cells;
    const width = Math.max(...column.map((cell) => cell.length)) + 2;
    return column.map((cell) => cell.padEnd(width));
  });
  const labels = rows.map(([, label]) => label);
  return (all.size > 1 ? ['', ...labels] : labels)
    .map((label, row) =>
      `${label.padEnd(LABEL_WIDTH)}${columns.map((column) => column[row]).join('')}`.trimEnd(),
    )
    .join('\n');
}
