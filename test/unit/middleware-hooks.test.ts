import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import type { Ended } from '../../lib/middleware/adapter/ended.ts';
import { hooks, type Session } from '../../lib/middleware/adapter/hooks.ts';
import { lambdaContext, settle } from '../../lib/testing/index.ts';
import { failing } from '../support/outcomes.ts';

const context = lambdaContext();
const chain = (...all: middy.MiddlewareObj[]) =>
  all.reduce((lambda, each) => lambda.use(each), middy<unknown, unknown>({ timeoutEarlyInMillis: 0 }));
const ok = async (): Promise<unknown> => 'ok';
const early = async () => 'early';

/** A middleware that keeps how its sessions end. */
function recorder(make = hooks<unknown, unknown, unknown>, name = '') {
  const ends: Ended<unknown>[] = [];
  const session: Session<unknown> = {
    end(ended) {
      ends.push(ended);
      return name === '' ? undefined : { response: `${ended.response} ${name}` };
    },
  };
  const begin = vi.fn((_event: unknown, _context: unknown) => session);
  return { ends, begin, middleware: make('correlation', begin) };
}

describe('a session of a middleware', () => {
  interface Ending {
    readonly when: string;
    readonly inside?: middy.MiddlewareObj;
    readonly handle?: () => Promise<unknown>;
    readonly ended: Partial<Ended<unknown>>;
    /** What the caller gets. */
    readonly outcome: unknown;
  }
  const errorOf = (message: string) => expect.objectContaining({ message });
  const answered = (response: unknown) => ({ kind: 'answered', response }) as const;
  const failed = (response?: unknown) => ({ kind: 'failed', error: errorOf('outage'), response }) as const;

  const ENDINGS: readonly Ending[] = [
    { when: 'the handler answers', ended: answered('ok'), outcome: 'ok' },
    { when: 'the handler throws', handle: failing, ended: failed(), outcome: errorOf('outage') },
    {
      when: 'an `onError` inside answers to an error',
      inside: { onError: (request) => void Object.assign(request, { response: 'answer' }) },
      handle: failing,
      ended: failed('answer'),
      outcome: 'answer',
    },
    {
      when: 'a `before` inside throws',
      inside: { before: failing },
      ended: failed(),
      outcome: errorOf('outage'),
    },
    {
      when: 'an `after` inside throws',
      inside: { after: failing },
      ended: failed(),
      outcome: errorOf('outage'),
    },
    {
      when: 'an `onError` inside throws',
      inside: { onError: () => Promise.reject(new Error('no log')) },
      handle: failing,
      ended: failed(),
      outcome: errorOf('no log'),
    },
    {
      when: 'an `onError` inside throws the same error',
      inside: { onError: ({ error }) => Promise.reject(error) },
      handle: failing,
      ended: failed(),
      outcome: errorOf('outage'),
    },
    {
      when: 'an `onError` inside throws text',
      inside: { onError: () => Promise.reject('no log') },
      handle: failing,
      ended: failed(),
      outcome: 'no log',
    },
    {
      when: 'an `onError` inside puts another error in the place of the first one',
      inside: { onError: (request) => void Object.assign(request, { error: new Error('other') }) },
      handle: failing,
      ended: { kind: 'failed', error: errorOf('other') },
      outcome: errorOf('other'),
    },
    {
      when: 'a `before` inside answers early',
      inside: { before: early },
      ended: { kind: 'early', response: 'early' },
      outcome: 'early',
    },
    {
      when: 'a `before` inside answers early with undefined',
      inside: { before: (request) => void Object.assign(request, { earlyResponse: undefined }) },
      ended: { kind: 'early', response: undefined },
      outcome: undefined,
    },
    {
      when: 'an `after` inside answers early',
      inside: { after: early },
      ended: answered('early'),
      outcome: 'early',
    },
    {
      when: 'an `onError` inside answers early',
      inside: { onError: early },
      handle: failing,
      ended: failed('early'),
      outcome: 'early',
    },
    {
      when: 'an `onError` inside answers early with undefined, so that Middy throws',
      inside: { onError: (request) => void Object.assign(request, { earlyResponse: undefined }) },
      handle: failing,
      ended: failed(),
      outcome: errorOf('outage'),
    },
    {
      when: 'an `after` inside answers early and throws',
      inside: {
        after(request) {
          request.earlyResponse = 'early';
          throw new Error('outage');
        },
      },
      ended: failed(),
      outcome: errorOf('outage'),
    },
  ];

  test.each(ENDINGS)('ends once where $when', async ({ inside, handle = ok, ended, outcome }) => {
    const { ends, middleware } = recorder();
    // Middy refuses a middleware without hooks.
    const lambda = chain(middleware, { after: () => {}, ...inside }).handler(handle);

    expect(await lambda({}, context).catch((error: unknown) => error)).toEqual(outcome);
    await settle();

    expect(ends).toEqual([expect.objectContaining(ended)]);
  });

  test.each([
    ['throws', { before: failing }],
    ['answers early', { before: early }],
  ])('does not begin where a middleware outside %s', async (_when, outside) => {
    const { ends, begin, middleware } = recorder();
    await chain(outside, middleware)
      .handler(ok)({}, context)
      .catch(() => undefined);

    expect(begin).not.toHaveBeenCalled();
    expect(ends).toEqual([]);
  });

  test('ends once where a middleware outside answers early afterwards, or throws', async () => {
    for (const after of [early, failing]) {
      const { ends, middleware } = recorder();
      await chain({ after }, middleware)
        .handler(ok)({}, context)
        .catch(() => undefined);

      expect(ends).toEqual([{ kind: 'answered', response: 'ok' }]);
    }
  });

  test('loses its own error where the request has one already that waits for nothing', async () => {
    const lambda = chain(
      hooks('breaker', () => ({ end: () => Promise.reject(new Error('unheard')) })),
      {
        onError: () => Promise.reject(new Error('no log')),
      },
    ).handler(failing);

    await expect(lambda({}, context)).rejects.toThrow('no log');
    await settle();
  });

  test.each([
    ['the handler answers', {}],
    ['a middleware inside answers early', { before: early }],
  ])('ends for each place where a chain uses the same middleware twice, where %s', async (_when, inside) => {
    const { ends, middleware } = recorder();
    await chain(middleware, middleware, { after: () => {}, ...inside }).handler(ok)({}, context);

    expect(ends).toHaveLength(2);
  });

  test('has nothing to end where it could not begin', async () => {
    const lambda = chain(hooks('breaker', failing)).handler(ok);

    await expect(lambda({}, context)).rejects.toThrow('outage');
  });

  test('of each of several requests at once ends by itself', async () => {
    const { ends, middleware } = recorder();
    const { promise, resolve } = Promise.withResolvers<string>();
    const lambda = chain(middleware).handler(async (event) => (event === 'slow' ? promise : event));
    const slow = lambda('slow', context);
    await lambda('fast', context);
    expect(ends).toEqual([{ kind: 'answered', response: 'fast' }]);
    resolve('late');
    await slow;

    expect(ends).toEqual([
      { kind: 'answered', response: 'fast' },
      { kind: 'answered', response: 'late' },
    ]);
  });
});

