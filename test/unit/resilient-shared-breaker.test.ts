import { describe, expect, test, vi } from 'vitest';
import { DeadlineExceededError, FibrinError } from '../../lib/core/errors.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { type Resilient, resilient } from '../../lib/policy/resilient.ts';
import { Fleet, type FleetOptions } from '../support/fleet.ts';
import { failing } from '../support/outcomes.ts';

/** An environment with protected calls under its shared breaker. */
function protectedFleet(
  given: Omit<ResilientOptions<string>, 'name' | 'breaker' | 'clock'> = {},
  options: FleetOptions = {},
): { readonly fleet: Fleet; readonly posts: Resilient<string> } {
  const fleet = new Fleet(1, options);
  const { breaker, clock } = fleet.first;
  return { fleet, posts: resilient<string>({ ...given, name: 'posts', breaker, clock }) };
}

describe('the value of a probe whose report gets no answer', () => {
  /** The next call is the probe that closes the breaker, and the store does not answer that write. */
  async function lastProbe() {
    const { fleet, posts } = protectedFleet();
    await fleet.putState({ state: 'open', until: fleet.now, successes: 3, rate: 1 });
    fleet.serve = ({ item }, serve) => (item?.['state'] === 'closed' ? new Promise(() => {}) : serve());
    return { fleet, posts };
  }

  test('is returned when the time of the call ends', async () => {
    const { fleet, posts } = await lastProbe();

    const outcome = await fleet.within(
      30,
      posts.outcome(async () => 'fine', { remainingMs: 30 }),
    );

    expect(outcome).toMatchObject({ source: 'live', value: 'fine', durationMs: 30 });
  });

  test('is returned after 50 ms where the call has more time', async () => {
    const { fleet, posts } = await lastProbe();

    const outcome = await fleet.within(
      1_000,
      posts.outcome(async () => 'fine'),
    );

    expect(outcome).toMatchObject({ source: 'live', value: 'fine', durationMs: 50 });
  });
});

describe('a call that was not made', () => {
  test('for want of time is not reported to the breaker', async () => {
    const { fleet, posts } = protectedFleet();
    const work = vi.fn(failing);

    await expect(posts.execute(work, { remainingMs: 0 })).rejects.toBeInstanceOf(DeadlineExceededError);

    expect(work).not.toHaveBeenCalled();
    expect(fleet.requestsOf('add')).toEqual([]);
  });

  test.each([
    ['exactly its time', 40],
    ['more than its time', 30],
  ])('since reading the state took %s is not reported to the breaker', async (_, remainingMs) => {
    const { fleet, posts } = protectedFleet();
    fleet.storeTakes(40);
    const work = vi.fn(failing);

    const outcome = await fleet.within(1_000, posts.outcome(work, { remainingMs }));

    expect(outcome).toMatchObject({ error: { code: 'DEADLINE_EXCEEDED', called: false } });
    expect(work).not.toHaveBeenCalled();
    expect(fleet.requestsOf('add')).toEqual([]);
  });
});

describe('a shared breaker that is open', () => {
  test('rejects the first call of an environment, which reads the state before, and the fallback stands in', async () => {
    const { fleet, posts } = protectedFleet({ fallback: 'stale' });
    await fleet.putState({ state: 'open', until: fleet.now + 5_000 });
    const work = vi.fn(async () => 'fine');

    expect(await posts.execute(work)).toBe('stale');

    expect(work).not.toHaveBeenCalled();
  });
});

describe('the retry budget of a policy under a shared breaker', () => {
  test('is that of this environment: the shared state takes no retry away', async () => {
    const { fleet, posts } = protectedFleet({ retry: { maxAttempts: 3 } });
    await fleet.putState({ epoch: 0, rate: 5_000 });

    expect(await fleet.within(1_000, posts.outcome(failing))).toMatchObject({
      attempts: 3,
      budgetExhausted: false,
    });
  });
});

describe('the time that a report to a shared breaker needs', () => {
  test.each([
    [475, 1],
    [474, 2],
  ])(
    'of 500 ms is left after a wait between attempts: of %i ms, for %i attempts',
    async (retryAfterMs, attempts) => {
      const busy = new FibrinError('BUSY', 'busy', { retryable: true, retryAfterMs });
      const { fleet, posts } = protectedFleet({ totalTimeoutMs: 500, retry: { maxAttempts: 2 } });

      const outcome = await fleet.within(
        500,
        posts.outcome(() => Promise.reject(busy)),
      );

      expect(outcome).toMatchObject({ attempts });
    },
  );
});
