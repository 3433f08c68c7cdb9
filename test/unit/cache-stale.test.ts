import { describe, expect, test, vi } from 'vitest';
import { resilient } from '../../lib/policy/resilient.ts';
import { settle } from '../../lib/testing/index.ts';
import { cached, numbered } from '../support/cached.ts';
import { errorOf } from '../support/dependency.ts';
import { failing, never, outage } from '../support/outcomes.ts';

const KEY = { key: '7' };

/** A cache whose value of the key is too old by now, and is being refreshed by a call that takes 140 ms more. */
async function beingRefreshed() {
  const { clock, kept } = cached<string>({ staleWhileRevalidateMs: 50 });
  const { call, signals } = numbered(clock, 200);
  kept.set('7', 'old');
  await clock.advance(1_000);
  await kept.execute(call, KEY);
  await clock.advance(60);
  return { clock, kept, call, signals };
}

describe('a value within staleWhileRevalidateMs', () => {
  const revalidated = () => cached<string>({ staleWhileRevalidateMs: 500 });

  test('is handed out at once, while one refresh is made beside the calls', async () => {
    const { clock, kept } = revalidated();
    const { call, signals } = numbered(clock, 100);
    kept.set('7', 'old');
    await clock.advance(1_000);

    expect(await kept.execute(call, KEY)).toBe('old');
    expect(await kept.execute(call, KEY)).toBe('old');
    expect(signals).toHaveLength(1);
    await clock.advance(100);
    expect(await kept.execute(failing, KEY)).toBe('1');
    expect(clock.pending).toBe(0);
  });

  test('is reported as stale, and a call in its own load as one that was coalesced', async () => {
    const results: unknown[] = [];
    const onEvent = (event: object) => results.push('result' in event && event.result);
    const { clock, kept } = cached<string>({ staleWhileRevalidateMs: 500, onEvent });
    kept.set('7', 'old');
    await clock.advance(1_000);
    expect(await kept.execute(() => 'new', KEY)).toBe('old');
    const other = { key: '8' };
    expect(await kept.execute(() => kept.execute(() => 'inner', other), other)).toBe('inner');

    expect(results).toEqual(['stale', 'coalesced', 'miss']);
  });

  test('is not handed out after that time', async () => {
    const { clock, kept } = revalidated();
    kept.set('7', 'old');
    await clock.advance(1_500);

    expect(await errorOf(kept.execute(failing, KEY))).toMatchObject({ message: 'outage' });
  });

  test('is not harmed by a refresh that fails, at once or later, and the next call begins another', async () => {
    const { clock, kept } = revalidated();
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    kept.set('7', 'old');
    await clock.advance(1_000);
    const throwing = vi.fn(() => {
      throw outage();
    });
    for (const call of [throwing, failing, throwing]) {
      expect(await kept.execute(call, KEY)).toBe('old');
      await settle();
    }
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);

    expect(throwing).toHaveBeenCalledTimes(2);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('is refreshed under a limit of its own, whatever time and signal the call has', async () => {
    const { clock, kept } = cached<string>({ staleWhileRevalidateMs: 60_000, loadTimeoutMs: 300 });
    kept.set('7', 'old');
    await clock.advance(1_000);
    const controller = new AbortController();
    let refreshing: AbortSignal | undefined;
    const options = { ...KEY, signal: controller.signal, remainingMs: 10 };
    await kept.execute(({ signal }) => {
      refreshing = signal;
      return never();
    }, options);
    controller.abort('gone');
    await clock.advance(299);
    expect(refreshing?.aborted).toBe(false);
    await clock.advance(1);

    expect(refreshing?.reason).toMatchObject({ code: 'DEADLINE_EXCEEDED', limit: 'total timeout' });
    expect(clock.pending).toBe(0);
  });

  test('is refreshed anew where a refresh is overdue after a freeze, and the late one is not kept', async () => {
    const { clock, kept } = cached<string>({ staleWhileRevalidateMs: 60_000, loadTimeoutMs: 300 });
    kept.set('7', 'old');
    await clock.advance(1_000);
    let answer: (value: string) => void = () => undefined;
    await kept.execute(() => new Promise((resolve) => (answer = resolve)), KEY);
    const second = vi.fn(() => 'new');
    // The thaw: the next call is made before timers run.
    clock.jump(1_000);
    expect(await kept.execute(second, KEY)).toBe('old');
    expect(second).toHaveBeenCalledTimes(1);
    answer('late');
    await settle();

    expect(await kept.execute(failing, KEY)).toBe('new');
  });

  test('is refreshed to the end, though the only caller who has joined the refresh leaves', async () => {
    const { clock, kept, call, signals } = await beingRefreshed();
    const hasty = errorOf(kept.execute(call, { ...KEY, remainingMs: 20 }));
    await clock.advance(140);

    expect(await hasty).toMatchObject({ code: 'DEADLINE_EXCEEDED', called: true });
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    expect(await kept.execute(failing, KEY)).toBe('1');
  });

  test('gives a caller who joins the refresh its value', async () => {
    const { clock, kept, call, signals } = await beingRefreshed();
    const joined = kept.execute(call, KEY);
    await clock.advance(140);

    expect(await joined).toBe('1');
    expect(signals).toHaveLength(1);
  });
});

describe('a value within staleIfErrorMs', () => {
  const kept = () => cached<string>({ staleIfErrorMs: 5_000 });

  test('stands in for an error of the call, which is made first', async () => {
    const { clock, kept: posts } = kept();
    posts.set('7', 'old');
    await clock.advance(1_000);
    const call = vi.fn(failing);

    expect(await posts.execute(call, KEY)).toBe('old');
    expect(call).toHaveBeenCalledTimes(1);
    expect(await posts.execute(() => 'new', KEY)).toBe('new');
  });

  test('is of the very key, and of no other', async () => {
    const { clock, kept: posts } = kept();
    posts.set('7', 'old');
    await clock.advance(1_000);

    expect(await errorOf(posts.execute(failing, { key: '8' }))).toMatchObject({ message: 'outage' });
    expect(await errorOf(posts.execute(failing))).toMatchObject({ message: 'outage' });
  });

  test('is not handed out when its time is over by the moment that the call fails', async () => {
    const { clock, kept: posts } = kept();
    posts.set('7', 'old');
    await clock.advance(5_900);
    const late = errorOf(
      posts.execute(() => new Promise((_, reject) => void clock.after(100, () => reject(outage()))), KEY),
    );
    await clock.advance(100);

    expect(await late).toMatchObject({ message: 'outage' });
  });

  test('is not handed out after a freeze that was longer, though the monotonic clock stood still', async () => {
    const { clock, kept: posts } = kept();
    posts.set('7', 'old');
    clock.jump(6_000);

    expect(await errorOf(posts.execute(failing, KEY))).toMatchObject({ message: 'outage' });
  });

  test('is not younger when the wall clock is set back', async () => {
    const { clock, kept: posts } = kept();
    posts.set('7', 'old');
    clock.jump(-1_000_000);
    await clock.advance(6_000);

    expect(await errorOf(posts.execute(failing, KEY))).toMatchObject({ message: 'outage' });
  });

  test('hides no bug, and stands in for no caller that has aborted', async () => {
    const { clock, kept: posts } = kept();
    posts.set('7', 'old');
    await clock.advance(1_000);
    const controller = new AbortController();
    const gone = errorOf(posts.execute(never, { ...KEY, signal: controller.signal }));
    controller.abort('gone');

    expect(await gone).toBe('gone');
    expect(
      await errorOf(posts.execute(() => (undefined as unknown as string[])[0] as string, KEY)),
    ).toBeInstanceOf(TypeError);
  });

  test('is gone once the key is invalidated or replaced', async () => {
    const { clock, kept: posts } = kept();
    posts.set('7', 'old');
    await clock.advance(1_000);
    posts.invalidate('7');

    expect(await errorOf(posts.execute(failing, KEY))).toMatchObject({ message: 'outage' });
  });
});

describe('a stale value in a policy', () => {
  const policyWith = (given: object = {}) => {
    const { clock, kept } = cached<string>({ staleIfErrorMs: 60_000 });
    const posts = resilient<string>({ name: 'posts', clock, cache: kept, ...given });
    return { clock, kept, posts };
  };

  test('comes before the fallback, which stands in where there is none', async () => {
    const { clock, kept, posts } = policyWith({ fallback: 'fallback' });
    kept.set('7', 'old');
    await clock.advance(1_000);

    expect(await posts.outcome(failing, KEY)).toEqual({
      ...{ source: 'stale', degraded: true, value: 'old', error: outage(), attempts: 1 },
      ...{ durationMs: 0, budgetExhausted: false, hedgeWon: false },
    });
    expect(await posts.outcome(failing, { key: '8' })).toMatchObject({
      source: 'fallback',
      value: 'fallback',
    });
    expect(await posts.outcome(() => 'new', KEY)).toMatchObject({ source: 'live', value: 'new' });
  });

  test('stands in while the breaker is open', async () => {
    const { clock, kept, posts } = policyWith({ breaker: {} });
    kept.set('7', 'old');
    await clock.advance(1_000);
    await posts.breaker?.force('open');

    expect(await posts.outcome(() => 'new', KEY)).toMatchObject({
      ...{ source: 'stale', value: 'old', attempts: 0, error: { code: 'BREAKER_OPEN' } },
    });
  });

  test.each([
    ['its total timeout', { totalTimeoutMs: 200 }, {}, 'total timeout'],
    ['the time of its caller', {}, { remainingMs: 200 }, "caller's time limit"],
  ])('stands in when %s is over, with a layer of a user too', async (_what, given, options, limit) => {
    for (const layers of [[], [{ before: 'cache' as const, layer: <T>(next: T) => next }]]) {
      const { clock, kept, posts } = policyWith({ ...given, layers });
      kept.set('7', 'old');
      await clock.advance(1_000);
      const run = posts.outcome(never, { ...KEY, ...options });
      await clock.advance(200);

      expect(await run).toMatchObject({ source: 'stale', value: 'old', error: { limit }, attempts: 1 });
      expect(clock.pending).toBe(0);
    }
  });
});
