import { AsyncLocalStorage } from 'node:async_hooks';
import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import { DeadlineExceededError } from '../../lib/core/errors.ts';
import type { CallContext } from '../../lib/core/execution.ts';
import { deadlineHeaders, remainingMs } from '../../lib/deadline/next-hop.ts';
import type { DeadlineOptions } from '../../lib/deadline/options.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { deadline } from '../../lib/middleware/deadline.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { fakeClock, lambdaContext } from '../../lib/testing/index.ts';
import { never, outage } from '../support/outcomes.ts';

/** Runs something where no test has entered an invocation. */
const outside = AsyncLocalStorage.snapshot();

type Handler = () => Promise<unknown>;

/** Both forms, around the same handler. */
const FORMS = [
  [
    'the middleware',
    (options: DeadlineOptions, handle: Handler) =>
      middy<unknown, unknown>({ timeoutEarlyInMillis: 0 }).use(deadline(options)).handler(handle),
  ],
  [
    'the wrapper',
    (options: DeadlineOptions, handle: Handler) => withDeadline<unknown, unknown, unknown>(options, handle),
  ],
] as const;

describe.each(FORMS)('the deadline of an invocation, by %s', (_, form) => {
  function invocationOf(handle: Handler, options: DeadlineOptions = {}, remainingMs = 3_000) {
    const clock = fakeClock();
    const lambda = form({ clock, ...options }, handle);
    const context = lambdaContext({ remainingMs, clock });
    return { clock, invoke: async (event: unknown = {}) => lambda(event, context) };
  }
  const remainingIn = (event: unknown, options?: DeadlineOptions, lambdaMs?: number) =>
    invocationOf(async () => remainingMs(), options, lambdaMs).invoke(event);

  test('leaves what Lambda leaves, less a reserve for the answer', async () => {
    expect(await remainingIn({})).toBe(2_700);
    expect(await remainingIn({}, { reserveMs: 0 })).toBe(3_000);
    expect(await remainingIn({}, { totalTimeoutMs: 1_200, reserveMs: 150 })).toBe(1_050);
    expect(await remainingIn({}, { totalTimeoutMs: 90_000 })).toBe(2_700);
  });

  test.each([
    [{ headers: { 'X-Request-Timeout-Ms': '1000' } }, 700],
    [{ multiValueHeaders: { 'x-request-timeout-ms': ['2000', '1500'] } }, 1_200],
    [{ headers: { 'x-request-timeout-ms': '5000' } }, 2_700],
    [{ headers: { 'x-request-timeout-ms': '99999999999999999999' } }, 2_700],
    [{ headers: { 'x-request-timeout-ms': '1e3' } }, 2_700],
    [{ headers: { 'x-request-timeout-ms': 'soon' } }, 2_700],
    [{ headers: { 'x-request-timeout-ms': '' } }, 2_700],
    [{ headers: null }, 2_700],
    ['text', 2_700],
    [null, 2_700],
  ])('is shortened by a header that it may read, and never made longer: %j', async (event, leftMs) => {
    expect(await remainingIn(event, { fromHeader: true })).toBe(leftMs);
  });

  test.each([
    ['by default', {}, 2_700],
    ['where that is off', { fromHeader: false }, 2_700],
    ['of another name', { fromHeader: 'x-wait' }, 600],
  ])('reads the header of a caller only where it may: %s', async (_when, options, leftMs) => {
    const event = { headers: { 'x-wait': '900', 'x-request-timeout-ms': '400' } };

    expect(await remainingIn(event, options)).toBe(leftMs);
  });

  test.each([
    [1_000, 700],
    [60_000, 2_700],
  ])('ends when its event expires, %d ms from now', async (expiresInMs, leftMs) => {
    const expiresAt = new Date(fakeClock().now() + expiresInMs).toISOString();

    expect(await remainingIn({ detail: { metadata: { expiresAt } } })).toBe(leftMs);
  });

  test.each([undefined, 'soon', 7, null])('ignores an expiry that is no moment: %j', async (expiresAt) => {
    expect(await remainingIn({ detail: { metadata: { expiresAt } } })).toBe(2_700);
  });

  test.each<[string, unknown, number?]>([
    ['its caller has given up', { headers: { 'x-request-timeout-ms': '0' } }],
    ['its caller had given up before', { headers: { 'x-request-timeout-ms': '-20' } }],
    ['its caller leaves no more than the answer takes', { headers: { 'x-request-timeout-ms': '300' } }],
    ['its event has expired', { detail: { metadata: { expiresAt: '2024-01-01T00:00:00Z' } } }],
    ['Lambda leaves no more than the answer takes', {}, 300],
  ])('refuses a request before the handler runs where %s', async (_reason, event, lambdaMs) => {
    const handle = vi.fn(async () => 'answer');
    const { invoke } = invocationOf(handle, { fromHeader: true }, lambdaMs);

    await expect(invoke(event)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      called: false,
      status: 504,
    });

    expect(handle).not.toHaveBeenCalled();
  });

  test('limits a protected call, and says to its attempts how long they have', async () => {
    const seen: number[] = [];
    const { clock, invoke } = invocationOf(
      async () => {
        const posts = resilient<string>({ name: 'posts', attemptTimeoutMs: 10_000, clock });
        return posts.outcome(({ remainingMs }) => {
          seen.push(remainingMs());
          return never();
        });
      },
      { fromHeader: true },
    );
    const run = invoke({ headers: { 'x-request-timeout-ms': '1000' } });
    await clock.advance(700);

    expect(await run).toMatchObject({
      source: 'none',
      durationMs: 700,
      error: { code: 'DEADLINE_EXCEEDED', limit: "invocation's deadline" },
    });
    expect(seen).toEqual([700]);
    expect(clock.pending).toBe(0);
  });

  test('limits a call within a call, after awaits too', async () => {
    const seen: (number | undefined)[] = [];
    const { clock, invoke } = invocationOf(async () => {
      const inner = resilient<void>({ name: 'inner', clock });
      const outer = resilient<void>({ name: 'outer', attemptTimeoutMs: 500, clock });
      seen.push(remainingMs());
      await outer.execute(async () => {
        seen.push(remainingMs());
        await Promise.resolve();
        await inner.execute(async ({ remainingMs }) => {
          seen.push(remainingMs(), remainingMs());
        });
      });
      seen.push(remainingMs());
    });

    await invoke();

    expect(seen).toEqual([2_700, 500, 500, 500, 2_700]);
  });

  test('gives up what an attempt has started together with the attempt', async () => {
    const signals: AbortSignal[] = [];
    const { clock, invoke } = invocationOf(async () => {
      const inner = resilient<string>({ name: 'inner', clock });
      const outer = resilient<string>({ name: 'outer', attemptTimeoutMs: 500, clock });
      const giveUp = new AbortController();
      const hangs = ({ signal }: CallContext) => {
        signals.push(signal);
        return never();
      };
      const run = outer.execute(() => inner.execute(hangs), { signal: giveUp.signal });
      giveUp.abort('enough');
      return run.catch((error: unknown) => error);
    });

    expect(await invoke()).toBe('enough');

    expect(signals.map(({ reason }) => reason)).toEqual(['enough']);
    expect(clock.pending).toBe(0);
  });

  test('limits a call that has a clock of its own', async () => {
    const other = fakeClock();
    const { invoke } = invocationOf(async () => {
      await other.advance(40);
      return resilient<number>({ name: 'posts', attemptTimeoutMs: 10_000, clock: other }).execute(
        async ({ remainingMs }) => remainingMs(),
      );
    });

    expect(await invoke()).toBe(2_700);
  });

  test('limits each of several invocations at once by its own time', async () => {
    const clock = fakeClock();
    const { promise: together, resolve } = Promise.withResolvers<void>();
    let waiting = 0;
    const lambda = form({ clock, fromHeader: true }, async () => {
      const seen = [remainingMs()];
      if (++waiting === 2) resolve();
      await together;
      return [...seen, remainingMs(), deadlineHeaders()];
    });
    const invoke = async (timeout: string) =>
      lambda({ headers: { 'x-request-timeout-ms': timeout } }, lambdaContext({ clock }));

    expect(await Promise.all([invoke('1000'), invoke('2000')])).toEqual([
      [700, 700, { 'x-request-timeout-ms': '700' }],
      [1_700, 1_700, { 'x-request-timeout-ms': '1700' }],
    ]);
  });

  test('neither retries nor records a call that still runs when the invocation has answered', async () => {
    const calls = Promise.withResolvers<string>();
    const clock = fakeClock();
    const posts = resilient<string>({
      name: 'posts',
      clock,
      retry: { maxAttempts: 2 },
      breaker: { minimumCalls: 1, failureRatio: 0.05, openMs: 60_000 },
    });
    const call = vi.fn((_context: CallContext) => calls.promise);
    let left: Promise<unknown> | undefined;
    const lambda = form({ clock }, async () => {
      left = posts.outcome(call);
      return 'answered without it';
    });
    await lambda({}, lambdaContext({ clock }));

    calls.reject(outage());

    expect(await left).toMatchObject({ source: 'none', attempts: 1 });
    expect(await posts.outcome(async () => 'fine')).toMatchObject({ source: 'live' });
  });

  test('makes no attempt for an invocation that has answered, after a freeze', async () => {
    const clock = fakeClock();
    const posts = resilient<string>({
      name: 'posts',
      clock,
      retry: { maxAttempts: 2, baseDelayMs: 100, backoff: () => 100 },
    });
    const call = vi.fn(() => Promise.reject(outage()));
    let left: Promise<unknown> | undefined;
    const lambda = form({ clock }, async () => {
      left = posts.outcome(call);
      await Promise.resolve();
    });
    await lambda({}, lambdaContext({ clock }));
    await clock.freeze(200);

    expect(await left).toMatchObject({ source: 'none', error: { message: 'outage' } });
    expect(call).toHaveBeenCalledTimes(1);
  });

  test('records no call that still runs when the handler has thrown', async () => {
    const calls = Promise.withResolvers<string>();
    const clock = fakeClock();
    const posts = resilient<string>({
      name: 'posts',
      clock,
      breaker: { minimumCalls: 1, failureRatio: 0.05, openMs: 60_000 },
    });
    let left: Promise<unknown> | undefined;
    const lambda = form({ clock }, async () => {
      left = posts.outcome(() => calls.promise);
      throw new Error('answered with an error');
    });
    await expect(async () => lambda({}, lambdaContext({ clock }))).rejects.toThrow('answered with an error');

    calls.reject(new Error('outage'));

    await left;
    expect(await posts.outcome(async () => 'fine')).toMatchObject({ source: 'live' });
  });

  test('is unknown where the context does not say it, and then no header is sent', async () => {
    const lambda = form({ clock: fakeClock() }, async () => [remainingMs(), deadlineHeaders()]);

    expect(await lambda({}, {} as never)).toEqual([undefined, {}]);
  });

  test.each([
    { totalTimeoutMs: 0 },
    { reserveMs: -1 },
    { fromHeader: 'two words' },
    { header: 'x-wait' },
    { clock: 1 },
    { limitMs: 1 },
  ])('refuses wrong options: %j', (options) => {
    expect(() => form(options as DeadlineOptions, async () => 1)).toThrow(/expected|unknown option/);
  });

  test('takes the clock of the system by default', async () => {
    const lambda = form({}, async () => remainingMs());

    const left = await lambda({}, lambdaContext());

    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(2_700);
  });
});

