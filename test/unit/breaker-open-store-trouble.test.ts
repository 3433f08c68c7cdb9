import { describe, expect, test, vi } from 'vitest';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import { outage } from '../support/outcomes.ts';
import { KEY, OPEN_MS, times } from '../support/shared-breaker.ts';
import { BROKEN, HANGS, opened, type Trouble } from '../support/troubled-store.ts';

describe('an open breaker during a store outage', () => {
  async function stranded(trouble: Trouble) {
    const world = await opened();
    world.trouble(trouble);
    await world.clock.advance(OPEN_MS);
    // Once the probe cannot be claimed, and the next time it is made all the same.
    const run = world.works();
    await world.clock.advance(50);
    expect(await run).toBeInstanceOf(BreakerOpenError);
    await world.clock.advance(1_000);
    const inTime = async (call: Promise<unknown>) => {
      await world.clock.advance(50);
      return call;
    };
    return { ...world, inTime };
  }

  test.each([
    ['fails', BROKEN],
    ['hangs', HANGS],
  ])('that %s probes by itself, one call each time that it would have stayed open', async (_, trouble) => {
    const world = await stranded(trouble);
    const call = vi.fn(() => Promise.reject(outage()));

    await world.inTime(world.call(call));
    expect(await world.works()).toBeInstanceOf(BreakerOpenError);

    expect(call).toHaveBeenCalledTimes(1);
  });

  test('lets all calls through after a success of its own, until one fails', async () => {
    const world = await stranded(BROKEN);

    expect(await world.works()).toBe('ok');
    expect(await world.works()).toBe('ok');
    expect(await world.fails()).toEqual(outage());

    expect(await world.works()).toBeInstanceOf(BreakerOpenError);
  });

  test('learns nothing from a call that says nothing about the dependency', async () => {
    const world = await stranded(BROKEN);
    await world.call(() => Promise.reject(new TypeError('bug')));

    expect(await world.works()).toBeInstanceOf(BreakerOpenError);
  });

  test('does as the store says when that is back', async () => {
    const world = await stranded(BROKEN);
    await world.works();
    world.trouble();
    await world.clock.advance(20_000);

    await times(3, world.works);

    expect(await world.inner.get(KEY)).toMatchObject({ state: 'closed', epoch: 2 });
  });
});
