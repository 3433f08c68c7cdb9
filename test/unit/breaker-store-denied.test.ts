import { describe, expect, test, vi } from 'vitest';
import { BreakerOpenError, StoreError } from '../../lib/core/errors.ts';
import { FAILURES_TO_OPEN, Fleet, type FleetOptions, times } from '../support/fleet.ts';
import { outage } from '../support/outcomes.ts';

const REASON =
  'DynamoDB table "resilience": UpdateItem failed with AccessDeniedException; grant the function dynamodb:UpdateItem on the table';
const DENIED = new StoreError(REASON, { retryable: false });

/** An environment whose role may read and may not write. */
function readOnlyFleet(options: FleetOptions = {}) {
  const fleet = new Fleet(1, options);
  fleet.storeRefuses(['put', 'add'], DENIED);
  return fleet;
}
/** Calls over some minutes. */
const callFor = (fleet: Fleet, seconds: number) =>
  times(seconds, async () => {
    await fleet.first.works();
    await fleet.pass(1_000);
  });

describe('a shared breaker whose role may not write', () => {
  test('reports that once with the reason and its fix, although reads are answered', async () => {
    const fleet = readOnlyFleet();

    await callFor(fleet, 300);

    expect(fleet.first.availability).toEqual([
      { kind: 'breaker-store', name: 'posts', available: false, reason: REASON },
    ]);
  });

  test('reports it once where it may report outcomes and may not change the state', async () => {
    const fleet = new Fleet(1);
    fleet.storeRefuses(['put'], DENIED);

    await times(600, async () => {
      await fleet.first.fails();
      await fleet.pass(500);
    });

    expect(fleet.first.availability).toMatchObject([{ available: false, reason: REASON }]);
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
  });

  test('warns of it once on standard error', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const fleet = readOnlyFleet({ name: 'denied' });

    await callFor(fleet, 60);

    expect(warn).toHaveBeenCalledExactlyOnceWith(
      `breaker "denied" decides for this environment alone: ${REASON}`,
      'FibrinWarning',
    );
  });

  test('asks the store to write every 8 s at most, and still reads the state', async () => {
    const fleet = readOnlyFleet();

    await callFor(fleet, 81);

    expect(fleet.requestsOf('add').length).toBeLessThanOrEqual(11);
    expect(fleet.requestsOf('get').length).toBeGreaterThan(5);
  });

  test('protects the calls of this environment by a breaker of its own', async () => {
    const fleet = readOnlyFleet();
    await fleet.first.works();
    await times(FAILURES_TO_OPEN, async () => expect(await fleet.first.fails()).toEqual(outage()));

    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);

    await fleet.pass(5_000);
    await times(2, () => fleet.first.works());
    expect(fleet.first.state).toBe('closed');
  });

  test('obeys a shared state that is open, and probes by itself when that is over', async () => {
    const fleet = readOnlyFleet();
    await fleet.first.works();
    await fleet.pass(1_000);
    await fleet.putState({ state: 'open', until: fleet.now + 5_000 });
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
    expect(fleet.first.state).toBe('open');
    await fleet.pass(5_000);

    await times(2, async () => expect(await fleet.first.works()).toBe('ok'));

    expect(fleet.first.state).toBe('closed');
    expect(await fleet.state()).toMatchObject({ version: 1, isProbing: false });
  });

  test('probes for all when its role may write, and closes the shared one', async () => {
    const fleet = readOnlyFleet();
    await fleet.putState({ state: 'open', until: fleet.now });
    await fleet.first.works();
    fleet.storeRecovers();

    await callFor(fleet, 30);

    expect(await fleet.state()).toMatchObject({ state: 'closed', epoch: 2 });
  });

  test('is closed in this environment where the item was removed, and epochs have begun again', async () => {
    const fleet = readOnlyFleet();
    await fleet.putState({ state: 'open', until: fleet.now });
    await fleet.first.fails();
    await fleet.pass(1_000);
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
    await fleet.putState({ version: 9, since: fleet.now });
    await fleet.pass(1_000);

    expect(await fleet.first.works()).toBe('ok');
  });

  test('obeys an override of an operator', async () => {
    const fleet = readOnlyFleet();
    await fleet.first.works();
    await fleet.pass(1_000);
    await fleet.putState({ state: 'forced-open', until: fleet.now + 60_000, by: 'ada' });

    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
    expect(fleet.first.state).toBe('forced-open');
  });

  test('reports that the store is available when its role may write, and counts for all again', async () => {
    const fleet = readOnlyFleet();
    await callFor(fleet, 20);
    fleet.storeRecovers();
    await callFor(fleet, 9);
    expect(fleet.first.availability).toMatchObject([{ available: false }, { available: true }]);

    await times(FAILURES_TO_OPEN + 2, () => fleet.first.fails());

    expect(await fleet.state()).toMatchObject({ state: 'open' });
  });
});

describe('an override by a role that may not write', () => {
  test('fails with the right that is missing, and works as soon as it is granted', async () => {
    const fleet = readOnlyFleet();
    const denied = await fleet.first.breaker.force('open').catch((error: unknown) => error);
    expect(denied).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false });
    expect(String(denied)).toMatch(/Breaker "posts" was not forced: .*AccessDeniedException/);

    fleet.storeRecovers();
    await fleet.first.breaker.force('open');

    expect(await fleet.state()).toMatchObject({ state: 'forced-open' });
    expect(fleet.first.availability.at(-1)).toMatchObject({ available: true });
  });
});

describe('a shared breaker whose role may not read', () => {
  test('reports that once, although writes are answered, and is closed in this environment', async () => {
    const reason = 'GetItem failed with AccessDeniedException';
    const fleet = new Fleet(1);
    fleet.storeRefuses(['get'], new StoreError(reason, { retryable: false }));

    await callFor(fleet, 100);

    expect(fleet.first.availability).toMatchObject([{ available: false, reason }]);
    expect(await fleet.first.works()).toBe('ok');
  });
});

describe('a store whose error says nothing', () => {
  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['an error without a message', new Error('')],
    ['a message that is no text', Object.assign(new Error('x'), { message: { text: 'x' } })],
  ])('is reported as unavailable all the same: %s', async (_, error) => {
    const fleet = new Fleet(1);
    fleet.serve = () => Promise.reject(error);

    expect(await fleet.first.works()).toBe('ok');

    expect(fleet.first.availability).toMatchObject([{ available: false, reason: 'the store failed' }]);
  });
});
