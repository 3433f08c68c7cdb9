import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OutcomeWindow } from '../../lib/breaker/outcome-window.ts';
import { OpeningRule } from '../../lib/breaker/rule.ts';

interface Outcome {
  readonly afterMs: number;
  readonly failed: boolean;
  readonly slow: boolean;
}

const outcomes: fc.Arbitrary<Outcome[]> = fc.array(
  fc.record({
    afterMs: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 5_000, max: 4_000_000 }) },
    ),
    failed: fc.boolean(),
    slow: fc.boolean(),
  }),
  { maxLength: 120 },
);

/** The slots that the window promises, counted anew: those that end within it, or before which fewer than 20 reports are newer. */
function recount(
  windowMs: number,
  all: readonly { readonly at: number; readonly counts: boolean }[],
  now: number,
) {
  const slotMs = windowMs / 20;
  const slots = new Map<number, { reports: number; failures: number }>();
  for (const { at, counts } of all) {
    const endsAt = (Math.floor(at / slotMs) + 1) * slotMs;
    const slot = slots.get(endsAt) ?? { reports: 0, failures: 0 };
    slots.set(endsAt, { reports: slot.reports + 1, failures: slot.failures + Number(counts) });
  }
  let newer = 0;
  return [...slots]
    .sort(([one], [other]) => other - one)
    .flatMap(([endsAt, slot]) => {
      const isIn = now - endsAt < windowMs || (newer < 20 && now - endsAt < 3_600_000);
      newer += slot.reports;
      return isIn ? [{ ageMs: Math.max(0, now - endsAt), ...slot }] : [];
    });
}

describe('a window of time', () => {
  test.each(['failures', 'slow'] as const)('holds the slots with %s that a naive recount finds', (what) => {
    const property = fc.property(fc.constantFrom(1_000, 3_333, 10_000), outcomes, (windowMs, all) => {
      const window = new OutcomeWindow([new OpeningRule({ windowMs }), undefined]);
      const seen: { readonly at: number; readonly counts: boolean }[] = [];
      let now = 0;
      for (const { afterMs, failed, slow } of all) {
        now += afterMs;
        window.record(failed, slow, now);
        seen.push({ at: now, counts: what === 'slow' ? slow : failed });
        expect(window.slots(what, now)).toEqual(recount(windowMs, seen, now));
      }
    });
    fc.assert(property, { seed: 1, numRuns: 150 });
  });
});

describe('a window of calls', () => {
  test('holds the last so many, each in a slot of no age that has a rate', () => {
    const property = fc.property(fc.integer({ min: 1, max: 50 }), outcomes, (windowCalls, all) => {
      const window = new OutcomeWindow([new OpeningRule({}), undefined], windowCalls);
      let now = 0;
      for (const { afterMs, failed, slow } of all) window.record(failed, slow, (now += afterMs));

      expect(window.slots('failures', now)).toEqual(
        all
          .slice(-windowCalls)
          .map(({ failed }) => ({ ageMs: Infinity, reports: 1, failures: Number(failed) }))
          .reverse(),
      );
    });
    fc.assert(property, { seed: 3, numRuns: 200 });
  });

  test('is empty when it is cleared', () => {
    const window = new OutcomeWindow([new OpeningRule({}), undefined]);
    window.record(true, true, 1);
    window.clear();

    expect(window.slots('failures', 1)).toEqual([]);
  });
});
