import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import type { CallContext } from '../../lib/core/execution.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { type FakeClock, fakeClock, seededRandom } from '../../lib/testing/index.ts';

/** What one attempt does. */
interface Step {
  readonly tookMs: number;
  readonly ends: 'well' | 'wrong' | 'transient' | 'permanent' | 'bug';
  /** Whether it ends when its signal aborts, as I/O does, or ignores its signal. */
  readonly listens: boolean;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    tookMs: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 60 }) }, fc.constant(100_000)),
    ends: fc.oneof(
      { weight: 4, arbitrary: fc.constant('transient' as const) },
      { weight: 4, arbitrary: fc.constant('well' as const) },
      fc.constantFrom('wrong' as const, 'permanent' as const, 'bug' as const),
    ),
    listens: fc.boolean(),
  }),
  { minLength: 4, maxLength: 4 },
);

const settings = fc.record({
  totalTimeoutMs: fc.integer({ min: 1, max: 500 }),
  attemptTimeoutMs: fc.integer({ min: 1, max: 200 }),
  retry: fc.record({
    maxAttempts: fc.integer({ min: 1, max: 4 }),
    baseDelayMs: fc.integer({ min: 1, max: 100 }),
    budget: fc.oneof(fc.constant(false as const), fc.record({ ratio: fc.constantFrom(0, 0.5, 1) })),
  }),
});
const callers = fc.record({
  hasFallback: fc.boolean(),
  hasBreaker: fc.boolean(),
  hasListener: fc.boolean(),
  abortsAt: fc.oneof(
    { weight: 5, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
    fc.integer({ min: 0, max: 400 }),
  ),
  remainingMs: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.integer({ min: 0, max: 400 })),
  freezesAt: fc.integer({ min: 0, max: 300 }),
  frozenMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 5_000 })),
});

/** A function that does as its script says, and records the signals that it was handed. */
function scripted(script: readonly Step[], clock: FakeClock) {
  const made: { readonly startedAt: number; readonly signal: AbortSignal; settledInTime: boolean }[] = [];
  const call = async ({ signal }: CallContext): Promise<string> => {
    const step = script[made.length];
    if (step === undefined) throw new Error('There was one attempt too many');
    const attempt = { startedAt: clock.monotonic(), signal, settledInTime: false };
    made.push(attempt);
    await (step.listens ? sleep(clock, step.tookMs, signal) : sleep(clock, step.tookMs));
    attempt.settledInTime = !signal.aborted;
    if (step.ends === 'well' || step.ends === 'wrong') return step.ends;
    if (step.ends === 'bug') throw new TypeError('bug');
    throw Object.assign(new Error(step.ends), { status: step.ends === 'permanent' ? 404 : 503 });
  };
  return { call, made };
}

describe('a protected call', () => {
  test('keeps to its attempts and its time, aborts the attempts that it gives up and leaves nothing behind', async () => {
    const sources: Record<string, number> = { live: 0, fallback: 0, none: 0 };
    let given = 0;
    const property = fc.asyncProperty(
      steps,
      settings,
      callers,
      fc.nat(),
      async (script, limits, caller, seed) => {
        const clock = fakeClock();
        const controller = new AbortController();
        const events: PolicyEvent[] = [];
        const posts = resilient<string>({
          name: 'posts',
          ...limits,
          ...(caller.hasFallback && { fallback: 'fallback' }),
          ...(caller.hasBreaker && { breaker: { minimumCalls: 2, failureRatio: 0.1 } }),
          ...(caller.hasListener && { onEvent: (event) => events.push(event) }),
          validate: (value, { key }) => value === key,
          clock,
          random: seededRandom(seed),
        });
        const { call, made } = scripted(script, clock);
        if (caller.abortsAt < Number.POSITIVE_INFINITY)
          clock.after(caller.abortsAt, () => controller.abort('enough'));
        const { signal } = controller;
        const run = posts.outcome(call, { signal, key: 'well', remainingMs: caller.remainingMs });
        let endedAt = Number.NaN;
        let hadAborted = false;
        void run.then(() => {
          endedAt = clock.monotonic();
          hadAborted = signal.aborted;
        });
        await clock.advance(caller.freezesAt);
        await clock.freeze(caller.frozenMs);
        await clock.advance(limits.totalTimeoutMs);
        const outcome = await run;

        const totalMs = Math.min(limits.totalTimeoutMs, caller.remainingMs ?? limits.totalTimeoutMs);
        expect(endedAt).toBeLessThanOrEqual(Math.max(0, totalMs) + caller.frozenMs);
        if (caller.frozenMs === 0) expect(endedAt).toBeLessThanOrEqual(Math.max(0, caller.abortsAt));
        expect(made.length).toBe(outcome.attempts);
        expect(made.length).toBeLessThanOrEqual(limits.retry.maxAttempts);
        for (const [index, { signal: own, settledInTime, startedAt }] of made.entries()) {
          // Those attempts are aborted whose outcome no caller waits for, and no others.
          expect(own.aborted).toBe(!settledInTime);
          if (settledInTime) given++;
          const next = made[index + 1];
          if (next) expect(next.startedAt - startedAt).toBeGreaterThanOrEqual(0);
        }
        if (outcome.source === 'live') expect(outcome.value).toBe('well');
        if (outcome.source === 'fallback') expect(caller.hasFallback && !hadAborted).toBe(true);
        if (caller.hasListener) {
          expect(events.filter(({ kind }) => kind === 'outcome')).toEqual([events.at(-1)]);
          const isFallback = outcome.source === 'fallback';
          expect(events.filter(({ kind }) => kind === 'fallback')).toEqual(isFallback ? [events.at(-2)] : []);
          const isLastFailed = events.findLast((event) => event.kind === 'attempt')?.failed;
          if (made.length > 0) expect(isLastFailed).toBe(outcome.source !== 'live');
          expect(events.filter(({ kind }) => kind === 'attempt')).toHaveLength(made.length);
          expect(events.filter(({ kind }) => kind === 'retry').length).toBeGreaterThanOrEqual(
            made.length - 1,
          );
        }
        sources[outcome.source] = (sources[outcome.source] ?? 0) + 1;

        expect(getEventListeners(signal, 'abort')).toEqual([]);
        // What does not listen goes on, and so does its own timer.
        await clock.advance(200_000);
        expect(clock.pending).toBe(0);
      },
    );
    await fc.assert(property, { seed: 61, numRuns: 400 });
    expect(Math.min(...Object.values(sources))).toBeGreaterThan(60);
    expect(given).toBeGreaterThan(200);
  });
});
