import { describe, expect, test } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';
import { failing, never, outage } from '../support/outcomes.ts';

function listening(given: Partial<ResilientOptions<string>> = {}) {
  const clock = given.clock ?? fakeClock();
  const events: PolicyEvent[] = [];
  const onEvent = (event: PolicyEvent) => events.push(event);
  const posts = resilient<string>({ name: 'posts', clock, random: seededRandom(1), onEvent, ...given });
  return { clock, events, posts };
}

describe('onEvent', () => {
  test('receives the attempt and the outcome, and no value', async () => {
    const clock = fakeClock();
    const { events, posts } = listening({ clock });
    const run = posts.execute(async () => {
      await clock.advance(30);
      return 'secret';
    });

    expect(await run).toBe('secret');

    expect(events).toEqual([
      { kind: 'attempt', name: 'posts', attempt: 1, durationMs: 30, failed: false },
      {
        kind: 'outcome',
        name: 'posts',
        source: 'live',
        degraded: false,
        attempts: 1,
        durationMs: 30,
        budgetExhausted: false,
        hedgeWon: false,
      },
    ]);
  });

  test('receives each attempt that fails, and the wait before the next', async () => {
    const clock = fakeClock();
    const { events, posts } = listening({ clock, retry: { maxAttempts: 3 } });
    const run = posts.outcome(({ attempt }) => (attempt < 3 ? failing() : Promise.resolve('at last')));
    await clock.advance(10_000);
    await run;

    const received = events.map((event) => [event.kind, 'attempt' in event ? event.attempt : undefined]);
    expect(received).toEqual([
      ['attempt', 1],
      ['retry', 2],
      ['attempt', 2],
      ['retry', 3],
      ['attempt', 3],
      ['outcome', undefined],
    ]);
    expect(events[0]).toMatchObject({ failed: true, error: outage() });
    expect(events[1]).toMatchObject({ delayMs: expect.any(Number), error: outage() });
    expect(events[4]).toMatchObject({ failed: false });
  });

  test('receives budget-exhausted when the retry budget has no further attempt', async () => {
    const clock = fakeClock();
    const { events, posts } = listening({ clock, retry: { maxAttempts: 2, budget: { ratio: 0, burst: 3 } } });
    for (let call = 0; call < 4; call++) {
      const run = posts.outcome(failing);
      await clock.advance(1_000);
      await run;
    }

    expect(events.filter(({ kind }) => kind === 'retry')).toHaveLength(3);
    expect(events.filter(({ kind }) => kind === 'budget-exhausted')).toEqual([
      { kind: 'budget-exhausted', name: 'posts', attempt: 1 },
    ]);
    const outcomes = events.flatMap((event) => (event.kind === 'outcome' ? [event.budgetExhausted] : []));
    expect(outcomes).toEqual([false, false, false, true]);
  });

  test('receives a rejection by the deadline where acquiring a permit took all the time', async () => {
    const clock = fakeClock();
    const store = { ...memoryStore(), get: never };
    const breaker = sharedBreaker({ name: 'posts', store, clock, random: seededRandom(1) });
    const { events, posts } = listening({ clock, breaker });
    const run = posts.outcome(failing, { remainingMs: 40 });
    await clock.advance(40);

    expect(await run).toMatchObject({ attempts: 0, error: { code: 'DEADLINE_EXCEEDED' } });
    expect(events).toMatchObject([
      { kind: 'rejected', name: 'posts', by: 'deadline' },
      { kind: 'outcome', source: 'none', attempts: 0 },
    ]);
  });

  test.each(['execute', 'outcome'] as const)(
    'receives a rejection by the breaker, from %s',
    async (method) => {
      const { events, posts } = listening({ breaker: { minimumCalls: 1, failureRatio: 0.05 } });
      await posts.outcome(failing);
      events.length = 0;

      await posts[method](failing).catch(() => undefined);

      expect(events).toMatchObject([
        { kind: 'rejected', by: 'breaker' },
        { kind: 'outcome', source: 'none', attempts: 0, error: { code: 'BREAKER_OPEN' } },
      ]);
    },
  );

  test("receives what happens to the policy's own breaker, before the attempt that it counted", async () => {
    const { events, posts } = listening({ breaker: { minimumCalls: 1, failureRatio: 0.05 } });

    await posts.outcome(failing);

    expect(events.map(({ kind }) => kind)).toEqual(['breaker-state', 'attempt', 'outcome']);
    expect(events[0]).toMatchObject({ name: 'posts', from: 'closed', to: 'open', origin: 'self' });
  });

  test('receives nothing about a breaker that is an instance, which has a listener of its own', async () => {
    const own: unknown[] = [];
    const breaker = circuitBreaker({
      name: 'other',
      minimumCalls: 1,
      failureRatio: 0.05,
      clock: fakeClock(),
      onEvent: ({ kind, name }) => own.push([kind, name]),
    });
    const { events, posts } = listening({ breaker });

    await posts.outcome(failing);

    expect(events.map(({ kind }) => kind)).toEqual(['attempt', 'outcome']);
    expect(own).toEqual([['breaker-state', 'other']]);
  });

  test('receives a rejection by the deadline when no time was left for a call', async () => {
    const { events, posts } = listening();

    await posts.outcome(failing, { remainingMs: 0 });

    expect(events).toMatchObject([
      { kind: 'rejected', by: 'deadline' },
      { kind: 'outcome', source: 'none', attempts: 0 },
    ]);
  });

  test('receives that the fallback stood in, and for which error, before the outcome', async () => {
    const { events, posts } = listening({ fallback: () => 'stale' });

    expect(await posts.execute(failing)).toBe('stale');

    expect(events.slice(-2)).toMatchObject([
      { kind: 'fallback', name: 'posts', error: outage() },
      { kind: 'outcome', source: 'fallback', degraded: true, error: outage() },
    ]);
  });

  test('receives one rejection where an open breaker ends the retries, whatever shouldRetry says', async () => {
    const clock = fakeClock();
    const retry = { maxAttempts: 5, shouldRetry: () => true };
    const { events, posts } = listening({ clock, breaker: { minimumCalls: 1, failureRatio: 0.05 }, retry });
    const run = posts.outcome(failing);
    await clock.advance(60_000);

    expect(await run).toMatchObject({ attempts: 1, error: { code: 'BREAKER_OPEN' } });
    expect(events.filter(({ kind }) => kind === 'rejected')).toHaveLength(1);
  });

  test('changes no outcome when it throws or rejects', async () => {
    for (const onEvent of [
      () => {
        throw new Error('no disk');
      },
      () => Promise.reject(new Error('no network')),
    ]) {
      const { posts } = listening({ onEvent });

      expect(await posts.execute(async () => 'fine')).toBe('fine');
      await expect(posts.execute(failing)).rejects.toThrow('outage');
    }
  });
});
