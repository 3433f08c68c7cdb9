import type { Figures, GroupFigures } from './figures.ts';

export interface Report extends Figures {
  readonly keys: number;
  readonly seed: number;
  readonly elapsedMs: number;
  readonly engine: string;
}

const LABEL_WIDTH = 34;
const WIDTH = 12;
const COLUMNS = [
  'keys',
  'answered',
  'held',
  'charged',
  'chargedTwice',
  'wrong',
  'requests',
  'faulted',
] as const;

const row = (label: string, cells: readonly (string | number | undefined)[]) =>
  [label.padEnd(LABEL_WIDTH), ...cells.map((cell) => String(cell ?? '').padStart(WIDTH))].join('');

/** A column each group: what became of its keys, and how often each fault was injected. */
export function tableOf({ groups, elapsedMs, engine }: Report): string {
  const columns: readonly [string, GroupFigures][] = Object.entries(groups);
  const figures = (pick: (of: GroupFigures) => number | undefined) => columns.map(([, of]) => pick(of));
  const kinds = [...new Set(columns.flatMap(([, of]) => Object.keys(of.kinds)))];
  return [
    row(
      '',
      columns.map(([group]) => group),
    ),
    ...COLUMNS.map((name) =>
      row(
        name,
        figures((of) => of[name]),
      ),
    ),
    ...kinds.map((kind) =>
      row(
        kind,
        figures((of) => of.kinds[kind]),
      ),
    ),
    `${Math.round(elapsedMs / 1_000)} s on ${engine}`,
  ].join('\n');
}
