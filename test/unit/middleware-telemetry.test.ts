import middy from '@middy/core';
import { describe, expect, test } from 'vitest';
import { FibrinError } from '../../lib/core/errors.ts';
import { problemDetails } from '../../lib/middleware/problem-details.ts';
import { telemetry } from '../../lib/middleware/telemetry.ts';
import type { EmfOptions } from '../../lib/telemetry/emf.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { readEmf } from '../support/emf.ts';
import { httpEvent } from '../support/http-event.ts';
import { contextWith } from '../support/lambda-context.ts';

const context = contextWith(2_000);
const missing = new FibrinError('NO_SUCH_ORDER', 'There is no order 7', { status: 404 });
const down = new FibrinError('DOWN', 'It is down', { status: 503 });

function measured(options: Partial<EmfOptions> = {}) {
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
    const { clock, lines, bare, read } = measured({ dimensions: { stage: 'prod' } });
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

  test('counts a cold start for the first of several invocations at once, and for no later one', async () => {
    for (const { bare, read } of [measured(), measured()]) {
      const lambda = bare().handler(async () => 'ok');
      await Promise.all([lambda({}, context), lambda({}, context)]);
      await lambda({}, context);
      expect(read().map(({ metrics }) => metrics['ColdStarts'])).toEqual([1, 0, 0]);
    }
  });

  test('measures each of several invocations at once by itself', async () => {
    const { clock, bare, read } = measured();
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
  ])('counts %s as the caller sees it', async (_, handler, errors) => {
    const { bare, read } = measured();
    const quiet = problemDetails<unknown, unknown>({ onServerError: () => undefined });

    await bare().use(quiet).handler(handler)(httpEvent(), context);

    expect(read()).toMatchObject([{ metrics: { Errors: errors } }]);
  });

  test('counts an error without an answer, and throws it unchanged', async () => {
    const { bare, read } = measured();

    await expect(bare().handler(() => Promise.reject(missing))({}, context)).rejects.toBe(missing);

    expect(read()).toMatchObject([{ metrics: { Invocations: 1, Errors: 1 } }]);
  });

  test('writes one line when a middleware outside fails afterwards, and none when one fails first', async () => {
    const { middleware, read } = measured();
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

  test('leaves out what the context does not say', async () => {
    const { middleware, read } = measured();
    const request = { event: {}, context: {}, response: undefined, error: undefined };
    await middleware.before(request);
    await middleware.after(request);
    const unaware = { ...request, context: { getRemainingTimeInMillis: () => Number.NaN } };
    await middleware.before(unaware);
    await middleware.after(unaware);

    expect(read().map(({ dimensions }) => dimensions)).toEqual([{}, {}]);
    for (const { metrics } of read()) expect(metrics).not.toHaveProperty('RemainingTime');
  });

  test('prefers your own dimensions to its own', async () => {
    const { bare, read } = measured({ dimensions: { function: 'all' } });

    await bare().handler(async () => 'ok')({}, context);

    expect(read()).toMatchObject([{ dimensions: { function: 'all' } }]);
  });

  test('does not fail an invocation whose line cannot be written', async () => {
    let tried = 0;
    const { bare } = measured({
      write: () => {
        tried++;
        throw new Error('no disk');
      },
    });

    expect(await bare().handler(async () => 'ok')({}, context)).toBe('ok');
    expect(tried).toBe(1);
  });

  test('refuses bad options when it is constructed', () => {
    expect(() => telemetry({ namespace: '' })).toThrow(/expected `namespace` to be/);
  });
});
