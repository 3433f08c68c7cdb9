import { describe, expect, test, vi } from 'vitest';
import {
  AttemptTimeoutError,
  BreakerOpenError,
  DeadlineExceededError,
  FibrinError,
} from '../../lib/core/errors.ts';
import type { Call } from '../../lib/core/execution.ts';
import { failing, never } from '../support/outcomes.ts';
import { build } from '../support/resilient-posts.ts';

describe('the attempt timeout', () => {
  test('ends an attempt that hangs with AttemptTimeoutError', async () => {
    const { clock, posts } = build<string>({ attemptTimeoutMs: 200 });
    const run = posts.outcome(never);
    await clock.advance(200);

    const result = await run;

    expect(result).toMatchObject({ source: 'none', durationMs: 200 });
    expect(result.error).toBeInstanceOf(AttemptTimeoutError);
  });

  test('aborts the signal of the attempt that hung, and not that of the attempt after it', async () => {
    const signals: AbortSignal[] = [];
    const { clock, posts } = build<string>({
      attemptTimeoutMs: 200,
      retry: { maxAttempts: 2, baseDelayMs: 1 },
    });
    const hangsOnce: Call<string> = ({ attempt, signal }) => {
      signals.push(signal);
      return attempt === 1 ? never() : Promise.resolve('fine');
    };
    const run = posts.execute(hangsOnce);
    await clock.advance(300);

    expect(await run).toBe('fine');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });
});

describe('the total timeout', () => {
  test('bounds the whole call, attempts and waits included', async () => {
    const { clock, posts } = build<string>({
      totalTimeoutMs: 500,
      attemptTimeoutMs: 200,
      retry: { maxAttempts: 10, baseDelayMs: 1 },
    });
    const run = posts.outcome(never);
    await clock.advance(10_000);

    const { durationMs, attempts, error } = await run;

    expect(durationMs).toBeLessThanOrEqual(500);
    expect(attempts).toBe(3);
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', limit: 'total timeout', called: true });
  });

  test('of 20 ms gives an attempt all of its 20 ms', async () => {
    const { clock, posts } = build<number>({ totalTimeoutMs: 20 });
    const call = vi.fn(({ remainingMs }: { readonly remainingMs: () => number }) => remainingMs());

    expect(await posts.execute(call)).toBe(20);

    const run = posts.outcome(never);
    await clock.advance(20);
    expect(await run).toMatchObject({ durationMs: 20, attempts: 1, error: { limit: 'total timeout' } });
  });

  test('ends with the error of the last attempt when a wait would leave no time for another', async () => {
    const busy = new FibrinError('BUSY', 'busy', { retryable: true, retryAfterMs: 500 });
    const { clock, posts } = build<string>({ totalTimeoutMs: 500, retry: { maxAttempts: 2 } });
    const run = posts.outcome(() => Promise.reject(busy));
    await clock.advance(500);

    expect(await run).toMatchObject({ error: busy, attempts: 1, durationMs: 0 });
  });
});

describe('the time that the caller has left', () => {
  test('shortens the call', async () => {
    const { clock, posts } = build<string>({ totalTimeoutMs: 5_000, attemptTimeoutMs: 4_000 });
    const run = posts.outcome(never, { remainingMs: 300 });
    await clock.advance(5_000);

    expect(await run).toMatchObject({
      durationMs: 300,
      error: { code: 'DEADLINE_EXCEEDED', limit: "caller's time limit" },
    });
  });

  test('is no reason to make a call when it is over', async () => {
    const { posts } = build<string>();
    const call = vi.fn(async () => 'fine');

    const result = await posts.outcome(call, { remainingMs: 0 });

    expect(result.error).toBeInstanceOf(DeadlineExceededError);
    expect(result.error).toMatchObject({ limit: "caller's time limit", called: false });
    expect(call).not.toHaveBeenCalled();
  });

  test('limits nothing where the function that says it throws', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const { posts } = build<string>();
    const remainingMs = () => {
      throw new Error('unknown');
    };

    expect(await posts.execute(async () => 'fine', { remainingMs })).toBe('fine');
    expect(await posts.outcome(async () => 'fine', { remainingMs })).toMatchObject({
      source: 'live',
      attempts: 1,
    });
    // Once in a process, which other tests share.
    expect(warn.mock.calls.length).toBeLessThanOrEqual(1);
  });

  test('limits nothing where it is no number', async () => {
    const { posts } = build<number>({ attemptTimeoutMs: 9_000 });

    expect(await posts.execute(async ({ remainingMs }) => remainingMs(), { remainingMs: Number.NaN })).toBe(
      9_000,
    );
  });
});

describe('an abort of the caller', () => {
  test('ends the call at once, a wait between attempts included', async () => {
    const controller = new AbortController();
    const { clock, posts } = build<string>({ retry: { maxAttempts: 5, baseDelayMs: 1_000 } });
    const run = posts.outcome(failing, { signal: controller.signal });
    await clock.advance(1);

    controller.abort('gone');

    expect(await run).toMatchObject({ source: 'none', error: 'gone', attempts: 1 });
    expect(clock.pending).toBe(0);
  });
});

describe('a freeze in the middle of an attempt', () => {
  test('does not count as a failure of the dependency', async () => {
    const { clock, posts } = build<string>({
      attemptTimeoutMs: 1_000,
      breaker: { minimumCalls: 1, failureRatio: 0.05 },
    });
    const run = posts.outcome(never);
    await clock.freeze(60_000);

    expect(await run).toMatchObject({ error: { code: 'ATTEMPT_TIMEOUT', lateMs: 59_000 } });
    expect(await posts.outcome(async () => 'fine')).toMatchObject({ source: 'live' });
  });

  test('is not assumed where the timer was late by less than 500 ms: the timeout counts', async () => {
    const { clock, posts } = build<string>({
      attemptTimeoutMs: 1_000,
      breaker: { minimumCalls: 1, failureRatio: 0.05 },
    });
    const run = posts.outcome(never);
    await clock.freeze(1_499);
    await run;

    expect((await posts.outcome(async () => 'fine')).error).toBeInstanceOf(BreakerOpenError);
  });
});
