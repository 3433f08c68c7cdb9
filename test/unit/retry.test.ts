import { describe, expect, test, vi } from 'vitest';
import { BreakerOpenError, FibrinError, StoreError } from '../../lib/core/errors.ts';
import { type retry } from '../../lib/policy/retry.ts';
import { fakeClock, settle } from '../../lib/testing/index.ts';
import { outage } from '../support/outcomes.ts';
import { highest, lowest, retried, waitsOf } from '../support/retried.ts';

describe('retry', () => {
  test('makes the call once when it succeeds', async () => {
    const call = vi.fn(async () => 'fine');
    const { run } = retried(call, { attempts: 5 });

    expect(await run()).toBe('fine');

    expect(call).toHaveBeenCalledTimes(1);
  });

  test('makes it again after a transient failure and tells it the number of the attempt', async () => {
    const numbers: number[] = [];
    const { clock, run } = retried(
      async ({ attempt }) => {
        numbers.push(attempt);
        if (attempt < 3) throw outage();
        return `after ${attempt}`;
      },
      { attempts: 5 },
    );
    const value = run();
    await clock.advance(1);

    expect(await value).toBe('after 3');
    expect(numbers).toEqual([1, 2, 3]);
  });

  test('ends with the last error when the attempts are used up', async () => {
    const { clock, run } = retried(({ attempt }) => Promise.reject(new Error(`error ${attempt}`)), {
      attempts: 3,
    });
    const error = run();
    await clock.advance(1);

    expect(await error).toMatchObject({ message: 'error 3' });
  });

  test.each([
    ['a permanent error', Object.assign(new Error('no such thing'), { status: 404 })],
    ['a bug', new TypeError('x is not a function')],
  ])('does not repeat %s', async (_, error) => {
    const call = vi.fn(() => Promise.reject(error));
    const { run } = retried(call, { attempts: 5 });

    expect(await run()).toBe(error);

    expect(call).toHaveBeenCalledTimes(1);
  });

  test('asks the caller of the toolkit what is worth another attempt, if told to', async () => {
    const call = vi.fn(() => Promise.reject(outage()));
    const { run } = retried(call, { attempts: 5, retryable: () => false });

    await run();

    expect(call).toHaveBeenCalledTimes(1);
  });

  test('doubles the bound of the wait each time, up to the most that a wait may take', async () => {
    const waits = await waitsOf({ attempts: 6, baseDelayMs: 100, maxDelayMs: 500 }, highest);

    expect(waits.map(Math.round)).toEqual([100, 200, 400, 500, 500]);
  });

  test('waits at least as long as the error asks for', async () => {
    const busy = new FibrinError('BUSY', 'busy', { retryable: true, retryAfterMs: 700 });
    const call = vi.fn(() => Promise.reject(busy));
    const { clock, run } = retried(call, { attempts: 2, baseDelayMs: 1 });
    const done = run();

    await clock.advance(699);
    expect(call).toHaveBeenCalledTimes(1);
    await clock.advance(1);
    await done;

    expect(call).toHaveBeenCalledTimes(2);
  });

  test('backs off as usual from a store that does not say how long it will be in trouble', async () => {
    const call = vi.fn(() => Promise.reject(new StoreError('down', { retryable: true })));
    const { clock, run } = retried(call, { attempts: 2, baseDelayMs: 50 }, highest);
    const done = run();
    await clock.advance(50);

    expect(call).toHaveBeenCalledTimes(2);
    await done;
  });

  test('does not wait when no time would be left to try in', async () => {
    const error = outage();
    const call = vi.fn(() => Promise.reject(error));
    const { clock, run } = retried(call, { attempts: 5, baseDelayMs: 100 }, highest);

    expect(await run({ remainingMs: 99 })).toBe(error);

    expect(call).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });

  test('makes no other call when the wait took longer than it should have', async () => {
    const error = outage();
    const call = vi.fn(() => Promise.reject(error));
    const { clock, run } = retried(call, { attempts: 5, baseDelayMs: 100 }, highest);
    const done = run({ remainingMs: 1_000 });
    await settle();
    await clock.freeze(1_000);

    expect(await done).toBe(error);
    expect(call).toHaveBeenCalledTimes(1);
  });

  test('a caller who gives up during the wait ends it at once, and nothing is called again', async () => {
    const controller = new AbortController();
    const call = vi.fn(() => Promise.reject(outage()));
    const { clock, run } = retried(call, { attempts: 5, baseDelayMs: 100 }, highest);
    const done = run({ signal: controller.signal });
    await clock.advance(10);

    controller.abort('gone');

    expect(await done).toBe('gone');
    await clock.advance(10_000);
    expect(call).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });

  test('a caller who gave up during the attempt gets no other, and the error of that one', async () => {
    const controller = new AbortController();
    const error = outage();
    const call = vi.fn(() => {
      controller.abort('gone');
      return Promise.reject(error);
    });
    const { run } = retried(call, { attempts: 5 });

    expect(await run({ signal: controller.signal })).toBe(error);

    expect(call).toHaveBeenCalledTimes(1);
  });
});

