import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../lib/testing/index.ts';

type Step =
  | { readonly kind: 'set'; readonly delayMs: number; readonly thenMs: number | null }
  | { readonly kind: 'cancel'; readonly which: number }
  | { readonly kind: 'advance' | 'freeze'; readonly ms: number };

// Few moments, so that timers often fall on the same one.
const ms = fc.integer({ min: 0, max: 12 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('set' as const), delayMs: ms, thenMs: fc.option(ms) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('advance' as const, 'freeze' as const), ms }) },
);

interface Plain {
  readonly id: number;
  readonly at: number;
  readonly thenMs: number | null;
}

/** The same clock in the plainest way: it looks through all timers for each. */
function plainClock() {
  let timers: Plain[] = [];
  let elapsed = 0;
  let ids = 0;
  const log: string[] = [];
  const set = (delayMs: number, thenMs: number | null) => {
    timers.push({ id: ids++, at: elapsed + delayMs, thenMs });
  };
  const go = (end: number) => {
    for (;;) {
      const [next] = timers
        .filter(({ at }) => at <= end)
        .toSorted((one, other) => one.at - other.at || one.id - other.id);
      if (next === undefined) break;
      timers = timers.filter((timer) => timer !== next);
      elapsed = Math.max(elapsed, next.at);
      log.push(`${next.id} at ${elapsed}`);
      if (next.thenMs !== null) set(next.thenMs, null);
    }
    elapsed = end;
  };
  return {
    log,
    set,
    cancel: (id: number) => {
      timers = timers.filter((timer) => timer.id !== id);
    },
    advance: (span: number) => go(elapsed + span),
    freeze: (span: number) => {
      elapsed += span;
      go(elapsed);
    },
    pending: () => timers.length,
  };
}

describe('the fake clock', () => {
  test('fires the same timers at the same time and in the same order as the plainest clock does', async () => {
    let fired = 0;
    const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = fakeClock();
      const plain = plainClock();
      const log: string[] = [];
      const cancels: (() => void)[] = [];
      const set = (delayMs: number, thenMs: number | null) => {
        const id = cancels.length;
        const run = () => {
          log.push(`${id} at ${clock.monotonic()}`);
          if (thenMs !== null) set(thenMs, null);
        };
        cancels.push(clock.after(delayMs, run));
      };
      for (const current of steps) {
        if (current.kind === 'set') {
          set(current.delayMs, current.thenMs);
          plain.set(current.delayMs, current.thenMs);
        } else if (current.kind === 'cancel') {
          cancels[current.which]?.();
          plain.cancel(current.which);
        } else {
          await clock[current.kind](current.ms);
          plain[current.kind](current.ms);
        }
        expect(clock.pending).toBe(plain.pending());
      }
      await clock.advance(100);
      plain.advance(100);

      expect(log).toEqual(plain.log);
      expect(clock.pending).toBe(0);
      fired += log.length;
    });
    await fc.assert(property, { seed: 41, numRuns: 300 });
    expect(fired).toBeGreaterThan(1_000);
  });

  test('keeps its order whichever timers are cancelled', async () => {
    const timers = fc.array(fc.record({ delayMs: fc.nat(1_000), isCancelled: fc.boolean() }), {
      minLength: 10,
      maxLength: 60,
    });
    const property = fc.asyncProperty(timers, async (list) => {
      const clock = fakeClock();
      const fired: number[] = [];
      const cancels = list.map(({ delayMs }) => clock.after(delayMs, () => fired.push(delayMs)));
      for (const [index, cancel] of cancels.entries()) if (list[index]?.isCancelled) cancel();
      await clock.advance(1_000);

      const left = list.filter(({ isCancelled }) => !isCancelled).map(({ delayMs }) => delayMs);
      expect(fired).toEqual(left.toSorted((one, other) => one - other));
    });
    await fc.assert(property, { seed: 42, numRuns: 200 });
  });
});
