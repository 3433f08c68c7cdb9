import { describe, expect, test } from 'vitest';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import { FAILURES_TO_OPEN, Fleet, type FleetOptions, OPEN_MS, openFleet, times } from '../support/fleet.ts';
import { outage } from '../support/outcomes.ts';

/** An environment that has read that the breaker is closed, and whose store has failed since. */
async function cutOffFleet(size = 1, options: FleetOptions = {}) {
  const fleet = new Fleet(size, options);
  await Promise.all(fleet.environments.map((environment) => environment.works()));
  fleet.storeRefuses();
  for (const environment of fleet.environments) {
    // Its report finds the store unavailable, and counts for nothing.
    await environment.fails();
    expect(environment.availability).toMatchObject([{ available: false }]);
  }
  return fleet;
}

describe('the breaker that an environment has for itself while the store is unavailable', () => {
  test('opens after ten failures of its own, rejects, probes, and closes after two successes', async () => {
    const fleet = await cutOffFleet();
    const { first } = fleet;
    await times(FAILURES_TO_OPEN - 1, () => first.fails());
    expect(first.state).toBe('closed');

    expect(await first.fails()).toEqual(outage());
    expect(first.state).toBe('open');
    expect(await first.works()).toBeInstanceOf(BreakerOpenError);
    await fleet.pass(5_000);
    expect(await first.works()).toBe('ok');
    expect(first.state).toBe('half-open');
    expect(await first.works()).toBe('ok');

    expect(first.state).toBe('closed');
  });

  test('has the failureRatio, minimumCalls and windowMs of the shared one', async () => {
    const fleet = await cutOffFleet(1, { failureRatio: 0.2, minimumCalls: 4, windowMs: 1_000 });

    await times(3, () => fleet.first.fails());
    expect(fleet.first.state).toBe('closed');

    await fleet.first.fails();
    expect(fleet.first.state).toBe('open');
  });

  test('is of this environment alone: others make their calls, and nothing of it is stored', async () => {
    const fleet = await cutOffFleet(2);
    await times(FAILURES_TO_OPEN, () => fleet.first.fails());
    expect([fleet.first.state, fleet.second.state]).toEqual(['open', 'closed']);
    expect(await fleet.second.works()).toBe('ok');

    fleet.storeRecovers();
    await fleet.pass(8_000);
    await fleet.first.works();

    expect(await fleet.first.works()).toBe('ok');
    expect(fleet.first.state).toBe('closed');
    expect(await fleet.state()).toBeUndefined();
  });

  test('begins open where the shared one was, and its next call is a probe', async () => {
    const fleet = await openFleet(1);
    fleet.storeRefuses();
    await fleet.pass(OPEN_MS - 1);
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
    await fleet.pass(1);

    const probe = Promise.withResolvers<string>();
    const call = fleet.first.call(() => probe.promise);
    await fleet.pass();

    expect(fleet.first.state).toBe('half-open');
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
    probe.resolve('ok');
    expect(await call).toBe('ok');
    expect(await fleet.first.works()).toBe('ok');
    expect(fleet.first.state).toBe('closed');
  });

  test('stays open for openMs when its probe fails', async () => {
    const fleet = await openFleet(1);
    fleet.storeRefuses();
    await fleet.pass(OPEN_MS);

    expect(await fleet.first.fails()).toEqual(outage());

    await fleet.pass(4_999);
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
    await fleet.pass(1);
    expect(await fleet.first.works()).toBe('ok');
  });

  test('learns nothing from a call that says nothing about the dependency', async () => {
    const fleet = await openFleet(1);
    fleet.storeRefuses();
    await fleet.pass(OPEN_MS);

    await fleet.first.call(() => Promise.reject(new TypeError('bug')));

    expect(fleet.first.state).toBe('half-open');
    expect(await fleet.first.works()).toBe('ok');
  });

  test('is made anew where it was open when the store became available, and in another epoch', async () => {
    const fleet = await cutOffFleet();
    await times(FAILURES_TO_OPEN, () => fleet.first.fails());
    expect(fleet.first.state).toBe('open');
    // Available for a moment, in which all calls were made: it is not open for what was before.
    fleet.storeRecovers();
    await fleet.pass(1_000);
    expect(await fleet.first.works()).toBe('ok');
    fleet.storeRefuses();
    await times(FAILURES_TO_OPEN - 1, () => fleet.first.fails());
    expect(fleet.first.state).toBe('closed');

    // Available again, and in another epoch.
    fleet.storeRecovers();
    await fleet.putState({ version: 4, epoch: 4, since: fleet.now - 60_000 });
    await fleet.pass(1_000);
    await fleet.first.works();
    fleet.storeRefuses();
    await times(2, () => fleet.first.fails());

    expect(fleet.first.state).toBe('closed');
    expect(await fleet.first.works()).toBe('ok');
  });

  test('decides no longer when the shared state says open', async () => {
    const fleet = await cutOffFleet(2);
    fleet.storeRecovers();
    await fleet.putState({ state: 'open', until: fleet.now + 5_000 });
    await fleet.pass(1_000);

    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
    expect(fleet.first.state).toBe('open');
  });

  test('leaves the shared one to close when the store is available again', async () => {
    const fleet = await openFleet(1);
    fleet.storeRefuses();
    await fleet.pass(OPEN_MS);
    await times(2, () => fleet.first.works());
    expect(fleet.first.state).toBe('closed');
    fleet.storeRecovers();
    await fleet.pass(8_000);

    await times(4, async () => {
      await fleet.first.works();
      await fleet.pass(1_000);
    });

    expect(await fleet.state()).toMatchObject({ state: 'closed', epoch: 2 });
  });
});
