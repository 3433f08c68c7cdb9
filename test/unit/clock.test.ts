import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { sleep as pause, systemClock } from '../../lib/core/clock.ts';
import { systemClock } from '../../lib/core/clock.ts';
import { fakeClock } from '../../lib/testing/index.ts';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('sleep', () => {
  test('ends when its time has passed and not a millisecond earlier', async () => {
    const clock = fakeClock();
    let awake = false;
    const nap = pause(clock, 100).then(() => {
      awake = true;
    });

    await clock.advance(99);
    expect(awake).toBe(false);
    await clock.advance(1);
    await nap;

    expect(awake).toBe(true);
  });

  test('rejects with the reason of the signal the moment it aborts, and drops its timer', async () => {
    const clock = fakeClock();
    const controller = new AbortController();
    const reason = new Error('enough');
    const nap = pause(clock, 100, controller.signal).catch((error: unknown) => error);

    controller.abort(reason);

    expect(await nap).toBe(reason);
    expect(clock.pending).toBe(0);
  });

  test('never starts a timer under a signal that has aborted already', async () => {
    const clock = fakeClock();

    await expect(pause(clock, 100, AbortSignal.abort('gone'))).rejects.toBe('gone');

    expect(clock.pending).toBe(0);
  });

  test('leaves no listener on a signal that outlives it', async () => {
    const clock = fakeClock();
    const { signal } = new AbortController();
    const nap = pause(clock, 5, signal);
    expect(listeners(signal)).toBe(1);

    await clock.advance(5);
    await nap;

    expect(listeners(signal)).toBe(0);
  });
});

describe.each([
  ['systemClock', systemClock],
  ['systemClock', systemClock],
])('%s', (_, clock) => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('holds a delay that is too long for a timer of Node instead of firing at once', () => {
    vi.useFakeTimers();
    const run = vi.fn<() => void>();

    clock.after(2 ** 31, run);
    vi.advanceTimersByTime(1_000_000);

    expect(run).not.toHaveBeenCalled();
  });

  test('a cancelled timer does not fire, however often it is cancelled', () => {
    vi.useFakeTimers();
    const run = vi.fn<() => void>();
    const cancel = clock.after(10, run);

    cancel();
    cancel();
    vi.advanceTimersByTime(100);

    expect(run).not.toHaveBeenCalled();
  });

  test('the wall clock is the one of the machine, and the monotonic one follows time too', () => {
    vi.useFakeTimers({ now: 1_750_000_000_000 });
    const before = clock.monotonic();

    vi.advanceTimersByTime(250);

    expect(clock.now()).toBe(1_750_000_000_250);
    expect(clock.monotonic() - before).toBe(250);
  });

  test.each([10, 10.5, 0.5, 0])('fires %d ms from now, once', (delayMs) => {
    vi.useFakeTimers();
    const run = vi.fn<() => void>();
    clock.after(delayMs, run);

    vi.advanceTimersByTime(Math.max(0, delayMs - 1));
    if (delayMs > 1) expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);

    expect(run).toHaveBeenCalledTimes(1);
  });

  test('fires for each of many that wait as long', () => {
    vi.useFakeTimers();
    const run = vi.fn<() => void>();
    for (let n = 0; n < 3; n++) clock.after(20, run);

    vi.advanceTimersByTime(100);

    expect(run).toHaveBeenCalledTimes(3);
  });
});
