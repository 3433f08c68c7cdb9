import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  claimProbe,
  force,
  probeAbandoned,
  probeFailed,
  probeSucceeded,
  publish,
  type Transition,
  trip,
  unforce,
} from '../../lib/breaker/transitions.ts';
import { asOf, INITIAL, type Verdict, writeVerdict } from '../../lib/breaker/verdict.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { closed, even, forcing, open } from '../support/shared-breaker.ts';

/** Whether a store that holds `stored` lets the change happen. */
async function isAllowed({ next, when }: Transition, stored?: Verdict): Promise<boolean> {
  const store = memoryStore();
  if (stored) await store.put('key', writeVerdict(stored));
  return (await store.put('key', writeVerdict(next), { when })).applied;
}

describe('tripping', () => {
  test('opens a new epoch until the time is over, and knows the rate still', () => {
    expect(trip(closed, 90_000, even).next).toEqual({
      ...INITIAL,
      ...{ version: 10, epoch: 5, state: 'open', until: 90_500, since: 90_000, rate: 20 },
    });
  });

  test('lasts two per cent more or less, in whole milliseconds', () => {
    expect(trip(INITIAL, 0, { openMs: 500, chance: 0 }).next.until).toBe(490);
    expect(trip(INITIAL, 0, { openMs: 500, chance: 0.999_999 }).next.until).toBe(510);
    expect(trip(INITIAL, 0, { openMs: 7, chance: 0.3 }).next.until).toBe(7);
  });

  test('lasts four times as long where it closed less than thirty seconds ago', () => {
    expect(trip(closed, 79_999, even).next.until).toBe(81_999);
    expect(trip(closed, 80_000, even).next.until).toBe(80_500);
  });

  test('is no relapse where it has never closed', () => {
    expect(trip(INITIAL, 10, even).next.until).toBe(510);
  });

  test('works where nobody has written anything yet, once', async () => {
    const first = trip(INITIAL, 0, even);
    expect(await isAllowed(first)).toBe(true);
    expect(await isAllowed(trip(INITIAL, 0, { ...even, openMs: 400 }), first.next)).toBe(false);
  });

  test('is not possible from a verdict that somebody has removed', async () => {
    expect(await isAllowed(trip(closed, 0, even))).toBe(false);
  });
});

describe('claiming the probe', () => {
  test('keeps the epoch and takes the lease, which is longer than it was open', () => {
    expect(claimProbe(open, 1_200, even).next).toEqual({
      ...open,
      ...{ version: 9, until: 1_875, claims: 1, isProbing: true },
    });
  });

  test('takes two per cent more or less', () => {
    expect(claimProbe(open, 1_000, { openMs: 500, chance: 0 }).next.until).toBe(1_662);
  });

  test('is for one alone, also when both claim for the same time', async () => {
    const mine = claimProbe(open, 1_200, even);

    expect(await isAllowed(mine, open)).toBe(true);
    expect(await isAllowed(claimProbe(open, 1_200, even), mine.next)).toBe(false);
  });

  test('is possible again when the claim of a prober that died has run out', async () => {
    const dead = claimProbe(open, 1_000, even).next;

    expect(await isAllowed(claimProbe(dead, 1_750, even), dead)).toBe(true);
  });
});

describe('a change from a verdict that somebody has removed', () => {
  test('is not made to one that has come to the same version since', async () => {
    const forced = { ...open, state: 'forced-open', since: 700 } as const;

    expect(await isAllowed(claimProbe(open, 1_200, even), forced)).toBe(false);
  });
});

describe('a probe of which nobody has told what came of it', () => {
  test('lets the next one begin the row of successes anew', () => {
    const dead = claimProbe({ ...open, successes: 2 }, 1_000, even).next;

    expect(dead.successes).toBe(2);
    expect(claimProbe(dead, 1_750, even).next.successes).toBe(0);
  });
});

describe('a probe', () => {
  const claim = claimProbe({ ...open, claims: 3, successes: 1 }, 1_000, even).next;

  test('that has succeeded is followed by the next one at once', () => {
    expect(probeSucceeded(claim, 1_300, 3).next).toEqual({
      ...open,
      ...{ version: claim.version + 1, until: 1_300, claims: 0, successes: 2 },
    });
  });

  test('closes as the last one: a new epoch in which nobody probes', async () => {
    const closing = probeSucceeded(claim, 1_400, 2);

    expect(closing.next).toEqual({
      ...INITIAL,
      version: claim.version + 1,
      epoch: 4,
      since: 1_400,
      rate: 20,
    });
    expect(await isAllowed(closing, claim)).toBe(true);
  });

  test('that has failed begins the row anew when its time is over', () => {
    expect(probeFailed(claim).next).toEqual({
      ...claim,
      ...{ version: claim.version + 1, isProbing: false, successes: 0 },
    });
  });

  test('that came to nothing is followed by the next one at once, and costs the row nothing', () => {
    expect(probeAbandoned(claim, 1_300).next).toEqual({
      ...claim,
      ...{ version: claim.version + 1, until: 1_300, isProbing: false },
    });
  });

  test('changes nothing where the claim has passed on, whatever came of it', async () => {
    const taken = claimProbe(claim, claim.until, even).next;

    for (const late of [
      probeSucceeded(claim, 2_000, 1),
      probeSucceeded(claim, 2_000, 9),
      probeFailed(claim),
      probeAbandoned(claim, 2_000),
    ])
      expect(await isAllowed(late, taken)).toBe(false);
  });
});