describe('an early answer', () => {
  test.each([
    ['before', { before: early }, ok],
    ['after', { after: early }, ok],
    ['onError', { onError: early }, failing],
  ])(
    'of a hook `%s` waits until the sessions outside have ended, and is a plain value then',
    async (_hook, inside, handle) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const seen: unknown[] = [];
      const lambda = middy<unknown, unknown>({
        timeoutEarlyInMillis: 0,
        requestEnd: ({ response }) => void seen.push(response),
      })
        .use(hooks('breaker', () => ({ end: () => promise })))
        .use(inside)
        .handler(handle);
      const answer = lambda({}, context).then((response: unknown) => seen.push(`answered ${response}`));
      await settle();
      expect(seen).toEqual([]);
      resolve(undefined);
      await answer;

      expect(seen).toEqual(['early', 'answered early']);
    },
  );

  test('passes through the sessions outside, the innermost first', async () => {
    const all = ['a', 'b', 'c'].map((name) => recorder(hooks, name).middleware);

    expect(await chain(...all, { before: early }).handler(ok)({}, context)).toBe('early c b a');
  });

  test('passes through the sessions of several copies of the package, each of which ends once', async () => {
    vi.resetModules();
    const copy = await import('../../lib/middleware/adapter/hooks.ts');
    expect(copy.hooks).not.toBe(hooks);
    const all = [
      recorder(hooks, 'a'),
      recorder(copy.hooks, 'b'),
      recorder(hooks, 'c'),
      recorder(copy.hooks, 'd'),
    ];

    const answer = await chain(...all.map(({ middleware }) => middleware), { before: early }).handler(ok)(
      {},
      context,
    );

    expect(all.map(({ ends }) => ends.map(({ kind }) => kind))).toEqual(Array(4).fill(['early']));
    expect(String(answer).split(' ').sort()).toEqual(['a', 'b', 'c', 'd', 'early']);
  });

  test('is read as a value by another copy of the package, not as the promise that it is meanwhile', async () => {
    vi.resetModules();
    const copy = await import('../../lib/middleware/adapter/watch.ts');
    const seen: unknown[] = [];
    const reading: middy.MiddlewareObj = {
      before: (request) => copy.watch(request, { read: (response) => void seen.push(response) }),
    };
    const { middleware } = recorder(hooks, 'a');

    await chain(middleware, reading, { before: early }).handler(ok)({}, context);

    expect(new Set(seen)).toEqual(new Set(['early a']));
  });

  test('leaves an accessor alone that another library has put on the response', async () => {
    const written: unknown[] = [];
    let response: unknown;
    const accessor = {
      before(request: object) {
        Object.defineProperty(request, 'response', {
          configurable: true,
          get: () => response,
          set(next: unknown) {
            written.push(next);
            response = next;
          },
        });
      },
    };
    const { middleware } = recorder(hooks, 'a');

    expect(await chain(accessor, middleware, { before: early }).handler(ok)({}, context)).toBe('early a');
    expect(written).toEqual(['early a']);
  });
});
