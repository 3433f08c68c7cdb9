import { AsyncLocalStorage } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import middy from '@middy/core';
import { describe, expect, test } from 'vitest';
import { invocationContext } from '../../lib/core/invocation-context.ts';
import { remainingMs } from '../../lib/deadline/next-hop.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { breaker } from '../../lib/middleware/breaker.ts';
import { deadline } from '../../lib/middleware/deadline.ts';
import { problemDetails } from '../../lib/middleware/problem-details.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import {
  type FakeClock,
  fakeClock,
  type LambdaContext,
  lambdaContext,
  settle,
} from '../../lib/testing/index.ts';
import { httpEvent } from '../support/http-event.ts';
import { failing, never } from '../support/outcomes.ts';

/** Runs something where no test has entered an invocation. */
const outside = AsyncLocalStorage.snapshot();

const answer = async () => ({ statusCode: 304 });
const ok = async (): Promise<unknown> => 'ok';

interface Chain {
  readonly outer?: middy.MiddlewareObj;
  readonly inner?: middy.MiddlewareObj;
  readonly handle?: () => Promise<unknown>;
}

function lambdaWith(
  clock: FakeClock,
  { outer = { after: () => {} }, inner = { after: () => {} }, handle = ok }: Chain = {},
) {
  const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
    .use(outer)
    .use(deadline<unknown, unknown>({ clock }))
    .use(inner)
    .handler(handle);
  return () => lambda({}, lambdaContext({ clock }));
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** How many contexts what runs here is in, one within the other. */
function depth(): number {
  let count = 0;
  for (let context = invocationContext(); context !== undefined; context = context.parent) count++;
  return count;
}

describe('an invocation that is over', () => {
  const ENDINGS: readonly [string, Chain][] = [
    ['the handler answered', {}],
    ['the handler threw', { handle: failing }],
    ['an `after` outside threw', { outer: { after: failing } }],
    ['a `before` inside threw', { inner: { before: failing } }],
    ['an `after` inside threw', { inner: { after: failing } }],
    ['an `onError` inside threw', { handle: failing, inner: { onError: failing } }],
    [
      'an `onError` inside threw the same error',
      { handle: failing, inner: { onError: ({ error }) => Promise.reject(error) } },
    ],
    ['an `onError` inside threw text', { handle: failing, inner: { onError: () => Promise.reject('text') } }],
    ['a middleware answered before the handler', { inner: { before: answer } }],
    ['a middleware answered after the handler', { inner: { after: answer } }],
    ['a middleware answered to an error', { handle: failing, inner: { onError: answer } }],
  ];

  test.each(ENDINGS)(
    'limits no call that comes before the next one begins, where %s',
    async (_when, chain) => {
      await outside(async () => {
        const clock = fakeClock();
        await lambdaWith(clock, chain)().catch(() => undefined);
        await clock.advance(60_000);

        expect(remainingMs()).toBeUndefined();
        const posts = resilient<string>({ name: 'posts', clock });
        expect(await posts.outcome(async () => 'fine')).toMatchObject({ source: 'live', attempts: 1 });
      });
    },
  );

  test('limits no refresher that it has started', async () => {
    const clock = fakeClock();
    const posts = resilient<string>({ name: 'posts', clock });
    const outcomes: unknown[] = [];
    const refresh = async () => outcomes.push(await posts.outcome(async () => `${remainingMs()} ms`));
    const invoke = lambdaWith(clock, { handle: async () => clock.after(60_000, () => void refresh()) });
    await outside(invoke);

    await clock.advance(60_000);

    expect(outcomes).toMatchObject([{ source: 'live', value: 'undefined ms' }]);
  });

  test('leaves nothing behind for the next ones', async () => {
    const depths: number[] = [];
    const invoke = lambdaWith(fakeClock(), { handle: async () => depths.push(depth()) });

    await outside(async () => {
      for (let invocations = 0; invocations < 5; invocations++) await invoke();
    });

    expect(depths).toEqual([1, 1, 1, 1, 1]);
  });

  test.each([
    ['the deadline', (clock: FakeClock) => deadline<unknown, unknown>({ clock })],
    ['a breaker', (clock: FakeClock) => breaker<unknown, unknown>({ name: 'posts', clock })],
  ])('leaves nothing of %s behind where invocations overlap in one loop', async (_what, middleware) => {
    const contexts: WeakRef<object>[] = [];
    const ends = Array.from({ length: 20 }, () => Promise.withResolvers<void>());
    const clock = fakeClock();
    const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(middleware(clock))
      .handler(async () => {
        const end = ends[contexts.length];
        contexts.push(new WeakRef(invocationContext() ?? {}));
        await end?.promise;
      });

    await outside(async () => {
      let before: Promise<unknown> | undefined;
      for (const [index] of ends.entries()) {
        const run = lambda({}, lambdaContext({ clock }));
        ends[index - 1]?.resolve();
        await before;
        before = run;
      }
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
      const held = contexts.filter((context) => context.deref() !== undefined);
      expect(held.length).toBeLessThan(5);
    });
  });
});

describe('a request that is handled in an attempt of a protected call', () => {
  /** Handles a request by a call that hangs, within an attempt that may take 2,000 ms. */
  function attempt(middleware: (clock: FakeClock) => middy.MiddlewareObj) {
    const clock = fakeClock();
    const context = lambdaContext({ clock });
    const inner = resilient<string>({ name: 'inner', attemptTimeoutMs: 9_000, clock });
    const outer = resilient<unknown>({ name: 'outer', attemptTimeoutMs: 2_000, clock });
    const giveUp = new AbortController();
    const ended: unknown[] = [];
    const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(middleware(clock))
      .handler(async () => ended.push(await inner.outcome(never)));
    const within = withDeadline({ clock }, (event: unknown, own: LambdaContext) =>
      outer.outcome(() => lambda(event, own), { signal: giveUp.signal }),
    );
    return { clock, giveUp, ended, run: within({}, context) };
  }

  test('has its calls ended by its own deadline, where that comes first', async () => {
    const { clock, ended, run } = attempt((given) => deadline({ clock: given, totalTimeoutMs: 1_000 }));
    await clock.advance(700);
    await run;

    expect(ended).toMatchObject([{ durationMs: 700, error: { limit: "invocation's deadline" } }]);
  });

  test('has its calls given up with the attempt, under a breaker', async () => {
    const { clock, giveUp, ended, run } = attempt((given) => breaker({ name: 'handler', clock: given }));
    await clock.advance(100);
    giveUp.abort('enough');
    await run;
    await settle();

    expect(ended).toMatchObject([{ durationMs: 100, error: 'enough' }]);
  });
});

describe('the deadline middleware', () => {
  test('has its refusal answered by problemDetails', async () => {
    const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(problemDetails({ onServerError: () => undefined }))
      .use(deadline({ fromHeader: true }))
      .handler(ok);

    const response = await lambda(httpEvent({ headers: { 'x-request-timeout-ms': '0' } }), lambdaContext());

    expect(response).toMatchObject({ statusCode: 504 });
  });

  test('has nothing to end where a middleware outside failed first', async () => {
    const invoke = lambdaWith(fakeClock(), { outer: { before: failing } });

    await expect(invoke()).rejects.toThrow('outage');
  });

  test('limits the calls of a Middy handler within another one', async () => {
    const clock = fakeClock();
    const inner = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(problemDetails<unknown, unknown>())
      .handler(async () => remainingMs());
    const invoke = lambdaWith(clock, { handle: () => inner({}, lambdaContext({ clock })) });

    expect(await invoke()).toBe(2_700);
  });
});
