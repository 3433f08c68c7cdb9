import { describe, expect, test } from 'vitest';
import { hedge } from '../../lib/policy/hedge.ts';
import type { RetryOptions } from '../../lib/policy/retry-options.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { hedged, scripted } from '../support/hedged.ts';
import { outage } from '../support/outcomes.ts';

/** The first call hangs, and the hedge answers. */
const HANGS = { 2: { ms: 10 } };
/** The first attempt fails, and its retry succeeds. */
const FAILS = { 1: { ms: 10, error: outage() }, 2: { ms: 10 } };
/** No hedge is needed. */
const WORKS = { 1: { ms: 10 } };

const retry: RetryOptions = { backoff: () => 1, budget: { ratio: 0, burst: 2 } };

describe('the budget of a hedged call', () => {
  test('is that of its retries: a retry and a hedge have used up two', async () => {
    const { run, ofKind } = hedged({ retry });

    expect(await run(HANGS)).toMatchObject({ value: 2, hedgeWon: true });
    expect(await run(FAILS)).toMatchObject({ value: 2, hedgeWon: false });
    expect(await run(HANGS)).toMatchObject({ source: 'none', attempts: 1 });
    expect(ofKind('budget-exhausted')).toMatchObject([{ name: 'posts', attempt: 1 }, { attempt: 1 }]);
    expect(await run(FAILS)).toMatchObject({ source: 'none', attempts: 1, budgetExhausted: true });
    expect(ofKind('hedge')).toHaveLength(1);
    expect(ofKind('retry')).toHaveLength(1);
  });

  test('that is empty is said by one event, and has not ended a call that then answers', async () => {
    const { run, ofKind } = hedged({ retry: { budget: { burst: 0 } } }, { maxHedges: 4 });

    expect(await run({ 1: { ms: 900 } })).toMatchObject({ value: 1, attempts: 1, budgetExhausted: false });
    expect(ofKind('budget-exhausted')).toEqual([{ kind: 'budget-exhausted', name: 'posts', attempt: 1 }]);
  });

  test('earns half a hedge by each success, once, with a retry and without', async () => {
    for (const options of [{}, { retry: { budget: { burst: 1 } } }]) {
      const { run } = hedged(options);
      for (let n = 0; n < 20 && (await run(HANGS)).hedgeWon; n++);
      // The hedge that was made last has earned a half.
      expect(await run(WORKS)).toMatchObject({ value: 1 });
      expect(await run(HANGS), JSON.stringify(options)).toMatchObject({ hedgeWon: true });
      expect(await run(HANGS)).toMatchObject({ source: 'none' });
    }
  });

  test.each([
    [{}, {}, 5],
    [{}, { maxHedges: 3 }, 15],
    [{ retry: {} }, {}, 10],
    [{ retry: { maxAttempts: 1 } }, { maxHedges: 2 }, 10],
    [{ retry: { budget: { burst: 3 } } }, { maxHedges: 2 }, 3],
    [{ retry: { budget: false as const } }, {}, 40],
  ])('pays for so many hedges at once: %j, %j', async (options, hedging, paid) => {
    const { clock, policy, ofKind } = hedged({ ...options, attemptTimeoutMs: 150 }, hedging);
    for (let n = 0; n < 40; n++) void policy.outcome(scripted(clock, {}).call);
    await clock.advance(120);

    expect(ofKind('hedge')).toHaveLength(Math.min(40, paid));
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
  });

  test('of hedging alone is five for each hedge', async () => {
    const clock = fakeClock();
    const policy = hedge({ delayMs: 100, maxHedges: 2, clock });
    const { call, calledAt } = scripted(clock, {});
    for (let n = 0; n < 20; n++) void policy.execute(call);
    await clock.advance(1_000);

    expect(calledAt).toHaveLength(20 + 10);
  });
});

describe('budgetExhausted of a hedged call', () => {
  const polling: RetryOptions = {
    ...{ maxAttempts: 3, backoff: () => 50, budget: { ratio: 0, burst: 1 } },
    shouldRetryResult: (value) => value === 2,
  };

  test('is false where the retry of a branch was not paid for, and another branch has answered', async () => {
    const { run } = hedged({ retry: { budget: { ratio: 0, burst: 1 } } });

    expect(await run({ 1: { ms: 150 }, 2: { ms: 20, error: outage() } })).toMatchObject({
      ...{ value: 1, budgetExhausted: false },
    });
  });

  test('is true where all have failed, and the retry of one was not paid for', async () => {
    const { run } = hedged({ retry: { budget: { ratio: 0, burst: 1 } } });
    const refusal = Object.assign(new Error('no'), { status: 404 });

    expect(await run({ 1: { ms: 150, error: refusal }, 2: { ms: 20, error: outage() } })).toMatchObject({
      ...{ error: refusal, budgetExhausted: true },
    });
  });

  test('is true where the value is of a branch whose further polling was not paid for', async () => {
    const { run } = hedged({ retry: polling });

    expect(await run({ 2: { ms: 20 } })).toMatchObject({ value: 2, hedgeWon: true, budgetExhausted: true });
  });
});
