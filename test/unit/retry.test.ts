import { describe, expect, test, vi } from 'vitest';
import { FibrinError, StoreError } from '../../lib/core/errors.ts';
import type { Random } from '../../lib/core/random.ts';
import type { PolicyContext } from '../../lib/policy/call.ts';
import { checkRetryOptions, type RetryOptions, retry } from '../../lib/policy/retry.ts';
import { fakeClock, settle } from '../../lib/testing/index.ts';

/** Chance at its most: every wait is as long as it may be. */
const highest: Random = { next: () => 1 - Number.EPSILON, token: () => 'token' };
const lowest: Random = { next: () => 0, token: () => 'token' };

const contextOf = (given: Partial<PolicyContext> = {}): PolicyContext => ({
  signal: new AbortController().signal,
  callerSignal: undefined,
  endsAt: 60_000,
  attempt: 1,
  remainingMs: () => 60_000,
  ...given,
});

const outage = () => Object.assign(new Error('outage'), { status: 503 });

function start(call: (context: PolicyContext) => Promise<string>, given: RetryOptions, random = lowest) {
  const clock = fakeClock();
  const retried = retry(call, checkRetryOptions('retry', given), { clock, random, reserveMs: 0 });
  const run = (context = contextOf()) => retried(context).catch((error: unknown) => error);
  return { clock, run };
}

describe('retry', () => {
  test('makes the call once when it succeeds', async () => {
    const call = vi.fn(async () => 'fine');
    const { run } = start(call, { attempts: 5 });

    expect(await run()).toBe('fine');

    expect(call).toHaveBeenCalledTimes(1);
  });

  test('makes it again after a transient failure and tells it the number of the attempt', async () => {
    const numbers: number[] = [];
    const { clock, run } = start(
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
    const { clock, run } = start(({ attempt }) => Promise.reject(new Error(`error ${attempt}`)), {
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
    const { run } = start(call, { attempts: 5 });

    expect(await run()).toBe(error);

    expect(call).toHaveBeenCalledTimes(1);
  });

  test('asks the caller of the toolkit what is worth another attempt, if told to', async () => {
    const call = vi.fn(() => Promise.reject(outage()));
    const { run } = start(call, { attempts: 5, retryable: () => false });

    await run();

    expect(call).toHaveBeenCalledTimes(1);
  });

  test('doubles the bound of the wait each time, up to the most that a wait may take', async () => {
    const startedAt: number[] = [];
    const { clock, run } = start(
      () => {
        startedAt.push(clock.monotonic());
        return Promise.reject(outage());
      },
      { attempts: 6, baseDelayMs: 100, maxDelayMs: 500 },
      highest,
    );
    const done = run();
    await clock.advance(10_000);
    await done;

    const waits = startedAt.slice(1).map((at, index) => Math.round(at - (startedAt[index] ?? 0)));
    expect(waits).toEqual([100, 200, 400, 500, 500]);
  });

  test('waits at least as long as the error asks for', async () => {
    const busy = new FibrinError('BUSY', 'busy', { retryable: true, retryAfterMs: 700 });
    const call = vi.fn(() => Promise.reject(busy));
    const { clock, run } = start(call, { attempts: 2, baseDelayMs: 1 });
    const done = run();

    await clock.advance(699);
    expect(call).toHaveBeenCalledTimes(1);
    await clock.advance(1);
    await done;

    expect(call).toHaveBeenCalledTimes(2);
  });

  test('backs off as usual from a store that does not say how long it will be in trouble', async () => {
    const call = vi.fn(() => Promise.reject(new StoreError('down', { retryable: true })));
    const { clock, run } = start(call, { attempts: 2, baseDelayMs: 50 }, highest);
    const done = run();
    await clock.advance(50);

    expect(call).toHaveBeenCalledTimes(2);
    await done;
  });

  test('does not wait when no time would be left to try in', async () => {
    const error = outage();
    const call = vi.fn(() => Promise.reject(error));
    const { clock, run } = start(call, { attempts: 5, baseDelayMs: 100 }, highest);

    expect(await run(contextOf({ remainingMs: () => 99 }))).toBe(error);

    expect(call).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });

  test('makes no other call when the wait took longer than it should have', async () => {
    let remainingMs = 1_000;
    const error = outage();
    const call = vi.fn(() => Promise.reject(error));
    const { clock, run } = start(call, { attempts: 5, baseDelayMs: 100 }, highest);
    const done = run(contextOf({ remainingMs: () => remainingMs }));
    await settle();
    remainingMs = 0;
    await clock.advance(100);

    expect(await done).toBe(error);
    expect(call).toHaveBeenCalledTimes(1);
  });

  test('a caller who gives up during the wait ends it at once, and nothing is called again', async () => {
    const controller = new AbortController();
    const call = vi.fn(() => Promise.reject(outage()));
    const { clock, run } = start(call, { attempts: 5, baseDelayMs: 100 }, highest);
    const done = run(contextOf({ callerSignal: controller.signal }));
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
    const { run } = start(call, { attempts: 5 });

    expect(await run(contextOf({ callerSignal: controller.signal }))).toBe(error);

    expect(call).toHaveBeenCalledTimes(1);
  });
});

describe('the options of retry', () => {
  test('are two attempts with waits of 50 ms to a second unless they say otherwise', () => {
    expect(checkRetryOptions('retry', {})).toMatchObject({ attempts: 2, baseDelayMs: 50, maxDelayMs: 1_000 });
  });

  test('that are undefined are the defaults, as where they are left out', () => {
    // Without exactOptionalPropertyTypes a caller may hand on an undefined setting: attempts without end otherwise.
    const handedOn = JSON.parse('{}') as { attempts: number; maxDelayMs: number };
    const { attempts, maxDelayMs } = handedOn;

    expect(checkRetryOptions('retry', { attempts, maxDelayMs })).toMatchObject({
      attempts: 2,
      maxDelayMs: 1_000,
    });
  });

  test.each([{ attempts: 0 }, { attempts: 11 }, { baseDelayMs: 0 }, { maxDelayMs: -1 }])(
    'out of range are refused at construction: %j',
    (options) => {
      expect(() => checkRetryOptions('retry', options)).toThrow(
        `retry: expected \`${Object.keys(options)[0]}\``,
      );
    },
  );
});
