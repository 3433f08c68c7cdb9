import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyWindow, recordOutcome, totals } from '../../lib/core/window.ts';

const SLOTS = 10;

interface Event {
  /** How far the clock jumps before the event. It may go back. */
  readonly jumpMs: number;
  readonly what: 'success' | 'failure' | 'look';
}

const jumps = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 400 }) },
  { weight: 2, arbitrary: fc.integer({ min: -3_000, max: 0 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 100_000 }) },
);
const events: fc.Arbitrary<Event[]> = fc.array(
  fc.record({ jumpMs: jumps, what: fc.constantFrom('success', 'failure', 'look') }),
  { maxLength: 60 },
);
// Lengths that ten slots do not divide evenly are where sums of fractions could go astray.
const lengths = fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.constantFrom(1_000, 3_333, 10_000));

/**
 * What the window promises, counted anew each time: time never goes back (an earlier `now` counts as the latest one
 * recorded), and an outcome is seen while its slot is one of the ten that end with the present one.
 */
function recount(windowMs: number) {
  const slotOf = (now: number) => Math.floor(now / (windowMs / SLOTS));
  const seen: { slot: number; failed: boolean }[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  const at = (now: number) => Math.max(newest, slotOf(now));
  return {
    start: (now: number) => {
      newest = slotOf(now);
    },
    record(failed: boolean, now: number) {
      newest = at(now);
      seen.push({ slot: newest, failed });
    },
    totals(now: number) {
      const recent = seen.filter(({ slot }) => slot > at(now) - SLOTS);
      const failures = recent.filter(({ failed }) => failed).length;
      return { successes: recent.length - failures, failures };
    },
  };
}

describe('the window', () => {
  test('equals a naive recount, whatever the clock does', () => {
    const property = fc.property(
      lengths,
      fc.integer({ min: 0, max: 10 ** 9 }),
      events,
      (windowMs, start, all) => {
        let now = start;
        let window = emptyWindow(windowMs, now);
        const naive = recount(windowMs);
        naive.start(now);
        for (const { jumpMs, what } of all) {
          now += jumpMs;
          if (what !== 'look') {
            window = recordOutcome(window, what === 'failure', now);
            naive.record(what === 'failure', now);
          }
          expect(totals(window, now)).toEqual(naive.totals(now));
        }
      },
    );
    fc.assert(property, { seed: 1, numRuns: 400 });
  });

  test('sees everything of the last nine tenths of its length and nothing older than its length', () => {
    const property = fc.property(lengths, fc.array(fc.nat(500), { minLength: 1 }), (windowMs, gaps) => {
      const times: number[] = [];
      let now = 0;
      let window = emptyWindow(windowMs, now);
      for (const gap of gaps) {
        now += gap;
        times.push(now);
        window = recordOutcome(window, true, now);
      }
      const within = (ms: number) => times.filter((time) => time > now - ms).length;

      const { failures } = totals(window, now);

      // One part in a million for the rounding of fractional slots.
      expect(failures).toBeGreaterThanOrEqual(within(0.9 * windowMs * (1 - 1e-6)));
      expect(failures).toBeLessThanOrEqual(within(windowMs * (1 + 1e-6)));
    });
    fc.assert(property, { seed: 2, numRuns: 300 });
  });

  test('looking changes nothing', () => {
    const property = fc.property(fc.array(fc.nat(100_000)), (looks) => {
      const window = recordOutcome(emptyWindow(1_000, 0), true, 0);

      for (const look of looks) totals(window, look);

      expect(totals(window, 0)).toEqual({ successes: 0, failures: 1 });
    });
    fc.assert(property, { seed: 3, numRuns: 100 });
  });
});
