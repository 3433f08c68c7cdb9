import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Counted, countWindow, timeWindow } from '../../lib/core/window.ts';

const SLOTS = 10;

interface Event {
  /** How far the clock goes before the event, in slots. It may go back. */
  readonly jump: number;
  readonly what: Counted | 'look' | 'clear';
}

// Mostly forth and by little, so that slots hold several outcomes and leave the window one after the other.
const jumps = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 25 }).map((tenths) => tenths / 10) },
  { weight: 1, arbitrary: fc.integer({ min: -3, max: 0 }) },
  { weight: 1, arbitrary: fc.integer({ min: 8, max: 30 }) },
);
const outcomes = fc.record({ failed: fc.boolean(), slow: fc.boolean() });
const what = fc.oneof(
  { weight: 8, arbitrary: outcomes },
  { weight: 4, arbitrary: fc.constant('look' as const) },
  { weight: 1, arbitrary: fc.constant('clear' as const) },
);
const events: fc.Arbitrary<Event[]> = fc.array(fc.record({ jump: jumps, what }), { maxLength: 60 });
// Lengths that ten slots do not divide evenly are where sums of fractions could go astray.
const lengths = fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.constantFrom(1_000, 3_333, 10_000));

const totalsOf = (counted: readonly Counted[]) => ({
  calls: counted.length,
  failures: counted.filter(({ failed }) => failed).length,
  slow: counted.filter(({ slow }) => slow).length,
});

/**
 * What the window promises, counted anew each time: time never goes back (an earlier `now` counts as the latest one
 * seen), and an outcome is seen while its slot is one of the ten that end with the present one.
 */
function recount(windowMs: number) {
  const slotOf = (now: number) => Math.floor(now / (windowMs / SLOTS));
  let seen: { slot: number; outcome: Counted }[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  return {
    record(outcome: Counted, now: number) {
      newest = Math.max(newest, slotOf(now));
      seen.push({ slot: newest, outcome });
    },
    totals(now: number) {
      newest = Math.max(newest, slotOf(now));
      return totalsOf(seen.filter(({ slot }) => slot > newest - SLOTS).map(({ outcome }) => outcome));
    },
    clear() {
      seen = [];
    },
  };
}

describe('a window of time', () => {
  test('equals a naive recount, whatever the clock does', () => {
    const property = fc.property(
      lengths,
      fc.integer({ min: 0, max: 10 ** 9 }),
      events,
      (windowMs, start, all) => {
        let now = start;
        const window = timeWindow(windowMs);
        const naive = recount(windowMs);
        for (const { jump, what } of all) {
          now = Math.max(0, now + (jump * windowMs) / SLOTS);
          if (what === 'clear') {
            window.clear();
            naive.clear();
          } else if (what !== 'look') {
            window.record(what, now);
            naive.record(what, now);
          }
          expect(window.totals(now)).toEqual(naive.totals(now));
        }
      },
    );
    fc.assert(property, { seed: 1, numRuns: 600 });
  });

  test('sees everything of the last nine tenths of its length and nothing older than its length', () => {
    const property = fc.property(lengths, fc.array(fc.nat(500), { minLength: 1 }), (windowMs, gaps) => {
      const times: number[] = [];
      let now = 0;
      const window = timeWindow(windowMs);
      for (const gap of gaps) {
        now += gap;
        times.push(now);
        window.record({ failed: true, slow: false }, now);
      }
      const within = (ms: number) => times.filter((time) => time > now - ms).length;

      const { failures } = window.totals(now);

      // One part in a million for the rounding of fractional slots.
      expect(failures).toBeGreaterThanOrEqual(within(0.9 * windowMs * (1 - 1e-6)));
      expect(failures).toBeLessThanOrEqual(within(windowMs * (1 + 1e-6)));
    });
    fc.assert(property, { seed: 2, numRuns: 300 });
  });
});

describe('a window of calls', () => {
  test('equals the last so many outcomes, counted anew', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.oneof(outcomes, fc.constant('clear' as const)), { maxLength: 200 }),
      (size, all) => {
        const window = countWindow(size);
        let seen: Counted[] = [];
        for (const outcome of all) {
          if (outcome === 'clear') {
            window.clear();
            seen = [];
          } else {
            window.record(outcome, 0);
            seen.push(outcome);
          }
          expect(window.totals(0)).toEqual(totalsOf(seen.slice(-size)));
        }
      },
    );
    fc.assert(property, { seed: 3, numRuns: 300 });
  });
});
