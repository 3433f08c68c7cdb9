import { describe, expect, test } from 'vitest';
import { exploreBreaker } from './explore.ts';
import { VARIANTS } from './variants.ts';

const RUNS = 800;
const SEED = 62;

describe('a shared breaker', () => {
  test('keeps what it promises, whatever becomes of its requests, clocks, environments and items', async () => {
    const { story, counts } = await exploreBreaker({ runs: RUNS, seed: SEED });

    expect(story).toBeUndefined();
    expect(Math.min(...Object.values(counts)), JSON.stringify(counts)).toBeGreaterThan(3);
  });
});

describe('the model finds a breaker that', () => {
  test.each(Object.entries(VARIANTS))('%s', async (_, { by, breaks }) => {
    const { violation, story } = await exploreBreaker({ runs: RUNS, seed: SEED, sabotage: by });

    expect(breaks, story).toContain(violation?.invariant);
  });
});
