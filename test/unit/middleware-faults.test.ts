import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import type { Fault } from '../../lib/chaos/fault-options.ts';
import { DeadlineExceededError, InvalidOptionError } from '../../lib/core/errors.ts';
import { type FaultsMiddlewareOptions, faults } from '../../lib/middleware/faults.ts';
import { problemDetails } from '../../lib/middleware/problem-details.ts';
import { fakeClock, lambdaContext, seededRandom } from '../../lib/testing/index.ts';
import { httpEvent } from '../support/http-event.ts';

function lambdaWith(list: readonly Fault[], given: Partial<FaultsMiddlewareOptions> = {}) {
  const clock = fakeClock();
  const handler = vi.fn(async (): Promise<unknown> => 'answer');
  const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
    .use(faults({ enabled: true, faults: list, clock, random: seededRandom(1), ...given }))
    .handler(handler);
  const call = (remainingMs = 3_000) =>
    lambda(httpEvent(), lambdaContext({ remainingMs, clock })).catch((error: unknown) => error);
  return { clock, handler, lambda, call };
}

describe('the faults middleware', () => {
  test('makes a handler slow', async () => {
    const { clock, handler, call } = lambdaWith([{ kind: 'latency', ms: 500 }]);
    const answer = call();
    await clock.advance(499);
    expect(handler).not.toHaveBeenCalled();

    await clock.advance(1);

    expect(await answer).toBe('answer');
    expect(clock.pending).toBe(0);
  });

  test('makes a handler fail before it runs, and the other middlewares see the error', async () => {
    const { handler, lambda, call } = lambdaWith([{ kind: 'error', status: 503 }]);
    lambda.use(problemDetails({ onServerError: () => {} }));

    expect(await call()).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });

    expect(handler).not.toHaveBeenCalled();
  });

  test('makes a handler hang until just enough time is left for an answer', async () => {
    const { clock, handler, call } = lambdaWith([{ kind: 'hang' }], { reserveMs: 200 });
    const answer = call(1_000);
    let ended = false;
    void answer.then(() => {
      ended = true;
    });
    await clock.advance(799);
    expect(ended).toBe(false);

    await clock.advance(1);

    expect(await answer).toBeInstanceOf(DeadlineExceededError);
    expect(await answer).toMatchObject({ status: 504, message: expect.stringContaining('800 ms') });
    expect(handler).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  test('ends a latency that is longer than the invocation as it ends a hang', async () => {
    const { clock, call } = lambdaWith([{ kind: 'latency', ms: 60_000 }]);
    const answer = call(1_000);

    await clock.advance(900);

    expect(await answer).toBeInstanceOf(DeadlineExceededError);
    expect(clock.pending).toBe(0);
  });

  test('refuses to hang where no time is left', async () => {
    const { call } = lambdaWith([{ kind: 'hang' }]);

    expect(await call(100)).toBeInstanceOf(DeadlineExceededError);
  });

  test('does not fail an invocation with little time that meets no fault', async () => {
    const { call } = lambdaWith([{ kind: 'hang', rate: 0 }]);

    expect(await call(50)).toBe('answer');
  });

  test('replaces the answer after the handler has made it', async () => {
    const { handler, call } = lambdaWith([{ kind: 'corrupt', with: (answer) => ({ not: answer }) }]);

    expect(await call()).toEqual({ not: 'answer' });

    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('injects several faults at once, each by its rate', async () => {
    const list: Fault[] = [
      { kind: 'corrupt', with: (answer) => `${answer}, late` },
      { kind: 'latency', ms: 100 },
      { kind: 'error', rate: 0 },
    ];
    const { clock, call } = lambdaWith(list);
    const answer = call();
    await clock.advance(100);

    expect(await answer).toBe('answer, late');
  });

  test('keeps concurrent invocations of one environment apart', async () => {
    const { clock, call } = lambdaWith([{ kind: 'hang' }]);
    const short = call(1_000);
    const long = call(2_000);
    let longEnded = false;
    void long.then(() => {
      longEnded = true;
    });

    await clock.advance(900);
    expect(await short).toBeInstanceOf(DeadlineExceededError);
    expect(longEnded).toBe(false);
    await clock.advance(1_000);

    expect(await long).toBeInstanceOf(DeadlineExceededError);
  });

  test('injects the faults with its name as target, and none with another', async () => {
    const list: Fault[] = [
      { kind: 'corrupt', target: 'profiles', with: () => 'profiles' },
      { kind: 'error', target: 'orders' },
    ];

    expect(await lambdaWith(list, { name: 'profiles' }).call()).toBe('profiles');
    expect(await lambdaWith(list).call()).toBe('answer');
  });

  test('takes time and chance from the system by default', async () => {
    const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(faults({ enabled: true, faults: [{ kind: 'error', error: () => new Error('mine') }] }))
      .handler(async () => 'answer');

    await expect(lambda({}, lambdaContext())).rejects.toThrow('mine');
  });

  test.each<[string, object, RegExp]>([
    ['faults that are not enabled', { faults: [] }, /`enabled` to be true or false/],
    ['a bad reserve', { enabled: true, faults: [], reserveMs: -1 }, /`reserveMs` to be a number of millis/],
    ['a bad name', { enabled: true, faults: [], name: '' }, /`name` to be a name/],
    ['an unknown option', { enabled: true, faults: [], rate: 1 }, /unknown option `rate`/],
    ['a bad fault', { enabled: true, faults: [{ kind: 'slow' }] }, /faults.faults\[0\]: expected `kind`/],
  ])('refuses %s when it is constructed', (_, options, message) => {
    const construct = () => faults(options as FaultsMiddlewareOptions);

    expect(construct).toThrow(InvalidOptionError);
    expect(construct).toThrow(message);
  });
});
