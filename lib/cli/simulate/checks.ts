import { cacheScenarioOf } from '../../simulation/cache/scenario.ts';
import { type AnyCheck, checkFigures, type LineResult } from '../../simulation/check.ts';
import { scenarioOf } from '../../simulation/scenario.ts';
import type { AnyFigures } from '../../simulation/summary.ts';
import { type CheckRequest, seedsFrom } from './arguments.ts';
import type { AnyJob, AnySimulated, Outcome } from './processes.ts';

/** One simulation of a check. */
type CheckJob = AnyJob & {
  readonly check: AnyCheck;
  readonly isBeside: boolean;
};

const besideOf = (check: AnyCheck) => ('beside' in check ? check.beside : undefined);

/** The simulations of a check for one seed. */
function jobsOfSeed(check: AnyCheck, seed: number): readonly CheckJob[] {
  if ('draft' in check)
    return [{ check, isBeside: false, cacheScenario: cacheScenarioOf(seed, check.draft) }];
  const { scenario, given, beside } = check;
  const job = (isBeside: boolean): CheckJob => ({
    ...{ check, isBeside, subject: 'fibrin' },
    scenario: scenarioOf(scenario, seed, { ...given, ...(isBeside && beside) }),
  });
  return beside ? [job(false), job(true)] : [job(false)];
}

/** What a check has shown. */
export interface CheckResult {
  readonly name: string;
  readonly seeds: number;
  readonly isMet: boolean;
  readonly lines: readonly LineResult[];
  /** Why simulations of it ended early. */
  readonly errors: readonly string[];
}

export function jobsOf({ checks, firstSeed, seedCount }: CheckRequest): readonly CheckJob[] {
  return checks.flatMap((check) => {
    const count = seedCount === undefined ? check.seeds : seedCount;
    return seedsFrom(firstSeed, count).flatMap((seed) => jobsOfSeed(check, seed));
  });
}

/** Takes the outcome of each simulation, and says when a check is complete. */
export function collector(jobs: readonly CheckJob[]) {
  const outcomes = new Map<CheckJob, Outcome<AnySimulated>>();
  const resultOf = (check: AnyCheck): CheckResult => {
    const own = jobs.filter((job) => job.check === check);
    const errors = own.flatMap((job) => {
      const outcome = outcomes.get(job);
      return outcome && 'error' in outcome ? [outcome.error] : [];
    });
    const figuresOf = (isBeside: boolean): readonly AnyFigures[] =>
      own.flatMap((job) => {
        const outcome = job.isBeside === isBeside ? outcomes.get(job) : undefined;
        return outcome && 'figures' in outcome ? [outcome.figures] : [];
      });
    const figures = figuresOf(false);
    const lines = checkFigures(check, figures, besideOf(check) && figuresOf(true));
    const isMet = errors.length === 0 && lines.every((line) => line.isMet);
    return { name: check.name, seeds: figures.length, isMet, lines, errors };
  };
  return {
    /** @returns The result of its check, where this was the last of it. */
    take(index: number, outcome: Outcome<AnySimulated>): CheckResult | undefined {
      const job = jobs[index] as CheckJob;
      outcomes.set(job, outcome);
      const isComplete = jobs.every((other) => other.check !== job.check || outcomes.has(other));
      return isComplete ? resultOf(job.check) : undefined;
    },
  };
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

/** Of the label and the value of a line. */
const WIDTHS = [42, 38] as const;

/**
 * A line of text for each figure, and for each kind of error.
 * @param nameWidth How much room names have.
 */
export function textOf({ name, lines, errors }: CheckResult, nameWidth: number): string {
  const row = (mark: string, ...cells: readonly string[]) => {
    const widths = [nameWidth, ...WIDTHS];
    return `${mark.padEnd(8)}${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('')}`.trimEnd();
  };
  return [
    ...[...new Set(errors.map(firstLine))].map((error) => row('MISSED', name, `ended early: ${error}`)),
    ...lines.map(({ isHeld, isMet, label, value, limits }) =>
      row(isHeld ? (isMet ? 'ok' : 'MISSED') : '', name, label, value, limits),
    ),
  ].join('\n');
}
