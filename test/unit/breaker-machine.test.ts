import { describe, expect, test } from 'vitest';
import {
  admit,
  breakerNameOf,
  claimProbe,
  closeAfterProbe,
  INITIAL,
  readVerdict,
  stateName,
  type Transition,
  trip,
  type Verdict,
  verdictKey,
  writeVerdict,
} from '../../lib/breaker/machine.ts';
import { memoryStore } from '../../lib/store/memory.ts';

const open: Verdict = { epoch: 3, state: 'open', until: 1_000, since: 0, prober: '' };

/** Whether a store that holds `stored` lets the change happen. */
async function isAllowed({ next, when }: Transition, stored?: Verdict): Promise<boolean> {
  const store = memoryStore();
  if (stored) await store.put('key', writeVerdict(stored));
  return (await store.put('key', writeVerdict(next), { when })).applied;
}

describe('admission', () => {
  test('a closed breaker lets everybody call', () => {
    expect(admit(INITIAL, 0)).toEqual({ kind: 'call' });
  });

  test('an open one refuses until its time and tells how long that is', () => {
    expect(admit(open, 400)).toEqual({ kind: 'refuse', retryAfterMs: 600 });
    expect(admit(open, 999)).toEqual({ kind: 'refuse', retryAfterMs: 1 });
  });

  test('from then on the probe may be asked for', () => {
    expect(admit(open, 1_000)).toEqual({ kind: 'ask-for-probe' });
  });

  test('while somebody probes, the others wait for the end of the claim', () => {
    const { next } = claimProbe(open, 1_000, 500, 'me');

    expect(admit(next, 1_499)).toEqual({ kind: 'refuse', retryAfterMs: 1 });
    expect(admit(next, 1_500)).toEqual({ kind: 'ask-for-probe' });
  });
});

describe('the names of the states', () => {
  test('half-open is an open breaker whose probe is held', () => {
    expect(stateName(INITIAL)).toBe('closed');
    expect(stateName(open)).toBe('open');
    expect(stateName(claimProbe(open, 1_000, 500, 'me').next)).toBe('half-open');
  });
});

describe('tripping', () => {
  test('opens a new epoch until the time is over', () => {
    expect(trip(INITIAL, 5_000, 300).next).toEqual({
      epoch: 1,
      state: 'open',
      until: 5_300,
      since: 5_000,
      prober: '',
    });
  });

  test('works where nobody has written anything yet', async () => {
    expect(await isAllowed(trip(INITIAL, 0, 300))).toBe(true);
  });

  test('works once only: the second one finds another verdict', async () => {
    expect(await isAllowed(trip(INITIAL, 0, 300), trip(INITIAL, 0, 400).next)).toBe(false);
  });

  test('is not possible from an epoch that has passed', async () => {
    const closedAgain: Verdict = { ...INITIAL, epoch: 4 };

    expect(await isAllowed(trip({ ...INITIAL, epoch: 2 }, 0, 300), closedAgain)).toBe(false);
    expect(await isAllowed(trip(closedAgain, 0, 300), closedAgain)).toBe(true);
  });

  test('is not possible from a verdict that somebody has removed', async () => {
    expect(await isAllowed(trip({ ...INITIAL, epoch: 2 }, 0, 300))).toBe(false);
  });
});

describe('claiming the probe', () => {
  test('keeps the epoch and takes the lease', () => {
    expect(claimProbe(open, 1_200, 500, 'me').next).toEqual({ ...open, until: 1_700, prober: 'me' });
  });

  test('is for one alone, also when both claim for the same time', async () => {
    const mine = claimProbe(open, 1_200, 500, 'me');
    const theirs = claimProbe(open, 1_200, 500, 'they');

    expect(await isAllowed(mine, open)).toBe(true);
    expect(await isAllowed(theirs, mine.next)).toBe(false);
  });

  test('is possible again when the claim of a prober that died has run out', async () => {
    const dead = claimProbe(open, 1_000, 500, 'dead').next;

    expect(await isAllowed(claimProbe(dead, 1_500, 500, 'me'), dead)).toBe(true);
  });
});

describe('closing', () => {
  const mine = claimProbe(open, 1_000, 500, 'me').next;

  test('begins a new epoch in which nobody holds a probe', async () => {
    const closing = closeAfterProbe(mine, 1_300);

    expect(closing.next).toMatchObject({ epoch: 4, state: 'closed', since: 1_300, prober: '' });
    expect(await isAllowed(closing, mine)).toBe(true);
  });

  test('is not possible for a prober whose claim has passed on, even within the same epoch', async () => {
    const taken = claimProbe(mine, 1_500, 500, 'they').next;

    expect(await isAllowed(closeAfterProbe(mine, 1_600), taken)).toBe(false);
    // Nor when clocks that differ have made both claims end in the same moment.
    expect(await isAllowed(closeAfterProbe(mine, 1_600), { ...mine, prober: 'they' })).toBe(false);
  });
});

describe('the item', () => {
  test('tells the verdict and back', () => {
    expect(readVerdict(writeVerdict(open))).toEqual(open);
  });

  test('that is not there yet says closed since ever, with a probe that is nobody’s', () => {
    expect(INITIAL).toEqual({ epoch: 0, state: 'closed', until: 0, since: 0, prober: '' });
  });

  test.each([
    {},
    { ...writeVerdict(open), v: 2 },
    { ...writeVerdict(open), epoch: '3' },
    { ...writeVerdict(open), until: Number.NaN },
    { ...writeVerdict(open), since: Number.POSITIVE_INFINITY },
    { ...writeVerdict(open), state: 'ajar' },
    { ...writeVerdict(open), prober: 0 },
  ])('that is not a verdict of this version is not read as one: %j', (item) => {
    expect(readVerdict(item)).toBeUndefined();
  });

  test('has a key from which the name can be told, and which is no other record', () => {
    expect(breakerNameOf(verdictKey('posts'))).toBe('posts');
    expect(breakerNameOf('idempotency#posts')).toBeUndefined();
  });
});
