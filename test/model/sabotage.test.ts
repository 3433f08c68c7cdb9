import { describe, expect, test } from 'vitest';
import { explore } from './explore.ts';
import { SABOTAGE } from './sabotage.ts';
import { type Invariant, Violation } from './verdict.ts';

/** What each sabotage must be seen to break, and within how many schedules. */
const BREAKS: Readonly<Record<keyof typeof SABOTAGE, Partial<Record<Invariant, number>>>> = {
  'completions are not fenced': { deceived: 200, mixed: 500 },
  'releases are not fenced': { overlapping: 1_000 },
  'fences do not grow': { fence: 50 },
  'tokens are not unique': { overlapping: 50 },
  'own writes are not recognised': { stuck: 200, deceived: 200 },
  'clocks differ without a margin': { overlapping: 200, repeated: 1_000 },
  'leases do not hold': { overlapping: 50 },
  'leases never end': { stuck: 50 },
  'payloads are not compared': { mixed: 200 },
  'principals share keys': { mixed: 50 },
  'a lost answer frees the key': { twice: 100 },
  'an earlier attempt is forgotten': { twice: 100 },
  'refusals are held': { held: 100 },
  'held keys run again': { twice: 100 },
  'records expire by the clock of a reader': { twice: 200 },
  'sandboxes forget since when they know a lease': { stuck: 200 },
  'results are forgotten': { repeated: 50 },
};

const cases = Object.entries(BREAKS).flatMap(([name, within]) =>
  Object.entries(within).map(([only, schedules]) => ({
    name: name as keyof typeof SABOTAGE,
    only: only as Invariant,
    schedules,
  })),
);

describe('the model sees that', () => {
  test.each(cases)('$name: "$only" breaks within $schedules schedules', async ({ name, only, schedules }) => {
    const { broken } = await explore({ schedules, seed: 1, sabotage: SABOTAGE[name], only });

    expect(broken?.error).toBeInstanceOf(Violation);
    expect(broken?.error).toMatchObject({ invariant: only });
  });
});
