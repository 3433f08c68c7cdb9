import { describe, expect, test } from 'vitest';
import { INITIAL, writeState } from '../../lib/breaker/state.ts';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import type { Item } from '../../lib/core/store.ts';
import {
  CLAIM_MS,
  FAILURES_TO_OPEN,
  Fleet,
  type FleetOptions,
  KEY,
  openFleet,
  times,
} from '../support/fleet.ts';

const DAY_MS = 86_400_000;
/** Of an openMs of 5,000, two per cent more. */
const LONGEST_OPEN_MS = 6_630;
const stored = writeState({ ...INITIAL, version: 3, epoch: 2, state: 'open', until: 8e15 });

/** An environment that has read that the breaker is closed, and a second later there is such an item. */
async function fleetWith(item: object, options: FleetOptions = {}) {
  const fleet = new Fleet(1, options);
  await fleet.first.works();
  await fleet.pass(60_000);
  await fleet.table.put(KEY, item as Item);
  return fleet;
}

describe('an item that is no state', () => {
  test.each<[string, object]>([
    ['rate', { rate: 1e9 }],
    ['rate', { rate: 'Infinity' }],
    ['version', { version: 2 ** 60 }],
    ['version', { version: -1 }],
    ['version', { version: 'NaN' }],
    ['epoch', { epoch: 1.5 }],
    ['successes', { successes: 5e9 }],
    ['until', { until: 1e300 }],
    ['since', { since: -1 }],
    ['state', { state: 'banana' }],
    ['isProbing', { isProbing: 'yes' }],
    ['cause', { cause: 'x'.repeat(10_000) }],
    ['by', { by: 'x'.repeat(10_000) }],
    ['v', { v: 2 }],
  ])(
    'leaves each environment to its own breaker, and an event says why: `%s` of %o',
    async (name, change) => {
      const item = { ...stored, ...change } as Item;
      const fleet = await fleetWith(item);
      const { first } = fleet;
      // Closed for this environment: its breaker has never opened.
      await times(FAILURES_TO_OPEN, () => first.fails());

      expect(await first.works()).toBeInstanceOf(BreakerOpenError);
      expect(first.state).toBe('open');
      await fleet.pass(5_000);
      await times(2, async () => expect(await first.works()).toBe('ok'));

      expect(first.state).toBe('closed');
      expect(first.availability).toEqual([
        {
          ...{ kind: 'breaker-store', name: 'posts', available: false },
          reason: `the item "breaker#posts" has an implausible "${name}"; delete it to start closed`,
        },
      ]);
      expect(await fleet.state()).toEqual(item);
    },
  );

  test.each([
    [{ v: 4 }, /is of a later version; update fibrin/],
    [{}, /implausible "v"; delete it/],
    [{ v: 3 }, /implausible "version"; delete it/],
    [{ ...stored, since: undefined }, /implausible "since"; delete it/],
  ])('is left as it is, and an event says what to do: %j', async (given, reason) => {
    const item = JSON.parse(JSON.stringify(given));
    const fleet = await fleetWith(item);

    await times(FAILURES_TO_OPEN + 5, () => fleet.first.fails());

    expect(fleet.first.availability).toMatchObject([
      { available: false, reason: expect.stringMatching(reason) },
    ]);
    expect(await fleet.state()).toEqual(item);
  });

  test('is reported once, however often it is read', async () => {
    const fleet = await fleetWith({ v: 4 });

    await times(300, async () => {
      await fleet.first.works();
      await fleet.pass(1_000);
    });

    expect(fleet.first.availability).toHaveLength(1);
  });

  test('that an operator deletes leaves the breaker closed for all, and an event says that it is shared again', async () => {
    const fleet = await fleetWith({ v: 4 });
    await times(FAILURES_TO_OPEN, () => fleet.first.fails());
    expect(fleet.first.state).toBe('open');
    await fleet.table.delete(KEY);

    for (let second = 0; second < 120 && fleet.first.availability.length < 2; second++) {
      await fleet.first.works();
      await fleet.pass(1_000);
    }

    expect(fleet.first.availability).toMatchObject([{ available: false }, { available: true }]);
    expect(fleet.first.state).toBe('closed');
    await times(FAILURES_TO_OPEN + 3, () => fleet.first.fails());
    expect(await fleet.state()).toMatchObject({ state: 'open', epoch: 1 });
  });

  test('that is found where the breaker was open leaves it open in this environment, which probes', async () => {
    const fleet = await openFleet(1);
    await fleet.table.put(KEY, { v: 4 });
    await fleet.pass(CLAIM_MS);

    // Its claim is refused by the item.
    expect(await fleet.first.works()).toBe('ok');
    expect(fleet.first.state).toBe('half-open');
    expect(await fleet.first.works()).toBe('ok');

    expect(fleet.first.state).toBe('closed');
    expect(await fleet.state()).toEqual({ v: 4 });
  });

  test('is reported where a write finds it', async () => {
    const fleet = new Fleet(1);
    await fleet.first.works();
    await fleet.table.put(KEY, { v: 4 });

    await times(FAILURES_TO_OPEN + 2, () => fleet.first.fails());

    expect(fleet.first.availability).toMatchObject([{ available: false }]);
    expect(await fleet.state()).toEqual({ v: 4 });
  });

  test('ends with a store outage only when both are over', async () => {
    const fleet = await fleetWith({ v: 4 });
    await fleet.first.works();
    fleet.storeRefuses();
    await fleet.pass(100_000);
    await fleet.first.works();
    await fleet.pass();
    fleet.storeRecovers();
    await times(20, async () => {
      await fleet.first.works();
      await fleet.pass(10_000);
    });

    expect(fleet.first.availability.at(-1)).toMatchObject({ available: false });
  });
});

