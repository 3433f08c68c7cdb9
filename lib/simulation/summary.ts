import type { CacheFigureName } from './cache/figures.ts';
import type { Figures } from './figures.ts';

export type FigureName = Exclude<keyof Figures, 'seed'>;
export type AnyFigureName = FigureName | CacheFigureName;
/** Figures of whatever is simulated. */
export type AnyFigures = Readonly<Partial<Record<AnyFigureName, number | null>>>;

/** The figures of several seeds: never counts as the highest there is. */
export interface Spread {
  readonly median: number;
  readonly mean: number;
  readonly least: number;
  readonly most: number;
  /** In how many seeds it was more than nothing, of how many. */
  readonly above0: number;
  readonly count: number;
}

export function spreadOf(all: readonly AnyFigures[], name: AnyFigureName): Spread {
  const sorted = all.map((figures) => figures[name] ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return {
    median: at(Math.floor((sorted.length - 1) / 2)),
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    least: at(0),
    most: at(sorted.length - 1),
    above0: sorted.filter((value) => value > 0).length,
    count: sorted.length,
  };
}

export const numberText = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(3))) : 'never';

export function spreadText(spread: Spread): string {
  const [median, least, most] = [spread.median, spread.least, spread.most].map(numberText);
  return least === most ? `${median}` : `${median} (${least} to ${most})`;
}
