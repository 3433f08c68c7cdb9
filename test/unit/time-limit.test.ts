import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { runWithin, type Timed } from '../../lib/core/time-limit.ts';
import { fakeClock, settle } from '../../lib/testing/index.ts';
import { never } from '../support/outcomes.ts';

const over = new Error('the time is over');
const exceeded = () => over;
const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('runWithin', () => {
  test('resolves with the value of the work, and leaves no timer and no listener', async () => {
    const clock = fakeClock();
    const { signal } = new AbortController();

    const value = await runWithin({ clock, limitMs: 10, signal, exceeded }, async () => 'done');

    expect(value).toBe('done');
    expect(clock.pending).toBe(0);
    expect(listeners(signal)).toBe(0);
  });

  test('hands an aborted signal to work that reads it after the time is over', async () => {
    const clock = fakeClock();
    let timed: Timed | undefined;
    const run = runWithin({ clock, limitMs: 10, exceeded }, (given) => {
      timed = given;
      return never();
    }).catch((error: unknown) => error);
    await clock.advance(10);
    await run;

    expect(timed?.signal.reason).toBe(over);
  });

  test('hands the work the same signal each time that it reads it', async () => {
    const clock = fakeClock();
    const seen: AbortSignal[] = [];
    const run = runWithin({ clock, limitMs: 10, exceeded }, (timed) => {
      seen.push(timed.signal, timed.signal);
      return never();
    }).catch((error: unknown) => error);
    await clock.advance(10);
    await run;

    expect(seen[0]).toBe(seen[1]);
    expect(seen[0]?.aborted).toBe(true);
  });

  test('rejects with the error of the work', async () => {
    const clock = fakeClock();
    const broken = new Error('broken');

    await expect(runWithin({ clock, limitMs: 10, exceeded }, () => Promise.reject(broken))).rejects.toBe(
      broken,
    );

    expect(clock.pending).toBe(0);
  });

  test('rejects with what the work throws before it gives a promise', async () => {
    const clock = fakeClock();
    const broken = new Error('broken');
    const work = (): Promise<string> => {
      throw broken;
    };

    await expect(runWithin({ clock, limitMs: 10, exceeded }, work)).rejects.toBe(broken);

    expect(clock.pending).toBe(0);
  });

  test('rejects the moment the time is over, though the work ignores its signal', async () => {
    const clock = fakeClock();
    let outcome: unknown;
    const run = runWithin({ clock, limitMs: 10, exceeded }, never).catch((error: unknown) => {
      outcome = error;
    });

    await clock.advance(9);
    expect(outcome).toBeUndefined();
    await clock.advance(1);
    await run;

    expect(outcome).toBe(over);
  });

  test('aborts the signal of the work with the error that it rejects with', async () => {
    const clock = fakeClock();
    let seen: AbortSignal | undefined;
    const run = runWithin({ clock, limitMs: 10, exceeded }, ({ signal }) => {
      seen = signal;
      return never();
    }).catch((error: unknown) => error);

    await clock.advance(10);

    expect(await run).toBe(over);
    expect(seen?.reason).toBe(over);
  });

  test('does not abort the signal of work that ended in time', async () => {
    const clock = fakeClock();
    let seen: AbortSignal | undefined;

    await runWithin({ clock, limitMs: 10, exceeded }, async ({ signal }) => {
      seen = signal;
    });
    await clock.advance(100);

    expect(seen?.aborted).toBe(false);
  });

  test("rejects with the reason of the caller's signal when that aborts first", async () => {
    const clock = fakeClock();
    const controller = new AbortController();
    const run = runWithin({ clock, limitMs: 10, signal: controller.signal, exceeded }, never).catch(
      (error: unknown) => error,
    );

    controller.abort('changed my mind');

    expect(await run).toBe('changed my mind');
    expect(clock.pending).toBe(0);
    expect(listeners(controller.signal)).toBe(0);
  });

  test("starts no work when the caller's signal has aborted before", async () => {
    const clock = fakeClock();
    const work = vi.fn(never);

    await expect(
      runWithin({ clock, limitMs: 10, signal: AbortSignal.abort('gone'), exceeded }, work),
    ).rejects.toBe('gone');

    expect(work).not.toHaveBeenCalled();
  });

  test.each([0, -1])('starts no work within a limit of %i ms', async (limitMs) => {
    const clock = fakeClock();
    const work = vi.fn(never);

    await expect(runWithin({ clock, limitMs, exceeded }, work)).rejects.toBe(over);

    expect(work).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  test('drops a late error of the work without an unhandled rejection', async () => {
    const clock = fakeClock();
    const unhandled = vi.fn<() => void>();
    process.once('unhandledRejection', unhandled);
    const { promise, reject } = Promise.withResolvers<never>();
    const run = runWithin({ clock, limitMs: 10, exceeded }, () => promise).catch((error: unknown) => error);

    await clock.advance(10);
    reject(new Error('too late'));
    await settle();
    // Node reports unhandled rejections after the microtasks, before the next immediate.
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);

    expect(await run).toBe(over);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('measures the time that is left, which is never less than 0', async () => {
    const clock = fakeClock();
    let timed: Timed | undefined;
    const run = runWithin({ clock, limitMs: 10, exceeded }, (given) => {
      timed = given;
      return never();
    }).catch(() => 'over');

    expect(timed?.remainingMs()).toBe(10);
    await clock.advance(4);
    expect(timed?.remainingMs()).toBe(6);
    await clock.advance(40);

    expect(timed?.remainingMs()).toBe(0);
    expect(await run).toBe('over');
  });

  test('rejects with the reason where the work aborts the signal of its own caller', async () => {
    const clock = fakeClock();
    const controller = new AbortController();

    const run = runWithin({ clock, limitMs: 10, signal: controller.signal, exceeded }, async () => {
      controller.abort('from inside');
      return 'too late';
    });

    await expect(run).rejects.toBe('from inside');
    expect(clock.pending).toBe(0);
  });
});
