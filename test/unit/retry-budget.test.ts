import { describe, expect, test, vi } from 'vitest';
import { failing } from '../support/outcomes.ts';
import { retried } from '../support/retried.ts';

describe('the budget of retries', () => {
  test('has a retry for the first calls and then none while everything fails', async () => {
    const call = vi.fn(failing);
    const { clock, run } = retried(call, { attempts: 2 });
    for (let calls = 0; calls < 100; calls++) {
      const done = run();
      await clock.advance(1);
      await done;
    }

    expect(call).toHaveBeenCalledTimes(103);
  });

  test('is enough for all attempts of the first call', async () => {
    const call = vi.fn(failing);
    const { clock, run } = retried(call, { attempts: 10 });
    const done = run();
    await clock.advance(1);
    await done;

    expect(call).toHaveBeenCalledTimes(10);
  });

  test.each([
    [0, 103],
    [0.1, 113],
    [0.5, 153],
    [1, 203],
  ])('of %d retries a success pays for so many', async (budgetRatio, made) => {
    let fails = true;
    const call = vi.fn(() => (fails ? failing() : Promise.resolve('fine')));
    const { clock, run } = retried(call, { attempts: 2, budgetRatio });
    const once = async () => {
      const done = run();
      await clock.advance(1);
      await done;
    };
    for (let calls = 0; calls < 3; calls++) await once();
    call.mockClear();
    // What successes save up is little, so that they alternate with failures.
    for (let calls = 0; calls < 100; calls++) {
      fails = false;
      await once();
      fails = true;
      await once();
    }

    expect(call).toHaveBeenCalledTimes(200 + made - 103);
  });

  test('saves up a few retries and no more', async () => {
    let fails = false;
    const call = vi.fn(() => (fails ? failing() : Promise.resolve('fine')));
    const { clock, run } = retried(call, { attempts: 2, budgetRatio: 1 });
    for (let calls = 0; calls < 50; calls++) await run();
    fails = true;
    call.mockClear();
    for (let calls = 0; calls < 10; calls++) {
      const done = run();
      await clock.advance(1);
      await done;
    }

    expect(call).toHaveBeenCalledTimes(13);
  });
});
