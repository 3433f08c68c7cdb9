import { describe, expect, test } from 'vitest';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';
import { failing, outage } from '../support/outcomes.ts';

function listening(given: Partial<ResilientOptions<string>> = {}) {
  const clock = fakeClock();
  const events: PolicyEvent[] = [];
  const onEvent = (event: PolicyEvent) => events.push(event);
  const posts = resilient<string>({ name: 'posts', clock, random: seededRandom(1), onEvent, ...given });
  return { clock, events, posts };
}

describe('who listens to a policy', () => {
  test('hears of the attempt and of the outcome, and of no value', async () => {
    const { clock, events, posts } = listening();
    const run = posts.execute(async () => {
      await clock.advance(30);
      return 'secret';
    });

    expect(await run).toBe('secret');

    expect(events).toEqual([
      { kind: 'attempt', name: 'posts', attempt: 1, durationMs: 30 },
      { kind: 'outcome', name: 'posts', source: 'live', degraded: false, attempts: 1, durationMs: 30 },
    ]);
  });

  test('hears of each attempt that fails, and of the wait before the next', async () => {
    const { clock, events, posts } = listening({ retry: { maxAttempts: 3 } });
    const run = posts.outcome(({ attempt }) => (attempt < 3 ? failing() : Promise.resolve('at last')));
    await clock.advance(10_000);
    await run;

    const told = events.map((event) => [event.kind, 'attempt' in event ? event.attempt : undefined]);
    expect(told).toEqual([
      ['attempt', 1],
      ['retry', 2],
      ['attempt', 2],
      ['retry', 3],
      ['attempt', 3],
      ['outcome', undefined],
    ]);
    expect(events[0]).toMatchObject({ error: outage() });
  });

  test('hears when the budget has no further attempt', async () => {
    const { clock, events, posts } = listening({ retry: { maxAttempts: 2, budgetRatio: 0 } });
    for (let call = 0; call < 4; call++) {
      const run = posts.outcome(failing);
      await clock.advance(1_000);
      await run;
    }

    expect(events.filter(({ kind }) => kind === 'retry')).toHaveLength(3);
    expect(events.filter(({ kind }) => kind === 'rejected')).toEqual([
      { kind: 'rejected', name: 'posts', by: 'budget' },
    ]);
  });

  test('hears of no refusal where entering the breaker fails for want of time', async () => {
    const hangs = () => new Promise<never>(() => {});
    const { clock, events, posts } = listening({ breaker: { store: { ...memoryStore(), get: hangs } } });
    const run = posts.outcome(failing, { remainingMs: 40 });
    await clock.advance(40);

    expect(await run).toMatchObject({ attempts: 0, error: { code: 'DEADLINE_EXCEEDED' } });
    expect(events.map(({ kind }) => kind)).toEqual(['outcome']);
  });

  test.each(['execute', 'outcome'] as const)('hears when %s is refused by the breaker', async (how) => {
    const { events, posts } = listening({ breaker: { minimumCalls: 1 } });
    await posts.outcome(failing);
    events.length = 0;

    await posts[how](failing).catch(() => undefined);

    expect(events).toMatchObject([
      { kind: 'rejected', by: 'breaker' },
      { kind: 'outcome', source: 'none', attempts: 0, error: { code: 'BREAKER_OPEN' } },
    ]);
  });

  test('hears what happens to the breaker, by the name of the breaker', async () => {
    const { events, posts } = listening({ breaker: { minimumCalls: 1, name: 'shared' } });

    await posts.outcome(failing);

    expect(events.map(({ kind }) => kind)).toEqual(['attempt', 'breaker-state', 'outcome']);
    expect(events[1]).toMatchObject({ name: 'shared', from: 'closed', to: 'open' });
  });

  test('hears when no time was left for a call', async () => {
    const { events, posts } = listening();

    await posts.outcome(failing, { remainingMs: 10 });

    expect(events).toMatchObject([
      { kind: 'rejected', by: 'deadline' },
      { kind: 'outcome', source: 'none', attempts: 0 },
    ]);
  });

  test('hears of a fallback and of why', async () => {
    const { events, posts } = listening({ fallback: () => 'stale' });

    expect(await posts.execute(failing)).toBe('stale');

    expect(events.at(-1)).toMatchObject({ source: 'fallback', degraded: true, error: outage() });
  });

  test('changes nothing by failing itself, at once or later', async () => {
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

test('a refusal of an open breaker is never tried again, whatever is retryable', async () => {
  const retry = { attempts: 5, retryable: () => true };
  const { clock, events, posts } = listening({ breaker: { minimumCalls: 1 }, retry });
  const run = posts.outcome(failing);
  await clock.advance(60_000);

  expect(await run).toMatchObject({ attempts: 1, error: { code: 'BREAKER_OPEN' } });
  expect(events.filter(({ kind }) => kind === 'rejected')).toHaveLength(1);
});
