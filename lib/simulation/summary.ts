import type { Figures } from './figures.ts';

export type FigureName = Exclude<keyof Figures, 'seed'>;

/** The figures of several seeds: never counts as the highest there is. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(all: readonly Figures[], name: FigureName): Spread {
  const sorted = all.map((figures) => figures[name] ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { median: at(Math.floor((sorted.length - 1) / 2)), least: at(0), most: at(sorted.length - 1) };
}

/** What a fleet of ten thousand sandboxes may cost and waste in an outage, as the median of its seeds. */
const LIMITS: readonly {
  readonly name: FigureName;
  readonly median: number;
  readonly most?: number;
}[] = [
  { name: 'openAfter', median: 1.5 },
  { name: 'rejected95', median: 9 },
  { name: 'failedCalls', median: 15_000 },
  { name: 'readsPerCallHealthy', median: 0.04 },
  { name: 'readsPerCall', median: 0.08 },
  { name: 'writesPerCall', median: 0.002 },
  { name: 'peakWrites', median: 60 },
  { name: 'throttled', median: 0, most: 0 },
  { name: 'recovered', median: 15, most: 23 },
  { name: 'probesAtOnce', median: 1, most: 1 },
  { name: 'dollarsPerMillionHealthy', median: 0.004 },
  { name: 'dollarsPerMillion', median: 0.006 },
];

export interface Verdict {
  readonly name: FigureName;
  readonly isMet: boolean;
  readonly text: string;
}

const short = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(3))) : 'never';

export const spreadText = ({ median, least, most }: Spread): string =>
  least === most ? short(median) : `${short(median)} (${short(least)} to ${short(most)})`;

/** Of fewer seeds the median is luck: when it recovers depends on when the outage ends between two probes. */
const ENOUGH_SEEDS = 5;

/** Whether the figures are within what they may be. Where the worst has a limit of its own, few seeds are held to that alone. */
export const judge = (all: readonly Figures[]): readonly Verdict[] =>
  LIMITS.map(({ name, median, most = Number.POSITIVE_INFINITY }) => {
    const spread = spreadOf(all, name);
    const isOfMedian = all.length >= ENOUGH_SEEDS || !Number.isFinite(most);
    const isMet = (!isOfMedian || spread.median <= median) && spread.most <= most;
    const worst = Number.isFinite(most) && most !== median ? `at most ${most}` : undefined;
    const wanted = [isOfMedian || worst === undefined ? `${median}` : [], worst ?? []].flat().join(', ');
    return {
      name,
      isMet,
      text: `${isMet ? 'ok' : 'MISSED'} ${name} ${spreadText(spread)}, wanted ${wanted}`,
    };
  });
