import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import type { Caller, Permit } from '../../lib/breaker/permit.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { BreakerOpenError, DeadlineExceededError } from '../../lib/core/errors.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { atEndOfTest } from '../support/ends.ts';
import { FAILURES_TO_OPEN, Fleet, OPEN_MS, openFleet, times } from '../support/fleet.ts';
import { failing } from '../support/outcomes.ts';

/** The permit that the first environment gets, or the error that it is rejected with. */
const acquired = async ({ first }: Fleet, caller?: Caller): Promise<unknown> => {
  try {
    return await first.breaker.acquire(caller);
  } catch (error) {
    return error;
  }
};
const permitOf = async (fleet: Fleet): Promise<Permit> => fleet.first.breaker.acquire();

/** Environments whose breaker can be probed. */
async function freeFleet() {
  const fleet = await openFleet(1);
  await fleet.pass(OPEN_MS);
  return fleet;
}

describe('a permit of a shared breaker', () => {
  test('that is settled before its call is slow leaves no timer behind', async () => {
    const clock = fakeClock();
    const breaker = sharedBreaker({ name: 'posts', store: memoryStore(), slowCallMs: 500, clock });
    const permit = await breaker.acquire();
    expect(clock.pending).toBe(1);

    await permit.record({ failed: false });

    expect(clock.pending).toBe(0);
  });

  test('takes a read of the store at first, and none after that while all is well', async () => {
    const fleet = new Fleet(1);
    const { breaker } = fleet.first;

    const permit = breaker.acquire();
    expect(permit).toBeInstanceOf(Promise);
    await (await permit).record({ failed: false });

    expect(breaker.acquire()).toMatchObject({ isProbe: false });
    expect(fleet.requestsOf('get')).toHaveLength(1);
  });

  test('opens the breaker by the failures that are recorded with it', async () => {
    const fleet = new Fleet(1);

    await times(FAILURES_TO_OPEN, async () => (await permitOf(fleet)).record({ failed: true }));

    expect(await fleet.state()).toMatchObject({ state: 'open' });
    expect(() => fleet.first.breaker.acquire()).toThrow(BreakerOpenError);
  });

  test('is refused later where the state has to be read first', async () => {
    const fleet = new Fleet(2);
    await fleet.first.breaker.force('open');

    await expect(fleet.second.breaker.acquire()).rejects.toBeInstanceOf(BreakerOpenError);
    expect(() => fleet.first.breaker.acquire()).toThrow(BreakerOpenError);
  });

  test('is one for the probe, and the next call gets it when it is released', async () => {
    const fleet = await freeFleet();
    const probe = await permitOf(fleet);
    expect(probe.isProbe).toBe(true);
    expect(fleet.first.state).toBe('half-open');
    expect(await acquired(fleet)).toBeInstanceOf(BreakerOpenError);

    await probe.release();

    expect(await acquired(fleet)).toMatchObject({ isProbe: true });
  });

  test('records the first outcome only', async () => {
    const fleet = await freeFleet();
    const probe = await permitOf(fleet);

    await probe.record({ failed: false });
    await probe.record({ failed: true });
    await probe.release();

    expect(await fleet.state()).toMatchObject({ state: 'open', successes: 1, isProbing: false });
  });
});