describe('what is told of the traffic', () => {
  test('is all that its publication changes', async () => {
    const published = publish(closed, { rate: 70, retryShare: 0.5 });

    expect(published.next).toEqual({ ...closed, version: 10, rate: 70, retryShare: 0.5 });
    expect(await isAllowed(published, closed)).toBe(true);
    expect(await isAllowed(published, open)).toBe(false);
  });
});

describe('the items that hold the verdict', () => {
  test('are as many as the rate takes, and never fewer, since somebody may still read them', () => {
    const large = publish(closed, { rate: 10_000 }).next;
    expect(large.items).toBe(3);

    expect(publish(large, { rate: 1 }).next.items).toBe(3);
    expect(trip(publish(large, { rate: 1 }).next, 0, even).next.items).toBe(3);
  });
});

describe('forcing', () => {
  test.each([
    ['open', closed],
    ['closed', open],
    ['open', INITIAL],
  ] as const)('%s begins an epoch with a name to it, for so long', async (state, from) => {
    const forced = force(from, 5_000, { ...forcing, state });

    expect(forced.next).toEqual({
      ...INITIAL,
      ...{ version: from.version + 1, epoch: from.epoch + 1, state: `forced-${state}` },
      ...{ until: 65_000, since: 5_000, rate: from.rate, by: 'ada' },
    });
    expect(await isAllowed(forced, from.version === 0 ? undefined : from)).toBe(true);
  });

  test('ends closed, in an epoch that counts anew', async () => {
    const forced = force(open, 5_000, forcing).next;
    const ended = unforce(forced, 9_000);

    expect(ended.next).toEqual({
      ...INITIAL,
      ...{ version: forced.version + 1, epoch: forced.epoch + 1, since: 9_000, rate: 20 },
    });
    expect(await isAllowed(ended, forced)).toBe(true);
    expect(await isAllowed(ended, open)).toBe(false);
  });

  test('closed is ended without beginning with a few calls again', () => {
    const forced = force(open, 5_000, { ...forcing, state: 'closed' }).next;

    expect(unforce(forced, 60_000).next).toMatchObject({ state: 'closed', since: 5_000, by: '' });
  });

  test('closed ends as if it had been closed all the time, since all calls were made', () => {
    const forced = force(open, 5_000, { ...forcing, state: 'closed' }).next;

    expect(asOf(forced, 65_000)).toEqual({ ...forced, state: 'closed' });
  });

  test('stops a prober that is under way', async () => {
    const claim = claimProbe(open, 1_000, even).next;

    expect(await isAllowed(probeSucceeded(claim, 1_100, 1), force(claim, 1_050, forcing).next)).toBe(false);
  });
});

/** What the fleet may make of a verdict; the numbers are chosen so that moments and waits coincide. */
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('trip', 'claim', 'succeed', 'fail', 'abandon', 'publish', 'force', 'unforce'),
    now: fc.constantFrom(0, 500, 1_000, 1_500),
  }),
  { minLength: 5, maxLength: 14, size: 'max' },
);
type Made = typeof steps extends fc.Arbitrary<readonly (infer S)[]> ? S : never;

function changeBy(from: Verdict, { kind, now }: Made): Transition {
  switch (kind) {
    case 'trip':
      return trip(from, now, even);
    case 'claim':
      return claimProbe(from, now, even);
    case 'succeed':
      return probeSucceeded(from, now, 2);
    case 'fail':
      return probeFailed(from);
    case 'abandon':
      return probeAbandoned(from, now);
    case 'publish':
      return publish(from, { rate: now });
    case 'force':
      return force(from, now, forcing);
    default:
      return unforce(from, now);
  }
}

describe('a change, of whatever kind', () => {
  test('is possible from the very verdict that it was made for and from no other of the same history', async () => {
    let pairs = 0;
    const property = fc.asyncProperty(steps, async (all) => {
      const history: Verdict[] = [INITIAL];
      for (const step of all) history.push(changeBy(history.at(-1) ?? INITIAL, step).next);

      for (const [made, from] of history.entries())
        for (const [at, stored] of history.entries()) {
          const change = changeBy(from, all[made % all.length] as Made);
          expect(await isAllowed(change, at === 0 ? undefined : stored)).toBe(made === at);
          pairs++;
        }
    });
    await fc.assert(property, { seed: 51, numRuns: 100 });
    expect(pairs).toBeGreaterThan(5_000);
  });

  test('is one version on, and never goes back an epoch', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let verdict = INITIAL;
        for (const step of all) {
          const { next } = changeBy(verdict, step);
          expect(next.version).toBe(verdict.version + 1);
          expect([0, 1]).toContain(next.epoch - verdict.epoch);
          verdict = next;
        }
      }),
      { seed: 52 },
    );
  });
});
