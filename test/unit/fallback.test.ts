import { describe, expect, test, vi } from 'vitest';
import {
  type FallbackContext,
  type FallbackOptions,
  fallback,
  fallbackChain,
} from '../../lib/policy/fallback.ts';
import { fakeClock } from '../../lib/testing/index.ts';

const outage = new Error('outage');
const failing = () => Promise.reject(outage);

describe('fallback', () => {
  test('gives the value of a call that succeeds', async () => {
    expect(
      await fallback<string>({ fallback: 'stale' }).execute(async ({ key }) => `${key}`, { key: 'a' }),
    ).toBe('a');
  });

  test('gives the degraded value where the call fails', async () => {
    expect(await fallback<string | null>({ fallback: null }).execute(failing)).toBeNull();
  });

  test('makes the degraded value with a function, which is handed the error', async () => {
    const policy = fallback<string>({ fallback: async (error) => `instead of ${error}` });

    expect(await policy.execute(failing)).toBe('instead of Error: outage');
  });

  test('does not hide a programming error, unless fallbackWhen says so', async () => {
    const bug = async () => Promise.reject(new ReferenceError('x is not defined'));

    await expect(fallback({ fallback: 1 }).execute(bug)).rejects.toThrow('x is not defined');
    expect(await fallback({ fallback: 1, fallbackWhen: () => true }).execute(bug)).toBe(1);
  });

  test('hands the call what its caller has left', async () => {
    const policy = fallback<number>({ fallback: 0, clock: fakeClock() });

    expect(await policy.execute(async ({ remainingMs }) => remainingMs(), { remainingMs: 70 })).toBe(70);
    expect(await policy.execute(async ({ remainingMs }) => remainingMs())).toBe(Number.POSITIVE_INFINITY);
  });

  test.each([
    {},
    { fallback: undefined },
    { fallback: 1, fallbackWhen: true },
    { fallback: 1, fallbackTimeoutMs: 0 },
    { fallback: 1, when: 1 },
  ])('refuses options that are missing, unknown or out of range: %j', (options) => {
    expect(() => fallback(options as FallbackOptions<number>)).toThrow(/^fallback: /);
  });
});

describe('fallbackChain', () => {
  const context: FallbackContext = {
    key: '7',
    signal: new AbortController().signal,
    remainingMs: () => 500,
    clock: fakeClock(),
  };

  test('gives the first value that comes, and calls no function after that', async () => {
    const last = vi.fn(() => 'last');

    expect(await fallbackChain<string>(failing, async () => 'second', last)(outage, context)).toBe('second');

    expect(last).not.toHaveBeenCalled();
  });

  test('hands each function the error of the call, and its key', async () => {
    const handed: unknown[] = [];
    const fails = (error: unknown, { key }: FallbackContext) => {
      handed.push([error, key]);
      return Promise.reject(new Error('not here either'));
    };

    expect(await fallbackChain<number>(fails, fails, 1)(outage, context)).toBe(1);

    expect(handed).toEqual([
      [outage, '7'],
      [outage, '7'],
    ]);
  });

  test('rejects with the error of the last function', async () => {
    const last = new Error('nowhere');

    await expect(
      fallbackChain<number>(failing, () => Promise.reject(last))(new Error('first'), context),
    ).rejects.toBe(last);
  });

  test('does not go on after a programming error in one of its functions', async () => {
    const bug = async () => Promise.reject(new TypeError('x is not a function'));

    await expect(fallbackChain<number>(bug, 1)(outage, context)).rejects.toThrow('x is not a function');
  });

  test('rejects with the error of the call where it holds nothing', async () => {
    await expect(fallbackChain<number>()(outage, context)).rejects.toBe(outage);
  });
});
