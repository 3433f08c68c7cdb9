import { describe, expect, test, vi } from 'vitest';
import type { CountingStore } from '../../lib/core/store.ts';
import type { Call } from '../../lib/core/execution.ts';
import { sleep } from '../../lib/core/clock.ts';
import { BreakerOpenError, DeadlineExceededError } from '../../lib/core/errors.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { failing, never } from '../support/outcomes.ts';
import { build } from '../support/resilient-posts.ts';
import { putVerdict } from '../support/shared-breaker.ts';

describe('a call that was never made', () => {
  test('for want of time says nothing about the dependency', async () => {
    const store = memoryStore();
    const add = vi.spyOn(store, 'add');
    const { posts } = build<string>({ breaker: { store } });
    const call = vi.fn(failing);

    await expect(posts.execute(call, { remainingMs: 20 })).rejects.toBeInstanceOf(DeadlineExceededError);

    expect(call).not.toHaveBeenCalled();
    expect(add).not.toHaveBeenCalled();
  });

  test.each([
    ['the time for an attempt', 60],
    ['all of the time', 30],
  ])('since entering the breaker took %s says nothing about the dependency', async (_, remainingMs) => {
    const clock = fakeClock();
    const inner = memoryStore();
    const add = vi.fn(inner.add);
    const store: CountingStore = {
      ...inner,
      add,
      async get(key) {
        await sleep(clock, 40);
        return inner.get(key);
      },
    };
    const posts = resilient<string>({ name: 'posts', clock, breaker: { store } });
    const call = vi.fn(failing);
    const run = posts.outcome(call, { remainingMs });
    await clock.advance(1_000);

    expect((await run).error).toMatchObject({ code: 'DEADLINE_EXCEEDED', called: false });

    expect(call).not.toHaveBeenCalled();
    expect(add).not.toHaveBeenCalled();
  });
});

describe('the key of a call', () => {
  test('is told to the function and to the check of its answer', async () => {
    const { posts } = build<{ id: string }>({ validate: ({ id }, { key }) => id === key });
    const call: Call<{ id: string }> = async ({ key }) => ({ id: `${key}` });

    expect(await posts.execute(call, { key: '7' })).toEqual({ id: '7' });
    expect(await posts.outcome(async () => ({ id: '8' }), { key: '7' })).toMatchObject({
      source: 'none',
      error: { code: 'INVALID_ANSWER' },
    });
  });

  test('counts an answer about something else as a failure of the dependency', async () => {
    const { posts } = build<string>({
      validate: (value, { key }) => value === key,
      breaker: { minimumCalls: 1 },
    });
    await posts.outcome(async () => 'another', { key: '7' });

    expect((await posts.outcome(async () => '7', { key: '7' })).error).toBeInstanceOf(BreakerOpenError);
  });
});

describe('what the caller has left', () => {
  test('is asked for, and an error of it is one of the call', async () => {
    const { posts } = build<string>();
    const unknown = new Error('unknown');
    const remainingMs = () => {
      throw unknown;
    };
    const call = vi.fn(async () => 'fine');

    await expect(posts.execute(call, { remainingMs })).rejects.toBe(unknown);
    expect(await posts.outcome(call, { remainingMs })).toMatchObject({ attempts: 0, error: unknown });
    expect(call).not.toHaveBeenCalled();
  });

  test('limits nothing where it is no number', async () => {
    const { posts } = build<number>({ attemptTimeoutMs: 10_000 });

    expect(await posts.execute(async ({ remainingMs }) => remainingMs(), { remainingMs: Number.NaN })).toBe(
      9_975,
    );
  });
});

describe('a wrapped function', () => {
  test('takes its own arguments, and is protected', async () => {
    const { clock, posts } = build<string>({ attemptTimeoutMs: 100, fallback: 'nothing' });
    const fetchPosts = posts.wrap(async ({ signal, key }, id: string, count: number) => {
      if (id === 'hang') return never();
      return `${count} of ${id}, about ${key}, ${signal.aborted}`;
    });

    expect(await fetchPosts('7', 3)).toBe('3 of 7, about undefined, false');
    const hung = fetchPosts('hang', 3);
    await clock.advance(100);
    expect(await hung).toBe('nothing');
  });

  test('makes the key of its arguments', async () => {
    const { posts } = build<string>({ validate: (value, { key }) => value === key });
    const wrapped = posts.wrap(async (_, id: string) => id, { key: (id) => id });

    expect(await wrapped('7')).toBe('7');
  });

  test('may always be about the same', async () => {
    const { posts } = build<string>({ validate: (value, { key }) => value === key });

    expect(await posts.wrap(async () => 'all', { key: 'all' })()).toBe('all');
  });
});