describe('withDeadline', () => {
  test('answers in time whatever the handler waits for, and aborts its signal', async () => {
    const clock = fakeClock();
    let signal: AbortSignal | undefined;
    const remaining: number[] = [];
    const lambda = withDeadline({ clock }, (_event: unknown, _context: unknown, time) => {
      signal = time.signal;
      remaining.push(time.remainingMs());
      return never();
    });
    const run = lambda({}, lambdaContext({ clock })).catch((error: unknown) => error);
    await clock.advance(2_725);

    expect(await run).toBeInstanceOf(DeadlineExceededError);
    expect(await run).toMatchObject({ called: true, status: 504 });
    expect(signal?.aborted).toBe(true);
    expect(remaining).toEqual([2_700]);
    expect(clock.pending).toBe(0);
  });
});

describe('withDeadline around a protected call that takes too long', () => {
  test('answers with what came of the call, which ends first', async () => {
    const clock = fakeClock();
    const posts = resilient<string>({ name: 'posts', attemptTimeoutMs: 10_000, fallback: 'stale', clock });
    const lambda = withDeadline({ clock }, (_event: unknown, _context: unknown) => posts.execute(never));
    const run = lambda({}, lambdaContext({ clock }));
    await clock.advance(2_700);

    expect(await run).toBe('stale');
    expect(clock.pending).toBe(0);
  });
});

