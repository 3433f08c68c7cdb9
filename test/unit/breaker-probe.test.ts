import { describe, expect, test, vi } from 'vitest';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import { CLAIM_MS, FAILURES_TO_OPEN, Fleet, OPEN_MS, openFleet, times } from '../support/fleet.ts';
import { outage } from '../support/outcomes.ts';

/** Environments whose breaker has been open for as long as it is: the next call may probe. */
async function dueFleet(size = 2, options = {}) {
  const fleet = await openFleet(size, options);
  await fleet.pass(OPEN_MS);
  return fleet;
}

describe('a shared breaker that is open', () => {
  test('rejects calls from memory, with what is left of the time', async () => {
    const fleet = await openFleet();
    await fleet.pass(1_000);
    const work = vi.fn(async () => 'ok');
    const asked = fleet.requests.length;

    const error = await fleet.first.call(work);

    expect(error).toBeInstanceOf(BreakerOpenError);
    expect(error).toMatchObject({ code: 'BREAKER_OPEN', retryAfterMs: OPEN_MS - 1_000 });
    expect(work).not.toHaveBeenCalled();
    expect(fleet.requests).toHaveLength(asked);
  });

  test('records no outcome of a call that began before it opened', async () => {
    const fleet = new Fleet(1);
    const late = Promise.withResolvers<string>();
    const call = fleet.first.call(() => late.promise);
    await times(FAILURES_TO_OPEN, () => fleet.first.fails());
    const reports = fleet.requestsOf('add').length;

    late.resolve('late');

    expect(await call).toBe('late');
    expect(fleet.requestsOf('add')).toHaveLength(reports);
  });
});

describe('the probe of a shared breaker', () => {
  test('is made by one call of all environments, and the others are rejected', async () => {
    const fleet = await dueFleet(5);
    const probe = Promise.withResolvers<string>();
    const work = vi.fn(() => probe.promise);
    const calls = fleet.environments.flatMap((environment) => [
      environment.call(work),
      environment.call(work),
    ]);
    await fleet.pass();
    expect(work).toHaveBeenCalledTimes(1);

    probe.resolve('back');

    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((outcome) => outcome === 'back')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome instanceof BreakerOpenError)).toHaveLength(9);
  });

  test('closes the breaker when four in a row have succeeded', async () => {
    const fleet = await dueFleet();
    const states: unknown[] = [];

    for (let probe = 0; probe < 4; probe++) {
      expect(await fleet.first.works()).toBe('ok');
      states.push(await fleet.state());
    }

    expect(states).toMatchObject([
      { state: 'open', epoch: 1, successes: 1, isProbing: false },
      { state: 'open', epoch: 1, successes: 2, isProbing: false },
      { state: 'open', epoch: 1, successes: 3, isProbing: false },
      { state: 'closed', epoch: 2, successes: 0, isProbing: false },
    ]);
    expect(fleet.first.state).toBe('closed');
  });

  test('keeps the breaker open for another openMs when it fails, and begins the row anew', async () => {
    const fleet = await dueFleet();
    await times(2, () => fleet.first.works());

    expect(await fleet.first.fails()).toEqual(outage());

    expect(await fleet.state()).toMatchObject({ state: 'open', successes: 0, isProbing: false });
    await fleet.pass(5_000);
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
    await fleet.pass(CLAIM_MS - 5_000);
    expect(await fleet.first.works()).toBe('ok');
  });

  test('changes nothing when it ends after another environment has claimed the next one', async () => {
    const fleet = await dueFleet();
    const late = Promise.withResolvers<string>();
    const probe = fleet.first.call(() => late.promise);
    await fleet.pass(CLAIM_MS);
    await fleet.second.fails();
    const before = await fleet.state();

    late.resolve('late');

    expect(await probe).toBe('late');
    expect(await fleet.state()).toEqual(before);
  });

  test('does not count as a success when its claim is over, also where no other one was claimed', async () => {
    const fleet = await dueFleet();
    await times(2, () => fleet.first.works());
    const late = Promise.withResolvers<string>();
    const probe = fleet.first.call(() => late.promise);
    await fleet.pass(CLAIM_MS);

    late.resolve('late');

    expect(await probe).toBe('late');
    expect(await fleet.state()).toMatchObject({ state: 'open', successes: 2, isProbing: false });
  });

  test('has failed the moment that it is slow, and its end changes nothing', async () => {
    const fleet = await dueFleet(1, { slowCallMs: 500 });
    const late = Promise.withResolvers<string>();
    const probe = fleet.first.call(() => late.promise);
    await fleet.pass(500);
    const failed = await fleet.state();
    expect(failed).toMatchObject({ state: 'open', isProbing: false, successes: 0 });

    late.resolve('late');

    expect(await probe).toBe('late');
    expect(await fleet.state()).toEqual(failed);
  });

  test('lets the next one follow at once when it says nothing about the dependency', async () => {
    const fleet = await dueFleet();
    await fleet.first.works();
    await fleet.first.call(() => Promise.reject(new TypeError('bug')));
    expect(await fleet.state()).toMatchObject({ isProbing: false, successes: 1, until: fleet.now });

    expect(await fleet.second.works()).toBe('ok');
    expect(await fleet.state()).toMatchObject({ successes: 2 });
  });

  test('succeeds with an answer that refuses the request', async () => {
    const fleet = await dueFleet();

    await fleet.first.answers();

    expect(await fleet.state()).toMatchObject({ state: 'open', successes: 1 });
  });

  test('is followed by the next one when its environment died, and the row begins anew', async () => {
    const fleet = await dueFleet();
    await times(2, () => fleet.first.works());
    void fleet.first.hangs();
    await fleet.pass(CLAIM_MS);

    expect(await fleet.second.works()).toBe('ok');

    expect(await fleet.state()).toMatchObject({ state: 'open', successes: 1 });
  });

  test('is not made by an environment that was frozen until its claim was over', async () => {
    const fleet = await dueFleet();
    fleet.storeTakes(10);
    const work = vi.fn(async () => 'ok');
    const call = fleet.first.call(work);
    await fleet.pass();
    await fleet.freeze(fleet.first, CLAIM_MS + 10);

    expect(await call).toBeInstanceOf(BreakerOpenError);

    expect(work).not.toHaveBeenCalled();
    expect(await fleet.state()).toMatchObject({ isProbing: true });
  });

  test('is not made where the wall clock says that the claim was over before it was known', async () => {
    const fleet = await dueFleet();
    fleet.storeTakes(10);
    const work = vi.fn(async () => 'ok');
    const call = fleet.first.call(work);
    await fleet.pass(5);
    fleet.first.skewMs = CLAIM_MS;

    expect(await fleet.within(5, call)).toBeInstanceOf(BreakerOpenError);

    expect(work).not.toHaveBeenCalled();
  });

  test('is made soon where there are hardly any calls since the breaker opened', async () => {
    const fleet = new Fleet(1, { chance: 'seeded' });
    await fleet.putState({ state: 'open', until: fleet.now, since: fleet.now, rate: 5_000 });
    let seconds = 0;
    while ((await fleet.first.works()) !== 'ok' && ++seconds < 100) await fleet.pass(1_000);

    expect(seconds).toBeLessThan(8);
  });
});

