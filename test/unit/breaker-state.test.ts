import { describe, expect, test } from 'vitest';
import {
  INITIAL,
  readState,
  type StoredState,
  stateKey,
  stateName,
  stateNow,
  writeState,
} from '../../lib/breaker/state.ts';
import type { Moment } from '../../lib/core/moment.ts';
import { breakerNameOf } from '../../lib/core/table-layout.ts';

const OPEN_MS = 10_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** When a state was first read, by both clocks. */
const READ_AT: Moment = { wall: 1_750_000_000_000, monotonic: 7_000 };

/** A state that was written at the moment in which it was read, with times from then on. */
const stored = ({ until = 0, since = 0, ...change }: Partial<StoredState>): StoredState => ({
  ...{ ...INITIAL, version: 8, epoch: 3, since: READ_AT.wall + since, until: READ_AT.wall + until },
  ...change,
});
const open = stored({ state: 'open', until: OPEN_MS });

/** A moment by clocks that have both gone on, or each so far. */
const later = (wallMs: number, monotonicMs = wallMs): Moment => ({
  wall: READ_AT.wall + wallMs,
  monotonic: READ_AT.monotonic + monotonicMs,
});
const nowOf = (state: StoredState, now: Moment, openMs = OPEN_MS) => stateNow(state, READ_AT, now, openMs);
const nameOf = (state: StoredState, now = later(0)) => stateName(state, nowOf(state, now));

describe('the state of a breaker', () => {
  test.each<[string, Partial<StoredState>]>([
    ['closed', {}],
    ['open', { state: 'open', until: 1_000 }],
    ['open', { state: 'open', until: -1_000 }],
    ['half-open', { state: 'open', until: 1_000, isProbing: true }],
    ['half-open', { state: 'open', until: -1, successes: 1 }],
    // Its claim is over.
    ['open', { state: 'open', until: -1, isProbing: true }],
    ['forced-open', { state: 'forced-open', until: 1_000 }],
    ['open', { state: 'forced-open', until: 0 }],
    ['forced-closed', { state: 'forced-closed', until: 1_000 }],
    ['closed', { state: 'forced-closed', until: 0 }],
  ])('is called %s: %j', (name, change) => {
    expect(nameOf(stored(change))).toBe(name);
  });

  test.each<[string, Partial<StoredState>]>([
    ['an override', { state: 'forced-open', until: 60_000 }],
    ['a claim', { state: 'open', until: 12_000, isProbing: true }],
  ])('says how long %s lasts, and how long ago it ended', (_, change) => {
    const state = stored(change);
    const lengthMs = state.until - READ_AT.wall;

    expect(nowOf(state, later(1_000))).toMatchObject({ waitMs: lengthMs - 1_000, freeMs: 0, ageMs: 1_000 });
    expect(nowOf(state, later(lengthMs + 500))).toMatchObject({ kind: 'open', waitMs: 0, freeMs: 500 });
  });

  test('has an age and no wait while it is closed', () => {
    expect(nowOf(stored({ since: -5_000, until: 9_000 }), later(1_000))).toEqual({
      ...{ kind: 'closed', waitMs: 0, freeMs: 0, ageMs: 6_000, isCapped: false },
    });
  });
});

describe('a state that an environment with another clock has written', () => {
  test.each<[string, number, Partial<StoredState>]>([
    ['a claim', 1.3 * OPEN_MS, {}],
    ['a claim, while a probe is made', 1.3 * OPEN_MS, { isProbing: true }],
    ['a claim, while a probe is made after a relapse', 1.3 * OPEN_MS, { isProbing: true, isRelapse: true }],
    ['four times openMs, in a relapse', 4 * OPEN_MS, { isRelapse: true }],
    ['a week, where it is forced', WEEK_MS, { state: 'forced-open' }],
  ])('is believed no longer than %s from the first reading', (_, longestMs, change) => {
    const state = stored({ state: 'open', until: 30 * DAY_MS, ...change });
    const mostMs = state.state === 'open' ? longestMs * 1.02 : longestMs;

    expect(nowOf(state, later(0)).waitMs).toBeCloseTo(mostMs, 5);
    expect(nowOf(state, later(0)).isCapped).toBe(true);
    const plausible = stored({ state: 'open', ...change, until: mostMs });
    expect(nowOf(plausible, later(0))).toMatchObject({ waitMs: mostMs, isCapped: false });
    expect(nowOf(state, later(mostMs + 500))).toMatchObject({ kind: 'open', waitMs: 0 });
    expect(nowOf(state, later(mostMs + 500)).freeMs).toBeCloseTo(500, 5);
  });

  test('is over from the first reading on between the probes of a row', () => {
    const state = stored({ state: 'open', until: DAY_MS, successes: 1 });
    expect(nowOf(state, later(0))).toMatchObject({ kind: 'open', waitMs: 0 });
    expect(nowOf(state, later(500))).toMatchObject({ waitMs: 0, freeMs: 500 });
    expect(nowOf({ ...state, isProbing: true }, later(0)).waitMs).toBeGreaterThan(0);
  });

  test('is over at once where that clock is behind', () => {
    expect(nowOf(stored({ state: 'open', until: -DAY_MS }), later(0)).waitMs).toBe(0);
  });

  test('began now where it began in the future', () => {
    expect(nowOf(stored({ since: DAY_MS }), later(0)).ageMs).toBe(0);
    expect(nowOf(stored({ since: DAY_MS }), later(3_000)).ageMs).toBe(3_000);
  });
});

