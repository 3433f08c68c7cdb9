import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import type { CallContext } from '../../lib/core/execution.ts';
import type { Layer } from '../../lib/core/layer.ts';
import { deadlineHeaders, remainingMs } from '../../lib/deadline/next-hop.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { type FallbackContext, fallback } from '../../lib/policy/fallback.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { timeout } from '../../lib/policy/timeout.ts';
import { lambdaContext } from '../../lib/testing/index.ts';
import { failing, never } from '../support/outcomes.ts';

/*
 * In which context listeners run is decided by timers and signals of Node, which a fake clock has none of. The limits here are
 * short, and long enough for a busy machine to call a function in.
 */

const LIMIT_MS = 100;

/** What a user keeps for each request: the id that its logs carry. */
const request = new AsyncLocalStorage<string>();

/** What an abort listener of a call sees. */
interface Seen {
  readonly request: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

const seenOnAbort = (signal: AbortSignal): Promise<Seen> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () =>
      resolve({ request: request.getStore(), headers: deadlineHeaders() }),
    );
  });

/** Calls by `execute` in the context of a request, and what the abort listener of its function sees. */
async function listened(
  id: string,
  execute: (call: (context: Pick<CallContext, 'signal'>) => Promise<never>) => Promise<unknown>,
): Promise<Seen> {
  let seen: Promise<Seen> | undefined;
  const run = request.run(id, () =>
    execute(({ signal }) => {
      seen = seenOnAbort(signal);
      return never();
    }),
  );
  await run.catch(() => undefined);
  if (!seen) throw new Error('expected the function to be called');
  return seen;
}

const limits: Partial<ResilientOptions<unknown>> = { attemptTimeoutMs: LIMIT_MS };
const hangs: Layer<unknown> = (next) => async (execution) => {
  await next(execution).catch(() => undefined);
  return never();
};

