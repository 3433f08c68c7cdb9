import { describe, expect, test, vi } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { type FallbackContext, fallback, fallbackChain } from '../../lib/policy/fallback.ts';
import { type FakeClock, fakeClock } from '../../lib/testing/index.ts';
import { errorOf } from '../support/dependency.ts';
import { failing, never } from '../support/outcomes.ts';

describe('a chain of fallbacks', () => {
  /** In 305 ms, of which 5 are kept. */
  const chained = (clock: FakeClock, ...links: Parameters<typeof fallbackChain<unknown>>) =>
    fallback<unknown>({ fallback: fallbackChain(...links), fallbackTimeoutMs: 305, clock });

  test('gives each function that hangs an equal part of the time', async () => {
    const clock = fakeClock();
    const begun: number[] = [];
    const hangs = (_error: unknown, { remainingMs }: FallbackContext) => {
      begun.push(clock.monotonic(), remainingMs());
      return never();
    };
    const run = chained(clock, hangs, hangs, hangs, 'last').execute(failing);
    await clock.advance(305);

    expect(await run).toBe('last');
    expect(begun).toEqual([0, 100, 100, 100, 200, 100]);
    expect(clock.pending).toBe(0);
  });

  test('tries the next one after one that hangs, which is a value', async () => {
    const clock = fakeClock();
    const run = chained(clock, never, 1).execute(failing);
    await clock.advance(305);

    expect(await run).toBe(1);
  });

  test('gives what a quick failure leaves to the others', async () => {
    const clock = fakeClock();
    const left: number[] = [];
    const slow = (_error: unknown, { remainingMs }: FallbackContext) => {
      left.push(remainingMs());
      return sleep(clock, 140).then(() => 'slow');
    };

    const run = chained(clock, failing, slow, never).execute(failing);
    await clock.advance(140);

    expect(await run).toBe('slow');
    expect(left).toEqual([150]);
  });

  test('ends with the error of the last one, whose time was over', async () => {
    const clock = fakeClock();
    const run = errorOf(chained(clock, failing, never).execute(failing));
    await clock.advance(305);

    expect(await run).toMatchObject({ limit: 'fallback timeout' });
    expect(clock.pending).toBe(0);
  });

  test('ends when the caller aborts, and tries no other', async () => {
    const clock = fakeClock();
    const controller = new AbortController();
    const next = vi.fn(() => 'next');
    const run = errorOf(chained(clock, never, next).execute(failing, { signal: controller.signal }));
    await clock.advance(50);
    controller.abort('gone');
    await clock.advance(1_000);

    expect(await run).toBe('gone');
    expect(next).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  test('aborts the signal of one that it has given up', async () => {
    const clock = fakeClock();
    const signals: AbortSignal[] = [];
    const hangs = (_error: unknown, { signal }: FallbackContext) => {
      signals.push(signal);
      return never();
    };
    const run = chained(clock, hangs, hangs, 'last').execute(failing);
    await clock.advance(150);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    await clock.advance(150);

    expect(await run).toBe('last');
  });

  test('may hold another chain', async () => {
    const clock = fakeClock();
    const run = chained(clock, fallbackChain<unknown>(never, never), 'last').execute(failing);
    await clock.advance(305);

    expect(await run).toBe('last');
  });

  test('tries a function that gives a value at once, even without time', async () => {
    const clock = fakeClock();

    expect(await chained(clock, failing, () => 'made').execute(failing, { remainingMs: 0 })).toBe('made');
  });
});