describe('an invocation within another one', () => {
  test.each([
    ['a wrapper within a wrapper', FORMS[1][1], FORMS[1][1]],
    ['a wrapper within Middy', FORMS[0][1], FORMS[1][1]],
    ['Middy within a wrapper', FORMS[1][1], FORMS[0][1]],
  ])('has no more time than the outer one: %s', async (_which, outer, inner) => {
    const clock = fakeClock();
    const context = lambdaContext({ clock });
    const within = inner({ clock }, async () => remainingMs());
    const enclosing = outer({ clock, totalTimeoutMs: 1_000 }, async () => [
      await within({}, context),
      remainingMs(),
    ]);

    expect(await enclosing({}, context)).toEqual([700, 700]);
  });
});

describe('outside of an invocation', () => {
  test('remainingMs gives nothing, and deadlineHeaders no header', () => {
    expect(outside(() => remainingMs())).toBeUndefined();
    expect(outside(() => deadlineHeaders())).toEqual({});
  });

  test('a call within a call is limited by the context of the outer one', async () => {
    const clock = fakeClock();
    const inner = resilient<number>({ name: 'inner', clock });
    const outer = resilient<number>({ name: 'outer', attemptTimeoutMs: 500, clock });

    const left = await outer.execute(
      (context) =>
        inner.execute(async ({ remainingMs, key }) => (key === '7' ? remainingMs() : Number.NaN), context),
      {
        key: '7',
      },
    );

    expect(left).toBe(500);
  });
});
