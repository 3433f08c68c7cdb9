import { describe, expect, test, vi } from 'vitest';
import { failing } from '../support/outcomes.ts';
import { retried } from '../support/retried.ts';

/** A function that fails or not, as it is set, under a retry. */
function switched(options: Parameters<typeof retried>[1]) {
  const dependency = { fails: true };
  const call = vi.fn(() => (dependency.fails ? failing() : Promise.resolve('fine')));
  const { clock, run } = retried(call, options);
  const times = async (count: number) => {
    for (let calls = 0; calls < count; calls++) {
      const done = run();
      await clock.advance(1);
      await done;
    }
  };
  return { dependency, call, times };
}

describe('the retry budget', () => {
  test.each([
    [2, 5],
    [3, 10],
  ])(
    'of %d attempts allows %d retries at first, and none after them while every call fails',
    async (maxAttempts, retries) => {
      const { call, times } = switched({ maxAttempts });

      await times(100);

      expect(call).toHaveBeenCalledTimes(100 + retries);
    },
  );

  test('is enough for all attempts of the first call', async () => {
    const { call, times } = switched({ maxAttempts: 10 });

    await times(1);

    expect(call).toHaveBeenCalledTimes(10);
  });

  test.each([
    [0, 0],
    [0.1, 10],
    [0.5, 50],
    [1, 100],
  ])('earns %d of a retry with each success, so 100 successes allow %d retries', async (ratio, retries) => {
    const { dependency, call, times } = switched({ maxAttempts: 2, budget: { ratio } });
    await times(5);
    call.mockClear();
    // The burst limits what successes save, so they alternate with failures.
    for (let calls = 0; calls < 100; calls++) {
      dependency.fails = false;
      await times(1);
      dependency.fails = true;
      await times(1);
    }

    expect(call).toHaveBeenCalledTimes(200 + retries);
  });

  test.each([
    [{ ratio: 1 }, 5],
    [{ ratio: 1, burst: 2 }, 2],
    [{ ratio: 1, burst: 0 }, 0],
  ])('of %j saves %d retries and no more', async (budget, retries) => {
    const { dependency, call, times } = switched({ maxAttempts: 2, budget });
    dependency.fails = false;
    await times(50);
    dependency.fails = true;
    call.mockClear();

    await times(10);

    expect(call).toHaveBeenCalledTimes(10 + retries);
  });
});
