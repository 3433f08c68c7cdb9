import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import type { Layer } from '../../lib/core/layer.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { type FallbackContext, type FallbackOptions, fallback } from '../../lib/policy/fallback.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { type FakeClock, fakeClock, lambdaContext } from '../../lib/testing/index.ts';
import { errorOf } from '../support/dependency.ts';
import { failing, never, outage, refusal } from '../support/outcomes.ts';
import { recordingBreaker } from '../support/recording-breaker.ts';

type Options = Pick<FallbackOptions<unknown>, 'fallback' | 'fallbackTimeoutMs' | 'fallbackWhen'>;

/** A fallback alone, and as a part of a policy. */
const FORMS: readonly (readonly [
  string,
  (clock: FakeClock, options: Options) => ReturnType<typeof fallback>,
])[] = [
  ['fallback', (clock, options) => fallback({ clock, ...options })],
  ['resilient', (clock, options) => resilient({ name: 'posts', clock, ...options })],
];

const unhandled = vi.fn();
beforeEach(() => void process.on('unhandledRejection', unhandled));
afterEach(async () => {
  await new Promise(setImmediate);
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
  unhandled.mockClear();
});

describe.each(FORMS)('a function of %s that makes the degraded value', (_form, make) => {
  test.each([
    [{}, 500],
    [{ fallbackTimeoutMs: 50 }, 50],
    [{ fallbackTimeoutMs: 9_000 }, 9_000],
  ])('is ended after fallbackTimeoutMs: %j', async (options, limitMs) => {
    const clock = fakeClock();
    const signals: AbortSignal[] = [];
    const hangs = (_error: unknown, { signal }: FallbackContext) => {
      signals.push(signal);
      return never();
    };
    const run = errorOf(make(clock, { fallback: hangs, ...options }).execute(failing));
    await clock.advance(limitMs - 1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await clock.advance(1);

    const error = await run;
    expect(error).toMatchObject({
      ...{ code: 'DEADLINE_EXCEEDED', limit: 'fallback timeout', status: 504 },
      cause: { status: 503 },
    });
    expect(signals.map(({ reason }) => reason)).toEqual([error]);
    expect(clock.pending).toBe(0);
  });

  test('is ended when the time of its caller is over', async () => {
    const clock = fakeClock();
    const slowly = () => sleep(clock, 100).then(() => Promise.reject(outage()));
    const run = errorOf(make(clock, { fallback: never }).execute(slowly, { remainingMs: 300 }));
    await clock.advance(300);

    expect(await run).toMatchObject({ limit: 'fallback timeout' });
    expect(clock.pending).toBe(0);
  });

  test('is ended when the time of its invocation is over, which answers with what it has', async () => {
    const clock = fakeClock();
    const policy = make(clock, { fallback: never });
    const handler = withDeadline({ clock }, () => errorOf(policy.execute(failing)));
    const run = handler({}, lambdaContext({ remainingMs: 500, clock }));
    await clock.advance(200);

    expect(await run).toMatchObject({ limit: 'fallback timeout' });
    expect(clock.pending).toBe(0);
  });

  test.each([0, -1, 1])('gives a value at once where its caller has %d ms left', async (remainingMs) => {
    const clock = fakeClock();
    const policy = make(clock, { fallback: () => 'stale' });
    const call = () => failing();

    expect(await policy.execute(call, { remainingMs })).toBe('stale');
  });

  test('gives a value at once where a freeze has taken all of the time', async () => {
    const clock = fakeClock();
    const slowly = () => sleep(clock, 100).then(() => Promise.reject(outage()));
    const run = make(clock, { fallback: async () => 'stale' }).execute(slowly, { remainingMs: 300 });
    await clock.freeze(60_000);

    expect(await run).toBe('stale');
  });

  test('is handed the error, the key, a signal and its time, which can be taken out of the object', async () => {
    const clock = fakeClock();
    const thrown = outage();
    const made = vi.fn((_error: unknown, { key, signal, remainingMs }: FallbackContext) => [
      key,
      signal instanceof AbortSignal && !signal.aborted,
      remainingMs(),
    ]);
    const policy = make(clock, { fallback: made, fallbackTimeoutMs: 200 });

    expect(await policy.execute(() => Promise.reject(thrown), { key: '7' })).toEqual(['7', true, 200]);
    expect(await policy.execute(() => Promise.reject(thrown), { remainingMs: 90 })).toEqual([
      undefined,
      true,
      90,
    ]);
    expect(made).toHaveBeenCalledWith(thrown, expect.anything());
  });

  test.each([
    ['throws', 'throws'],
    ['rejects', 'rejects'],
    ['gives a thenable that rejects', 'thenable'],
  ])('has its own error thrown where it %s', async (_what, way) => {
    const own = new Error('no cache');
    const made = () => {
      if (way === 'throws') throw own;
      if (way === 'rejects') return Promise.reject(own);
      return Object.defineProperty({}, 'then', {
        value: (_resolve: unknown, reject: (error: unknown) => void) => reject(own),
      });
    };

    expect(await errorOf(make(fakeClock(), { fallback: made }).execute(failing))).toBe(own);
  });

  test('has its programming error thrown', async () => {
    const bug = new TypeError('x is not a function');
    const made = () => {
      throw bug;
    };

    expect(await errorOf(make(fakeClock(), { fallback: made }).execute(failing))).toBe(bug);
  });

  test('may give a thenable that is no promise', async () => {
    const made = () =>
      Object.defineProperty({}, 'then', { value: (resolve: (value: string) => void) => resolve('stale') });

    expect(await make(fakeClock(), { fallback: made }).execute(failing)).toBe('stale');
  });

  test('drops what it gives too late', async () => {
    const clock = fakeClock();
    const late = () => sleep(clock, 600).then(() => Promise.reject(new Error('late')));
    const run = errorOf(make(clock, { fallback: late }).execute(failing));
    await clock.advance(1_000);

    expect(await run).toMatchObject({ limit: 'fallback timeout' });
  });
});

describe.each(FORMS)('a caller that aborts a call of %s', (_form, make) => {
  test.each(['gone', new Error('gone'), null])(
    'gets its own reason and no degraded value: %s',
    async (reason) => {
      const clock = fakeClock();
      const made = vi.fn(() => 'stale');
      const controller = new AbortController();
      const call = ({ signal }: { readonly signal: AbortSignal }) => sleep(clock, 100, signal);
      const run = errorOf(make(clock, { fallback: made }).execute(call, { signal: controller.signal }));
      await clock.advance(50);
      controller.abort(reason);

      expect(await run).toBe(reason);
      expect(made).not.toHaveBeenCalled();
    },
  );

  test('gets no degraded value that is no function, either', async () => {
    const signal = AbortSignal.abort('gone');

    expect(await errorOf(make(fakeClock(), { fallback: 'stale' }).execute(failing, { signal }))).toBe('gone');
  });

  test('gets its reason during the fallback, whose signal aborts with it', async () => {
    const clock = fakeClock();
    const controller = new AbortController();
    let inner: AbortSignal | undefined;
    const hangs = (_error: unknown, { signal }: FallbackContext) => {
      inner = signal;
      return never();
    };
    const run = errorOf(make(clock, { fallback: hangs }).execute(failing, { signal: controller.signal }));
    await clock.advance(100);
    controller.abort('gone');

    expect(await run).toBe('gone');
    expect(inner?.reason).toBe('gone');
    expect(clock.pending).toBe(0);
  });

  test('gets its reason whatever fallbackWhen says', async () => {
    const clock = fakeClock();
    const controller = new AbortController();
    const call = ({ signal }: { readonly signal: AbortSignal }) => sleep(clock, 100, signal);
    const policy = make(clock, { fallback: 'stale', fallbackWhen: () => true });
    const run = errorOf(policy.execute(call, { signal: controller.signal }));
    await clock.advance(50);
    controller.abort('gone');

    expect(await run).toBe('gone');
  });
});

/** A policy with a fallback, and what it reports and counts. */
function reported(given: Partial<ResilientOptions<unknown>>) {
  const clock = fakeClock();
  const events: PolicyEvent[] = [];
  const { breaker, recorded } = recordingBreaker(clock);
  const posts = resilient<unknown>({
    ...{ name: 'posts', clock, breaker, ...given },
    onEvent: (event) => events.push(event),
  });
  const kinds = () => events.map(({ kind }) => kind);
  return { clock, events, kinds, posts, recorded };
}

describe('the event of a fallback', () => {
  test('says that it stood in and for which error, before that of the outcome', async () => {
    const { events, kinds, posts } = reported({ fallback: async () => 'stale' });
    const thrown = outage();
    await posts.execute(() => Promise.reject(thrown));

    expect(kinds()).toEqual(['attempt', 'fallback', 'outcome']);
    expect(events[1]).toEqual({ kind: 'fallback', name: 'posts', error: thrown });
    expect(events[2]).toMatchObject({ source: 'fallback', degraded: true, error: thrown });
  });

  test.each<readonly [string, Partial<ResilientOptions<unknown>>]>([
    ['it fails', { fallback: () => Promise.reject(new Error('no cache')) }],
    ['fallbackWhen says no', { fallback: 'stale', fallbackWhen: () => false }],
  ])('is not there where %s', async (_why, given) => {
    const { kinds, posts } = reported(given);

    expect(await posts.outcome(failing)).toMatchObject({ source: 'none', degraded: true });
    expect(kinds()).toEqual(['attempt', 'outcome']);
  });

  test('is not there where its time is over', async () => {
    const { clock, kinds, posts } = reported({ fallback: never });
    const run = posts.outcome(failing);
    await clock.advance(500);

    expect(await run).toMatchObject({ source: 'none', error: { limit: 'fallback timeout' } });
    expect(kinds()).toEqual(['attempt', 'outcome']);
  });

  test('is not there where the call succeeds', async () => {
    const { kinds, posts } = reported({ fallback: 'stale' });
    await posts.execute(() => 'fine');

    expect(kinds()).toEqual(['attempt', 'outcome']);
  });
});

describe('a fallback of a policy', () => {
  test('has its own time after the total timeout', async () => {
    const { clock, posts } = reported({
      totalTimeoutMs: 50,
      fallback: () => sleep(clock, 400).then(() => 'stale'),
    });
    const run = posts.outcome(never);
    await clock.advance(450);

    expect(await run).toMatchObject({ source: 'fallback', value: 'stale', durationMs: 450 });
  });

  test('stands in for a call that is limited by its invocation, in time for the answer', async () => {
    const { clock, posts } = reported({ fallback: () => 'stale' });
    const handler = withDeadline({ clock }, () => posts.outcome(never));
    const run = handler({}, lambdaContext({ remainingMs: 1_000, clock }));
    await clock.advance(1_000);

    expect(await run).toMatchObject({ source: 'fallback', value: 'stale' });
    expect((await run).durationMs).toBeLessThanOrEqual(700);
  });

  test.each<readonly [string, Partial<ResilientOptions<unknown>>, () => unknown]>([
    ['an attempt timeout', {}, never],
    ['a 503', {}, failing],
    ['a 404', {}, () => Promise.reject(refusal())],
    ['an invalid value', { validate: () => false }, () => 'bad'],
    ['a layer of a user', { layers: [{ before: 'retry', layer: () => () => failing() }] }, () => 'fine'],
  ])('stands in for %s', async (_what, given, call) => {
    const { clock, posts } = reported({ fallback: 'stale', ...given });
    const run = posts.outcome(call);
    await clock.advance(10_000);

    expect(await run).toMatchObject({ source: 'fallback', value: 'stale' });
  });

  test('is what the outcome says of the last of several tries of a layer outside of it', async () => {
    const untilLive: Layer<unknown> = (next) => async (execution) => {
      await next(execution);
      return next(execution);
    };
    const { posts, events } = reported({
      fallback: 'stale',
      layers: [{ before: 'fallback', layer: untilLive }],
    });
    let calls = 0;
    const outcome = await posts.outcome(() => (calls++ === 0 ? failing() : 'fine'));

    expect(outcome).toMatchObject({ source: 'live', degraded: false, value: 'fine' });
    expect(outcome.error).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ kind: 'outcome', source: 'live' });
  });

  test('hands its time and its signal on to another policy', async () => {
    const { clock, posts } = reported({
      fallback: (_error: unknown, context: FallbackContext) => copies.execute(never, context),
    });
    const copies = resilient<string>({ name: 'copies', clock });
    const run = posts.outcome(failing);
    await clock.advance(500);

    expect(await run).toMatchObject({
      source: 'none',
      durationMs: 500,
      error: { limit: 'fallback timeout' },
    });
    expect(clock.pending).toBe(0);
  });

  test('is not counted by the breaker, and not made again', async () => {
    const made = vi.fn(() => Promise.reject(outage()));
    const { clock, posts, recorded } = reported({ fallback: made, retry: { maxAttempts: 3 } });
    const run = posts.outcome(failing);
    await clock.advance(10_000);

    expect(await run).toMatchObject({ source: 'none', attempts: 3 });
    expect(made).toHaveBeenCalledTimes(1);
    expect(recorded).toHaveLength(3);
  });

  test.each([null, 0, '', false, Number.NaN])('may be the value %j', async (value) => {
    const { posts } = reported({ fallback: value });

    expect(await posts.outcome(failing)).toMatchObject({ source: 'fallback', value });
  });
});
