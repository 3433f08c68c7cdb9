import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import type { CircuitBreakerOptions } from '../../lib/breaker/options.ts';
import { OutcomeWindow } from '../../lib/breaker/outcome-window.ts';
import { OpeningRule } from '../../lib/breaker/rule.ts';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { retry } from '../../lib/policy/retry.ts';
import { timeout } from '../../lib/policy/timeout.ts';
import { fakeClock, settle } from '../../lib/testing/index.ts';
import { failing } from '../support/outcomes.ts';

/*
 * What well-known libraries for a single process do wrong, or not at all, in an environment that freezes and thaws.
 */

const HOUR_MS = 3_600_000;

function breaker(given: Partial<CircuitBreakerOptions> = {}) {
  const clock = fakeClock();
  const made = circuitBreaker({
    failureRatio: 0.25,
    minimumCalls: 4,
    openMs: 5_000,
    ...given,
    name: 'posts',
    clock,
  });
  const fails = (times = 1) =>
    Promise.all(Array.from({ length: times }, () => made.execute(failing).catch((error: unknown) => error)));
  return { clock, breaker: made, fails };
}

describe('where opossum fails', () => {
  test('a breaker does not count failures from before a freeze of more than an hour', async () => {
    const { clock, breaker: posts, fails } = breaker();
    await fails(3);
    await clock.freeze(HOUR_MS + 1_000);

    await fails(1);

    expect(posts.state).toBe('closed');
  });

  test('recording a failure does not take longer the more calls the window holds', () => {
    const nsOf = (calls: number) => {
      const window = new OutcomeWindow(new OpeningRule({}));
      for (let call = 0; call < calls; call++) window.record(false, 1);
      const rounds = Array.from({ length: 50 }, () => {
        const startedAt = process.hrtime.bigint();
        for (let failure = 0; failure < 100; failure++) {
          window.record(true, 1);
          window.shouldOpen(1);
        }
        return Number(process.hrtime.bigint() - startedAt);
      });
      return Math.min(...rounds);
    };
    nsOf(10);

    // A sort of 50,000 samples takes a thousand times as long as one of 50.
    expect(nsOf(50_000) / nsOf(50)).toBeLessThan(50);
  });

  test('a policy retries, bounds each attempt by itself, and its breaker counts each one', async () => {
    const clock = fakeClock();
    const posts = resilient<string>({
      name: 'posts',
      attemptTimeoutMs: 100,
      retry: { maxAttempts: 3 },
      breaker: { minimumCalls: 2, failureRatio: 0.1, openMs: 60_000 },
      clock,
    });
    const run = posts.outcome(() => new Promise(() => {}));
    await clock.advance(10_000);

    expect(await run).toMatchObject({ attempts: 2, error: expect.any(BreakerOpenError) });
  });

  test('a call is handed a signal that aborts when its time is over', async () => {
    const clock = fakeClock();
    let seen: AbortSignal | undefined;
    const run = timeout({ timeoutMs: 100, clock })
      .execute(({ signal }) => {
        seen = signal;
        return new Promise(() => {});
      })
      .catch(() => 'over');
    await clock.advance(100);

    expect(await run).toBe('over');
    expect(seen?.aborted).toBe(true);
  });
});

