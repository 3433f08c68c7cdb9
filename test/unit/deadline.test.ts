import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { runWithin, type Timed } from '../../lib/core/time-limit.ts';
import { fakeClock, settle } from '../../lib/testing/index.ts';
import { never } from '../support/outcomes.ts';

const over = new Error('the time is over');
const exceeded = () => over;
const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('runWithin', () => {
  test('settles with the work and leaves nothing behind', async () => {
    const clock = fakeClock();
    const { signal } = new AbortController();

    const value = await runWithin({ clock, limitMs: 10, signal, exceeded }, async () => 'done');

    expect(value).toBe('done');
    expect(clock.pending).toBe(0);
    expect(listeners(signal)).toBe(0);
  });

  test('hands an aborted signal to work that looks at it when the time is over already', async () => {
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

  test('has one signal, however often it is asked for', async () => {
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

  test('passes on the error of the work', async () => {
    const clock = fakeClock();
    const broken = new Error('broken');

    await expect(runWithin({ clock, limitMs: 10, exceeded }, () => Promise.reject(broken))).rejects.toBe(
      broken,
    );

    expect(clock.pending).toBe(0);
  });

  test('turns a synchronous throw of the work into a rejection', async () => {
    const clock = fakeClock();
    const broken = new Error('broken');
    const work = (): Promise<string> => {
      throw broken;
    };

    await expect(runWithin({ clock, limitMs: 10, exceeded }, work)).rejects.toBe(broken);

    expect(clock.pending).toBe(0);
  });

  test('rejects the moment the time is over, though the work does not listen', async () => {
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

  test('aborts the signal of the work with the very error that the caller gets', async () => {
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

  test('never aborts the signal of work that ended in time', async () => {
    const clock = fakeClock();
    let seen: AbortSignal | undefined;

    await runWithin({ clock, limitMs: 10, exceeded }, async ({ signal }) => {
      seen = signal;
    });
    await clock.advance(100);

    expect(seen?.aborted).toBe(false);
  });

  test('ends with the reason of the caller when the caller aborts first', async () => {
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

  test('starts nothing for a caller who is gone', async () => {
    const clock = fakeClock();
    const work = vi.fn(never);

    await expect(
      runWithin({ clock, limitMs: 10, signal: AbortSignal.abort('gone'), exceeded }, work),
    ).rejects.toBe('gone');

    expect(work).not.toHaveBeenCalled();
  });

  test.each([0, -1])('starts nothing within a limit of %i ms', async (limitMs) => {
    const clock = fakeClock();
    const work = vi.fn(never);

    await expect(runWithin({ clock, limitMs, exceeded }, work)).rejects.toBe(over);

    expect(work).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  test('drops a late failure without an unhandled rejection', async () => {
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

  test('tells what is left by measuring, and never less than nothing', async () => {
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

  test('work that aborts its own caller ends with that reason', async () => {
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
