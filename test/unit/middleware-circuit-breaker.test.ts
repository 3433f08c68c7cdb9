import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import type { BreakerOptions } from '../../lib/breaker/options.ts';
import { verdictKey } from '../../lib/breaker/verdict.ts';
import { sleep } from '../../lib/core/clock.ts';
import {
  BreakerOpenError,
  DeadlineExceededError,
  FibrinError,
  InvalidOptionError,
} from '../../lib/core/errors.ts';
import { circuitBreaker } from '../../lib/middleware/circuit-breaker.ts';
import { problemDetails } from '../../lib/middleware/problem-details.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';
import { contextWith } from '../support/lambda-context.ts';
import { ENOUGH_FAILURES, times } from '../support/shared-breaker.ts';

const context = contextWith();
const outage = Object.assign(new Error('outage'), { statusCode: 503 });

function world(
  run: () => Promise<unknown> = async () => 'ok',
  given: Partial<BreakerOptions> = {},
  outer: object = {},
) {
  const clock = fakeClock();
  const store = memoryStore();
  const add = vi.spyOn(store, 'add');
  const handler = vi.fn(run);
  // With a chance of 0 it does all that it ever does a share of.
  const random = { ...seededRandom(1), next: () => 0 };
  const options = { store, name: 'posts', openMs: 5_000, clock, random, ...given };
  const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
    .use({ before: () => {}, ...outer })
    .use(circuitBreaker<unknown, unknown>(options))
    .handler(handler);
  const call = () => lambda({}, context).catch((error: unknown) => error);
  const fail = async (error: Error = outage) => {
    handler.mockRejectedValueOnce(error);
    return call();
  };
  /** What the fleet was told, of all invocations so far. */
  const told = () =>
    add.mock.calls.map(([, amounts]) => (Object.keys(amounts).join().includes('f') ? 'failed' : 'succeeded'));
  const verdict = () => store.get(verdictKey('posts'));
  return { clock, store, handler, lambda, call, fail, told, verdict };
}

describe('the circuit breaker middleware', () => {
  test('lets invocations through and their responses back while it is closed', async () => {
    const { call } = world(async () => ({ statusCode: 200 }));

    expect(await call()).toEqual({ statusCode: 200 });
  });

  test('refuses with 503 before the handler runs once enough invocations have failed', async () => {
    const { handler, call, fail } = world();
    expect(await fail()).toBe(outage);
    await times(ENOUGH_FAILURES - 1, fail);

    const refused = await call();

    expect(refused).toBeInstanceOf(BreakerOpenError);
    expect(refused).toMatchObject({ status: 503, retryAfterMs: 4_900 });
    expect(handler).toHaveBeenCalledTimes(ENOUGH_FAILURES);
  });

  test('does not count its own refusals, so it closes when the dependency is back', async () => {
    const { clock, call, fail, told, verdict } = world();
    await times(ENOUGH_FAILURES, fail);
    for (let second = 0; second < 5; second++) {
      expect(await call()).toBeInstanceOf(BreakerOpenError);
      await clock.advance(1_000);
    }
    expect(told()).toEqual(Array(ENOUGH_FAILURES).fill('failed'));

    await times(3, call);

    expect(await verdict()).toMatchObject({ state: 'closed', epoch: 2 });
  });

  test('takes a thrown 4xx for an answer, as it does a returned one', async () => {
    const { fail, told } = world();

    await fail(new FibrinError('NO_SUCH_POST', 'There is no post 7', { status: 404 }));

    expect(told()).toEqual(['succeeded']);
  });

  test.each<[string, Error]>([
    ['of the toolkit with a status of 5xx', new FibrinError('DOWN', 'down', { status: 503 })],
    ['that is a bug of the handler', new TypeError('x is undefined')],
  ])('counts an error %s', async (_, error) => {
    const { fail, told } = world();

    await fail(error);

    expect(told()).toEqual(['failed']);
  });

  test('does not count what another breaker has refused', async () => {
    const { fail, told } = world();

    await fail(new BreakerOpenError('rates', 1_000));

    expect(told()).toEqual([]);
  });

  test('counts an answer of 500 or more, and none below', async () => {
    const { handler, call, told } = world(async () => ({ statusCode: 499 }));
    await call();
    handler.mockResolvedValue({ statusCode: 500 });
    await call();

    expect(told()).toEqual(['succeeded', 'failed']);
  });

  test('counts a deadline that has passed: the dependency gave no answer', async () => {
    const { fail, told } = world();

    await fail(new DeadlineExceededError('posts', 1_000));

    expect(told()).toEqual(['failed']);
  });

  test('keeps concurrent invocations of one sandbox apart', async () => {
    const ends = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    let runs = 0;
    const { call, told } = world(() => ends[runs++]?.promise ?? Promise.resolve('unexpected'));
    const answers = [call(), call()];
    await settle();

    ends[1]?.reject(outage);
    await answers[1];
    expect(told()).toEqual(['failed']);
    ends[0]?.resolve('ok');
    await answers[0];

    expect(told()).toEqual(['failed', 'succeeded']);
  });

  test('does not count a success again when an outer middleware throws afterwards', async () => {
    const after = () => {
      throw new Error('after hook');
    };
    const { lambda, told } = world(undefined, {}, { after });

    await expect(lambda({}, context)).rejects.toThrow('after hook');

    expect(told()).toEqual(['succeeded']);
  });

  test('counts a handler that takes too long for a failure, the moment that it does', async () => {
    const late = Promise.withResolvers<string>();
    const { clock, call, told } = world(() => late.promise, { slowCallMs: 500 });
    const run = call();
    await clock.advance(500);
    expect(told()).toEqual(['failed']);

    late.resolve('late');

    expect(await run).toBe('late');
    expect(told()).toEqual(['failed']);
  });

  test('without a store counts slow answers by a ratio of their own', async () => {
    const { clock, call } = world(() => sleep(clock, 500).then(() => 'late'), {
      ...{ store: undefined as never, slowCallMs: 500, slowCallRatio: 0.5, minimumCalls: 2 },
    });
    for (let calls = 0; calls < 2; calls++) {
      const run = call();
      await clock.advance(500);
      expect(await run).toBe('late');
    }

    expect(await call()).toBeInstanceOf(BreakerOpenError);
  });

  test('is answered by problem details with the time to come back', async () => {
    const { lambda, call, fail } = world();
    lambda.use(problemDetails<unknown, unknown>({ onServerError: () => {} }));
    await times(ENOUGH_FAILURES, fail);

    expect(await call()).toMatchObject({ statusCode: 503, headers: { 'retry-after': '5' } });
  });

  test('refuses wrong options when it is constructed', () => {
    expect(() => circuitBreaker({ store: memoryStore(), name: '' })).toThrow(InvalidOptionError);
  });
});