describe('the time since a state was read', () => {
  test.each([
    ['the wall clock, where the monotonic one stood still', later(OPEN_MS, 1)],
    ['the monotonic clock, where the wall clock was set back', later(-DAY_MS, OPEN_MS)],
  ])('passes by %s', (_, now) => {
    expect(nowOf(open, now)).toMatchObject({ waitMs: 0, ageMs: OPEN_MS });
  });

  test('is none where both clocks went back', () => {
    expect(nowOf(open, later(-5, -5))).toMatchObject({ waitMs: OPEN_MS, ageMs: 0 });
  });
});

describe('the item of a state', () => {
  test.each([
    ['the first that is stored', { ...INITIAL, version: 1 }],
    ['an open breaker', open],
    ['an override', stored({ state: 'forced-closed', until: WEEK_MS, by: 'ada' })],
    ['a claim', stored({ state: 'open', isProbing: true, successes: 2, cause: 'TimeoutError', rate: 0.5 })],
  ])('holds all of it: %s', (_, state) => {
    expect(readState('posts', writeState(state))).toEqual({ state });
  });

  test('may hold more, which is left out', () => {
    expect(readState('posts', { ...writeState(open), pk: 'breaker#posts', expiresAt: 5 })).toEqual({
      state: open,
    });
  });

  test('may be missing: then the breaker has never been used', () => {
    expect(readState('posts', undefined)).toEqual({ state: INITIAL });
  });

  const OF_ANOTHER_TYPE = [true, 'text', Number.NaN, {}, null, undefined];
  const NUMBERS = ['version', 'epoch', 'until', 'since', 'successes', 'rate'] as const;
  test.each<[string, readonly unknown[]]>([
    ...NUMBERS.map((name): [string, unknown[]] => [name, [...OF_ANOTHER_TYPE, '5', -1, 1e300, Infinity]]),
    ['version', [2 ** 60, 1.5, 0]],
    ['epoch', [2 ** 60, 1.5]],
    ['successes', [5e9]],
    ['rate', [1e9]],
    ['until', [8.64e15 + 1]],
    ['since', [8.64e15 + 1]],
    ['state', ['banana', 'half-open', '', 5, undefined]],
    ['isRelapse', [0, 'true', undefined]],
    ['isProbing', [0, 'true', undefined]],
    ['cause', [5, true, 'x'.repeat(10_000), undefined]],
    ['by', [5, true, 'x'.repeat(101), undefined]],
    ['v', [2, '3', 0, -1, undefined, null]],
  ])('is unreadable where `%s` is one of %j', (name, values) => {
    for (const value of values) {
      const item = { ...writeState(open), [name]: value } as ReturnType<typeof writeState>;

      expect(readState('posts', item)).toEqual({
        unreadable: `the item "breaker#posts" has an implausible "${name}"; delete it to start closed`,
      });
    }
  });

  test.each([4, 1e9, Infinity])('is unreadable where a later version has written it: %d', (v) => {
    expect(readState('posts', { ...writeState(open), v, state: 'banana' })).toEqual({
      unreadable: 'the item "breaker#posts" is of a later version; update fibrin',
    });
  });

  test('has a key that holds the name of the breaker, and that no other item has', () => {
    expect(stateKey('posts')).toBe('breaker#posts');
    expect(breakerNameOf('breaker#posts')).toBe('posts');
    expect(breakerNameOf('idempotency#posts')).toBeUndefined();
    expect(breakerNameOf('outcomes#posts#1#10000')).toBeUndefined();
  });
});
