import type { Judged } from './campaign.ts';
import { isRandom, VARIANTS } from './points.ts';

const COLUMNS = ['runs', 'lost', 'doubled', 'held'] as const;
const LABEL_WIDTH = 24;
const WIDTH = 8;

function cells(judged: readonly Judged[]): readonly string[] {
  const count = (what: 'lost' | 'doubled' | 'held') => judged.filter(({ verdict }) => verdict[what]).length;
  const numbers = [judged.length, count('lost'), count('doubled'), count('held')];
  return numbers.map((number) => (judged.length === 0 ? '' : String(number)).padStart(WIDTH));
}

/** One row a place of death, the same columns for each variant. */
export function tableOf(judged: readonly Judged[]): string {
  const row = (label: string, of: readonly Judged[]) =>
    [
      label.padEnd(LABEL_WIDTH),
      ...VARIANTS.flatMap((variant) => cells(of.filter(({ outcome: { plan } }) => plan.variant === variant))),
    ].join('');
  const byPoint = Map.groupBy(judged, ({ outcome: { plan } }) => plan.point);
  return [
    ['killed at'.padEnd(LABEL_WIDTH), ...VARIANTS.map((one) => one.padStart(WIDTH * COLUMNS.length))],
    [' '.repeat(LABEL_WIDTH), ...VARIANTS.flatMap(() => COLUMNS.map((name) => name.padStart(WIDTH)))],
    ...[...byPoint].map(([point, of]) => [row(point, of)]),
    [row('all', judged)],
  ]
    .map((line) => line.join(''))
    .join('\n');
}

/** Where those died whose place was left to chance: what they said last, and how many. */
export function chanceOf(judged: readonly Judged[]): string {
  const last = judged
    .filter(({ outcome }) => isRandom(outcome.plan.point))
    .flatMap(({ outcome }) => outcome.deaths.map((death) => death.last ?? 'not begun'));
  return [...Map.groupBy(last, (mark) => mark)].map(([mark, of]) => `${mark} ${of.length}`).join(', ');
}
