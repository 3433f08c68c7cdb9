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

interface Held {
  readonly tried: number;
  readonly held: number;
}

interface AreaFigures {
  readonly area: Area;
  readonly cases: number;
  readonly on: Readonly<Partial<Record<TargetName, Held>>>;
}

export interface Report {
  readonly areas: readonly AreaFigures[];
  readonly differences: readonly Difference[];
  /** What makes the suite fail. */
  readonly wrong: readonly string[];
}

function differencesOf(
  cases: readonly ConformanceCase[],
  target: TargetName,
  outcomes: Outcomes,
): readonly Difference[] {
  return cases.flatMap((one) => {
    const { area, title, page, difference: explanation } = one;
    const difference = outcomes.get(one);
    if (difference === undefined) return [];
    const own = target === 'local' && explanation !== undefined;
    return [{ target, area, title, page, difference, ...(own && { explanation }) }];
  });
}

const heldOf = (cases: readonly ConformanceCase[], outcomes: Outcomes): Held => {
  const tried = cases.filter((one) => outcomes.has(one));
  return { tried: tried.length, held: tried.filter((one) => outcomes.get(one) === undefined).length };
};

export function reportOf(cases: readonly ConformanceCase[], results: Results): Report {
  const areas = AREAS.map((area): AreaFigures => {
    const own = cases.filter((one) => one.area === area);
    const on = [...results].map(([target, outcomes]) => [target, heldOf(own, outcomes)]);
    return { area, cases: own.length, on: Object.fromEntries(on) };
  }).filter((figures) => figures.cases > 0);
  const differences = [...results].flatMap(([target, outcomes]) => differencesOf(cases, target, outcomes));
  const low = areas.flatMap(({ area, on: { local } }) =>
    local !== undefined && local.held < local.tried * FLOOR
      ? [`${area}: ${local.held} of ${local.tried} hold, expected at least ${FLOOR * 100} %`]
      : [],
  );
  const unexplained = differences
    .filter(({ target, explanation }) => target === 'local' && explanation === undefined)
    .map(({ area, title }) => `${area}: no explanation why it differs: ${title}`);
  return { areas, differences, wrong: [...low, ...unexplained] };
}

const heading = ['area', 'cases', 'fibrin local', 'ministack'] as const;

const cell = (held: Held | undefined): string => (held ? `${held.held} of ${held.tried}` : '-');

/** What all areas come to. */
function sumOn(areas: readonly AreaFigures[], target: TargetName): Held | undefined {
  const all = areas.flatMap(({ on }) => on[target] ?? []);
  if (all.length === 0) return undefined;
  return all.reduce((sum, one) => ({ tried: sum.tried + one.tried, held: sum.held + one.held }));
}

/** The report as text: a table, and then each difference. */
export function textOf({ areas, differences }: Report): string {
  const rows = areas.map(({ area, cases, on }) => [area, String(cases), cell(on.local), cell(on.ministack)]);
  const cases = areas.reduce((sum, figures) => sum + figures.cases, 0);
  const all = ['all', String(cases), cell(sumOn(areas, 'local')), cell(sumOn(areas, 'ministack'))];
  const lines = [[...heading], ...rows, all].map(([first = '', ...others]) =>
    [first.padEnd(14), ...others.map((text) => text.padStart(13))].join(''),
  );
  const told = differences.map(
    ({ target, area, title, page, difference, explanation }) =>
      `${target === 'local' ? 'fibrin local' : target}, ${area}: ${title}\n  ${page}\n  ${difference}${explanation === undefined ? '' : `\n  because ${explanation}`}`,
  );
  return [...lines, '', ...told].join('\n').trimEnd();
}
