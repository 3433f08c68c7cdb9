import { describe, expect, test, vi } from 'vitest';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import { FAILURES_TO_OPEN, Fleet, OPEN_MS, openFleet, times } from '../support/fleet.ts';
import { failing, outage } from '../support/outcomes.ts';

const STILL_RUNNING = 'still running';

/** Environments of which each has read the state and made a call. */
async function usedFleet(size = 1, options = {}) {
  const fleet = new Fleet(size, options);
  await Promise.all(fleet.environments.map((environment) => environment.works()));
  return fleet;
}

describe('a call during a store outage', () => {
  test.each<[string, (fleet: Fleet) => void]>([
    ['refuses requests', (fleet) => fleet.storeRefuses()],
    ['throttles', (fleet) => fleet.storeThrottles()],
    ['takes two seconds', (fleet) => fleet.storeTakes(2_000)],
    ['gives no answer', (fleet) => fleet.storeHangs()],
    ['loses its answers', (fleet) => fleet.storeLosesAnswers()],
    [
      'answers what it should not',
      (fleet) => {
        fleet.serve = () => Promise.reject('no error');
      },
    ],
  ])('ends as the dependency ends it, where the store %s', async (_, beginOutage) => {
    const fleet = new Fleet(1);
    beginOutage(fleet);

    for (let n = 0; n < 5; n++) {
      expect(await fleet.within(70, fleet.first.works())).toBe('ok');
      expect(await fleet.within(70, fleet.first.fails())).toEqual(outage());
    }
  });

  test.each([
    [50, {}],
    [200, { storeTimeoutMs: 200 }],
  ])('waits %i ms at most for the state, with %j', async (limitMs, options) => {
    const fleet = new Fleet(1, options);
    fleet.storeHangs();
    const work = vi.fn(async () => 'ok');
    void fleet.first.call(work);
    await fleet.pass(limitMs - 1);
    expect(work).not.toHaveBeenCalled();

    await fleet.pass(1);

    expect(work).toHaveBeenCalledOnce();
  });

  test('waits no longer for the first answer than for others, which may take a second all the same', async () => {
    const fleet = new Fleet(1);
    await fleet.putState({ state: 'open', until: fleet.now + 60_000 });
    fleet.storeTakes(900);
    expect(await fleet.within(70, fleet.first.works())).toBe('ok');
    expect(await fleet.within(70, fleet.first.works())).toBe('ok');
    await fleet.pass(760);

    expect(await fleet.within(0, fleet.first.works())).toBeInstanceOf(BreakerOpenError);
    expect(fleet.first.availability).toEqual([]);
  });

  test('waits 20 ms at most for its report', async () => {
    const fleet = await usedFleet();
    fleet.storeHangs();
    const call = fleet.first.fails();

    expect(await fleet.within(19, call)).toBe(STILL_RUNNING);
    expect(await fleet.within(1, call)).toEqual(outage());
  });

  test('waits 20 ms at most for the report of a probe that has failed', async () => {
    const fleet = await openFleet(1);
    await fleet.pass(OPEN_MS);
    const call = fleet.first.call(() => {
      fleet.storeHangs();
      return failing();
    });

    expect(await fleet.within(19, call)).toBe(STILL_RUNNING);
    expect(await fleet.within(1, call)).toEqual(outage());
  });

  test('waits 50 ms at most for the report of a probe that has succeeded', async () => {
    const fleet = await openFleet(1);
    await fleet.pass(OPEN_MS);
    const call = fleet.first.call(async () => {
      fleet.storeHangs();
      return 'ok';
    });

    expect(await fleet.within(49, call)).toBe(STILL_RUNNING);
    expect(await fleet.within(1, call)).toBe('ok');
  });

  test('waits 20 ms at most for a store that has just failed', async () => {
    const fleet = await usedFleet();
    fleet.storeHangs();
    await fleet.within(1_100, fleet.first.fails());
    const call = fleet.first.works();

    expect(await fleet.within(19, call)).toBe(STILL_RUNNING);
    expect(await fleet.within(1, call)).toBe('ok');
  });
});

