import { describe, expect, test, vi } from 'vitest';
import { fallback, fallbackChain } from '../../lib/policy/fallback.ts';
import { fakeClock } from '../../lib/testing/index.ts';

const outage = new Error('outage');
const failing = () => Promise.reject(outage);

describe('fallback', () => {
  test('gives the value of a call that succeeds', async () => {
    expect(
      await fallback<string>({ fallback: 'stale' }).execute(async ({ key }) => `${key}`, { key: 'a' }),
    ).toBe('a');
  });

  test('gives the degraded value of one that fails', async () => {
    expect(await fallback<string | null>({ fallback: null }).execute(failing)).toBeNull();
  });

  test('may be made of the error', async () => {
    const policy = fallback<string>({ fallback: async (error) => `instead of ${error}` });

    expect(await policy.execute(failing)).toBe('instead of Error: outage');
  });

  test('does not hide a programming error, unless it is asked to', async () => {
    const bug = async () => Promise.reject(new ReferenceError('x is not defined'));

    await expect(fallback({ fallback: 1 }).execute(bug)).rejects.toThrow('x is not defined');
    expect(await fallback({ fallback: 1, fallbackWhen: () => true }).execute(bug)).toBe(1);
  });

  test('tells the call what its caller has left', async () => {
    const policy = fallback<number>({ fallback: 0, clock: fakeClock() });

    expect(await policy.execute(async ({ remainingMs }) => remainingMs(), { remainingMs: 70 })).toBe(70);
    expect(await policy.execute(async ({ remainingMs }) => remainingMs())).toBe(Number.POSITIVE_INFINITY);
  });

  test.each([{}, { fallback: undefined }, { fallback: 1, fallbackWhen: true }, { fallback: 1, when: 1 }])(
    'refuses wrong options: %j',
    (options) => {
      expect(() => fallback(options as { fallback: number })).toThrow(/^fallback: /);
    },
  );
});

describe('fallbackChain', () => {
  test('gives the first value that comes, and asks nobody after that', async () => {
    const last = vi.fn(() => 'last');

    expect(await fallbackChain<string>(failing, async () => 'second', last)(outage)).toBe('second');

    expect(last).not.toHaveBeenCalled();
  });

  test('tells each of them the error of the call', async () => {
    const told: unknown[] = [];
    const tell = (error: unknown) => {
      told.push(error);
      return Promise.reject(new Error('not here either'));
    };

    expect(await fallbackChain<number>(tell, tell, 1)(outage)).toBe(1);

    expect(told).toEqual([outage, outage]);
  });

  test('throws what the last one throws', async () => {
    const last = new Error('nowhere');

    await expect(fallbackChain<number>(failing, () => Promise.reject(last))(new Error('first'))).rejects.toBe(last);
  });

  test('does not go on after a programming error in one of them', async () => {
    const bug = async () => Promise.reject(new TypeError('x is not a function'));

    await expect(fallbackChain<number>(bug, 1)(outage)).rejects.toThrow('x is not a function');
  });

  test('of nothing is the error of the call', async () => {
    await expect(fallbackChain<number>()(outage)).rejects.toBe(outage);
  });
});
