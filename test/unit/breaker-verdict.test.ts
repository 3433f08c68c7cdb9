import { describe, expect, test } from 'vitest';
import {
  claimProbe,
  force,
  probeAbandoned,
  probeFailed,
  probeSucceeded,
} from '../../lib/breaker/transitions.ts';
import {
  breakerNameOf,
  copyKey,
  INITIAL,
  readVerdict,
  stateName,
  verdictKey,
  writeVerdict,
} from '../../lib/breaker/verdict.ts';
import { closed, even, forcing, open } from '../support/shared-breaker.ts';

describe('the names of the states', () => {
  const probing = claimProbe(open, 1_000, even).next;

  test('half-open is an open breaker that is probed', () => {
    expect(stateName(INITIAL, 0)).toBe('closed');
    expect(stateName(open, 0)).toBe('open');
    expect(stateName(open, 1_000)).toBe('open');
    expect(stateName(probing, 1_674)).toBe('half-open');
  });

  test('it is open again when the claim has run out, or the probe has failed or come to nothing', () => {
    expect(stateName(probing, 1_675)).toBe('open');
    expect(stateName(probeFailed(probing).next, 1_100)).toBe('open');
    expect(stateName(probeAbandoned(probing, 1_100).next, 1_099)).toBe('open');
  });

  test('it is open between two probes, and closed after the last', () => {
    expect(stateName(probeSucceeded(probing, 1_200, 2).next, 1_199)).toBe('open');
    expect(stateName(probeSucceeded(probing, 1_200, 1).next, 1_200)).toBe('closed');
  });

  test.each(['open', 'closed'] as const)('forced %s is called so, until it ends', (state) => {
    const forced = force(open, 0, { ...forcing, state }).next;
    expect(stateName(forced, 59_999)).toBe(`forced-${state}`);
    expect(stateName(forced, 60_000)).toBe(state);
  });

  test('nobody forces it any more once it is probed', () => {
    const forced = force(closed, 0, forcing).next;
    const claimed = claimProbe(forced, 60_000, even).next;

    expect(stateName(claimed, 60_001)).toBe('half-open');
    expect(claimed).toMatchObject({ state: 'open', epoch: forced.epoch, by: '' });
  });
});

describe('the item', () => {
  test.each([INITIAL, closed, open, force(open, 0, forcing).next, claimProbe(open, 0, even).next])(
    'tells the verdict and back: %j',
    (verdict) => {
      expect(readVerdict(writeVerdict(verdict))).toEqual(verdict);
    },
  );

  test('may hold more than the verdict, which is left out', () => {
    expect(readVerdict({ ...writeVerdict(open), pk: 'breaker#posts' })).toEqual(open);
  });

  test.each([
    {},
    { ...writeVerdict(open), v: 1 },
    { ...writeVerdict(open), state: 'half-open' },
    ...['version', 'epoch', 'until', 'since', 'claims', 'successes', 'rate', 'items', 'retryShare'].flatMap(
      (name) => [
        { ...writeVerdict(open), [name]: '3' },
        { ...writeVerdict(open), [name]: Number.NaN },
        { ...writeVerdict(open), [name]: Number.POSITIVE_INFINITY },
      ],
    ),
    { ...writeVerdict(open), isProbing: 0 },
    { ...writeVerdict(open), by: true },
  ])('that is not a verdict of this version is not read as one: %j', (item) => {
    expect(readVerdict(item)).toBeUndefined();
  });

  test('has a key from which the name can be told, and which is no other record', () => {
    expect(verdictKey('posts')).toBe('breaker#posts');
    expect(breakerNameOf(verdictKey('posts'))).toBe('posts');
    expect(breakerNameOf(copyKey('posts', 1))).toBeUndefined();
    expect(breakerNameOf('idempotency#posts')).toBeUndefined();
    expect(breakerNameOf('evidence#posts#1#2')).toBeUndefined();
  });
});
