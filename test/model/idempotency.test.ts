import { expect, test } from 'vitest';
import { tooRare } from './counts.ts';
import { explore } from './explore.ts';

const SCHEDULES = 400;

test('no schedule of crashes, overruns, lost and repeated messages and clocks that differ breaks an invariant', async () => {
  const { played, broken, counts } = await explore({ schedules: SCHEDULES, seed: 51 });

  expect(await broken?.story()).toBeUndefined();
  expect(played).toBe(SCHEDULES);
  // The schedules got to where the invariants could break.
  expect(tooRare(counts, SCHEDULES)).toEqual([]);
});
