import { describe, expect, test } from 'vitest';
import { exploreBreaker } from './breaker-model-explore.ts';
import { SABOTAGE } from './breaker-model-sabotage.ts';

const RUNS = 800;
const SEED = 62;

describe('the breaker of a fleet', () => {
  test('keeps what it promises, whatever becomes of its requests and of its sandboxes', async () => {
    const { story, counts } = await exploreBreaker({ runs: RUNS, seed: SEED });

    expect(story).toBeUndefined();
    expect(Math.min(...Object.values(counts)), JSON.stringify(counts)).toBeGreaterThan(3);
  });
});

describe('the model sees a breaker that', () => {
  test.each(Object.entries(SABOTAGE))('%s', async (_, { by, breaks }) => {
    const { violation, story } = await exploreBreaker({ runs: RUNS, seed: SEED, sabotage: by });

    expect(breaks, story).toContain(violation?.invariant);
  });
});