describe('a breaker whose store fails', () => {
  test('backs off, for twice as long each time, up to 8 s', async () => {
    const fleet = new Fleet(1);
    fleet.storeRefuses();
    const asked: number[] = [];
    for (let second = 0; second < 40; second++) {
      const before = fleet.requests.length;
      await fleet.first.works();
      if (fleet.requests.length > before) asked.push(second);
      await fleet.pass(1_000);
    }

    expect(asked).toEqual([0, 1, 3, 7, 15, 23, 31, 39]);
  });

  test('backs off no longer where many requests fail together', async () => {
    const fleet = await usedFleet();
    fleet.storeRefuses();
    await Promise.all(Array.from({ length: 5 }, () => fleet.first.fails()));
    const asked = fleet.requests.length;
    await fleet.pass(999);
    await fleet.first.fails();
    expect(fleet.requests).toHaveLength(asked);
    await fleet.pass(1);

    await fleet.first.fails();

    expect(fleet.requests.length).toBeGreaterThan(asked);
  });

  test('backs off no longer once the store has answered', async () => {
    const fleet = new Fleet(1);
    fleet.storeRefuses();
    await times(20, async () => {
      await fleet.first.fails();
      await fleet.pass(1_000);
    });
    fleet.storeRecovers();
    await fleet.first.breaker.force('auto');
    await fleet.pass(1_000);
    const before = fleet.requestsOf('get').length;

    await fleet.first.works();

    expect(fleet.requestsOf('get')).toHaveLength(before + 1);
  });

  test('backs off for calls that began before, too', async () => {
    const fleet = await usedFleet();
    const permits = [await fleet.first.breaker.acquire(), await fleet.first.breaker.acquire()];
    fleet.storeRefuses();
    await permits[0]?.record({ failed: true });
    const asked = fleet.requests.length;

    await permits[1]?.record({ failed: true });

    expect(fleet.requests).toHaveLength(asked);
  });

  test('keeps to the last state that is known: what is open stays open', async () => {
    const fleet = await openFleet(1);
    fleet.storeRefuses();
    await fleet.pass(OPEN_MS - 1);

    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
  });

  test('keeps to the last state that is known: what is forced closed admits all calls', async () => {
    const fleet = await usedFleet();
    await fleet.first.breaker.force('closed');
    fleet.storeRefuses();
    await fleet.pass(100_000);
    await times(2 * FAILURES_TO_OPEN, () => fleet.first.fails());

    expect(await fleet.first.works()).toBe('ok');
    expect(fleet.first.state).toBe('forced-closed');
  });

  test('does not report again what it could not report', async () => {
    const fleet = await usedFleet();
    fleet.storeRefuses();
    await times(FAILURES_TO_OPEN - 1, () => fleet.first.fails());
    fleet.storeRecovers();
    const asked = fleet.requestsOf('add').length;
    await fleet.pass(1_000);
    await fleet.first.works();
    await fleet.pass(1_000);

    await fleet.first.fails();

    expect(fleet.requestsOf('add')).toHaveLength(asked + 2);
  });
});

describe('a dependency that begins to fail after a store outage of 40 s', () => {
  test.each([1, 5])(
    'opens the breaker of %i environments after as many failed calls as ever',
    async (size) => {
      const fleet = await usedFleet(size);
      fleet.storeHangs();
      await times(40, async () => {
        for (const environment of fleet.environments) void environment.works();
        await fleet.pass(1_000);
      });
      fleet.storeRecovers();
      // Each backs off for 8 s at most, and is then answered.
      await times(9, async () => {
        for (const environment of fleet.environments) void environment.works();
        await fleet.pass(1_000);
      });
      expect(fleet.environments.map(({ availability }) => availability.at(-1))).toMatchObject(
        fleet.environments.map(() => ({ available: true })),
      );

      let failed = 0;
      while ((await fleet.state())?.['state'] !== 'open' && failed < 100) {
        await fleet.environments[failed++ % size]?.fails();
        await fleet.pass(100);
      }

      expect(failed).toBeLessThanOrEqual(FAILURES_TO_OPEN + 2);
    },
  );
});

describe('a freeze of an environment', () => {
  test('is no store outage, however long it cuts off a request', async () => {
    const fleet = await openFleet(1);
    await fleet.pass(OPEN_MS);
    for (let freeze = 0; freeze < 3; freeze++) {
      fleet.storeHangs();
      const call = fleet.first.works();
      await fleet.pass();
      await fleet.freeze(fleet.first, 30_000);
      await call;
      fleet.storeRecovers();
    }

    expect(fleet.first.availability).toEqual([]);
    await fleet.first.works();
    expect(await fleet.state()).toMatchObject({ successes: 1 });
  });

  test('keeps no call of a new environment from being made', async () => {
    const fleet = new Fleet(1);
    fleet.storeHangs();
    const call = fleet.first.works();
    await fleet.pass();

    await fleet.freeze(fleet.first, 30_000);

    expect(await fleet.within(20, call)).toBe('ok');
  });

  test('after each call keeps no environment from learning that the breaker has closed', async () => {
    const fleet = new Fleet(1, { chance: 0.5 });
    await fleet.putState({ state: 'open', until: fleet.now + 1_000, rate: 500 });
    fleet.storeTakes(5);
    /** A call, and then a freeze of two seconds. */
    const invocation = async () => {
      let outcome: unknown;
      void fleet.first.works().then((value) => {
        outcome = value;
      });
      for (let ms = 0; outcome === undefined && ms < 100; ms++) await fleet.pass(1);
      await fleet.freeze(fleet.first, 2_000);
      return outcome;
    };
    expect(await invocation()).toBeInstanceOf(BreakerOpenError);
    fleet.storeHangs();
    await times(3, invocation);

    await fleet.putState({ version: 2, epoch: 2, since: fleet.now - 60_000, rate: 500 });
    fleet.storeRecovers();
    fleet.storeTakes(5);
    await times(10, invocation);

    for (let n = 0; n < 20; n++) expect(await invocation()).toBe('ok');
    expect(fleet.first.state).toBe('closed');
  });

  test('in which the monotonic clock stands still does not lengthen the wait of an open breaker', async () => {
    const fleet = await openFleet(1);

    await fleet.freeze(fleet.first, OPEN_MS, true);

    expect(await fleet.first.works()).toBe('ok');
  });
});
