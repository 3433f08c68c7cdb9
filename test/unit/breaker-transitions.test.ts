import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INITIAL, type StoredState, writeState } from '../../lib/breaker/state.ts';
import {
  claimProbe,
  type Forcing,
  force,
  probeFailed,
  probeReleased,
  probeSucceeded,
  publishRate,
  type Transition,
  trip,
  unforce,
  type Waits,
} from '../../lib/breaker/transitions.ts';
import { memoryStore } from '../../lib/store/memory.ts';

const closed: StoredState = { ...INITIAL, version: 9, epoch: 4, since: 50_000, rate: 20 };
const open: StoredState = {
  ...{ ...INITIAL, version: 8, epoch: 3, state: 'open', until: 1_000, rate: 20, cause: 'status 503' },
};
const even: Waits = { openMs: 500, chance: 0.5 };
const first = { ...even, ageMs: Number.POSITIVE_INFINITY, cause: 'TimeoutError' };
const forcing: Forcing = { state: 'open', forMs: 60_000, by: 'ada' };

/** Whether a store that holds `stored` makes the change. */
async function isAllowed({ next, when }: Transition, stored?: StoredState): Promise<boolean> {
  const store = memoryStore();
  if (stored) await store.put('key', writeState(stored));
  return (await store.put('key', writeState(next), { when })).applied;
}

describe('a breaker that opens', () => {
  test('begins an epoch with its cause and end, and keeps the rate', () => {
    expect(trip(closed, 90_000, first).next).toEqual({
      ...INITIAL,
      ...{ version: 10, epoch: 5, state: 'open', until: 90_500, since: 90_000, rate: 20 },
      cause: 'TimeoutError',
    });
  });

  test('stays open for openMs, two per cent more or less, in whole milliseconds', () => {
    const untilOf = (openMs: number, chance: number) =>
      trip(INITIAL, 0, { ...first, openMs, chance }).next.until;

    expect([untilOf(500, 0), untilOf(500, 0.999_999), untilOf(7, 0.3)]).toEqual([490, 510, 7]);
  });

  test('stays open four times as long where it closed less than 30 s ago', () => {
    const closedFor = (ageMs: number) => trip(closed, 0, { ...first, ageMs }).next;

    expect(closedFor(29_999)).toMatchObject({ until: 2_000, isRelapse: true });
    expect(closedFor(30_000)).toMatchObject({ until: 500, isRelapse: false });
  });

  test('has no relapse in its first epoch', () => {
    expect(trip(INITIAL, 0, { ...first, ageMs: 10 }).next).toMatchObject({ until: 500, isRelapse: false });
  });

  test('is written once where nothing was stored', async () => {
    const opening = trip(INITIAL, 0, first);

    expect(await isAllowed(opening)).toBe(true);
    expect(await isAllowed(trip(INITIAL, 0, { ...first, openMs: 400 }), opening.next)).toBe(false);
  });
});

describe('the claim of a probe', () => {
  test('keeps the epoch and lasts longer than the breaker was open', () => {
    expect(claimProbe(open, 1_200, even).next).toEqual({
      ...open,
      ...{ version: 9, until: 1_850, isProbing: true },
    });
  });

  test('is jittered by two per cent', () => {
    expect(claimProbe(open, 1_000, { openMs: 500, chance: 0 }).next.until).toBe(1_637);
  });

  test('is granted to one environment, also when two claim for the same time', async () => {
    const granted = claimProbe(open, 1_200, even);

    expect(await isAllowed(granted, open)).toBe(true);
    expect(await isAllowed(claimProbe(open, 1_200, even), granted.next)).toBe(false);
  });

  test('can be followed by another one when it has ended, which begins the row anew', async () => {
    const unreported = claimProbe({ ...open, successes: 2 }, 1_000, even).next;
    const next = claimProbe(unreported, 1_750, even);

    expect(await isAllowed(next, unreported)).toBe(true);
    expect([unreported.successes, next.next.successes]).toEqual([2, 0]);
  });

  test('ends an override that was open', () => {
    const forced = force(closed, 0, forcing).next;

    expect(claimProbe(forced, 60_000, even).next).toMatchObject({
      ...{ state: 'open', epoch: forced.epoch, by: '', isProbing: true },
    });
  });
});

describe('the outcome of a probe', () => {
  const claim = claimProbe({ ...open, successes: 1 }, 1_000, even).next;

  test('lets the next probe follow at once where it is a success', () => {
    expect(probeSucceeded(claim, 1_300).next).toEqual({
      ...open,
      ...{ version: claim.version + 1, until: 1_300, successes: 2 },
    });
  });

  test('closes the breaker where it is the fourth success in a row', async () => {
    const closing = probeSucceeded({ ...claim, successes: 3 }, 1_400);

    expect(closing.next).toEqual({
      ...{ ...INITIAL, version: claim.version + 1, epoch: 4, since: 1_400, rate: 20 },
    });
    expect(await isAllowed(closing, claim)).toBe(true);
  });

  test('begins the row anew where it is a failure, whose cause is kept', () => {
    expect(probeFailed(claim, 'status 500').next).toEqual({
      ...claim,
      ...{ version: claim.version + 1, isProbing: false, successes: 0, cause: 'status 500' },
    });
  });

  test('lets the next probe follow at once where it says nothing, and the row stays', () => {
    expect(probeReleased(claim, 1_300).next).toEqual({
      ...claim,
      ...{ version: claim.version + 1, until: 1_300, isProbing: false },
    });
  });

  test('changes nothing where another environment has claimed the probe, or an operator has forced it', async () => {
    const outcomes = [
      probeSucceeded(claim, 2_000),
      probeSucceeded({ ...claim, successes: 2 }, 2_000),
      probeFailed(claim, ''),
      probeReleased(claim, 2_000),
    ];

    for (const stored of [claimProbe(claim, claim.until, even).next, force(claim, 1_050, forcing).next])
      for (const late of outcomes) expect(await isAllowed(late, stored)).toBe(false);
  });
});