describe('a breaker that is open', () => {
  const opened = async (given: Omit<ResilientOptions<string>, 'name'> = {}) => {
    const world = build<string>({ breaker: { minimumCalls: 1 }, ...given });
    await world.posts.outcome(failing);
    return world.posts;
  };

  test('refuses at once, and the call is never made', async () => {
    const posts = await opened();
    const call = vi.fn(async () => 'fine');

    await expect(posts.execute(call)).rejects.toBeInstanceOf(BreakerOpenError);

    expect(call).not.toHaveBeenCalled();
  });

  test('has the fallback answer at once', async () => {
    expect(await (await opened({ fallback: 'stale' })).execute(async () => 'fine')).toBe('stale');
  });

  test('which becomes known only when it is asked refuses all the same', async () => {
    const store = memoryStore();
    const { clock, posts } = build<string>({ breaker: { store }, fallback: 'stale' });
    await putVerdict(store, { state: 'open', until: clock.now() + 10_000 });

    expect(await posts.execute(async () => 'fine')).toBe('stale');
  });

  test('for the second of two that probe at once refuses that one', async () => {
    const { clock, posts } = build<string>({
      breaker: { minimumCalls: 1, openMs: 1_000 },
      fallback: 'stale',
    });
    await posts.outcome(failing);
    await clock.advance(1_000);

    const [first, second] = await Promise.all([
      posts.execute(async () => 'back'),
      posts.execute(async () => 'back'),
    ]);

    expect([first, second]).toEqual(['back', 'stale']);
  });
});

describe('a fallback', () => {
  test.each([null, 0, '', false])('may be the value %j itself', async (fallback) => {
    const { posts } = build<unknown>({ fallback });

    expect(await posts.execute(failing)).toBe(fallback);
    expect(await posts.outcome(failing)).toMatchObject({ source: 'fallback', value: fallback });
  });

  test('stands in for a programming error only where it is asked to', async () => {
    const bug = () => Promise.reject(new TypeError('x is not a function'));
    const { posts } = build<string>({ fallback: 'stale' });
    const { posts: forAll } = build<string>({ fallback: 'stale', fallbackWhen: () => true });

    await expect(posts.execute(bug)).rejects.toThrow('x is not a function');
    expect(await forAll.execute(bug)).toBe('stale');
    expect(await forAll.outcome(bug)).toMatchObject({ source: 'fallback', value: 'stale' });
  });

  test('stands in for those errors that it is asked to', async () => {
    const fallbackWhen = (error: unknown) => error instanceof BreakerOpenError;
    const { posts } = build<string>({ fallback: 'stale', fallbackWhen });

    await expect(posts.execute(failing)).rejects.toThrow('outage');
    expect((await posts.outcome(failing)).source).toBe('none');
  });
});

describe('a freeze in the middle of an attempt', () => {
  test('is no evidence against the dependency', async () => {
    const { clock, posts } = build<string>({ attemptTimeoutMs: 1_000, breaker: { minimumCalls: 1 } });
    const run = posts.outcome(never);
    await clock.freeze(60_000);

    expect(await run).toMatchObject({ error: { code: 'ATTEMPT_TIMEOUT', lateMs: 59_000 } });
    expect(await posts.outcome(async () => 'fine')).toMatchObject({ source: 'live' });
  });

  test('is not to be confused with a timer that is a little late', async () => {
    const { clock, posts } = build<string>({ attemptTimeoutMs: 1_000, breaker: { minimumCalls: 1 } });
    const run = posts.outcome(never);
    await clock.freeze(1_499);
    await run;

    expect((await posts.outcome(async () => 'fine')).error).toBeInstanceOf(BreakerOpenError);
  });
});

describe('what the whole fleet can afford', () => {
  test.each([
    [0.3, 2],
    [0.05, 1],
  ])('bounds the retries of each: a share of %d', async (retryShare, attempts) => {
    const store = memoryStore();
    await putVerdict(store, { epoch: 0, retryShare });
    // What is drawn: nothing for the look and the report, a tenth for the retry.
    const random = { token: () => 'token', next: () => 0.1 };
    const { clock, posts } = build<string>({ breaker: { store }, retry: { maxAttempts: 2 }, random });
    const run = posts.outcome(failing);
    await clock.advance(100);

    expect((await run).attempts).toBe(attempts);
  });
});
