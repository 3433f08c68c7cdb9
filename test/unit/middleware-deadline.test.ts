import { AsyncLocalStorage } from 'node:async_hooks';
import middy from '@middy/core';
import { describe, expect, test } from 'vitest';
import { invocationContext } from '../../lib/core/invocation-context.ts';
import { remainingMs } from '../../lib/deadline/next-hop.ts';
import { deadline } from '../../lib/middleware/deadline.ts';
import { problemDetails } from '../../lib/middleware/problem-details.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { type FakeClock, fakeClock, lambdaContext } from '../../lib/testing/index.ts';
import { failing } from '../support/outcomes.ts';

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

  test('leaves nothing behind where invocations overlap in one loop', async () => {
    const depths: number[] = [];
    const ends = Array.from({ length: 20 }, () => Promise.withResolvers<void>());
    let begun = 0;
    const invoke = lambdaWith(fakeClock(), {
      async handle() {
        depths.push(depth());
        await ends[begun++]?.promise;
      },
    });

    await outside(async () => {
      let before: Promise<unknown> | undefined;
      for (const [index] of ends.entries()) {
        const run = invoke();
        ends[index - 1]?.resolve();
        await before;
        before = run;
      }
    });

    expect(depths.at(-1)).toBe(2);
    expect(Math.max(...depths)).toBe(2);
  });
});

describe('the deadline middleware', () => {
  test('has its refusal answered by problemDetails', async () => {
    const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(problemDetails({ onServerError: () => undefined }))
      .use(deadline({ fromHeader: true }))
      .handler(ok);

    const response = await lambda({ headers: { 'x-request-timeout-ms': '0' } }, lambdaContext());

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