describe('a caller of a shared breaker', () => {
  test('waits for a permit no longer than its time', async () => {
    const fleet = new Fleet(1);
    fleet.storeHangs();

    const error = await fleet.within(30, acquired(fleet, { remainingMs: () => 30 }));

    expect(error).toBeInstanceOf(DeadlineExceededError);
    expect(error).toMatchObject({ called: false });
  });

  test('waits for a report no longer than its time', async () => {
    const fleet = new Fleet(1);
    const permit = await permitOf(fleet);
    fleet.storeHangs();

    const recorded = Promise.resolve(permit.record({ failed: true }, { remainingMs: () => 5 }));

    expect(await fleet.within(4, recorded)).toBe('still running');
    expect(await fleet.within(1, recorded)).toBeUndefined();
  });

  test('that has no time left is rejected with that, and leaves no rejection behind that is not handled', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    atEndOfTest(() => process.off('unhandledRejection', unhandled));
    const fleet = new Fleet(1);
    await fleet.putState({ state: 'forced-open', until: fleet.now + 60_000 });
    const work = vi.fn();

    expect(await fleet.first.call(work, { remainingMs: 0 })).toBeInstanceOf(DeadlineExceededError);

    await fleet.pass();
    expect(unhandled).not.toHaveBeenCalled();
    expect(work).not.toHaveBeenCalled();
  });

  test('that has given up before its call gets the reason, and asks the store nothing', async () => {
    const fleet = new Fleet(1);
    const work = vi.fn();

    expect(await fleet.first.call(work, { signal: AbortSignal.abort('gone') })).toBe('gone');

    expect(work).not.toHaveBeenCalled();
    expect(fleet.requests).toEqual([]);
  });

  test('that gives up while its claim is on its way makes no call, and leaves the probe to the next one', async () => {
    const fleet = await freeFleet();
    fleet.storeTakes(10);
    const caller = new AbortController();
    const work = vi.fn();
    const call = fleet.first.call(work, { signal: caller.signal });
    await fleet.pass(5);
    caller.abort('gone');

    expect(await call).toBe('gone');
    await fleet.pass(20);
    expect(work).not.toHaveBeenCalled();
    expect(await fleet.state()).toMatchObject({ state: 'open', isProbing: false });
    fleet.storeRecovers();
    expect(await fleet.first.works()).toBe('ok');
  });

  test('that gives up while the state is read gets the reason, and the next call what was read', async () => {
    const fleet = new Fleet(1);
    await fleet.putState({ state: 'open', until: fleet.now + 5_000 });
    fleet.storeTakes(10);
    const caller = new AbortController();
    const permit = acquired(fleet, { signal: caller.signal });
    await fleet.pass(5);
    caller.abort('gone');

    expect(await permit).toBe('gone');
    await fleet.pass(5);
    expect(await acquired(fleet)).toBeInstanceOf(BreakerOpenError);
  });

  test('gets no error of a time limit that is not its own, however long its environment was frozen', async () => {
    const fleet = await freeFleet();
    fleet.storeTakes(10);
    const call = fleet.first.works();
    await fleet.pass();
    await fleet.freeze(fleet.first, 100_000);

    expect(await fleet.within(100, call)).toBeInstanceOf(BreakerOpenError);
  });
});

describe('a call that is answered without being made', () => {
  const answeredEarly = (breaker: ReturnType<typeof circuitBreaker>, clock: ReturnType<typeof fakeClock>) =>
    resilient<string>({
      ...{ name: 'posts', breaker, clock },
      layers: [{ after: 'breaker', layer: () => async () => 'from a cache' }],
    });

  test('counts for nothing', async () => {
    const clock = fakeClock();
    const breaker = circuitBreaker({ name: 'posts', clock });
    const fail = () => breaker.execute(failing).catch(() => undefined);
    await times(FAILURES_TO_OPEN - 1, fail);

    await times(20, () => answeredEarly(breaker, clock).execute(async () => 'made'));
    await fail();

    // With a success among them it would still be closed.
    expect(breaker.state).toBe('open');
  });

  test('takes no probe', async () => {
    const clock = fakeClock();
    const breaker = circuitBreaker({ name: 'posts', openMs: 5_000, clock });
    await times(FAILURES_TO_OPEN, () => breaker.execute(failing).catch(() => undefined));
    await clock.advance(5_000);

    await times(5, () => answeredEarly(breaker, clock).execute(async () => 'made'));

    expect(breaker.state).toBe('half-open');
    expect((breaker.acquire() as Permit).isProbe).toBe(true);
  });
});