describe('where cockatiel fails', () => {
  test('a window of time forgets failures by the clock, however few calls there were', async () => {
    const { clock, breaker: posts, fails } = breaker({ windowMs: 10_000 });
    // Three failures, and then a call each ten seconds: the failures must be gone with the first of them.
    await fails(3);
    await clock.advance(10_001);
    await posts.execute(async () => 'fine');

    await fails(1);

    expect(posts.state).toBe('closed');
  });

  test('a retry does not make the call again when its caller has aborted', async () => {
    const clock = fakeClock();
    const giveUp = new AbortController();
    const call = vi.fn(failing);
    const run = retry({ maxAttempts: 5, baseDelayMs: 1_000, clock })
      .execute(call, { signal: giveUp.signal })
      .catch((error: unknown) => error);
    await settle();

    giveUp.abort('enough');

    expect(await run).toBe('enough');
    await clock.advance(HOUR_MS);
    expect(call).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });

  test('a half-open breaker rejects calls at once, which do not wait for the probe', async () => {
    const { clock, breaker: posts, fails } = breaker();
    await fails(4);
    await clock.advance(5_000);
    const probe = Promise.withResolvers<string>();
    const probing = posts.execute(() => probe.promise);
    expect(posts.state).toBe('half-open');
    const call = vi.fn(async () => 'fine');

    const others = await Promise.allSettled(Array.from({ length: 20 }, () => posts.execute(call)));

    expect(others.every(({ status }) => status === 'rejected')).toBe(true);
    expect(call).not.toHaveBeenCalled();
    probe.resolve('back');
    expect(await probing).toBe('back');
  });

  test('the signal of a call that succeeded in time does not abort later', async () => {
    const clock = fakeClock();
    let seen: AbortSignal | undefined;
    await timeout({ timeoutMs: 100, clock }).execute(async ({ signal }) => {
      seen = signal;
    });
    await clock.advance(HOUR_MS);

    expect(seen?.aborted).toBe(false);
  });

  test("a policy leaves no listener on its caller's signal, however many calls it makes", async () => {
    const clock = fakeClock();
    const { signal } = new AbortController();
    const posts = resilient<string>({
      name: 'posts',
      retry: { maxAttempts: 3, baseDelayMs: 1 },
      breaker: { minimumCalls: 1_000 },
      fallback: 'none',
      clock,
    });
    for (let call = 0; call < 50; call++) {
      const run = posts.execute(call % 2 ? failing : async () => 'fine', { signal });
      await clock.advance(100);
      await run;
    }

    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('a wall clock that jumps does not open or close a breaker', async () => {
    const { clock, breaker: posts, fails } = breaker();
    await fails(4);
    clock.jump(HOUR_MS);
    expect(() => posts.acquire()).toThrow(BreakerOpenError);

    clock.jump(-2 * HOUR_MS);
    await clock.advance(5_000);

    expect(posts.acquire()).toMatchObject({ isProbe: true });
  });
});

describe('where both fail', () => {
  test('a breaker closes only when several probes in a row have succeeded', async () => {
    const { clock, breaker: posts, fails } = breaker({ probesToClose: 3 });
    await fails(4);
    await clock.advance(5_000);
    const states: string[] = [];
    for (let probe = 0; probe < 3; probe++) {
      await posts.execute(async () => 'fine');
      states.push(posts.state);
    }

    expect(states).toEqual(['half-open', 'half-open', 'closed']);
  });

  test('a probe that never ends keeps the next probe waiting no longer than openMs', async () => {
    const { clock, breaker: posts, fails } = breaker({ probesToClose: 1 });
    await fails(4);
    await clock.advance(5_000);
    void posts.execute(() => new Promise(() => {}));
    await clock.freeze(5_000);

    expect(await posts.execute(async () => 'back')).toBe('back');
    expect(posts.state).toBe('closed');
  });

  test('a breaker becomes half-open without a timer, also in an environment that was frozen', async () => {
    const { clock, breaker: posts, fails } = breaker();
    await fails(4);
    expect(clock.pending).toBe(0);
    await clock.freeze(5_000);

    expect(posts.acquire()).toMatchObject({ isProbe: true });
  });

  test('a retry makes hardly more calls than were asked for during an outage', async () => {
    const clock = fakeClock();
    const call = vi.fn(failing);
    const thrice = retry({ maxAttempts: 3, clock });
    for (let calls = 0; calls < 1_000; calls++) {
      const run = thrice.execute(call).catch(() => 'failed');
      await clock.advance(1_000);
      await run;
    }

    // The 10 retries that an environment begins with, and no more.
    expect(call).toHaveBeenCalledTimes(1_010);
  });
});
