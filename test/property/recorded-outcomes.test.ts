import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallOutcome } from '../../lib/breaker/permit.ts';
import { sleep } from '../../lib/core/clock.ts';
import type { Call, CallContext } from '../../lib/core/execution.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { type FakeClock, fakeClock, lambdaContext } from '../../lib/testing/index.ts';
import { outage, refusal } from '../support/outcomes.ts';
import { recordingBreaker } from '../support/recording-breaker.ts';
import { tickingClock } from '../support/ticking-clock.ts';

/** Different last digits: no two of these moments are one. Milliseconds. */
const moment = (lastDigit: number) => fc.integer({ min: 1, max: 60 }).map((tens) => tens * 10 + lastDigit);

const ENDS = { value: undefined, refusal: refusal(), outage: outage(), bug: new TypeError('bug') };

const cases = fc.record({
  /** When the dependency answers, and what. */
  answersAt: moment(1),
  ends: fc.constantFrom(...(Object.keys(ENDS) as (keyof typeof ENDS)[])),
  listens: fc.boolean(),
  /** When the caller ends the call, and by what. */
  callerEndsAt: moment(4),
  way: fc.constantFrom('number', 'function', 'signal', 'header', 'lambda', 'handed', 'enclosing', 'layered'),
  /** The policy's own limits. */
  attemptTimeoutMs: moment(7),
  totalTimeoutMs: moment(9),
  slowCallMs: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), moment(3)),
  reserveMs: fc.constantFrom(0, 1),
  ticks: fc.boolean(),
});
type Case = typeof cases extends fc.Arbitrary<infer One> ? One : never;

/** What the breaker is to record. */
function expected(given: Case): CallOutcome | 'released' {
  const { answersAt, ends, callerEndsAt, attemptTimeoutMs, totalTimeoutMs, slowCallMs } = given;
  const ownEndsAt = Math.min(attemptTimeoutMs, totalTimeoutMs);
  const endedAt = Math.min(answersAt, callerEndsAt, ownEndsAt);
  const slow = endedAt >= slowCallMs;
  if (endedAt === answersAt) return ends === 'bug' ? 'released' : { failed: ends === 'outage' || slow, slow };
  if (endedAt === ownEndsAt) return { failed: true, slow };
  return slow ? { failed: true, slow } : 'released';
}

/** Makes the call in the way in which its caller limits it. */
function made(
  given: Case,
  clock: FakeClock,
  call: Call<string>,
): ReturnType<typeof recordingBreaker>['recorded'] {
  const { way, callerEndsAt, attemptTimeoutMs, totalTimeoutMs, slowCallMs, reserveMs } = given;
  const counting = { ...(slowCallMs < Number.POSITIVE_INFINITY && { slowCallMs }), reserveMs };
  const { breaker, recorded } = recordingBreaker(clock, counting);
  const posts = resilient<string>({
    ...{ name: 'posts', breaker, clock, attemptTimeoutMs, totalTimeoutMs },
    ...(way === 'layered' && {
      layers: [{ after: 'deadline', layer: (next) => (execution) => next(execution) }],
    }),
  });
  const outer = resilient<unknown>({ name: 'outer', attemptTimeoutMs: callerEndsAt, clock });
  const endsAt = clock.monotonic() + callerEndsAt;
  const controller = new AbortController();
  const inInvocation = (handle: () => unknown, event: unknown, remainingMs = 100_000) =>
    withDeadline({ clock, fromHeader: true }, handle)(event, lambdaContext({ remainingMs, clock }));
  const run = {
    number: () => posts.outcome(call, { remainingMs: callerEndsAt }),
    layered: () => posts.outcome(call, { remainingMs: callerEndsAt }),
    function: () => posts.outcome(call, { remainingMs: () => endsAt - clock.monotonic() }),
    signal() {
      clock.after(callerEndsAt, () => controller.abort());
      return posts.outcome(call, { signal: controller.signal });
    },
    header: () =>
      inInvocation(() => posts.outcome(call), {
        headers: { 'x-request-timeout-ms': `${callerEndsAt + 300}` },
      }),
    lambda: () => inInvocation(() => posts.outcome(call), {}, callerEndsAt + 300),
    handed: () => outer.outcome((context) => posts.execute(call, context)),
    enclosing: () => inInvocation(() => outer.outcome(() => posts.execute(call)), {}),
  };
  void run[way]();
  return recorded;
}

describe('what a breaker records of an attempt', () => {
  test('is what the dependency did, or the own limit of the policy, however its caller limits it', async () => {
    const seen = { released: 0, failed: 0, slow: 0, succeeded: 0 };
    const property = fc.asyncProperty(cases, async (given) => {
      const clock = given.ticks ? tickingClock(fakeClock()) : fakeClock();
      const call = async ({ signal }: CallContext) => {
        await (given.listens ? sleep(clock, given.answersAt, signal) : sleep(clock, given.answersAt));
        const error = ENDS[given.ends];
        if (error) throw error;
        return 'fine';
      };
      const recorded = made(given, clock, call);
      await clock.advance(10_000);

      const outcome = expected(given);
      expect(recorded).toMatchObject([outcome]);
      expect(clock.pending).toBe(0);
      if (outcome === 'released') seen.released++;
      else if (outcome.slow) seen.slow++;
      else if (outcome.failed) seen.failed++;
      else seen.succeeded++;
    });
    await fc.assert(property, { seed: 8, numRuns: 1_500 });

    expect(Math.min(...Object.values(seen))).toBeGreaterThan(100);
  });
});
