import middy from '@middy/core';
import { describe, expect, test } from 'vitest';
import { FibrinError } from '../../lib/core/errors.ts';
import { problemDetails } from '../../lib/middleware/problem-details.ts';
import { telemetry } from '../../lib/middleware/telemetry.ts';
import type { EmfOptions } from '../../lib/telemetry/emf.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { readEmf } from '../support/emf.ts';
import { contextWith } from '../support/lambda-context.ts';

const context = contextWith(2_000);
const missing = new FibrinError('NO_SUCH_ORDER', 'There is no order 7', { status: 404 });
const down = new FibrinError('DOWN', 'It is down', { status: 503 });

function world(options: Partial<EmfOptions> = {}) {
  const clock = fakeClock();
  const lines: string[] = [];
  const middleware = telemetry<unknown, unknown>({
    namespace: 'Shop',
    clock,
    write: (line) => lines.push(line),
    ...options,
  });
  const bare = () => middy<unknown, unknown>({ timeoutEarlyInMillis: 0 }).use(middleware);
  return { clock, lines, middleware, bare, read: () => lines.map(readEmf) };
}

describe('the telemetry middleware', () => {
  test('writes one line for an invocation, with nothing of its event or answer in it', async () => {
    const { clock, lines, bare, read } = world({ dimensions: { stage: 'prod' } });
    const lambda = bare().handler(async () => {
      await clock.advance(120);
      return { statusCode: 200, body: 'hunter2' };
    });

    await lambda({ body: 'hunter2' }, context);

    expect(read()).toMatchObject([
      {
        namespace: 'Shop',
        metrics: { Invocations: 1, Errors: 0, ColdStarts: 1, Duration: 120, RemainingTime: 2_000 },
        units: { Errors: 'Count', Duration: 'Milliseconds', RemainingTime: 'Milliseconds' },
        dimensions: { function: 'posts', stage: 'prod' },
      },
    ]);
    expect(lines.join()).not.toContain('hunter2');
  });

  test('calls the first invocation a cold start and no other, of those at once too, each middleware by itself', async () => {
    for (const { bare, read } of [world(), world()]) {
      const lambda = bare().handler(async () => 'ok');
      await Promise.all([lambda({}, context), lambda({}, context)]);
      await lambda({}, context);
      expect(read().map(({ metrics }) => metrics['ColdStarts'])).toEqual([1, 0, 0]);
    }
  });

  test('measures invocations at once each by itself', async () => {
    const { clock, bare, read } = world();
    const ends = [Promise.withResolvers<string>(), Promise.withResolvers<string>()] as const;
    const lambda = bare().handler(async (event) => ends[event === 'b' ? 1 : 0].promise);

    const a = lambda('a', context);
    await clock.advance(10);
    const b = lambda('b', context);
    await clock.advance(5);
    ends[1].resolve('b');
    await b;
    await clock.advance(100);
    ends[0].resolve('a');
    await a;

    expect(read().map(({ metrics }) => metrics['Duration'])).toEqual([5, 115]);
  });

  test.each<[string, () => Promise<unknown>, number]>([
    ['an answer of 200', async () => ({ statusCode: 200 }), 0],
    ['an answer of 500', async () => ({ statusCode: 500 }), 1],
    ['an error that became a 404', () => Promise.reject(missing), 0],
    ['an error that became a 503', () => Promise.reject(down), 1],
  ])('takes %s for what the caller sees of it', async (_, handler, errors) => {
    const { bare, read } = world();
    const quiet = problemDetails<unknown, unknown>({ onServerError: () => undefined });

    await bare().use(quiet).handler(handler)({}, context);

    expect(read()).toMatchObject([{ metrics: { Errors: errors } }]);
  });

  test('counts an error without an answer, and leaves it as it is', async () => {
    const { bare, read } = world();

    await expect(bare().handler(() => Promise.reject(missing))({}, context)).rejects.toBe(missing);

    expect(read()).toMatchObject([{ metrics: { Invocations: 1, Errors: 1 } }]);
  });

  test('writes no second line when a middleware outside of it fails, and none for what never reached it', async () => {
    const { middleware, read } = world();
    const broken = middy<unknown, unknown>()
      .after(() => Promise.reject(down))
      .use(middleware)
      .handler(async () => 'ok');
    const refused = middy<unknown, unknown>()
      .before(() => Promise.reject(down))
      .use(middleware)
      .handler(async () => 'never');

    await expect(broken({}, context)).rejects.toBe(down);
    await expect(refused({}, context)).rejects.toBe(down);

    expect(read()).toMatchObject([{ metrics: { Invocations: 1, Errors: 0 } }]);
  });

  test('knows of a context only what it says', async () => {
    const { middleware, read } = world();
    const request = { event: {}, context: {}, response: undefined, error: undefined };
    await middleware.before(request);
    await middleware.after(request);
    const unaware = { ...request, context: { getRemainingTimeInMillis: () => Number.NaN } };
    await middleware.before(unaware);
    await middleware.after(unaware);

    expect(read().map(({ dimensions }) => dimensions)).toEqual([{}, {}]);
    for (const { metrics } of read()) expect(metrics).not.toHaveProperty('RemainingTime');
  });

  test('lets dimensions of your own stand before its own', async () => {
    const { bare, read } = world({ dimensions: { function: 'all' } });

    await bare().handler(async () => 'ok')({}, context);

    expect(read()).toMatchObject([{ dimensions: { function: 'all' } }]);
  });

  test('costs no invocation when its line cannot be written', async () => {
    let tried = 0;
    const { bare } = world({
      write: () => {
        tried++;
        throw new Error('no disk');
      },
    });

    expect(await bare().handler(async () => 'ok')({}, context)).toBe('ok');
    expect(tried).toBe(1);
  });

  test('is refused with bad options', () => {
    expect(() => telemetry({ namespace: '' })).toThrow(/expected `namespace` to be/);
  });
});