describe('what a dependency asks for', () => {
  const inSeconds = (seconds: number) => {
    const now = fakeClock().now();
    return new Date(now - (now % 1_000) + seconds * 1_000).toUTCString();
  };

  test.each<[string, unknown, number]>([
    ['in milliseconds, by the error itself', { retryAfterMs: 250 }, 250],
    ['in seconds, as Lambda does', { retryAfterSeconds: '3' }, 3_000],
    [
      'in seconds, by a header of fetch',
      { response: { headers: new Headers({ 'Retry-After': '2' }) } },
      2_000,
    ],
    ['in seconds, by a header of axios', { response: { headers: { 'retry-after': '2' } } }, 2_000],
    ['in seconds, by a header of the AWS SDK', { $response: { headers: { 'Retry-After': '2' } } }, 2_000],
    ['in seconds, by a header of the error', { headers: { 'retry-after': '7' } }, 7_000],
    ['by a date', { headers: { 'retry-after': inSeconds(4) } }, 4_000],
    ['by a date that has passed', { headers: { 'retry-after': inSeconds(-4) } }, 0],
    ['by what nobody understands', { headers: { 'retry-after': 'soon' } }, 0],
    ['by headers without it', { headers: {}, response: { headers: new Headers() }, $response: {} }, 0],
    ['by nothing at all', null, 0],
  ])('is waited for: %s', async (_, error, waitMs) => {
    const [asked] = await waitsOf({ retryable: () => true }, lowest, error);

    expect(asked).toBeCloseTo(waitMs, 6);
  });
});

describe('a backoff of your own', () => {
  const LIMITS = { attempts: 4, maxDelayMs: 500 };

  test('is told the number of the attempt and its error', async () => {
    const backoff = vi.fn((attempt: number) => attempt * 10);

    expect(await waitsOf({ ...LIMITS, backoff })).toEqual([10, 20, 30]);

    expect(backoff).toHaveBeenLastCalledWith(3, outage());
  });

  test.each([
    [-1, 0],
    [Number.NaN, 0],
    [501, 500],
    [Number.POSITIVE_INFINITY, 500],
  ])('of %d ms is one of %d', async (given, waitMs) => {
    expect(await waitsOf({ ...LIMITS, backoff: () => given })).toEqual([waitMs, waitMs, waitMs]);
  });
});

describe('what is worth another attempt', () => {
  test('is decided by `retryable`, which is told what the toolkit thinks', async () => {
    const retryable = vi.fn((_error: unknown, isTransient: boolean) => !isTransient);
    const odd = Object.assign(new Error('odd'), { status: 404 });
    const call = vi.fn(({ attempt }: { attempt: number }) => Promise.reject(attempt === 1 ? odd : outage()));
    const { clock, run } = retried(call, { attempts: 5, retryable });
    const done = run();
    await clock.advance(1);
    await done;

    expect(call).toHaveBeenCalledTimes(2);
    expect(retryable.mock.calls).toEqual([
      [odd, false],
      [outage(), true],
    ]);
  });

  test('is never a call that an open breaker has refused', async () => {
    const call = vi.fn(() => Promise.reject(new BreakerOpenError('posts', 1)));
    const { run } = retried(call, { attempts: 5, retryable: () => true });

    await run();

    expect(call).toHaveBeenCalledTimes(1);
  });
});

describe('the options of retry', () => {
  test('are two attempts with waits of up to 50 ms unless they say otherwise', async () => {
    expect(await waitsOf({}, highest)).toEqual([expect.closeTo(50, 6)]);
  });

  test('that are undefined are the defaults, as where they are left out', async () => {
    // Without exactOptionalPropertyTypes a caller may hand on an undefined setting: attempts without end otherwise.
    const handedOn = JSON.parse('{}') as { attempts: number; maxDelayMs: number };
    const { attempts, maxDelayMs } = handedOn;
    const call = vi.fn(() => Promise.reject(outage()));
    const { clock, run } = retried(call, { attempts, maxDelayMs });
    const done = run();
    await clock.advance(1_000);
    await done;

    expect(call).toHaveBeenCalledTimes(2);
  });

  test('may be left out altogether', async () => {
    expect(await retry().execute(async () => 'fine')).toBe('fine');
  });

  test.each([
    { attempts: 0 },
    { attempts: 11 },
    { baseDelayMs: 0 },
    { maxDelayMs: -1 },
    { backoff: 7 },
    { budgetRatio: 1.1 },
    { budgetRatio: -0.1 },
    { retires: 1 },
  ])('out of range are refused at construction: %j', (options) => {
    expect(() => retry(options as RetryOptions)).toThrow(/^retry: (expected|unknown option) `/);
  });
});
