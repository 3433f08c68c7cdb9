import { type Check, checkFigures, type LineResult } from '../../simulation/check.ts';
import type { Figures } from '../../simulation/figures.ts';
import { scenarioOf } from '../../simulation/scenario.ts';
import { type CheckRequest, seedsFrom } from './arguments.ts';
import type { Job, Outcome } from './processes.ts';

/** One simulation of a check. */
interface CheckJob extends Job {
  readonly check: Check;
  readonly isBeside: boolean;
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
    const { scenario, given, beside } = check;
    const count = seedCount === undefined ? check.seeds : seedCount;
    return seedsFrom(firstSeed, count).flatMap((seed) => {
      const job = (isBeside: boolean): CheckJob => ({
        ...{ check, isBeside, subject: 'fibrin' },
        scenario: scenarioOf(scenario, seed, { ...given, ...(isBeside && beside) }),
      });
      return beside ? [job(false), job(true)] : [job(false)];
    });
  });
}

/** Takes the outcome of each simulation, and says when a check is complete. */
export function collector(jobs: readonly CheckJob[]) {
  const outcomes = new Map<CheckJob, Outcome>();
  const resultOf = (check: Check): CheckResult => {
    const own = jobs.filter((job) => job.check === check);
    const errors = own.flatMap((job) => {
      const outcome = outcomes.get(job);
      return outcome && 'error' in outcome ? [outcome.error] : [];
    });
    const figuresOf = (isBeside: boolean): readonly Figures[] =>
      own.flatMap((job) => {
        const outcome = job.isBeside === isBeside ? outcomes.get(job) : undefined;
        return outcome && 'figures' in outcome ? [outcome.figures] : [];
      });
    const figures = figuresOf(false);
    const lines = checkFigures(check, figures, check.beside && figuresOf(true));
    const isMet = errors.length === 0 && lines.every((line) => line.isMet);
    return { name: check.name, seeds: figures.length, isMet, lines, errors };
  };
  return {
    /** @returns The result of its check, where this was the last of it. */
    take(index: number, outcome: Outcome): CheckResult | undefined {
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
