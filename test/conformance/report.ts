import { AREAS, type Area, type ConformanceCase, type TargetName } from './case.ts';
import type { Outcome } from './run.ts';

export type Outcomes = ReadonlyMap<ConformanceCase, Outcome>;
export type Results = ReadonlyMap<TargetName, Outcomes>;

/** Fewer that hold in an area are too few. */
const FLOOR = 0.95;

interface Difference {
  readonly target: TargetName;
  readonly area: Area;
  readonly title: string;
  readonly page: string;
  readonly difference: string;
  readonly explanation?: string;
}

interface AreaFigures {
  readonly area: Area;
  readonly cases: number;
  /** By target. */
  readonly held: Readonly<Partial<Record<TargetName, number>>>;
}

export interface Report {
  readonly areas: readonly AreaFigures[];
  readonly differences: readonly Difference[];
  /** What makes the suite fail. */
  readonly wrong: readonly string[];
}

function differencesOf(target: TargetName, outcomes: Outcomes): readonly Difference[] {
  return [...outcomes].flatMap(([{ area, title, page, difference: explanation }, difference]) =>
    difference === undefined
      ? []
      : [
          {
            ...{ target, area, title, page, difference },
            ...(target === 'local' && explanation !== undefined && { explanation }),
          },
        ],
  );
}

export function reportOf(cases: readonly ConformanceCase[], results: Results): Report {
  const areas = AREAS.map((area): AreaFigures => {
    const own = cases.filter((one) => one.area === area);
    const held = [...results].map(([target, outcomes]) => [
      target,
      own.filter((one) => outcomes.has(one) && outcomes.get(one) === undefined).length,
    ]);
    return { area, cases: own.length, held: Object.fromEntries(held) };
  }).filter((figures) => figures.cases > 0);
  const differences = [...results].flatMap(([target, outcomes]) => differencesOf(target, outcomes));
  const low = areas.flatMap(({ area, cases: all, held }) =>
    held.local !== undefined && held.local < all * FLOOR
      ? [`${area}: ${held.local} of ${all} hold, expected at least ${FLOOR * 100} %`]
      : [],
  );
  const unexplained = differences
    .filter(({ target, explanation }) => target === 'local' && explanation === undefined)
    .map(({ area, title }) => `${area}: no explanation why it differs: ${title}`);
  return { areas, differences, wrong: [...low, ...unexplained] };
}

const heading = ['area', 'cases', 'fibrin local', 'ministack'] as const;

/** The report as text: a table, and then each difference. */
export function textOf({ areas, differences }: Report): string {
  const rows = areas.map(({ area, cases, held }) => [
    ...[area, String(cases), String(held.local ?? '-'), String(held.ministack ?? '-')],
  ]);
  const sum = (of: (figures: AreaFigures) => number | undefined) =>
    areas.some((figures) => of(figures) !== undefined)
      ? String(areas.reduce((total, figures) => total + (of(figures) ?? 0), 0))
      : '-';
  const all = [
    'all',
    sum(({ cases }) => cases),
    sum(({ held }) => held.local),
    sum(({ held }) => held.ministack),
  ];
  const lines = [[...heading], ...rows, all].map(([first = '', ...others]) =>
    [first.padEnd(14), ...others.map((cell) => cell.padStart(13))].join(''),
  );
  const told = differences.map(
    ({ target, area, title, page, difference, explanation }) =>
      `${target === 'local' ? 'fibrin local' : target}, ${area}: ${title}\n  ${page}\n  ${difference}${explanation === undefined ? '' : `\n  because ${explanation}`}`,
  );
  return [...lines, '', ...told].join('\n').trimEnd();
}
