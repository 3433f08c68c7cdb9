import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { sleep, systemClock } from '../../lib/core/clock.ts';
import { fakeClock } from '../../lib/testing/index.ts';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('sleep', () => {
  test('resolves when its time has passed and not a millisecond earlier', async () => {
    const clock = fakeClock();
    let awake = false;
    const nap = sleep(clock, 100).then(() => {
      awake = true;
    });

    await clock.advance(99);
    expect(awake).toBe(false);
    await clock.advance(1);
    await nap;

    expect(awake).toBe(true);
  });

  test('rejects with the reason of the signal the moment it aborts, and cancels its timer', async () => {
    const clock = fakeClock();
    const controller = new AbortController();
    const reason = new Error('enough');
    const nap = sleep(clock, 100, controller.signal).catch((error: unknown) => error);

    controller.abort(reason);

    expect(await nap).toBe(reason);
    expect(clock.pending).toBe(0);
  });

  test('starts no timer when the signal has aborted before', async () => {
    const clock = fakeClock();

    await expect(sleep(clock, 100, AbortSignal.abort('gone'))).rejects.toBe('gone');

    expect(clock.pending).toBe(0);
  });

  test('leaves no listener on the signal when it resolves', async () => {
    const clock = fakeClock();
    const { signal } = new AbortController();
    const nap = sleep(clock, 5, signal);
    expect(listeners(signal)).toBe(1);

    await clock.advance(5);
    await nap;

    expect(listeners(signal)).toBe(0);
  });
});

describe('systemClock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test("waits for a delay that is longer than Node's timers hold, instead of firing at once", () => {
    vi.useFakeTimers();
    const run = vi.fn<() => void>();

    systemClock.after(2 ** 31, run);
    vi.advanceTimersByTime(1_000_000);

    expect(run).not.toHaveBeenCalled();
  });

  test('fires no timer that was cancelled, also one that was cancelled twice', () => {
    vi.useFakeTimers();
    const run = vi.fn<() => void>();
    const cancel = systemClock.after(10, run);

    cancel();
    cancel();
    vi.advanceTimersByTime(100);

    expect(run).not.toHaveBeenCalled();
  });

  test("reads the machine's time as `now`, and the same passing of time as `monotonic`", () => {
    vi.useFakeTimers({ now: 1_750_000_000_000 });
    const before = systemClock.monotonic();

    vi.advanceTimersByTime(250);

    expect(systemClock.now()).toBe(1_750_000_000_250);
    expect(systemClock.monotonic() - before).toBe(250);
  });

  test.each([10, 10.5, 0.5, 0])('fires a timer of %d ms once, when its time has passed', (delayMs) => {
    vi.useFakeTimers();
    const run = vi.fn<() => void>();
    systemClock.after(delayMs, run);

    vi.advanceTimersByTime(Math.max(0, delayMs - 1));
    if (delayMs > 1) expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);

    expect(run).toHaveBeenCalledTimes(1);
  });

  test('fires each of several timers that wait equally long', () => {
    vi.useFakeTimers();
    const run = vi.fn<() => void>();
    for (let n = 0; n < 3; n++) systemClock.after(20, run);

    vi.advanceTimersByTime(100);

    expect(run).toHaveBeenCalledTimes(3);
  });
});
