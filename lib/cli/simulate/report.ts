import { scenarioOf } from '../../simulation/scenario.ts';
import { judge } from '../../simulation/summary.ts';
import type { SimulateRequest } from './arguments.ts';
import { type FiguresOf, tableOf } from './table.ts';

export interface Report {
  readonly text: string;
  /** Whether nothing is as it should not be, where that was to be checked. */
  readonly isMet: boolean;
}

/** What simulations have shown, for people or for programs. */
export function reportOf(
  { scenario, seeds, given, json, check, beside }: SimulateRequest,
  figures: FiguresOf,
): Report {
  const { fibrin: own = [], ...others } = Object.fromEntries(figures);
  const verdicts = check ? judge(own) : [];
  const isMet = verdicts.every((verdict) => verdict.isMet);
  if (json) {
    const more = { ...(beside && { beside: others }), ...(check && { isMet, verdicts }) };
    return { text: JSON.stringify({ scenario, seeds: own, ...more }, undefined, 2), isMet };
  }
  const heading =
    seeds.length > 1
      ? `${scenario}, seeds ${seeds.join(', ')}: median (least to most)`
      : `${scenario}, seed ${seeds[0]}`;
  const judgement = check ? [verdicts.map(({ text }) => text).join(' | ')] : [];
  return {
    text: [heading, tableOf(figures, scenarioOf(scenario, 0, given)), ...judgement].join('\n\n'),
    isMet,
  };
}
