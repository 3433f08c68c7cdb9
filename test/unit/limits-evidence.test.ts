import { describe, expect, test } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import type { CircuitBreaker } from '../../lib/breaker/permit.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { sleep } from '../../lib/core/clock.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { bulkhead } from '../../lib/policy/bulkhead.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { rateLimit } from '../../lib/policy/rate-limit.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { type FakeClock, fakeClock, lambdaContext, seededRandom } from '../../lib/testing/index.ts';
import { opens } from '../support/every-policy.ts';
import { never } from '../support/outcomes.ts';
import { recordingBreaker } from '../support/recording-breaker.ts';

/*
 * What a breaker records of calls that a bulkhead or a rate limiter has refused or made wait.
 */

const SUCCEEDED = { failed: false, slow: false };

/** A limit that the next call has to wait for: for 250 ms. */
const LIMITS: readonly (readonly [string, (clock: FakeClock) => Partial<ResilientOptions<unknown>>])[] = [
  [
    'a bulkhead',
    (clock) => {
      const slots = bulkhead({ limit: 1, queueLimit: 1, clock });
      void slots.execute(() => sleep(clock, 250));
      return { bulkhead: slots };
    },
  ],
  [
    'a rate limiter',
    (clock) => {
      const limiter = rateLimit({ perSecond: 4, burst: 1, maxWaitMs: 1_000, clock });
      void limiter.execute(() => 'first');
      return { rateLimit: limiter };
    },
  ],
];

/** The same, which no call may wait for. */
const REFUSING: readonly (readonly [string, (clock: FakeClock) => Partial<ResilientOptions<unknown>>])[] = [
  [
    'a bulkhead',
    (clock) => {
      const slots = bulkhead({ limit: 1, clock });
      void slots.execute(() => sleep(clock, 300));
      return { bulkhead: slots };
    },
  ],
  [
    'a rate limiter',
    (clock) => {
      const limiter = rateLimit({ perSecond: 1, clock });
      void limiter.execute(() => 'first');
      return { rateLimit: limiter };
    },
  ],
];

const BREAKERS: readonly (readonly [string, (clock: FakeClock) => CircuitBreaker])[] = [
  [
    'a breaker of this environment',
    (clock) => circuitBreaker({ name: 'posts', clock, openMs: 5_000, slowCallMs: 200, minimumCalls: 1 }),
  ],
  [
    'a shared breaker',
    (clock) =>
      sharedBreaker({
        ...{ name: 'posts', store: memoryStore(), clock, openMs: 5_000, slowCallMs: 200 },
        random: { ...seededRandom(1), next: () => 0 },
      }),
  ],
];

describe.each(REFUSING)('a call that %s refuses', (_what, limit) => {
  test('is not recorded, and gives its permit back', async () => {
    const clock = fakeClock();
    const { breaker, recorded } = recordingBreaker(clock, { slowCallMs: 1 });
    const policy = resilient<unknown>({ name: 'posts', breaker, clock, ...limit(clock) });

    expect(await policy.outcome(() => 'fine')).toMatchObject({ source: 'none', attempts: 0 });
    expect(recorded).toEqual(['released']);
  });

  test.each(BREAKERS)('gives the probe back to %s, and the next call probes', async (_kind, makeBreaker) => {
    const clock = fakeClock();
    const breaker = makeBreaker(clock);
    await opens(breaker);
    await clock.advance(6_000);
    const policy = resilient<unknown>({ name: 'posts', breaker, clock, ...limit(clock) });
    const refused = policy.outcome(() => 'fine');
    await clock.advance(0);
    expect((await refused).error).toMatchObject({ code: expect.stringMatching(/BULKHEAD|RATE/) });
    for (let probes = 0; probes < 5 && breaker.state !== 'closed'; probes++) {
      await clock.advance(6_000);
      await policy.outcome(() => 'fine');
    }

    expect(breaker.state).toBe('closed');
  });
});

