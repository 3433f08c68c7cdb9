import { describe, expect, test, vi } from 'vitest';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import type { Call } from '../../lib/core/execution.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { failing, never } from '../support/outcomes.ts';
import { build } from '../support/resilient-posts.ts';

describe('the key of a call', () => {
  test('is handed to the function and to the check of its answer', async () => {
    const { posts } = build<{ id: string }>({ validate: ({ id }, { key }) => id === key });
    const call: Call<{ id: string }> = async ({ key }) => ({ id: `${key}` });

    expect(await posts.execute(call, { key: '7' })).toEqual({ id: '7' });
    expect(await posts.outcome(async () => ({ id: '8' }), { key: '7' })).toMatchObject({
      source: 'none',
      error: { code: 'INVALID_ANSWER' },
    });
  });

  test('makes an answer about another key count as a failure of the dependency', async () => {
    const { posts } = build<string>({
      validate: (value, { key }) => value === key,
      breaker: { minimumCalls: 1, failureRatio: 0.05 },
    });
    await posts.outcome(async () => 'another', { key: '7' });

    expect((await posts.outcome(async () => '7', { key: '7' })).error).toBeInstanceOf(BreakerOpenError);
  });
});

describe('a wrapped function', () => {
  test('takes its own arguments, and each call of it is protected', async () => {
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

  test('rejects where the function that makes the key throws, and is not called', async () => {
    const { posts } = build<string>({ fallback: 'stale' });
    const call = vi.fn(async () => 'fine');
    const wrapped = posts.wrap(call, {
      key: () => {
        throw new Error('no key');
      },
    });

    await expect(wrapped().then(() => 'gave a value')).rejects.toThrow('no key');

    expect(call).not.toHaveBeenCalled();
  });

  test('may have the same key for every call', async () => {
    const { posts } = build<string>({ validate: (value, { key }) => value === key });

    expect(await posts.wrap(async () => 'all', { key: 'all' })()).toBe('all');
  });
});

describe('a breaker that is open', () => {
  const openPosts = async (given: Omit<ResilientOptions<string>, 'name'> = {}) => {
    const { posts } = build<string>({ breaker: { minimumCalls: 1, failureRatio: 0.05 }, ...given });
    await posts.outcome(failing);
    return posts;
  };

  test('rejects a call at once, which is not made', async () => {
    const posts = await openPosts();
    const call = vi.fn(async () => 'fine');

    await expect(posts.execute(call)).rejects.toBeInstanceOf(BreakerOpenError);

    expect(call).not.toHaveBeenCalled();
  });

  test('has the fallback answer at once', async () => {
    expect(await (await openPosts({ fallback: 'stale' })).execute(async () => 'fine')).toBe('stale');
  });

  test('rejects the second of two calls that could both probe', async () => {
    const { clock, posts } = build<string>({
      breaker: { minimumCalls: 1, failureRatio: 0.05, openMs: 1_000 },
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

  test('stands in for a programming error only where fallbackWhen says so', async () => {
    const bug = () => Promise.reject(new TypeError('x is not a function'));
    const { posts } = build<string>({ fallback: 'stale' });
    const { posts: forAll } = build<string>({ fallback: 'stale', fallbackWhen: () => true });

    await expect(posts.execute(bug)).rejects.toThrow('x is not a function');
    expect(await forAll.execute(bug)).toBe('stale');
    expect(await forAll.outcome(bug)).toMatchObject({ source: 'fallback', value: 'stale' });
  });

  test('does not stand in for errors that fallbackWhen leaves out', async () => {
    const fallbackWhen = (error: unknown) => error instanceof BreakerOpenError;
    const { posts } = build<string>({ fallback: 'stale', fallbackWhen });

    await expect(posts.execute(failing)).rejects.toThrow('outage');
    expect((await posts.outcome(failing)).source).toBe('none');
  });
});
