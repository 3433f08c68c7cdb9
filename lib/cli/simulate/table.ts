import { FIGURE_LABELS } from '../../simulation/figure-labels.ts';
import type { Figures } from '../../simulation/figures.ts';
import type { Draft } from '../../simulation/scenario.ts';
import { SUBJECTS, type SubjectName } from '../../simulation/subjects.ts';
import { type FigureName, spreadOf, spreadText } from '../../simulation/summary.ts';

/** What the seeds of each breaker have shown. */
export type FiguresOf = ReadonlyMap<SubjectName, readonly Figures[]>;

/** Figures of a scenario that has what they are about. The others are shown of each. */
const ONLY_WITH: Partial<Record<FigureName, keyof Draft>> = {
  callsPerRequest: 'maxAttempts',
  live: 'maxAttempts',
  amplification: 'maxAttempts',
  rejectedSkewed: 'skewOneMs',
  rejectedAfterGarbage: 'hostile',
  addedP50: 'storeOutage',
  addedP99: 'storeOutage',
};
const NAMES = Object.keys(FIGURE_LABELS) as FigureName[];
const LABEL_WIDTH = 42;

/** Figures of a shared state: a breaker in each environment has none. */
const OF_SHARED: readonly FigureName[] = [
  ...(['openAfter', 'failedUntilOpen', 'callsPerRequest', 'falseOpens', 'falseCloses'] as const),
];

/**
 * Figures below each other, breakers side by side. One breaker needs no heading.
 * @param scenario Says which figures there are. Default: those of each scenario.
 */
export function tableOf(all: FiguresOf, scenario: Draft = {}): string {
  const names = NAMES.filter((name) => {
    const only = ONLY_WITH[name];
    return only === undefined || scenario[only] !== undefined;
  });
  const columns = [...all].map(([subject, figures]) => {
    const isShared = SUBJECTS[subject].key !== undefined;
    const cells = names.map((name) =>
      isShared || !OF_SHARED.includes(name) ? spreadText(spreadOf(figures, name)) : '–',
    );
    const column = all.size > 1 ? [subject, ...cells] : cells;
    const width = Math.max(...column.map((cell) => cell.length)) + 2;
    return column.map((cell) => cell.padEnd(width));
  });
  const labels = names.map((name) => FIGURE_LABELS[name]);
  return (all.size > 1 ? ['', ...labels] : labels)
    .map((label, row) =>
      `${label.padEnd(LABEL_WIDTH)}${columns.map((column) => column[row]).join('')}`.trimEnd(),
    )
    .join('\n');
}
