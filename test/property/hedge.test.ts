import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import type { CallContext } from '../../lib/core/execution.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { hedge } from '../../lib/policy/hedge.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { type FakeClock, fakeClock, seededRandom } from '../../lib/testing/index.ts';
import { recordingBreaker } from '../support/recording-breaker.ts';

/** What one attempt does. */
interface Step {
  readonly tookMs: number;
  readonly ends: 'well' | 'transient' | 'permanent';
  /** Whether it ends when its signal aborts, as I/O does, or ignores its signal. */
  readonly listens: boolean;
}

/** More than all branches have attempts. */
const MAX_ATTEMPTS = 15;

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    tookMs: fc.oneof(fc.integer({ min: 0, max: 250 }), fc.constantFrom(30, 60, 100, 100_000)),
    ends: fc.oneof(
      { weight: 3, arbitrary: fc.constant('well' as const) },
      { weight: 2, arbitrary: fc.constant('transient' as const) },
      fc.constant('permanent' as const),
    ),
    listens: fc.boolean(),
  }),
  { minLength: MAX_ATTEMPTS, maxLength: MAX_ATTEMPTS },
);

const settings = fc.record({
  delayMs: fc.integer({ min: 10, max: 60 }),
  maxHedges: fc.integer({ min: 1, max: 4 }),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
  burst: fc.integer({ min: 0, max: 8 }),
  ratio: fc.constantFrom(0, 0.5, 1),
  attemptTimeoutMs: fc.integer({ min: 61, max: 200 }),
  totalTimeoutMs: fc.integer({ min: 120, max: 600 }),
});

const callers = fc.array(
  fc.record({
    script: steps,
    startsAt: fc.integer({ min: 0, max: 300 }),
    abortsAfter: fc.oneof(
      { weight: 4, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
      fc.integer({ min: 0, max: 400 }),
    ),
    remainingMs: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.integer({ min: 0, max: 400 })),
  }),
  { minLength: 1, maxLength: 3 },
);
const freezes = fc.record({
  at: fc.integer({ min: 0, max: 400 }),
  ms: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 3_000 })),
});

interface Made {
  readonly signal: AbortSignal;
  readonly number: number;
  isRunning: boolean;
  /** What it ended with, where it was not given up before. */
  ended: Step['ends'] | undefined;
}

/** A function that does as its script says, and records each call and the order in which they answer. */
function scripted(script: readonly Step[], clock: FakeClock) {
  const made: Made[] = [];
  const answered: number[] = [];
  const call = async ({ signal, attempt: number }: CallContext): Promise<number> => {
    const step = script[made.length];
    if (step === undefined) throw new Error('There was one attempt too many');
    const attempt = { signal, number, isRunning: true, ended: undefined as Made['ended'] };
    made.push(attempt);
    try {
      await (step.listens ? sleep(clock, step.tookMs, signal) : sleep(clock, step.tookMs));
    } finally {
      attempt.isRunning = false;
    }
    if (!signal.aborted) attempt.ended = step.ends;
    if (step.ends !== 'well')
      throw Object.assign(new Error(step.ends), { status: step.ends === 'transient' ? 503 : 404 });
    if (!signal.aborted) answered.push(number);
    return number;
  };
  return { call, made, answered };
}

describe('hedged calls', () => {
  test('have one outcome each, that of the branch which answers first, and never cost more than their budget', async () => {
    const seen = { hedges: 0, won: 0, unpaid: 0, retries: 0, failed: 0, frozen: 0, lost: 0 };
    const property = fc.asyncProperty(
      settings,
      callers,
      freezes,
      fc.nat(),
      async (given, calls, freeze, seed) => {
        const { delayMs, maxHedges, maxAttempts, burst, ratio, ...limits } = given;
        const clock = fakeClock();
        const events: PolicyEvent[] = [];
        const { breaker, recorded } = recordingBreaker(clock);
        const posts = resilient<number>({
          ...{ name: 'posts', ...limits, breaker, clock, random: seededRandom(seed) },
          hedge: hedge({ delayMs, maxHedges }),
          retry: { maxAttempts, baseDelayMs: 40, budget: { ratio, burst } },
          onEvent: (event) => events.push(event),
        });
        const all = calls.map(({ script, startsAt, abortsAfter, remainingMs }) => {
          const controller = new AbortController();
          const { signal } = controller;
          const { call, made, answered } = scripted(script, clock);
          const settled: string[] = [];
          const run = sleep(clock, startsAt).then(async () => {
            if (abortsAfter < Number.POSITIVE_INFINITY)
              clock.after(abortsAfter, () => controller.abort('gone'));
            const outcome = await posts.outcome(call, { signal, remainingMs });
            settled.push(outcome.source);
            for (const { isRunning, signal: own } of made) if (isRunning) expect(own.aborted).toBe(true);
            return { outcome, calls: made.length };
          });
          return { run, made, answered, settled, signal };
        });
        await clock.advance(freeze.at);
        await clock.freeze(freeze.ms);
        await clock.advance(2_000);

        for (const { run, made, answered, settled, signal } of all) {
          const { outcome, calls: atTheEnd } = await run;
          expect(settled).toEqual([outcome.source]);
          expect([made.length, outcome.attempts]).toEqual([atTheEnd, atTheEnd]);
          expect(made.length).toBeLessThanOrEqual((1 + maxHedges) * maxAttempts);
          expect(new Set(made.map(({ number }) => number)).size).toBe(made.length);
          if (outcome.source === 'live') {
            expect(outcome.value).toBe(answered[0]);
            expect(outcome.budgetExhausted).toBe(false);
          } else expect(answered).toEqual([]);
          if (outcome.hedgeWon) expect(outcome.value).toBeGreaterThan(1);
          expect(getEventListeners(signal, 'abort')).toEqual([]);
          if (outcome.hedgeWon) seen.won++;
          if (outcome.source === 'none') seen.failed++;
        }
        const count = (kind: PolicyEvent['kind']) => events.filter((event) => event.kind === kind).length;
        const made = all.flatMap((one) => one.made);
        const answered = made.filter(({ ended }) => ended === 'well').length;
        expect(count('hedge')).toBeLessThanOrEqual(maxHedges * calls.length);
        const further = made.length - all.filter((one) => one.made.length > 0).length;
        expect(further).toBeLessThanOrEqual(burst + ratio * answered);
        expect(count('hedge') + count('retry')).toBeLessThanOrEqual(burst + ratio * answered);
        expect(count('outcome')).toBe(calls.length);
        expect(count('attempt')).toBe(made.length);
        // A branch that has lost is neither a success nor a failure for the breaker.
        const lost = made.filter(
          ({ signal, ended }) => !ended && signal.reason?.name === 'AbortError',
        ).length;
        const counted = recorded.filter((each) => each !== 'released');
        expect(counted.length).toBeLessThanOrEqual(made.length - lost);
        if (freeze.ms === 0) {
          const good = made.filter(({ ended }) => ended === 'well' || ended === 'permanent').length;
          expect(counted.filter(({ failed }) => !failed)).toHaveLength(good);
        }
        seen.lost += lost;
        seen.hedges += count('hedge');
        seen.retries += count('retry');
        seen.unpaid += count('budget-exhausted');
        if (freeze.ms >= 500) seen.frozen++;

        // What does not listen goes on, and so does its own timer.
        await clock.advance(200_000);
        expect(clock.pending).toBe(0);
      },
    );
    await fc.assert(property, { seed: 71, numRuns: 500 });
    expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(60);
  });
});
