import { scenarioOf } from '../../simulation/scenario.ts';
import type { RunRequest } from './arguments.ts';
import { type FiguresOf, tableOf } from './table.ts';

/** What simulations have shown, for people or for programs. */
export function reportOf({ scenario, seeds, given, json, beside }: RunRequest, figures: FiguresOf): string {
  const { fibrin: own = [], ...others } = Object.fromEntries(figures);
  if (json) return JSON.stringify({ scenario, seeds: own, ...(beside && { beside: others }) }, undefined, 2);
  const heading =
    seeds.length > 1
      ? `${scenario}, seeds ${seeds.join(', ')}: median (least to most)`
      : `${scenario}, seed ${seeds[0]}`;
  return `${heading}\n\n${tableOf(figures, scenarioOf(scenario, 0, given))}`;
}
