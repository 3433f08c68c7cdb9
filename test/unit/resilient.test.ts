import type { StandardSchemaV1 } from '@standard-schema/spec';
import * as v from 'valibot';
import { describe, expect, test, vi } from 'vitest';
import type { Call } from '../../lib/core/execution.ts';
import {
  AttemptTimeoutError,
  BreakerOpenError,
  DeadlineExceededError,
  FibrinError,
  InvalidOptionError,
  ValidationError,
} from '../../lib/core/errors.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { failing, never, outage } from '../support/outcomes.ts';
import { build } from '../support/resilient-posts.ts';
import { ENOUGH_FAILURES, putVerdict, times } from '../support/shared-breaker.ts';

describe('a call that succeeds', () => {
  test('gives its value, live, after one attempt', async () => {
    const { posts } = build<string>();

    expect(await posts.outcome(async () => 'fine')).toEqual({
      source: 'live',
      degraded: false,
      value: 'fine',
      attempts: 1,
      durationMs: 0,
    });
  });

  test('leaves no timer behind', async () => {
    const { clock, posts } = build<number>({ retry: { maxAttempts: 3 }, breaker: { store: memoryStore() } });

    await posts.execute(async () => 1);

    expect(clock.pending).toBe(0);
  });

  test('in a later attempt is live all the same, and the attempts are counted', async () => {
    const { clock, posts } = build<string>({ retry: { maxAttempts: 3 } });
    const run = posts.outcome(({ attempt }) => (attempt < 3 ? failing() : Promise.resolve('at last')));
    await clock.advance(1_000);

    expect(await run).toMatchObject({ source: 'live', value: 'at last', attempts: 3 });
  });
});

describe('a call that fails', () => {
  test('is made once, since only the caller knows whether it may be made twice', async () => {
    const { posts } = build<string>();
    const call = vi.fn(failing);

    await expect(posts.execute(call)).rejects.toThrow('outage');

    expect(call).toHaveBeenCalledTimes(1);
  });

  test('is told by outcome without a throw', async () => {
    const { posts } = build<string>();

    const result = await posts.outcome(failing);

    expect(result).toMatchObject({ source: 'none', degraded: true, attempts: 1, error: outage() });
  });

  test('is stood in for by the fallback, which knows why', async () => {
    const reasons: unknown[] = [];
    const { posts } = build<string>({
      fallback: (error) => {
        reasons.push(error);
        return 'stale';
      },
    });

    expect(await posts.outcome(failing)).toMatchObject({
      source: 'fallback',
      degraded: true,
      value: 'stale',
    });
    expect(reasons).toEqual([outage()]);
  });

  test('may be stood in for by null and undefined, which are values', async () => {
    const { posts } = build<string | null | undefined>({ fallback: () => undefined });

    expect(await posts.execute(failing)).toBeUndefined();
    expect(await posts.outcome(failing)).toMatchObject({ source: 'fallback', value: undefined });
  });

  test('ends with the error of the fallback when that fails too', async () => {
    const { posts } = build<string>({ fallback: () => Promise.reject(new Error('no stale copy')) });

    await expect(posts.execute(failing)).rejects.toThrow('no stale copy');
  });

  test('by a bug is never hidden by a fallback or repeated', async () => {
    const { posts } = build<string>({ fallback: () => 'stale', retry: { maxAttempts: 5 } });
    const bug = vi.fn(() => Promise.reject(new TypeError('x is undefined')));

    await expect(posts.execute(bug)).rejects.toThrow(TypeError);

    expect(bug).toHaveBeenCalledTimes(1);
  });
});

