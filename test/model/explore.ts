import fc from 'fast-check';
import { cases } from './chance.ts';
import { addCounts, type Counts, noCounts } from './counts.ts';
import { play } from './play.ts';
import { smallest } from './smallest.ts';
import type { Trial } from './world.ts';

export interface Exploration extends Trial {
  /** How many schedules are played, if none breaks. */
  readonly schedules: number;
  readonly seed: number;
}

export interface Findings {
  readonly played: number;
  readonly counts: Counts;
  /** The first that broke an invariant, and what is left of it when all is left out that it does not take. */
  readonly broken?: { readonly error: unknown; readonly story: () => Promise<string> };
}

/** Plays random schedules until one breaks an invariant. The same seed plays the same ones. */
export async function explore({ schedules, seed, ...trial }: Exploration): Promise<Findings> {
  const counts = noCounts();
  let played = 0;
  const property = fc.asyncProperty(cases, async ([setup, schedule]) => {
    played++;
    addCounts(counts, await play(setup, schedule, trial));
  });
  const { counterexample, errorInstance: error } = await fc.check(property, {
    seed,
    numRuns: schedules,
    endOnFailure: true,
  });
  if (counterexample === null) return { played, counts };
  const [[setup, schedule]] = counterexample;
  const story = async () => {
    const steps = await smallest(setup, schedule, error, trial);
    return [`${error}`, JSON.stringify(setup), ...steps.map((step) => JSON.stringify(step))].join('\n');
  };
  return { played, counts, broken: { error, story } };
}
