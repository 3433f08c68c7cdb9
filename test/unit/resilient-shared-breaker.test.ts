import { describe, expect, test, vi } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { DeadlineExceededError, FibrinError } from '../../lib/core/errors.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { failing, never } from '../support/outcomes.ts';
import { buildShared, putRetryFraction } from '../support/resilient-posts.ts';
import { putVerdict } from '../support/shared-breaker.ts';

describe('a value that has come', () => {
  /** A policy whose next call is the probe, over a store that no longer answers the write that closes the breaker. */
  async function probing(given: Omit<ResilientOptions<string>, 'name' | 'breaker' | 'clock'> = {}) {
    const store = { ...memoryStore() };
    const built = buildShared<string>({ store, openMs: 5_000 }, given);
    await putVerdict(store, { state: 'open', until: built.clock.now(), successes: 2, rate: 1 });
    const { put } = store;
    store.put = (...write) => (write[1]['state'] === 'closed' ? never() : put(...write));
    return built;
  }

  test('is not lost when the time ends while it is reported to the breaker', async () => {
    const { clock, posts } = await probing();
    const run = posts.outcome(async () => 'fine', { remainingMs: 30 });
    await clock.advance(30);

    expect(await run).toMatchObject({ source: 'live', value: 'fine', durationMs: 30 });
  });

  test('waits no longer than 50 ms for a store that does not answer the report', async () => {
    const { clock, posts } = await probing();
    const run = posts.outcome(async () => 'fine');
    await clock.advance(1_000);

    expect(await run).toMatchObject({ source: 'live', value: 'fine', durationMs: 50 });
  });
});

describe('a call that was not made', () => {
  test('for want of time is not reported to the breaker', async () => {
    const store = memoryStore();
    const add = vi.spyOn(store, 'add');
    const { posts } = buildShared<string>({ store });
    const call = vi.fn(failing);

    await expect(posts.execute(call, { remainingMs: 0 })).rejects.toBeInstanceOf(DeadlineExceededError);

    expect(call).not.toHaveBeenCalled();
    expect(add).not.toHaveBeenCalled();
  });

  test.each([
    ['exactly its time', 40],
    ['all of the time', 30],
  ])('since acquiring a permit took %s is not reported to the breaker', async (_, remainingMs) => {
    const inner = memoryStore();
    const add = vi.fn(inner.add);
    const store = { ...inner, add };
    const { clock, posts } = buildShared<string>({ store });
    store.get = async (key) => {
      await sleep(clock, 40);
      return inner.get(key);
    };
    const call = vi.fn(failing);
    const run = posts.outcome(call, { remainingMs });
    await clock.advance(1_000);

    expect((await run).error).toMatchObject({ code: 'DEADLINE_EXCEEDED', called: false });

    expect(call).not.toHaveBeenCalled();
    expect(add).not.toHaveBeenCalled();
  });
});

describe('a shared breaker that is open', () => {
  test('rejects the first call of an environment, which reads the shared state before', async () => {
    const store = memoryStore();
    const { clock, posts } = buildShared<string>({ store }, { fallback: 'stale' });
    await putVerdict(store, { state: 'open', until: clock.now() + 10_000 });
    const call = vi.fn(async () => 'fine');

    expect(await posts.execute(call)).toBe('stale');

    expect(call).not.toHaveBeenCalled();
  });
});

describe('the time that reporting to a shared breaker needs', () => {
  test('is left after a wait between attempts, or no further attempt is made', async () => {
    const outcomeOfWait = async (waitMs: number) => {
      const busy = new FibrinError('BUSY', 'busy', { retryable: true, retryAfterMs: waitMs });
      const given = { totalTimeoutMs: 500, retry: { maxAttempts: 2 } };
      const { clock, posts } = buildShared<string>({ store: memoryStore() }, given);
      const run = posts.outcome(() => Promise.reject(busy));
      await clock.advance(500);
      return run;
    };

    expect(await outcomeOfWait(475)).toMatchObject({ attempts: 1, durationMs: 0 });
    expect(await outcomeOfWait(474)).toMatchObject({ attempts: 2, durationMs: 474 });
  });
});

describe('the retry budget of all environments', () => {
  test.each([
    [0.3, 2],
    [0.05, 1],
  ])('of %d leaves a call that fails %d attempts where chance gives 0.1', async (fraction, attempts) => {
    const store = memoryStore();
    await putRetryFraction(store, fraction);
    const random = { token: () => 'token', next: () => 0.1 };
    const { clock, posts } = buildShared<string>({ store }, { retry: { maxAttempts: 2 }, random });
    const run = posts.outcome(failing);
    await clock.advance(100);

    expect(await run).toMatchObject({ attempts, budgetExhausted: attempts === 1 });
  });
});
