import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import { deadline } from '../../lib/middleware/deadline.ts';
import { loadShedding } from '../../lib/middleware/load-shedding.ts';
import { problemDetails } from '../../lib/middleware/problem-details.ts';
import type { SheddingOptions } from '../../lib/shedding/options.ts';
import type { Priority } from '../../lib/shedding/priority.ts';
import { fakeClock, type LambdaContext, lambdaContext } from '../../lib/testing/index.ts';
import { httpEvent } from '../support/http-event.ts';
import { failing } from '../support/outcomes.ts';

type Event = ReturnType<typeof httpEvent> & { readonly priority?: Priority; readonly tookMs?: number };

function setUp(
  options: SheddingOptions<Event, LambdaContext> = {},
  inner: middy.MiddlewareObj = { after: () => {} },
) {
  const clock = fakeClock();
  const begun: (Priority | undefined)[] = [];
  const lambda = middy<Event, unknown>({ timeoutEarlyInMillis: 0 })
    .use(problemDetails())
    .use(deadline({ clock }))
    .use(loadShedding({ clock, limit: 1, priority: ({ priority }) => priority, ...options }))
    .use(inner)
    .handler(async ({ priority, tookMs = 100 }) => {
      begun.push(priority);
      await new Promise<void>((resolve) => clock.after(tookMs, resolve));
      return { statusCode: 200 };
    });
  const send = (event: Partial<Event> = {}, remainingMs = 3_000) =>
    lambda(httpEvent(event), lambdaContext({ clock, remainingMs })) as Promise<{ statusCode: number }>;
  return { clock, begun, send };
}

describe('the loadShedding middleware', () => {
  test('lets requests begin by their priority, and has those that are shed answered with 503', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { clock, begun, send } = setUp({ queueLimit: 4 });
    const answers = [
      send(),
      send({ priority: 'low' }),
      send({ priority: 'high' }),
      send({ priority: 'low' }),
    ];
    await clock.advance(1_000);

    const statuses = (await Promise.all(answers)).map(({ statusCode }) => statusCode);
    expect(statuses).toEqual([200, 200, 200, 503]);
    expect(begun).toEqual([undefined, 'high', 'low']);
    expect(await answers[3]).toMatchObject({
      headers: { 'retry-after': expect.stringMatching(/^[123]$/) },
      body: expect.stringContaining('OVERLOADED'),
    });
    // It is meant, and has its metric.
    expect(log).not.toHaveBeenCalled();
  });

  test('sheds what waits until the time of its invocation is over, less the reserve', async () => {
    const { clock, send } = setUp();
    void send({ tookMs: 2_000 });
    const waits = send({ priority: 'high' }, 800);
    await clock.advance(500);

    expect((await waits).statusCode).toBe(503);
  });

  test.each<[string, middy.MiddlewareObj]>([
    ['a middleware inside answers early', { before: async () => ({ statusCode: 304 }) }],
    ['a middleware inside fails before the handler', { before: failing }],
    ['a middleware inside fails after the handler', { after: failing }],
  ])('frees the slot where %s', async (_what, inner) => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { clock, send } = setUp({ queueLimit: 0 }, inner);
    for (let n = 0; n < 3; n++) {
      const answer = send();
      await clock.advance(100);
      expect((await answer).statusCode).not.toBe(503);
    }
  });

  test('sheds nothing where nothing is set', async () => {
    vi.stubEnv('AWS_LAMBDA_MAX_CONCURRENCY', undefined);
    const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(loadShedding<unknown, LambdaContext, unknown>())
      .handler(async () => 'ok');

    const answers = await Promise.all(Array.from({ length: 50 }, () => lambda({}, lambdaContext())));
    vi.unstubAllEnvs();
    expect(new Set(answers)).toEqual(new Set(['ok']));
  });

  test('refuses a bad option', () => {
    expect(() => loadShedding({ limit: 0 })).toThrow('loadShedding: expected `limit` to be');
  });
});