describe('an abort listener', () => {
  test.each<
    readonly [string, (call: (context: Pick<CallContext, 'signal'>) => Promise<never>) => Promise<unknown>]
  >([
    ['an attempt timeout', (call) => resilient({ name: 'posts', ...limits }).execute(call)],
    ['a total timeout', (call) => resilient({ name: 'posts', totalTimeoutMs: LIMIT_MS }).execute(call)],
    [
      'a total timeout around a layer of a user',
      (call) =>
        resilient({
          ...{ name: 'posts', totalTimeoutMs: LIMIT_MS, attemptTimeoutMs: false },
          layers: [{ after: 'deadline', layer: hangs }],
        }).execute(call),
    ],
    ["a caller's time", (call) => resilient({ name: 'posts' }).execute(call, { remainingMs: LIMIT_MS })],
    ['a timeout alone', (call) => timeout({ timeoutMs: LIMIT_MS }).execute(call)],
    [
      'the timeout of a fallback',
      (call) =>
        fallback<unknown>({
          fallback: (_error: unknown, context: FallbackContext) => call(context),
          fallbackTimeoutMs: LIMIT_MS,
        }).execute(failing),
    ],
    [
      'the timeout of an outer call',
      (call) =>
        resilient({ name: 'outer', ...limits }).execute((context) =>
          resilient({ name: 'inner' }).execute(call, context),
        ),
    ],
    [
      'the deadline of an invocation',
      (call) =>
        withDeadline({ totalTimeoutMs: LIMIT_MS, reserveMs: 0 }, (_event, _context, { signal }) =>
          call({ signal }),
        )({}, {}),
    ],
    [
      'the deadline of an invocation, in a call',
      (call) =>
        withDeadline({ totalTimeoutMs: LIMIT_MS, reserveMs: 0 }, () =>
          resilient({ name: 'posts' }).execute(call),
        )({}, {}),
    ],
  ])('sees the context of its own call: %s', async (_limit, execute) => {
    // A call before, whose timer must lend its context to no other.
    const first = request.run('first', () => resilient({ name: 'first' }).execute(async () => 'fine'));
    const [, second, third] = await Promise.all([
      first,
      listened('second', execute),
      listened('third', execute),
    ]);

    expect([second.request, third.request]).toEqual(['second', 'third']);
  });

  test.each<
    readonly [
      string,
      (call: (context: CallContext) => Promise<never>, signal: AbortSignal) => Promise<unknown>,
    ]
  >([
    ['a call', (call, signal) => resilient({ name: 'posts' }).execute(call, { signal })],
    ['a timeout alone', (call, signal) => timeout({ timeoutMs: 10_000 }).execute(call, { signal })],
    [
      'a call in an invocation',
      (call, signal) =>
        withDeadline({ totalTimeoutMs: 10_000 }, () =>
          resilient({ name: 'posts' }).execute(call, { signal }),
        )({}, {}),
    ],
    [
      'a call in a call',
      (call, signal) =>
        resilient({ name: 'outer' }).execute(
          (context) => resilient({ name: 'inner' }).execute(call, context),
          { signal },
        ),
    ],
    [
      'a call in a call in an invocation, with a signal of its own',
      (call, signal) =>
        withDeadline({ totalTimeoutMs: 10_000 }, () =>
          resilient({ name: 'outer' }).execute(() => resilient({ name: 'inner' }).execute(call, { signal })),
        )({}, {}),
    ],
  ])(
    'sees the context of its own call where another one aborts the signal of both: %s',
    async (_what, execute) => {
      const controller = new AbortController();
      const second = listened('second', (call) => execute(call, controller.signal));
      const third = listened('third', (call) => execute(call, controller.signal));

      request.run('first', () => controller.abort());

      expect([(await second).request, (await third).request]).toEqual(['second', 'third']);
    },
  );

  test('sends the remaining time of its own invocation', async () => {
    const invoke = (id: string, remainingMs: number) =>
      listened(id, (call) =>
        withDeadline({ reserveMs: 0 }, () => resilient({ name: 'posts', ...limits }).execute(call))(
          {},
          lambdaContext({ remainingMs }),
        ),
      );
    const [long, short] = await Promise.all([invoke('long', 900_000), invoke('short', 60_000)]);

    expect(Number(long.headers['x-request-timeout-ms'])).toBeGreaterThan(600_000);
    expect(Number(short.headers['x-request-timeout-ms'])).toBeLessThanOrEqual(60_000);
  });

  test('knows that no time is left when its own invocation is over', async () => {
    const seen = await listened('a', (call) =>
      withDeadline({ totalTimeoutMs: LIMIT_MS, reserveMs: 0 }, (_event, _context, { signal }) =>
        call({ signal }),
      )({}, {}),
    );

    expect(seen.headers).toEqual({ 'x-request-timeout-ms': '0' });
  });
});

describe('the function of a call', () => {
  test.each([1, 2])('runs in the context of its own call in attempt %d', async (attempts) => {
    const posts = resilient<string | undefined>({ name: 'posts', retry: { baseDelayMs: 1 } });
    const call = (id: string) =>
      request.run(id, () =>
        posts.execute(({ attempt }) => (attempt < attempts ? failing() : request.getStore())),
      );

    expect(await Promise.all([call('first'), call('second')])).toEqual(['first', 'second']);
  });

  test('runs in the context of its own call where it makes a fallback', async () => {
    const posts = resilient<string | undefined>({ name: 'posts', fallback: () => request.getStore() });
    const call = (id: string) => request.run(id, () => posts.execute(failing));

    expect(await Promise.all([call('first'), call('second')])).toEqual(['first', 'second']);
  });

  test('knows the time of its attempt in an invocation, and no time elsewhere', async () => {
    const posts = resilient<number | undefined>({ name: 'posts', attemptTimeoutMs: 500 });

    expect(await posts.execute(() => remainingMs())).toBeUndefined();
    const inInvocation = withDeadline({ totalTimeoutMs: 60_000 }, () => posts.execute(() => remainingMs()));
    expect(await inInvocation({}, {})).toBeLessThanOrEqual(500);
  });
});