describe.each(LIMITS)('a call that has waited for %s', (_what, limit) => {
  test('is slow by its own time only', async () => {
    const clock = fakeClock();
    const { breaker, recorded } = recordingBreaker(clock, { slowCallMs: 200 });
    const policy = resilient<unknown>({ name: 'posts', breaker, clock, ...limit(clock) });
    const run = policy.outcome(() => sleep(clock, 199));
    await clock.advance(2_000);

    expect(await run).toMatchObject({ source: 'live', durationMs: 449 });
    expect(recorded).toEqual([SUCCEEDED]);
    const slow = resilient<unknown>({ name: 'posts', breaker, clock, ...limit(clock) });
    void slow.outcome(() => sleep(clock, 200));
    await clock.advance(2_000);
    expect(recorded[1]).toEqual({ failed: true, slow: true });
  });

  test.each(BREAKERS)('is not slow for %s while it waits', async (_kind, makeBreaker) => {
    const clock = fakeClock();
    const breaker = makeBreaker(clock);
    const policy = resilient<unknown>({ name: 'posts', breaker, clock, ...limit(clock) });
    // A shared breaker reads its state first.
    for (let calls = 0; calls < 8; calls++) void policy.outcome(() => sleep(clock, 150));
    await clock.advance(5_000);

    expect(breaker.state).toBe('closed');
    expect(clock.pending).toBe(0);
  });

  test('and whose caller aborts meanwhile is not recorded', async () => {
    const clock = fakeClock();
    const { breaker, recorded } = recordingBreaker(clock, { slowCallMs: 1 });
    const policy = resilient<unknown>({ name: 'posts', breaker, clock, ...limit(clock) });
    const controller = new AbortController();
    const run = policy.outcome(never, { signal: controller.signal });
    await clock.advance(100);
    controller.abort(new Error('gone'));

    expect(await run).toMatchObject({ source: 'none', attempts: 0 });
    expect(recorded).toEqual(['released']);
  });

  test('within the attempt of another policy that ends meanwhile, or later, is no failure of that', async () => {
    for (const attemptTimeoutMs of [200, 400]) {
      const clock = fakeClock();
      const { breaker, recorded } = recordingBreaker(clock);
      const outer = resilient<unknown>({ name: 'outer', breaker, attemptTimeoutMs, clock });
      const inner = resilient<unknown>({ name: 'inner', clock, ...limit(clock) });
      const run = withDeadline({ clock }, () => outer.outcome(() => inner.execute(never)))(
        {},
        lambdaContext({ remainingMs: 60_000, clock }),
      );
      await clock.advance(1_000);

      // A rate limiter knows at once that the first of them leaves too little time.
      expect((await run) as object).toMatchObject({ source: 'none', attempts: 1 });
      expect(recorded).toEqual(['released']);
      await clock.advance(60_000);
      expect(clock.pending).toBe(0);
    }
  });
});

describe('a shared breaker with slowCallMs', () => {
  /** A call that waits for 300 ms in a queue and then takes `tookMs`: when the breaker opens for it. */
  async function openedAt(tookMs: number): Promise<number | undefined> {
    const clock = fakeClock();
    let at: number | undefined;
    const breaker = sharedBreaker({
      ...{ name: 'posts', store: memoryStore(), clock, slowCallMs: 200, minimumCalls: 1, failureRatio: 0.01 },
      random: { ...seededRandom(1), next: () => 0 },
      onEvent: (event) => {
        if (event.kind === 'breaker-report' && event.slow) at ??= clock.monotonic();
      },
    });
    const slots = bulkhead({ limit: 1, queueLimit: 1, clock });
    await breaker.execute(() => 'fine');
    void slots.execute(() => sleep(clock, 300));
    const policy = resilient<unknown>({ name: 'posts', breaker, bulkhead: slots, clock });
    void policy.outcome(() => sleep(clock, tookMs));
    await clock.advance(2_000);
    return at;
  }

  test('reports a call that has waited as slow when it has run for so long, at that moment', async () => {
    expect(await openedAt(199)).toBeUndefined();
    expect(await openedAt(1_000)).toBe(500);
  });
});
