import { describe, expect, test, vi } from 'vitest';
import { BreakerOpenError, FibrinError, StoreError } from '../../lib/core/errors.ts';
import { retry } from '../../lib/policy/retry.ts';
import type { RetryOptions } from '../../lib/policy/retry-options.ts';
import { settle } from '../../lib/testing/index.ts';
import { outage } from '../support/outcomes.ts';
import { highest, retried, waitsOf } from '../support/retried.ts';

describe('retry', () => {
  test('makes a call that succeeds once', async () => {
    const call = vi.fn(async () => 'fine');
    const { run } = retried(call, { maxAttempts: 5 });

    expect(await run()).toBe('fine');

    expect(call).toHaveBeenCalledTimes(1);
  });

  test('makes a call again after a transient failure, and hands it the number of the attempt', async () => {
    const numbers: number[] = [];
    const { clock, run } = retried(
      async ({ attempt }) => {
        numbers.push(attempt);
        if (attempt < 3) throw outage();
        return `after ${attempt}`;
      },
      { maxAttempts: 5 },
    );
    const value = run();
    await clock.advance(1);

    expect(await value).toBe('after 3');
    expect(numbers).toEqual([1, 2, 3]);
  });

  test('rejects with the last error when maxAttempts have failed', async () => {
    const { clock, run } = retried(({ attempt }) => Promise.reject(new Error(`error ${attempt}`)), {
      maxAttempts: 3,
    });
    const error = run();
    await clock.advance(1);

    expect(await error).toMatchObject({ message: 'error 3' });
  });

  test.each([
    ['a permanent error', Object.assign(new Error('no such thing'), { status: 404 })],
    ['a programming error', new TypeError('x is not a function')],
  ])('does not make a call again after %s', async (_, error) => {
    const call = vi.fn(() => Promise.reject(error));
    const { run } = retried(call, { maxAttempts: 5 });

    expect(await run()).toBe(error);

    expect(call).toHaveBeenCalledTimes(1);
  });

  test('doubles the upper bound of the wait with each attempt, up to maxDelayMs', async () => {
    const waits = await waitsOf({ maxAttempts: 6, baseDelayMs: 100, maxDelayMs: 500 }, highest);

    expect(waits.map(Math.round)).toEqual([100, 200, 400, 500, 500]);
  });

  test('waits at least as long as the error asks for', async () => {
    const busy = new FibrinError('BUSY', 'busy', { retryable: true, retryAfterMs: 700 });
    const call = vi.fn(() => Promise.reject(busy));
    const { clock, run } = retried(call, { maxAttempts: 2, baseDelayMs: 1 });
    const done = run();

    await clock.advance(699);
    expect(call).toHaveBeenCalledTimes(1);
    await clock.advance(1);
    await done;

    expect(call).toHaveBeenCalledTimes(2);
  });

  test('backs off from a store that fails without saying for how long', async () => {
    const call = vi.fn(() => Promise.reject(new StoreError('down', { retryable: true })));
    const { clock, run } = retried(call, { maxAttempts: 2, baseDelayMs: 50 }, highest);
    const done = run();
    await clock.advance(50);

    expect(call).toHaveBeenCalledTimes(2);
    await done;
  });

  test('does not wait where the wait would leave no time for an attempt', async () => {
    const error = outage();
    const call = vi.fn(() => Promise.reject(error));
    const { clock, run } = retried(call, { maxAttempts: 5, baseDelayMs: 100 }, highest);

    expect(await run({ remainingMs: 99 })).toBe(error);

    expect(call).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });

  test('makes no further attempt when a freeze took the time that was left', async () => {
    const error = outage();
    const call = vi.fn(() => Promise.reject(error));
    const { clock, run } = retried(call, { maxAttempts: 5, baseDelayMs: 100 }, highest);
    const done = run({ remainingMs: 1_000 });
    await settle();
    await clock.freeze(1_000);

    expect(await done).toBe(error);
    expect(call).toHaveBeenCalledTimes(1);
  });

  test('ends a wait at once when the caller aborts, and does not make the call again', async () => {
    const controller = new AbortController();
    const call = vi.fn(() => Promise.reject(outage()));
    const { clock, run } = retried(call, { maxAttempts: 5, baseDelayMs: 100 }, highest);
    const done = run({ signal: controller.signal });
    await clock.advance(10);

    controller.abort('gone');

    expect(await done).toBe('gone');
    await clock.advance(10_000);
    expect(call).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });

  test('rejects with the reason of a signal that has aborted before, and makes no call', async () => {
    const call = vi.fn(async () => 'fine');
    const { run } = retried(call, { maxAttempts: 5 });

    expect(await run({ signal: AbortSignal.abort('gone') })).toBe('gone');

    expect(call).not.toHaveBeenCalled();
  });

  test('rejects with the error of an attempt during which the caller aborted, and makes no other', async () => {
    const controller = new AbortController();
    const error = outage();
    const call = vi.fn(() => {
      controller.abort('gone');
      return Promise.reject(error);
    });
    const { run } = retried(call, { maxAttempts: 5 });

    expect(await run({ signal: controller.signal })).toBe(error);

    expect(call).toHaveBeenCalledTimes(1);
  });
});

