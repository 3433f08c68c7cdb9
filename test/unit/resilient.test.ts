import * as v from 'valibot';
import { describe, expect, test, vi } from 'vitest';
import { BreakerOpenError, ValidationError } from '../../lib/core/errors.ts';
import type { Call } from '../../lib/core/execution.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { failing, never, outage } from '../support/outcomes.ts';
import { build, buildShared } from '../support/resilient-posts.ts';

describe('a call that succeeds', () => {
  test('gives its value, live, after one attempt', async () => {
    const { posts } = build<string>();

    expect(await posts.outcome(async () => 'fine')).toEqual({
      source: 'live',
      degraded: false,
      value: 'fine',
      attempts: 1,
      durationMs: 0,
      budgetExhausted: false,
      hedgeWon: false,
    });
  });

  test('leaves no timer behind', async () => {
    const { clock, posts } = buildShared<number>({ store: memoryStore() }, { retry: { maxAttempts: 3 } });

    await posts.execute(async () => 1);

    expect(clock.pending).toBe(0);
  });

  test('is live when a later attempt succeeds, and its outcome counts the attempts', async () => {
    const { clock, posts } = build<string>({ retry: { maxAttempts: 3 } });
    const run = posts.outcome(({ attempt }) => (attempt < 3 ? failing() : Promise.resolve('at last')));
    await clock.advance(1_000);

    expect(await run).toMatchObject({ source: 'live', value: 'at last', attempts: 3 });
  });
});

describe('a call that fails', () => {
  test('is made once by default, since only the caller knows whether it may be made twice', async () => {
    const { posts } = build<string>();
    const call = vi.fn(failing);

    await expect(posts.execute(call)).rejects.toThrow('outage');

    expect(call).toHaveBeenCalledTimes(1);
  });

  test('has an outcome that holds the error and does not throw it', async () => {
    const { posts } = build<string>();

    const result = await posts.outcome(failing);

    expect(result).toMatchObject({ source: 'none', degraded: true, attempts: 1, error: outage() });
  });

  test('gives the value of the fallback, which is handed the error', async () => {
    const reasons: unknown[] = [];
    const { posts } = build<string>({
      fallback: (error) => {
        reasons.push(error);
        return 'stale';
      },
    });

    expect(await posts.outcome(failing)).toMatchObject({
      source: 'fallback',
      degraded: true,
      value: 'stale',
    });
    expect(reasons).toEqual([outage()]);
  });

  test('may have null or undefined as its degraded value', async () => {
    const { posts } = build<string | null | undefined>({ fallback: () => undefined });

    expect(await posts.execute(failing)).toBeUndefined();
    expect(await posts.outcome(failing)).toMatchObject({ source: 'fallback', value: undefined });
  });

  test('ends with the error of the fallback when that fails too', async () => {
    const { posts } = build<string>({ fallback: () => Promise.reject(new Error('no stale copy')) });

    await expect(posts.execute(failing)).rejects.toThrow('no stale copy');
  });

  test('by a programming error is made once, and no fallback hides the error', async () => {
    const { posts } = build<string>({ fallback: () => 'stale', retry: { maxAttempts: 5 } });
    const bug = vi.fn(() => Promise.reject(new TypeError('x is undefined')));

    await expect(posts.execute(bug)).rejects.toThrow(TypeError);

    expect(bug).toHaveBeenCalledTimes(1);
  });
});

describe('the order of the layers', () => {
  test('makes an answer that the schema refuses a failure, which is retried', async () => {
    const { clock, posts } = build({ validate: v.array(v.string()), retry: { maxAttempts: 2 } });
    const run = posts.outcome((({ attempt }) => Promise.resolve(attempt === 1 ? 'half' : ['a'])) as Call<
      string[]
    >);
    await clock.advance(100);

    expect(await run).toMatchObject({ source: 'live', value: ['a'], attempts: 2 });
  });

  test('hands the fallback a ValidationError for an answer that stays invalid', async () => {
    const clock = fakeClock();
    const posts = resilient({ name: 'posts', clock, validate: v.number(), fallback: () => -1 });

    const result = await posts.outcome(async () => 'no number');

    expect(result).toMatchObject({ source: 'fallback', value: -1 });
    expect(result.error).toBeInstanceOf(ValidationError);
  });

  test('has the breaker count every attempt, and an open breaker end the retries', async () => {
    const breaker = { minimumCalls: 2, failureRatio: 0.1 };
    const { clock, posts } = build<string>({ breaker, retry: { maxAttempts: 10, baseDelayMs: 1 } });
    const run = posts.outcome(failing);
    await clock.advance(10_000);

    const result = await run;

    expect(result.error).toBeInstanceOf(BreakerOpenError);
    expect(result.attempts).toBe(2);
  });

  test('has the fallback answer for a call that an open breaker rejects, which is not made', async () => {
    const breaker = { minimumCalls: 1, failureRatio: 0.05 };
    const { posts } = build<string>({ breaker, fallback: () => 'stale' });
    await posts.execute(failing);
    const call = vi.fn(async () => 'fine');

    expect(await posts.outcome(call)).toMatchObject({ source: 'fallback', value: 'stale', attempts: 0 });

    expect(call).not.toHaveBeenCalled();
  });

  test('has the breaker count an attempt that hangs until the total timeout ends it', async () => {
    const breaker = { minimumCalls: 1, failureRatio: 0.05 };
    const { clock, posts } = build<string>({ breaker, totalTimeoutMs: 400 });
    const run = posts.outcome(never);
    await clock.advance(400);
    await run;

    expect((await posts.outcome(async () => 'fine')).error).toBeInstanceOf(BreakerOpenError);
  });
});
