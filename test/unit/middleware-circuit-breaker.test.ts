import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import { verdictKey } from '../../lib/breaker/machine.ts';
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

const context = contextWith();
const outage = Object.assign(new Error('outage'), { statusCode: 503 });

function world(run: () => Promise<unknown> = async () => 'ok') {
  const clock = fakeClock();
  const store = memoryStore();
  const handler = vi.fn(run);
  const options = { store, name: 'posts', minimumCalls: 2, openMs: 5_000, clock, random: seededRandom(1) };
  const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
    .use(circuitBreaker<unknown, unknown>(options))
    .handler(handler);
  const call = () => lambda({}, context).catch((error: unknown) => error);
  const fail = async (error: Error = outage) => {
    handler.mockRejectedValueOnce(error);
    return call();
  };
  return { clock, store, handler, lambda, call, fail, verdict: () => store.get(verdictKey('posts')) };
}

describe('the circuit breaker middleware', () => {
  test('lets invocations through and their responses back while it is closed', async () => {
    const { call } = world(async () => ({ statusCode: 200 }));

    expect(await call()).toEqual({ statusCode: 200 });
  });

  test('refuses with 503 before the handler runs once enough invocations have failed', async () => {
    const { handler, call, fail } = world();
    expect(await fail()).toBe(outage);
    await fail();

    const refused = await call();

    expect(refused).toBeInstanceOf(BreakerOpenError);
    expect(refused).toMatchObject({ status: 503, retryAfterMs: 5_000 });
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('does not count its own refusals, so it closes when the dependency is back', async () => {
    const { clock, call, fail, verdict } = world();
    await fail();
    await fail();
    for (let second = 0; second < 5; second++) {
      await call();
      await clock.advance(1_000);
    }

    expect(await call()).toBe('ok');

    expect(await verdict()).toMatchObject({ state: 'closed', epoch: 2 });
  });

  test('takes a thrown 4xx for an answer, as it does a returned one', async () => {
    const { fail, verdict } = world();
    const missing = new FibrinError('NO_SUCH_POST', 'There is no post 7', { status: 404 });
    for (let times = 0; times < 3; times++) await fail(missing);

    await fail();
    await fail();

    expect(await verdict()).toBeUndefined();
  });

  test.each<[string, Error]>([
    ['of the toolkit with a status of 5xx', new FibrinError('DOWN', 'down', { status: 503 })],
    ['that is a bug of the handler', new TypeError('x is undefined')],
  ])('counts an error %s', async (_, error) => {
    const { fail, verdict } = world();

    await fail(error);
    await fail(error);

    expect(await verdict()).toMatchObject({ state: 'open' });
  });

  test('does not count what another breaker has refused', async () => {
    const { fail, verdict } = world();

    for (let times = 0; times < 5; times++) await fail(new BreakerOpenError('rates', 1_000));

    expect(await verdict()).toBeUndefined();
  });

  test('counts an answer of 500 or more, and none below', async () => {
    const { handler, call, verdict } = world(async () => ({ statusCode: 404 }));
    for (let times = 0; times < 3; times++) await call();
    expect(await verdict()).toBeUndefined();

    handler.mockResolvedValue({ statusCode: 502 });
    for (let times = 0; times < 3; times++) await call();

    expect(await verdict()).toMatchObject({ state: 'open' });
  });

  test('counts a deadline that has passed: the dependency gave no answer', async () => {
    const { fail, verdict } = world();

    await fail(new DeadlineExceededError('posts', 1_000));
    await fail(new DeadlineExceededError('posts', 1_000));

    expect(await verdict()).toMatchObject({ state: 'open' });
  });

  test('keeps concurrent invocations of one sandbox apart', async () => {
    const ends = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    let runs = 0;
    const { call, verdict } = world(() => ends[runs++]?.promise ?? Promise.resolve('unexpected'));
    const answers = [call(), call()];
    await settle();

    ends[0]?.reject(outage);
    await answers[0];
    expect(await verdict()).toBeUndefined();
    ends[1]?.reject(outage);
    await answers[1];

    expect(await verdict()).toMatchObject({ state: 'open' });
  });

  test('does not count a success again when an outer middleware throws afterwards', async () => {
    const { store, verdict } = world();
    const outer = {
      after: () => {
        throw new Error('after hook');
      },
    };
    const options = { store, name: 'posts', minimumCalls: 1, clock: fakeClock() };
    const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(outer)
      .use(circuitBreaker<unknown, unknown>(options))
      .handler(async () => 'ok');

    await expect(lambda({}, context)).rejects.toThrow('after hook');

    expect(await verdict()).toBeUndefined();
  });

  test('is answered by problem details with the time to come back', async () => {
    const { lambda, call, fail } = world();
    lambda.use(problemDetails<unknown, unknown>({ onServerError: () => {} }));
    await fail();
    await fail();

    expect(await call()).toMatchObject({ statusCode: 503, headers: { 'retry-after': '5' } });
  });

  test('refuses wrong options when it is constructed', () => {
    expect(() => circuitBreaker({ store: memoryStore(), name: '' })).toThrow(InvalidOptionError);
  });
});