describe('a backoff of your own', () => {
  const LIMITS = { maxAttempts: 4, maxDelayMs: 500 };

  test('is handed the number of the attempt and its error', async () => {
    const backoff = vi.fn((attempt: number) => attempt * 10);

    expect(await waitsOf({ ...LIMITS, backoff })).toEqual([10, 20, 30]);

    expect(backoff).toHaveBeenLastCalledWith(3, outage());
  });

  test.each([
    [-1, 0],
    [Number.NaN, 0],
    [501, 500],
    [Number.POSITIVE_INFINITY, 500],
  ])('that gives %d ms is a wait of %d ms', async (given, waitMs) => {
    expect(await waitsOf({ ...LIMITS, backoff: () => given })).toEqual([waitMs, waitMs, waitMs]);
  });
});

describe('shouldRetry', () => {
  test('decides which errors are worth another attempt', async () => {
    const call = vi.fn(() => Promise.reject(outage()));
    const { run } = retried(call, { maxAttempts: 5, shouldRetry: () => false });

    await run();

    expect(call).toHaveBeenCalledTimes(1);
  });

  test('is handed whether the error is transient by default', async () => {
    const shouldRetry = vi.fn((_: unknown, { transient }: { readonly transient: boolean }) => !transient);
    const odd = Object.assign(new Error('odd'), { status: 404 });
    const call = vi.fn(({ attempt }: { attempt: number }) => Promise.reject(attempt === 1 ? odd : outage()));
    const { clock, run } = retried(call, { maxAttempts: 5, shouldRetry });
    const done = run();
    await clock.advance(1);
    await done;

    expect(call).toHaveBeenCalledTimes(2);
    expect(shouldRetry.mock.calls).toEqual([
      [odd, { transient: false }],
      [outage(), { transient: true }],
    ]);
  });

  test('is not asked about a call that an open breaker has rejected, which is never made again', async () => {
    const shouldRetry = vi.fn(() => true);
    const call = vi.fn(() => Promise.reject(new BreakerOpenError('posts', 1)));
    const { run } = retried(call, { maxAttempts: 5, shouldRetry });

    await run();

    expect(call).toHaveBeenCalledTimes(1);
    expect(shouldRetry).not.toHaveBeenCalled();
  });
});

describe('the options of retry', () => {
  test('default to two attempts with a wait of up to 50 ms', async () => {
    expect(await waitsOf({}, highest)).toEqual([expect.closeTo(50, 6)]);
  });

  test('take their defaults where they are undefined', async () => {
    // Without exactOptionalPropertyTypes a caller may hand on an undefined setting: attempts without end otherwise.
    const handedOn = JSON.parse('{}') as { maxAttempts: number; maxDelayMs: number };
    const { maxAttempts, maxDelayMs } = handedOn;
    const call = vi.fn(() => Promise.reject(outage()));
    const { clock, run } = retried(call, { maxAttempts, maxDelayMs });
    const done = run();
    await clock.advance(1_000);
    await done;

    expect(call).toHaveBeenCalledTimes(2);
  });

  test('may be left out altogether', async () => {
    expect(await retry().execute(async () => 'fine')).toBe('fine');
  });

  test.each([
    { maxAttempts: 0 },
    { maxAttempts: 11 },
    { baseDelayMs: 0 },
    { maxDelayMs: -1 },
    { maxRetryAfterMs: -1 },
    { backoff: 7 },
    { shouldRetry: true },
    { shouldRetryResult: 1 },
    { budget: true },
    { retires: 1 },
    { attempts: 2 },
  ])('are refused at construction where one is out of range or unknown: %j', (options) => {
    expect(() => retry(options as RetryOptions)).toThrow(/^retry: (expected|unknown option) `/);
  });

  test.each([{ ratio: 1.1 }, { ratio: -0.1 }, { burst: 0.5 }, { burst: 1_001 }, { bursts: 1 }])(
    'are refused at construction where one of the budget is out of range or unknown: %j',
    (budget) => {
      expect(() => retry({ budget: budget as NonNullable<RetryOptions['budget']> })).toThrow(
        /^retry\.budget: (expected|unknown option) `/,
      );
    },
  );
});