describe('the publication of a rate', () => {
  test('changes nothing else, and only the state that it was made for', async () => {
    const published = publishRate(closed, 99_000, 70);

    expect(published.next).toEqual({ ...closed, version: 10, rate: 70 });
    expect(await isAllowed(published, closed)).toBe(true);
    expect(await isAllowed(published, open)).toBe(false);
  });

  test('is the beginning of a state where nothing was stored', () => {
    expect(publishRate(INITIAL, 5_000, 70).next).toEqual({ ...INITIAL, version: 1, since: 5_000, rate: 70 });
  });
});

describe('a manual override', () => {
  test.each([
    ['open', closed],
    ['closed', open],
    ['open', INITIAL],
  ] as const)('%s begins an epoch with the name of the operator, for so long', async (state, from) => {
    const forced = force(from, 5_000, { ...forcing, state });

    expect(forced.next).toEqual({
      ...INITIAL,
      ...{ version: from.version + 1, epoch: from.epoch + 1, state: `forced-${state}` },
      ...{ until: 65_000, since: 5_000, rate: from.rate, by: 'ada' },
    });
    expect(await isAllowed(forced, from.version === 0 ? undefined : from)).toBe(true);
  });

  test('is ended by an epoch that is closed and counts anew', async () => {
    const forced = force(open, 5_000, forcing).next;
    const ended = unforce(forced, 9_000);

    expect(ended.next).toEqual({
      ...INITIAL,
      ...{ version: forced.version + 1, epoch: forced.epoch + 1, since: 9_000, rate: 20 },
    });
    expect(await isAllowed(ended, forced)).toBe(true);
    expect(await isAllowed(ended, open)).toBe(false);
  });

  test('that was closed is ended without a ramp', () => {
    const forced = force(open, 5_000, { ...forcing, state: 'closed' }).next;

    expect(unforce(forced, 60_000).next).toMatchObject({ state: 'closed', since: 5_000, by: '' });
    // Also by a clock that is behind that of the operator.
    expect(unforce(forced, 4_000).next).toMatchObject({ since: 4_000 });
  });
});

/** Changes at moments and with waits that coincide, on purpose. */
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('trip', 'claim', 'succeed', 'fail', 'release', 'publish', 'force', 'unforce'),
    now: fc.constantFrom(0, 500, 1_000, 1_500),
  }),
  { minLength: 5, maxLength: 14, size: 'max' },
);
type Step = typeof steps extends fc.Arbitrary<readonly (infer S)[]> ? S : never;

const CHANGES: Readonly<Record<Step['kind'], (from: StoredState, now: number) => Transition>> = {
  trip: (from, now) => trip(from, now, first),
  claim: (from, now) => claimProbe(from, now, even),
  succeed: probeSucceeded,
  fail: (from) => probeFailed(from, ''),
  release: probeReleased,
  publish: (from, now) => publishRate(from, now, 70),
  force: (from, now) => force(from, now, forcing),
  unforce,
};
const changeBy = (from: StoredState, { kind, now }: Step): Transition => CHANGES[kind](from, now);

describe('a change, of whatever kind', () => {
  test('is made to the very state that it was made for and to no other of the same history', async () => {
    let pairs = 0;
    const property = fc.asyncProperty(steps, async (all) => {
      const history: StoredState[] = [INITIAL];
      for (const step of all) history.push(changeBy(history.at(-1) ?? INITIAL, step).next);

      for (const [made, from] of history.entries())
        for (const at of history.keys()) {
          const change = changeBy(from, all[made % all.length] as Step);
          expect(await isAllowed(change, at === 0 ? undefined : history[at])).toBe(made === at);
          pairs++;
        }
    });
    await fc.assert(property, { seed: 51, numRuns: 60 });
    expect(pairs).toBeGreaterThan(3_000);
  });

  test('is not made to a state that has come to the same version after the item was removed', async () => {
    const forced = { ...open, state: 'forced-open', since: 700 } as const;

    expect(await isAllowed(claimProbe(open, 1_200, even), forced)).toBe(false);
    expect(await isAllowed(claimProbe(open, 1_200, even))).toBe(false);
  });

  test('is made of nothing only where nothing is stored', async () => {
    expect(await isAllowed(trip(INITIAL, 90_000, first))).toBe(true);
    expect(await isAllowed(trip(INITIAL, 90_000, first), INITIAL)).toBe(false);
  });

  test('is not made to an item of another shape, whose version and beginning may mean something else', async () => {
    const store = memoryStore();
    await store.put('key', { ...writeState(open), v: 4 });
    const { next, when } = claimProbe(open, 1_200, even);

    expect(await store.put('key', writeState(next), { when })).toMatchObject({ applied: false });
  });

  test('is one version on, and at most one epoch', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let state = INITIAL;
        for (const step of all) {
          const { next } = changeBy(state, step);
          expect(next.version).toBe(state.version + 1);
          expect([0, 1]).toContain(next.epoch - state.epoch);
          state = next;
        }
      }),
      { seed: 52 },
    );
  });
});
