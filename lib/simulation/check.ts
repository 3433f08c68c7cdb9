import { CACHE_FIGURE_LABELS, type CacheFigureName } from './cache/figures.ts';
import type { CacheDraft } from './cache/scenario.ts';
import { FIGURE_LABELS } from './figure-labels.ts';
import type { Draft } from './scenario.ts';
import type { ScenarioName } from './scenarios.ts';
import {
  type AnyFigureName,
  type AnyFigures,
  type FigureName,
  numberText,
  type Spread,
  spreadOf,
  spreadText,
} from './summary.ts';

/** What one figure of several seeds may be. A line without a limit is shown and not held to anything. */
export interface Line<N extends AnyFigureName = FigureName> {
  readonly figure: N;
  /** Limits are the most that it may be, or the least. Default `most`. */
  readonly limit?: 'most' | 'least';
  /** Of the median of all seeds, of their mean, and of the worst of them. */
  readonly median?: number;
  readonly mean?: number;
  readonly worst?: number;
  /** In how many seeds it may be more than nothing. */
  readonly runs?: number;
}

/** What the figures of something that is simulated may be. */
export interface Limits<N extends AnyFigureName> {
  readonly name: string;
  readonly seeds: number;
  /** Left out of quick checks: it takes minutes. */
  readonly takesMinutes?: true;
  readonly lines: readonly Line<N>[];
}

/** A scenario, and what its figures may be. */
export interface Check extends Limits<FigureName> {
  readonly scenario: ScenarioName;
  readonly given?: Draft;
  /** The same scenario with this changed runs beside it, and the limits are of the difference of the medians. */
  readonly beside?: Draft;
}

/** What environments with a cache go through, and what its figures may be. */
export interface CacheCheck extends Limits<CacheFigureName> {
  readonly draft: CacheDraft;
}

export type AnyCheck = Check | CacheCheck;

/** One line of a check with what its seeds have shown. */
export interface LineResult {
  readonly check: string;
  readonly figure: AnyFigureName;
  readonly spread: Spread;
  /** Median of the scenario that runs beside it. */
  readonly besideMedian?: number;
  /** Whether it has a limit that counts for so many seeds. */
  readonly isHeld: boolean;
  readonly isMet: boolean;
  readonly label: string;
  readonly value: string;
  readonly limits: string;
}

const LABELS: Readonly<Record<AnyFigureName, string>> = { ...CACHE_FIGURE_LABELS, ...FIGURE_LABELS };

/** The median of fewer seeds is luck: when it recovers depends on when the outage ends between two probes. */
const ENOUGH_SEEDS = 5;

interface Held {
  readonly of: string;
  readonly value: number;
  readonly limit: number;
}

/** What a line is held to. Of few seeds the median counts only where nothing else does. */
function limitsOf(
  line: Line<AnyFigureName>,
  spread: Spread,
  besideMedian: number | undefined,
): readonly Held[] {
  const { median, mean, worst, runs, limit = 'most' } = line;
  const isEnough = spread.count >= ENOUGH_SEEDS;
  const difference = spread.median - (besideMedian ?? 0);
  const isMedianHeld = isEnough || (besideMedian === undefined && worst === undefined);
  const held: readonly (Held | undefined)[] = [
    median !== undefined && isMedianHeld
      ? { of: besideMedian === undefined ? 'median' : 'difference', value: difference, limit: median }
      : undefined,
    mean === undefined ? undefined : { of: 'mean', value: spread.mean, limit: mean },
    worst === undefined
      ? undefined
      : { of: 'worst', value: limit === 'most' ? spread.most : spread.least, limit: worst },
    runs === undefined ? undefined : { of: 'runs', value: spread.above0, limit: runs },
  ];
  return held.filter((each) => each !== undefined);
}

/** A figure that never came meets no limit, and neither does the difference of two that never came. */
const isWithin = ({ value, limit }: Held, kind: 'most' | 'least'): boolean =>
  Number.isFinite(value) && (kind === 'most' ? value <= limit : value >= limit);

function valueText(line: Line<AnyFigureName>, spread: Spread, besideMedian: number | undefined): string {
  const beside = besideMedian === undefined ? '' : ` beside ${numberText(besideMedian)}`;
  const mean = line.mean === undefined ? '' : `, mean ${numberText(spread.mean)}`;
  const runs = line.runs === undefined ? '' : `, in ${spread.above0} of ${spread.count} runs`;
  return `${spreadText(spread)}${beside}${mean}${runs}`;
}

function limitsText({ median, limit = 'most' }: Line<AnyFigureName>, held: readonly Held[]): string {
  if (held.length > 0)
    return held.map((each) => `${each.of} at ${limit} ${numberText(each.limit)}`).join(', ');
  return median === undefined ? 'no limit' : `no limit for fewer than ${ENOUGH_SEEDS} seeds`;
}

/** Whether the figures of a check's seeds are within its limits. */
export function checkFigures(
  { name, lines }: Limits<AnyFigureName>,
  figures: readonly AnyFigures[],
  beside?: readonly AnyFigures[],
): readonly LineResult[] {
  return lines.map((line) => {
    const { figure, limit = 'most' } = line;
    const spread = spreadOf(figures, figure);
    const besideMedian = beside && spreadOf(beside, figure).median;
    const held = limitsOf(line, spread, besideMedian);
    return {
      ...{ check: name, figure, spread, ...(besideMedian !== undefined && { besideMedian }) },
      isHeld: held.length > 0,
      isMet: held.every((each) => isWithin(each, limit)),
      label: LABELS[figure],
      value: valueText(line, spread, besideMedian),
      limits: limitsText(line, held),
    };
  });
}
