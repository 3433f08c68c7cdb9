import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../lib/core/clock.ts';
import { runWithin } from '../../lib/core/time-limit.ts';
import { fakeClock } from '../../lib/testing/index.ts';

const NEVER = Number.POSITIVE_INFINITY;
/** Few moments, so that two things often happen in the same one. */
const moment = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 8 }) }, fc.constant(NEVER));

/** A clock that counts those of the timers started through it that still wait. */
function counted(clock: Clock): Clock & { readonly waiting: () => number } {
  const waiting = new Set<object>();
  return {
    ...clock,
    waiting: () => waiting.size,
    after(delayMs, run) {
      const timer = {};
      waiting.add(timer);
      const cancel = clock.after(delayMs, () => {
        waiting.delete(timer);
        run();
      });
      return () => {
        waiting.delete(timer);
        cancel();
      };
    },
  };
}

describe('runWithin', () => {
  test('ends with what comes first, and leaves no timer and no listener behind', async () => {
    const endings = { work: 0, limit: 0, abort: 0 };
    const property = fc.asyncProperty(
      fc.record({
        settlesAt: moment,
        fails: fc.boolean(),
        abortsAt: moment,
        limitMs: fc.integer({ min: -1, max: 8 }),
      }),
      // Which of the listeners is added first, for what happens in one moment.
      fc.boolean(),
      async ({ settlesAt, fails, abortsAt, limitMs }, abortFirst) => {
        const script = fakeClock();
        const clock = counted(script);
        const caller = new AbortController();
        const work = Promise.withResolvers<string>();
        const abort = () => {
          if (abortsAt < NEVER) script.after(abortsAt, () => caller.abort('abort'));
        };
        if (abortFirst) abort();
        let inner: AbortSignal | undefined;
        let outcome: unknown;
        const run = runWithin(
          { clock, limitMs, signal: caller.signal, exceeded: () => new Error('limit') },
          ({ signal }) => {
            inner = signal;
            return work.promise;
          },
        ).then(
          (value) => {
            outcome = value;
          },
          (error: unknown) => {
            outcome = error instanceof Error ? error.message : error;
          },
        );
        if (!abortFirst) abort();
        if (settlesAt < NEVER)
          script.after(settlesAt, () => {
            if (!fails) work.resolve('work');
            // Work that was never started cannot fail.
            else if (inner) work.reject(new Error('work'));
          });

        const first = Math.min(settlesAt, abortsAt, Math.max(limitMs, 0));
        await script.advance(first);
        await run;

        // Read at the moment it ended, before a later timer could remove anything.
        expect(clock.waiting()).toBe(0);
        expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
        const happened: unknown[] = [];
        if (settlesAt === first) happened.push('work');
        if (abortsAt === first) happened.push('abort');
        if (Math.max(limitMs, 0) === first) happened.push('limit');
        expect(happened).toContain(outcome);
        expect(inner === undefined).toBe(limitMs <= 0);
        if (inner) expect(inner.aborted).toBe(outcome !== 'work');
        endings[outcome as keyof typeof endings]++;

        // What comes later changes nothing.
        const before = outcome;
        await script.advance(100);
        expect(outcome).toBe(before);
        if (inner) expect(inner.aborted).toBe(outcome !== 'work');
      },
    );
    await fc.assert(property, { seed: 31, numRuns: 500 });
    expect(Math.min(...Object.values(endings))).toBeGreaterThan(50);
  });
});