describe('an environment that waits for the probe of another one', () => {
  test('reads what came of it when the probe has had its time, before its claim ends', async () => {
    const fleet = await dueFleet(2, { slowCallMs: 1_000 });
    const probe = Promise.withResolvers<string>();
    const probing = fleet.first.call(() => probe.promise);
    await fleet.pass();
    expect(await fleet.second.works()).toBeInstanceOf(BreakerOpenError);
    await fleet.pass(900);
    probe.resolve('ok');
    await probing;
    await fleet.pass(600);

    expect(await fleet.second.works()).toBe('ok');
  });

  test('rejects calls when the probe is free, and reads after half a second whether another one has claimed it', async () => {
    const fleet = new Fleet(1);
    await fleet.putState({ state: 'open', until: fleet.now + 1_000, rate: 5_000 });
    await fleet.first.works();
    await fleet.pass(1_000);
    // It claims one of 250 probes, and reads each time.
    fleet.chance = 0.5;
    const asked = fleet.requests.length;
    expect(await fleet.first.works()).toMatchObject({ code: 'BREAKER_OPEN', retryAfterMs: 1_000 });
    expect(fleet.requests).toHaveLength(asked);
    await fleet.putState({ version: 2, epoch: 2, since: fleet.now - 60_000, rate: 5_000 });
    await fleet.pass(500);

    expect(await fleet.first.works()).toBe('ok');
  });
});

describe('a shared breaker that has closed', () => {
  /** Three probes have succeeded. */
  async function closedFleet(chance: number) {
    const fleet = await dueFleet();
    await times(4, () => fleet.first.works());
    fleet.chance = chance;
    return fleet;
  }

  test('admits more and more calls, by the clock alone', async () => {
    const fleet = await closedFleet(0.9);
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);

    await fleet.pass(3_000);

    expect(await fleet.first.works()).toBe('ok');
  });

  test('opens again after as many failures, and four times as long where that is within 30 s', async () => {
    const fleet = await closedFleet(0);
    await fleet.pass(29_000);

    await times(FAILURES_TO_OPEN, () => fleet.first.fails());

    const until = fleet.now + 4 * OPEN_MS;
    expect(await fleet.state()).toMatchObject({ state: 'open', epoch: 3, isRelapse: true, until });
  });

  test('records no outcome of a call that began before it opened', async () => {
    const fleet = new Fleet(1);
    const late = Promise.withResolvers<string>();
    const call = fleet.first.call(() => late.promise);
    await times(FAILURES_TO_OPEN, () => fleet.first.fails());
    await fleet.pass(OPEN_MS);
    await times(4, () => fleet.first.works());
    const reports = fleet.requestsOf('add').length;

    late.resolve('late');

    expect(await call).toBe('late');
    expect(fleet.requestsOf('add')).toHaveLength(reports);
    await fleet.first.works();
    expect(fleet.requestsOf('add')).toHaveLength(reports + 1);
  });
});
