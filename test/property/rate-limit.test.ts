import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rateLimit } from '../../lib/policy/rate-limit.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { seldomMs, timeSteps } from '../support/schedules.ts';

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      weight: fc.constantFrom(0, 0.5, 1, 1, 1, 2, 3),
      abortsAfterMs: seldomMs(500),
      remainingMs: seldomMs(500),
    }),
  },
  ...timeSteps({ pass: 400, freeze: 5_000 }),
);

const settings = fc.record({
  perSecond: fc.constantFrom(0.7, 1, 3, 10, 100),
  burst: fc.constantFrom(1, 2.5, 5),
  maxWaitMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2_000 })),
});

const LATE_MS = 10;

test('A rate limiter admits a burst and its rate in any window, keeps the order of calls and loses no token', async () => {
  const seen = { refused: 0, waited: 0, exact: 0 };
  const property = fc.asyncProperty(
    settings,
    fc.array(step, { minLength: 5, maxLength: 50 }),
    async (given, steps) => {
      const clock = fakeClock();
      const { perSecond, burst, maxWaitMs } = given;
      const limiter = rateLimit({ ...given, clock, weight: Number });
      const passed: { readonly at: number; readonly weight: number; readonly id: number }[] = [];
      const runs: Promise<unknown>[] = [];
      const signals: AbortSignal[] = [];

      for (const next of steps) {
        if (next.kind === 'pass') await clock.advance(next.ms);
        if (next.kind === 'freeze') await clock.freeze(next.ms);
        if (next.kind !== 'call') continue;
        const { abortsAfterMs, remainingMs } = next;
        const weight = Math.min(burst, next.weight);
        const id = runs.length;
        const cameAt = clock.monotonic();
        const controller = new AbortController();
        signals.push(controller.signal);
        if (abortsAfterMs !== undefined) clock.after(abortsAfterMs, () => controller.abort('gone'));
        const mayWaitMs = Math.min(maxWaitMs, remainingMs ?? Number.POSITIVE_INFINITY);
        const run = limiter.execute(
          () => {
            const at = clock.monotonic();
            expect(controller.signal.aborted).toBe(false);
            expect(at - cameAt).toBeLessThanOrEqual(mayWaitMs + LATE_MS);
            if (at > cameAt) seen.waited++;
            passed.push({ at, weight, id });
          },
          { key: `${next.weight}`, signal: controller.signal, remainingMs },
        );
        runs.push(
          run.catch((error: { code?: unknown }) => {
            if (error.code === 'RATE_LIMITED') seen.refused++;
            else expect(error).toBe('gone');
          }),
        );
      }
      // Whatever has happened, exactly after the time that a refusal names a call passes, if no other comes.
      await clock.advance(10_000);
      await Promise.all(runs);
      for (;;) {
        const refusal = await limiter
          .execute(() => passed.push({ at: clock.monotonic(), weight: 1, id: Number.POSITIVE_INFINITY }), {
            key: '1',
            remainingMs: 1e-9,
          })
          .then(() => undefined)
          .catch((error: { retryAfterMs: number }) => error);
        if (refusal === undefined) continue;
        await clock.advance(refusal.retryAfterMs);
        expect(await limiter.execute(() => 'passes', { key: '1' })).toBe('passes');
        seen.exact++;
        break;
      }

      const weighty = passed.filter(({ weight }) => weight > 0);
      for (const [index, first] of weighty.entries()) {
        let sum = 0;
        for (const { at, weight } of weighty.slice(index)) {
          sum += weight;
          expect(sum).toBeLessThanOrEqual(burst + (perSecond * (at - first.at)) / 1_000 + 1e-6);
        }
      }
      const order = weighty.map(({ id }) => id);
      expect(order).toEqual(order.toSorted((one, other) => (one < other ? -1 : 1)));
      for (const signal of signals) expect(getEventListeners(signal, 'abort')).toEqual([]);
      expect(clock.pending).toBe(0);
    },
  );
  await fc.assert(property, { seed: 21, numRuns: 300 });
  for (const times of Object.values(seen)) expect(times).toBeGreaterThan(50);
});
