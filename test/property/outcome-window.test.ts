import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OutcomeWindow } from '../../lib/breaker/outcome-window.ts';
import { OpeningRule } from '../../lib/breaker/rule.ts';

interface Outcome {
  readonly afterMs: number;
  readonly failed: boolean;
}

const outcomes: fc.Arbitrary<Outcome[]> = fc.array(
  fc.record({
    afterMs: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 5_000, max: 4_000_000 }) },
    ),
    failed: fc.boolean(),
  }),
  { maxLength: 120 },
);

/** The slots that the window promises, counted anew: those that end within it, or before which fewer than 20 reports are newer. */
function recount(
  windowMs: number,
  all: readonly { readonly at: number; readonly failed: boolean }[],
  now: number,
) {
  const slotMs = windowMs / 20;
  const slots = new Map<number, { reports: number; failures: number }>();
  for (const { at, failed } of all) {
    const endsAt = (Math.floor(at / slotMs) + 1) * slotMs;
    const slot = slots.get(endsAt) ?? { reports: 0, failures: 0 };
    slots.set(endsAt, { reports: slot.reports + 1, failures: slot.failures + Number(failed) });
  }
  let newer = 0;
  return [...slots]
    .sort(([one], [other]) => other - one)
    .flatMap(([endsAt, slot]) => {
      const isIn = now - endsAt < windowMs || (newer < 20 && now - endsAt < 3_600_000);
      newer += slot.reports;
      return isIn ? [{ ageMs: Math.max(0, now - endsAt), endsAt, ...slot }] : [];
    });
}

describe('a window of time', () => {
  test('holds the slots that a naive recount finds', () => {
    const property = fc.property(fc.constantFrom(1_000, 3_333, 10_000), outcomes, (windowMs, all) => {
      const window = new OutcomeWindow(new OpeningRule({ windowMs }));
      const seen: { readonly at: number; readonly failed: boolean }[] = [];
      let now = 0;
      for (const { afterMs, failed } of all) {
        now += afterMs;
        window.record(failed, now);
        seen.push({ at: now, failed });
        expect(window.slots(now)).toEqual(recount(windowMs, seen, now));
      }
    });
    fc.assert(property, { seed: 1, numRuns: 150 });
  });
});

describe('a window of calls', () => {
  test('holds the last so many, each in a slot of no age that has a rate', () => {
    const property = fc.property(fc.integer({ min: 1, max: 50 }), outcomes, (windowCalls, all) => {
      const window = new OutcomeWindow(new OpeningRule({}), windowCalls);
      let now = 0;
      for (const { afterMs, failed } of all) {
        now += afterMs;
        window.record(failed, now);
      }

      expect(window.slots(now).map(({ ageMs, reports, failures }) => [ageMs, reports, failures])).toEqual(
        all
          .slice(-windowCalls)
          .map(({ failed }) => [Infinity, 1, Number(failed)])
          .reverse(),
      );
    });
    fc.assert(property, { seed: 3, numRuns: 200 });
  });

  test('is empty when it is cleared', () => {
    const window = new OutcomeWindow(new OpeningRule({}));
    window.record(true, 1);
    window.clear();

    expect(window.slots(1)).toEqual([]);
  });
});
