import { describe, expect, test } from 'vitest';
import { OfferedLoad } from '../../lib/shedding/offered-load.ts';
import { fakeClock } from '../../lib/testing/index.ts';

/** An environment of a function that has reserved four, with invocations of 100 ms. */
function environment() {
  const clock = fakeClock();
  const load = new OfferedLoad(clock, 4);
  return {
    clock,
    load,
    /** Serves so many, each after such a pause. */
    async serve(times: number, pauseMs: number, isLow = (n: number) => n % 2 === 0) {
      for (let n = 0; n < times; n++) {
        await clock.advance(pauseMs);
        load.arrive(isLow(n));
        await clock.advance(100);
        load.end(100);
      }
    },
    /** Whether a low one is shed that comes after such a pause. */
    async sheds(pauseMs: number) {
      await clock.advance(pauseMs);
      load.arrive(true);
      const { shedsLow } = load;
      load.end(shedsLow ? undefined : 100);
      return shedsLow;
    },
  };
}

describe('an environment', () => {
  test.each([
    [24, true],
    [26, false],
  ])(
    'that pauses for %d ms between invocations of 100 ms, of which four run at once, sheds low ones: %s',
    async (pauseMs, expected) => {
      const { serve, sheds } = environment();
      await serve(60, pauseMs);
      expect(await sheds(pauseMs)).toBe(expected);
    },
  );

  test('sheds none before it has seen eight pauses', async () => {
    const { serve, sheds } = environment();
    // The first one had none before it.
    await serve(7, 1);
    expect(await sheds(1)).toBe(false);
    expect(await sheds(1)).toBe(true);
  });

  test('sheds none where nothing is of a higher priority', async () => {
    const { serve, sheds } = environment();
    await serve(60, 1, () => true);
    expect(await sheds(1)).toBe(false);
  });

  test('serves a low one when it has served nothing for two durations', async () => {
    const { serve, sheds } = environment();
    await serve(60, 1);
    const shed: boolean[] = [];
    for (let n = 0; n < 21; n++) shed.push(await sheds(10));
    expect(shed.slice(0, 19)).toEqual(Array(19).fill(true));
    expect(shed[19]).toBe(false);
  });

  test('sheds none once requests come less often', async () => {
    const { serve, sheds } = environment();
    await serve(60, 1);
    await serve(8, 100);
    expect(await sheds(1)).toBe(false);
  });

  test('sheds again after one long pause, which is soon forgotten', async () => {
    const { clock, serve, sheds } = environment();
    await serve(60, 1);
    await clock.freeze(3_600_000);
    await serve(1, 1);
    await serve(12, 1);
    expect(await sheds(1)).toBe(true);
  });

  test('has paused while it was frozen, though its monotonic clock stood still', async () => {
    const { clock, load } = environment();
    for (let n = 0; n < 60; n++) {
      // The wall clock goes on alone.
      clock.jump(500);
      load.arrive(n % 2 === 0);
      await clock.advance(100);
      load.end(100);
    }
    load.arrive(true);
    expect(load.shedsLow).toBe(false);
  });

  test('takes no pause from invocations that overlap', async () => {
    const { clock, load } = environment();
    for (let n = 0; n < 60; n++) {
      load.arrive(false);
      await clock.advance(50);
      load.arrive(true);
      load.end(50);
      load.end(50);
      await clock.advance(30);
    }
    expect(load.shedsLow).toBe(false);
  });
});