describe('the limits in time', () => {
  test('end an attempt that hangs', async () => {
    const { clock, posts } = build<string>({ attemptTimeoutMs: 200 });
    const run = posts.outcome(never);
    await clock.advance(200);

    const result = await run;

    expect(result).toMatchObject({ source: 'none', durationMs: 200 });
    expect(result.error).toBeInstanceOf(AttemptTimeoutError);
  });

  test('let a new attempt follow one that hung, its signal its own', async () => {
    const signals: AbortSignal[] = [];
    const { clock, posts } = build<string>({ attemptTimeoutMs: 200, retry: { maxAttempts: 2, baseDelayMs: 1 } });
    const hangsOnce: Call<string> = ({ attempt, signal }) => {
      signals.push(signal);
      return attempt === 1 ? never() : Promise.resolve('fine');
    };
    const run = posts.execute(hangsOnce);
    await clock.advance(300);

    expect(await run).toBe('fine');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  test('bound the whole call, its attempts and its waits, by the total', async () => {
    const { clock, posts } = build<string>({
      totalTimeoutMs: 500,
      attemptTimeoutMs: 200,
      retry: { maxAttempts: 10, baseDelayMs: 1 },
    });
    const run = posts.outcome(never);
    await clock.advance(10_000);

    const { durationMs, attempts } = await run;

    expect(durationMs).toBeLessThanOrEqual(500);
    expect(attempts).toBe(3);
  });

  test('end with the error of the last attempt when a wait would leave no time for another', async () => {
    const busy = new FibrinError('BUSY', 'busy', { retryable: true, retryAfterMs: 480 });
    const { clock, posts } = build<string>({ totalTimeoutMs: 500, retry: { maxAttempts: 2 } });
    const run = posts.outcome(() => Promise.reject(busy));
    await clock.advance(500);

    expect(await run).toMatchObject({ error: busy, attempts: 1, durationMs: 0 });
  });

  test('are shortened by what the caller has left', async () => {
    const { clock, posts } = build<string>({ totalTimeoutMs: 5_000, attemptTimeoutMs: 4_000 });
    const run = posts.outcome(never, { remainingMs: 300 });
    await clock.advance(5_000);

    expect((await run).durationMs).toBeLessThanOrEqual(300);
  });

  test('start nothing for a caller who has no time left', async () => {
    const { posts } = build<string>();
    const call = vi.fn(async () => 'fine');

    const result = await posts.outcome(call, { remainingMs: 0 });

    expect(result.error).toBeInstanceOf(DeadlineExceededError);
    expect(call).not.toHaveBeenCalled();
  });

  test('end at once when the caller aborts, waits between attempts included', async () => {
    const controller = new AbortController();
    const { clock, posts } = build<string>({ retry: { maxAttempts: 5, baseDelayMs: 1_000 } });
    const run = posts.outcome(failing, { signal: controller.signal });
    await clock.advance(1);

    controller.abort('gone');

    expect(await run).toMatchObject({ source: 'none', error: 'gone', attempts: 1 });
    expect(clock.pending).toBe(0);
  });
});

describe('the order of the policies', () => {
  test('an answer that the schema refuses is a failure that is tried again', async () => {
    const { clock, posts } = build({ validate: v.array(v.string()), retry: { maxAttempts: 2 } });
    const run = posts.outcome((({ attempt }) => Promise.resolve(attempt === 1 ? 'half' : ['a'])) as Call<
      string[]
    >);
    await clock.advance(100);

    expect(await run).toMatchObject({ source: 'live', value: ['a'], attempts: 2 });
  });

  test('a schema may be a function, as those of arktype are', async () => {
    const validate = Object.assign(() => {}, v.number());
    const posts = resilient({ name: 'posts', clock: fakeClock(), validate });

    expect(await posts.execute(async () => 7)).toBe(7);
  });

  test('an answer that stays wrong goes to the fallback as a ValidationError', async () => {
    const clock = fakeClock();
    const posts = resilient({ name: 'posts', clock, validate: v.number(), fallback: () => -1 });

    const result = await posts.outcome(async () => 'no number');

    expect(result).toMatchObject({ source: 'fallback', value: -1 });
    expect(result.error).toBeInstanceOf(ValidationError);
  });

  test('every attempt feeds the breaker, and an open one ends the retries', async () => {
    const breaker = { minimumCalls: 2 };
    const { clock, posts } = build<string>({ breaker, retry: { maxAttempts: 10, baseDelayMs: 1 } });
    const run = posts.outcome(failing);
    await clock.advance(10_000);

    const result = await run;

    expect(result.error).toBeInstanceOf(BreakerOpenError);
    expect(result.attempts).toBe(2);
  });

  test('a call that an open breaker refuses is never made, and the fallback answers', async () => {
    const breaker = { minimumCalls: 1 };
    const { posts } = build<string>({ breaker, fallback: () => 'stale' });
    await posts.execute(failing);
    const call = vi.fn(async () => 'fine');

    expect(await posts.outcome(call)).toMatchObject({ source: 'fallback', value: 'stale', attempts: 0 });

    expect(call).not.toHaveBeenCalled();
  });

  test('an attempt that hangs counts as a failure for the breaker, though the total ends it', async () => {
    const breaker = { minimumCalls: 1 };
    const { clock, posts } = build<string>({ breaker, totalTimeoutMs: 400 });
    const run = posts.outcome(never);
    await clock.advance(400);
    await run;

    expect((await posts.outcome(async () => 'fine')).error).toBeInstanceOf(BreakerOpenError);
  });
});

describe('a value that has come', () => {
  /** A breaker that may be probed, over a store that has since stopped to answer writes. */
  async function probing(given: Omit<ResilientOptions<string>, 'name' | 'breaker'> = {}) {
    const store = { ...memoryStore() };
    const world = build<string>({ breaker: { store, openMs: 5_000 }, ...given });
    await putVerdict(store, { state: 'open', until: world.clock.now(), successes: 2, rate: 1 });
    const { put } = store;
    store.put = (...write) => (write[1]['state'] === 'closed' ? never() : put(...write));
    return world;
  }

  test('is not lost when the time ends while the breaker is told of it', async () => {
    const { clock, posts } = await probing();
    const run = posts.outcome(async () => 'fine', { remainingMs: 30 });
    await clock.advance(30);

    expect(await run).toMatchObject({ source: 'live', value: 'fine', durationMs: 30 });
  });

  test('waits for a breaker that cannot be told no longer than 50 ms', async () => {
    const { clock, posts } = await probing();
    const run = posts.outcome(async () => 'fine');
    await clock.advance(1_000);

    expect(await run).toMatchObject({ source: 'live', value: 'fine', durationMs: 50 });
  });
});

describe('the options', () => {
  test.each<[string, Partial<ResilientOptions<string>>]>([
    ['`name`', { name: 'with space' }],
    ['`totalTimeoutMs`', { totalTimeoutMs: 0 }],
    ['`attemptTimeoutMs`', { attemptTimeoutMs: Number.NaN }],
    ['resilient "posts".retry: expected `attempts`', { retry: { maxAttempts: 0 } }],
    ['`validate` to be a Standard Schema', { validate: {} as StandardSchemaV1<unknown, string> }],
    ['`failureRatio`', { breaker: { store: memoryStore(), failureRatio: 2 } }],
  ])('that are wrong are refused at construction: %s', (message, wrong) => {
    const construct = () => resilient<string>({ name: 'posts', ...wrong });

    expect(construct).toThrow(InvalidOptionError);
    expect(construct).toThrow(message);
  });

  test.each([
    [{ openMs: 3_099 }, 3_000],
    [{}, 11_901],
  ])(
    'whose probe could not end within its claim are refused: %j with attempts of %i ms',
    (open, attemptTimeoutMs) => {
      const construct = () =>
        resilient({ name: 'posts', attemptTimeoutMs, breaker: { store: memoryStore(), ...open } });

      expect(construct).toThrow(/expected `openMs` to be at least `attemptTimeoutMs` and 100 ms/);
    },
  );

  test('leave a probe the time to be claimed, made and reported', () => {
    const breaker = { store: memoryStore(), openMs: 3_100 };

    expect(() => resilient({ name: 'posts', attemptTimeoutMs: 3_000, breaker })).not.toThrow();
  });

  test('give the breaker the name of the dependency, or the one it is given', async () => {
    const store = memoryStore();
    const tripped = async (name?: string) => {
      const { posts } = build<string>({ breaker: { store, ...(name && { name }) } });
      await times(ENOUGH_FAILURES, () => posts.outcome(failing));
    };

    await tripped();
    await tripped('shared');

    expect(await store.get('breaker#posts')).toMatchObject({ state: 'open' });
    expect(await store.get('breaker#shared')).toMatchObject({ state: 'open' });
  });
});
