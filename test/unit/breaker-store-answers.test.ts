import { describe, expect, test, vi } from 'vitest';
import { BreakerOpenError, StoreError } from '../../lib/core/errors.ts';
import type { CountingStore } from '../../lib/core/store.ts';
import { settle } from '../../lib/testing/index.ts';
import { KEY, OPEN_MS, putVerdict } from '../support/shared-breaker.ts';
import { broken, opened, sandbox } from '../support/troubled-store.ts';

describe('an answer of the store', () => {
  test('from a replica that lags behind is asked for once more, for certain', async () => {
    const world = await opened();
    const get = vi.fn<CountingStore['get']>(async (key, options) =>
      options?.isEventual ? undefined : world.inner.get(key),
    );
    world.trouble({ ...world.inner, get });
    await world.clock.advance(100_000);
    world.trouble({
      ...world.inner,
      get,
      put: async () => ({ applied: false, current: await world.inner.get(KEY) }),
    });

    expect(await world.works()).toBeInstanceOf(BreakerOpenError);
    await settle();

    const looks = get.mock.calls.filter(([key]) => key === KEY);
    expect(looks.map(([, options]) => options?.isEventual)).toEqual([true, false]);
  });

  test('that a claim was applied and its acknowledgement lost leaves the breaker open for the lease', async () => {
    const world = await opened();
    const put: CountingStore['put'] = async (...args) => {
      await world.inner.put(...args);
      throw new StoreError('lost');
    };
    world.trouble({ ...world.inner, put });
    await world.clock.advance(OPEN_MS);
    expect(await world.works()).toBeInstanceOf(BreakerOpenError);
    expect(await world.inner.get(KEY)).toMatchObject({ claims: 1 });
    world.trouble();
    await world.clock.advance(20_000);
    // The claim of the next probe is refused by what is there, which tells what it has to be made of.
    await world.works();

    expect(await world.works()).toBe('ok');
  });

  test('that is older and cannot be had for certain changes nothing', async () => {
    const world = sandbox();
    await putVerdict(world.inner, { state: 'forced-open', until: world.clock.now() + 500_000 });
    await world.works();
    const get = vi.fn<CountingStore['get']>(async (_, options) =>
      options?.isEventual ? undefined : broken(),
    );
    world.trouble({ ...world.inner, get });
    await world.clock.advance(100_000);

    await world.works();
    await settle();

    expect(get).toHaveBeenCalledTimes(2);
    expect(await world.works()).toBeInstanceOf(BreakerOpenError);
  });
});
