import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { bulkhead } from '../../lib/policy/bulkhead.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { recordingBreaker } from '../support/recording-breaker.ts';
import { seldomMs, timeSteps } from '../support/schedules.ts';

/** What happens next: a call comes, or time passes, in a freeze or not. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      tookMs: fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 0, max: 120 }) },
        fc.constantFrom(900, 1_000, 5_000, 5_000, 5_000),
      ),
      /** Whether it ends when its signal aborts, or ignores its signal. */
      listens: fc.boolean(),
      throws: fc.boolean(),
      abortsAfterMs: seldomMs(150),
      remainingMs: seldomMs(150),
    }),
  },
  ...timeSteps({ pass: 100, freeze: 3_000 }),
);

const settings = fc.record({
  limit: fc.integer({ min: 1, max: 3 }),
  queueLimit: fc.integer({ min: 0, max: 4 }),
  queueTimeoutMs: fc.integer({ min: 1, max: 200 }),
});

/** A timer of a busy process may be this late, and what it waits for is given yet. Milliseconds. */
const LATE_MS = 10;

test('A bulkhead never makes more calls than its limit, keeps their order and loses no slot, whatever ends them', async () => {
  const seen = { refused: 0, waited: 0, outlived: 0, overdue: 0 };
  const property = fc.asyncProperty(
    settings,
    fc.array(step, { minLength: 5, maxLength: 40 }),
    async (given, steps) => {
      const clock = fakeClock();
      const reported: number[] = [];
      const slots = bulkhead({
        ...{ ...given, maxHoldMs: 1_000, clock },
        onEvent: (event) => event.kind === 'bulkhead-overdue' && reported.push(event.heldMs),
      });
      const { breaker, recorded } = recordingBreaker(clock);
      const policy = resilient<string>({
        ...{ name: 'posts', clock, breaker, bulkhead: slots, attemptTimeoutMs: 80, totalTimeoutMs: false },
      });
      const running = new Set<{ readonly startedAt: number }>();
      const started: number[] = [];
      const broken: string[] = [];
      const runs: Promise<unknown>[] = [];
      const signals: AbortSignal[] = [];
      const frozen: (readonly [from: number, to: number])[] = [];

      for (const next of steps) {
        if (next.kind === 'pass') await clock.advance(next.ms);
        if (next.kind === 'freeze') {
          const from = clock.monotonic();
          frozen.push([from, from + next.ms]);
          await clock.freeze(next.ms);
        }
        if (next.kind !== 'call') continue;
        const { tookMs, listens, throws, abortsAfterMs, remainingMs } = next;
        const id = runs.length;
        const cameAt = clock.monotonic();
        const controller = new AbortController();
        signals.push(controller.signal);
        if (abortsAfterMs !== undefined) clock.after(abortsAfterMs, () => controller.abort('gone'));
        const mayWaitMs = Math.min(given.queueTimeoutMs, remainingMs ?? Number.POSITIVE_INFINITY);
        const run = policy.outcome(
          async ({ signal }) => {
            const work = { startedAt: clock.monotonic() };
            const inTime = [...running].filter(({ startedAt }) => work.startedAt - startedAt < 1_000);
            const waitedMs = work.startedAt - cameAt;
            // What is thrown here is the outcome of the call.
            if (inTime.length >= given.limit) broken.push('more calls than its limit');
            if (controller.signal.aborted) broken.push('a call whose caller had aborted');
            if (waitedMs > mayWaitMs + LATE_MS) broken.push('a wait that was too long');
            if (waitedMs > 0) seen.waited++;
            running.add(work);
            started.push(id);
            try {
              await sleep(clock, tookMs, listens ? signal : undefined);
              if (throws) throw new Error('thrown');
              return 'fine';
            } finally {
              if (signal.aborted) seen.outlived++;
              running.delete(work);
            }
          },
          { signal: controller.signal, remainingMs },
        );
        runs.push(
          run.then(({ error, attempts, durationMs }) => {
            if ((error as { code?: unknown } | undefined)?.code !== 'BULKHEAD_FULL') return;
            seen.refused++;
            expect(attempts).toBe(0);
            // Later only where it was frozen at the end of its wait.
            const endsAt = cameAt + mayWaitMs;
            const thaw = frozen.find(([from, to]) => from <= endsAt && endsAt <= to)?.[1] ?? endsAt;
            expect(cameAt + durationMs).toBeLessThanOrEqual(thaw);
          }),
        );
        expect(slots.state.queued).toBeLessThanOrEqual(given.queueLimit);
        expect(slots.state.active).toBeLessThanOrEqual(given.limit);
      }
      await clock.advance(20_000);
      await Promise.all(runs);

      expect(broken).toEqual([]);
      expect(started).toEqual(started.toSorted((one, other) => one - other));
      expect(slots.state).toEqual({ active: 0, queued: 0, overdue: 0 });
      expect(
        await Promise.all(Array.from({ length: given.limit }, () => slots.execute(() => 'fine'))),
      ).toEqual(Array(given.limit).fill('fine'));
      expect(recorded).toHaveLength(runs.length);
      for (const heldMs of reported) expect(heldMs).toBeGreaterThanOrEqual(1_000);
      seen.overdue += reported.length;
      for (const signal of signals) expect(getEventListeners(signal, 'abort')).toEqual([]);
      expect(clock.pending).toBe(0);
    },
  );
  await fc.assert(property, { seed: 21, numRuns: 300 });
  for (const times of Object.values(seen)) expect(times).toBeGreaterThan(20);
});