describe('a state whose times are implausible', () => {
  test.each<[string, object]>([
    ['an end in the far future', { until: 8e15 }],
    ['a beginning in the future', { since: 8e15, until: 8e15 }],
  ])('rejects calls no longer than openMs from the first reading: %s', async (_, change) => {
    const fleet = await fleetWith({ ...stored, ...change });
    expect(await fleet.first.works()).toMatchObject({ retryAfterMs: LONGEST_OPEN_MS });
    await fleet.pass(LONGEST_OPEN_MS - 1);
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
    await fleet.pass(1);

    expect(await fleet.first.works()).toBe('ok');
  });

  test('is believed no longer for being read again', async () => {
    const fleet = await fleetWith(stored);
    for (let ms = 0; ms < 5_000; ms += 500) {
      expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
      await fleet.first.breaker.force('auto');
      await fleet.pass(500);
    }
    await fleet.pass(LONGEST_OPEN_MS - 5_000);

    expect(fleet.requestsOf('get').length).toBeGreaterThan(10);
    expect(await fleet.first.works()).toBe('ok');
  });

  test('is over where the monotonic clock stood still in a freeze', async () => {
    const fleet = await fleetWith(stored);
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);

    await fleet.freeze(fleet.first, LONGEST_OPEN_MS, true);

    expect(await fleet.first.works()).toBe('ok');
  });

  test('is over where the wall clock was set back', async () => {
    const fleet = await fleetWith({ ...stored, until: 0 });
    await fleet.putState({ version: 5, state: 'open', until: fleet.now + 5_000 });
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
    fleet.first.skewMs = -DAY_MS;

    await fleet.pass(5_000);

    expect(await fleet.first.works()).toBe('ok');
  });

  test('admits all calls soon, where it closed in the future', async () => {
    const fleet = await fleetWith({ ...stored, state: 'closed', since: 8e15, rate: 5_000 }, { chance: 0.5 });
    await fleet.first.works();
    await fleet.pass(3_100);

    expect(await fleet.first.works()).toBe('ok');
  });

  test('of an override lasts a week at most', async () => {
    const fleet = await fleetWith({ ...stored, state: 'forced-open', by: 'mallory' });
    expect(await fleet.first.works()).toMatchObject({ retryAfterMs: 7 * DAY_MS });
    await fleet.pass(7 * DAY_MS);

    expect(await fleet.first.works()).toBe('ok');
  });
});

describe('an open breaker', () => {
  const readIn = async (until: (now: number) => number) => {
    const fleet = new Fleet(1);
    await fleet.putState({ state: 'open', epoch: 1, until: until(fleet.now) });
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
    await fleet.putState({ state: 'closed', version: 9, epoch: 2, since: fleet.now });
    await fleet.pass(4_000);
    return fleet;
  };

  test('whose end is later than it can be is read again, and what has come of it holds', async () => {
    const fleet = await readIn((now) => now + DAY_MS);

    expect(await fleet.first.works()).toBe('ok');
    expect(fleet.first.state).toBe('closed');
  });

  test('is believed until an end that is plausible', async () => {
    const fleet = await readIn((now) => now + 5_000);
    const reads = fleet.requestsOf('get').length;

    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
    expect(fleet.requestsOf('get')).toHaveLength(reads);
  });
});

describe('a breaker that an environment with a clock a day off has opened', () => {
  test.each([
    ['ahead', DAY_MS],
    ['behind', -DAY_MS],
  ])('rejects calls of the others for openMs at most, and recovers: %s', async (_, skewMs) => {
    const fleet = new Fleet(4, { skewsMs: [skewMs, 0, 0, 0] });
    await times(FAILURES_TO_OPEN, () => fleet.first.fails());
    expect(await fleet.state()).toMatchObject({ state: 'open' });

    let closedAfterMs = 0;
    for (; closedAfterMs < 60_000; closedAfterMs += 500) {
      for (const environment of fleet.environments) await environment.works();
      if ((await fleet.state())?.['state'] === 'closed') break;
      await fleet.pass(500);
    }

    // What it takes to be open, and for four probes.
    expect(closedAfterMs).toBeLessThanOrEqual(7_000);
    // What the one has written last may be believed for openMs, and then the ramp begins.
    await fleet.pass(LONGEST_OPEN_MS + 3_500);
    for (const environment of fleet.environments) expect(await environment.works()).toBe('ok');
  });
});
