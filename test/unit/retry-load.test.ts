import { describe, expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { type FakeClock, fakeClock, seededRandom } from '../../lib/testing/index.ts';
import { outage } from '../support/outcomes.ts';

/** How long the dependency takes for an answer. Milliseconds. */
const ANSWER_MS = 60;

interface Load {
  readonly requestsPerSecond: number;
  /** How many requests come at once. */
  readonly atOnce?: number;
  readonly requests: number;
  readonly failureRatio: number;
  readonly seed: number;
}

interface Figures {
  /** Fraction of the requests that were answered live. */
  readonly live: number;
  /** Calls of the dependency for each request. */
  readonly amplification: number;
  /** The same, after the first second. */
  readonly laterAmplification: number;
}

/** An open loop: requests come at their times, however long the earlier ones take. One environment serves them all. */
async function underLoad(load: Load): Promise<Figures> {
  const { requestsPerSecond, atOnce = 1, requests, failureRatio, seed } = load;
  const clock: FakeClock = fakeClock();
  const random = seededRandom(seed);
  const posts = resilient<string>({
    ...{ name: 'posts', retry: { maxAttempts: 3 }, clock, random: seededRandom(seed + 1_000) },
  });
  const called = { all: 0, later: 0 };
  const call = async () => {
    called.all++;
    if (clock.monotonic() >= 1_000) called.later++;
    await sleep(clock, ANSWER_MS);
    if (random.next() < failureRatio) throw outage();
    return 'fine';
  };
  const runs: Promise<{ readonly source: string }>[] = [];
  let later = 0;
  while (runs.length < requests) {
    for (let n = 0; n < atOnce; n++) {
      if (clock.monotonic() >= 1_000) later++;
      runs.push(posts.outcome(call));
    }
    await clock.advance((1_000 * atOnce) / requestsPerSecond);
  }
  await clock.advance(10_000);
  const outcomes = await Promise.all(runs);
  return {
    live: outcomes.filter(({ source }) => source === 'live').length / requests,
    amplification: called.all / requests,
    laterAmplification: called.later / later,
  };
}

describe('three attempts at random failures of 30 %', () => {
  test.each([
    { requestsPerSecond: 10, seed: 1 },
    { requestsPerSecond: 40, seed: 3 },
    { requestsPerSecond: 40, atOnce: 10, seed: 5 },
    { requestsPerSecond: 400, atOnce: 10, seed: 7 },
  ])('keep 96.5 % of calls live with 1.45 calls each: %j', async (load) => {
    const { live, amplification } = await underLoad({ requests: 10_000, failureRatio: 0.3, ...load });

    expect(live).toBeGreaterThanOrEqual(0.965);
    expect(amplification).toBeLessThanOrEqual(1.45);
  });
});

describe('three attempts in a total outage', () => {
  test.each([10, 40])(
    'make at most 1.3 calls a request after the first second, at %d a second',
    async (rate) => {
      const { live, laterAmplification } = await underLoad({
        ...{ requestsPerSecond: rate, requests: rate * 20, failureRatio: 1, seed: rate },
      });

      expect(live).toBe(0);
      expect(laterAmplification).toBeLessThanOrEqual(1.3);
    },
  );
});
