import { AsyncLocalStorage } from 'node:async_hooks';
import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import type { CallContext } from '../../lib/core/execution.ts';
import { DeadlineExceededError } from '../../lib/core/errors.ts';
import { deadlineHeaders, timeLeftMs } from '../../lib/deadline/next-hop.ts';
import type { DeadlineOptions } from '../../lib/deadline/options.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { deadline } from '../../lib/middleware/deadline.ts';
import { problemDetails } from '../../lib/middleware/problem-details.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { fakeClock, lambdaContext } from '../../lib/testing/index.ts';
import { never } from '../support/outcomes.ts';

/** Runs something where no test has entered an invocation. */
const outside = AsyncLocalStorage.snapshot();

type Handler = () => Promise<unknown>;

/** Both forms of it, around the same handler. */
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
  function world(handle: Handler, options: DeadlineOptions = {}, remainingMs = 3_000) {
    const clock = fakeClock();
    const lambda = form({ clock, ...options }, handle);
    const context = lambdaContext({ remainingMs, clock });
    return { clock, invoke: async (event: unknown = {}) => lambda(event, context) };
  }
  const timeLeftIn = (event: unknown, options?: DeadlineOptions, remainingMs?: number) =>
    world(async () => timeLeftMs(), options, remainingMs).invoke(event);

  test('is what Lambda leaves, less a reserve for the answer', async () => {
    expect(await timeLeftIn({})).toBe(2_700);
    expect(await timeLeftIn({}, { reserveMs: 0 })).toBe(3_000);
    expect(await timeLeftIn({}, { totalTimeoutMs: 1_200, reserveMs: 150 })).toBe(1_050);
    expect(await timeLeftIn({}, { totalTimeoutMs: 90_000 })).toBe(2_700);
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
  ])('can be shortened by a header and never made longer: %j', async (event, leftMs) => {
    expect(await timeLeftIn(event)).toBe(leftMs);
  });

  test('reads the header that it is told to', async () => {
    const event = { headers: { 'x-wait': '900', 'x-request-timeout-ms': '10' } };

    expect(await timeLeftIn(event, { header: 'x-wait' })).toBe(600);
  });

  test.each([
    [1_000, 700],
    [60_000, 2_700],
  ])('ends with the expiry of an event, %d ms from now', async (expiresInMs, leftMs) => {
    const expiresAt = new Date(fakeClock().now() + expiresInMs).toISOString();

    expect(await timeLeftIn({ detail: { metadata: { expiresAt } } })).toBe(leftMs);
  });

  test.each([undefined, 'soon', 7, null])('does not end with %j, which is no moment', async (expiresAt) => {
    expect(await timeLeftIn({ detail: { metadata: { expiresAt } } })).toBe(2_700);
  });

  test.each<[string, unknown, number?]>([
    ['its caller has given up', { headers: { 'x-request-timeout-ms': '0' } }],
    ['its caller had given up before', { headers: { 'x-request-timeout-ms': '-20' } }],
    ['its caller leaves no more than the answer takes', { headers: { 'x-request-timeout-ms': '300' } }],
    ['its event has expired', { detail: { metadata: { expiresAt: '2024-01-01T00:00:00Z' } } }],
    ['Lambda leaves no more than the answer takes', {}, 300],
  ])('refuses a request at once and calls nothing where %s', async (_reason, event, remainingMs) => {
    const handle = vi.fn(async () => 'answer');
    const { invoke } = world(handle, {}, remainingMs);

    await expect(invoke(event)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      called: false,
      status: 504,
    });

    expect(handle).not.toHaveBeenCalled();
  });

  test('cuts a protected call, its attempts and what they are told of their time', async () => {
    const seen: number[] = [];
    const { clock, invoke } = world(async () => {
      const posts = resilient<string>({ name: 'posts', attemptTimeoutMs: 10_000, clock });
      return posts.outcome(({ remainingMs }) => {
        seen.push(remainingMs());
        return never();
      });
    });
    const run = invoke({ headers: { 'x-request-timeout-ms': '1000' } });
    await clock.advance(700);

    expect(await run).toMatchObject({ source: 'none', durationMs: 675, error: { code: 'ATTEMPT_TIMEOUT' } });
    expect(seen).toEqual([675]);
    expect(clock.pending).toBe(0);
  });

  test('is inherited by a call within a call, after awaits too', async () => {
    const seen: (number | undefined)[] = [];
    const { clock, invoke } = world(async () => {
      const inner = resilient<void>({ name: 'inner', clock });
      const outer = resilient<void>({ name: 'outer', attemptTimeoutMs: 500, clock });
      seen.push(timeLeftMs());
      await outer.execute(async () => {
        seen.push(timeLeftMs());
        await Promise.resolve();
        await inner.execute(async ({ remainingMs }) => {
          seen.push(remainingMs(), timeLeftMs());
        });
      });
      seen.push(timeLeftMs());
    });

    await invoke();

    expect(seen).toEqual([2_700, 500, 475, 475, 2_700]);
  });

  test('ends what an attempt has started when that is given up', async () => {
    const signals: AbortSignal[] = [];
    const { clock, invoke } = world(async () => {
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

  test('is converted for a call by another clock', async () => {
    const other = fakeClock();
    const { invoke } = world(async () => {
      await other.advance(40);
      return resilient<number>({ name: 'posts', attemptTimeoutMs: 10_000, clock: other }).execute(
        async ({ remainingMs }) => remainingMs(),
      );
    });

    expect(await invoke()).toBe(2_675);
  });

  test('is of each invocation its own, where several run at once', async () => {
    const clock = fakeClock();
    const { promise: together, resolve } = Promise.withResolvers<void>();
    let waiting = 0;
    const lambda = form({ clock }, async () => {
      const seen = [timeLeftMs()];
      if (++waiting === 2) resolve();
      await together;
      return [...seen, timeLeftMs(), deadlineHeaders()];
    });
    const invoke = async (timeout: string) =>
      lambda({ headers: { 'x-request-timeout-ms': timeout } }, lambdaContext({ clock }));

    expect(await Promise.all([invoke('1000'), invoke('2000')])).toEqual([
      [700, 700, { 'x-request-timeout-ms': '700' }],
      [1_700, 1_700, { 'x-request-timeout-ms': '1700' }],
    ]);
  });

  test('counts for nothing what is left running when the answer has been given', async () => {
    const calls = Promise.withResolvers<string>();
    const clock = fakeClock();
    const posts = resilient<string>({
      name: 'posts',
      clock,
      retry: { attempts: 2 },
      breaker: { minimumCalls: 1, openMs: 60_000 },
    });
    const call = vi.fn((_context: CallContext) => calls.promise);
    let left: Promise<unknown> | undefined;
    const lambda = form({ clock }, async () => {
      left = posts.outcome(call);
      return 'answered without it';
    });
    await lambda({}, lambdaContext({ clock }));

    calls.reject(Object.assign(new Error('outage'), { status: 503 }));

    // Not made again in the next invocation, and no evidence against posts either.
    expect(await left).toMatchObject({ source: 'none', attempts: 1 });
    expect(await posts.outcome(async () => 'fine')).toMatchObject({ source: 'live' });
  });

  test('ends a wait for the next attempt that a freeze has carried into the next invocation', async () => {
    const clock = fakeClock();
    const posts = resilient<string>({
      name: 'posts',
      clock,
      retry: { attempts: 2, baseDelayMs: 100, backoff: () => 100 },
    });
    const call = vi.fn(() => Promise.reject(Object.assign(new Error('outage'), { status: 503 })));
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

  test('is over after a handler that throws, too', async () => {
    const calls = Promise.withResolvers<string>();
    const clock = fakeClock();
    const posts = resilient<string>({ name: 'posts', clock, breaker: { minimumCalls: 1, openMs: 60_000 } });
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

  test('is unknown where the context does not tell it, and then no header is sent', async () => {
    const lambda = form({ clock: fakeClock() }, async () => [timeLeftMs(), deadlineHeaders()]);

    expect(await lambda({}, {} as never)).toEqual([Number.POSITIVE_INFINITY, {}]);
  });

  test.each([
    { totalTimeoutMs: 0 },
    { reserveMs: -1 },
    { header: 'two words' },
    { clock: 1 },
    { limitMs: 1 },
  ])('refuses wrong options: %j', (options) => {
    expect(() => form(options as DeadlineOptions, async () => 1)).toThrow(/expected|unknown option/);
  });

  test('takes the clock of the system where none is handed in', async () => {
    const lambda = form({}, async () => timeLeftMs());

    const left = await lambda({}, lambdaContext());

    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(2_700);
  });
});

describe('the deadline middleware', () => {
  test('has its refusal answered as a problem by the middleware that makes one', async () => {
    const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(problemDetails({ onServerError: () => undefined }))
      .use(deadline())
      .handler(async () => 'answer');

    const answer = await lambda({ headers: { 'x-request-timeout-ms': '0' } }, lambdaContext());

    expect(answer).toMatchObject({ statusCode: 504 });
  });

  test('has nothing to end where something before it has failed', async () => {
    const early = { before: async () => Promise.reject(new Error('early')) };
    const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(early)
      .use(deadline())
      .handler(async () => 'answer');

    await expect(lambda({}, lambdaContext())).rejects.toThrow('early');
  });
});

describe('withDeadline', () => {
  test('answers while there is time, whatever the handler waits for, and aborts its signal', async () => {
    const clock = fakeClock();
    let signal: AbortSignal | undefined;
    const lambda = withDeadline({ clock }, (_event: unknown, _context: unknown, time) => {
      signal = time.signal;
      return never();
    });
    const run = lambda({}, lambdaContext({ clock })).catch((error: unknown) => error);
    await clock.advance(2_700);

    expect(await run).toBeInstanceOf(DeadlineExceededError);
    expect(await run).toMatchObject({ called: true, status: 504 });
    expect(signal?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });
});

describe('outside of an invocation', () => {
  test('no time is known and no header sent', () => {
    expect(outside(() => timeLeftMs())).toBeUndefined();
    expect(outside(() => deadlineHeaders())).toEqual({});
  });

  test('a call within a call is handed the context of the outer one', async () => {
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

    expect(left).toBe(475);
  });
});
