import type { Context } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { InvalidOptionError } from '../../lib/core/errors.ts';
import type { Layer } from '../../lib/core/layer.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, lambdaContext, seededRandom, settle } from '../../lib/testing/index.ts';
import { putState } from '../support/fleet.ts';

describe('settle', () => {
  test('lets chains of promises run to their end', async () => {
    let turns = 0;
    void (async () => {
      for (; turns < 20; turns++) await Promise.resolve();
    })();

    await settle();

    expect(turns).toBe(20);
  });

  test('reaches the end of a probe under all policies, and of a call within it', async () => {
    const clock = fakeClock();
    const random = { ...seededRandom(1), next: () => 0 };
    const store = memoryStore();
    await putState(store, { state: 'open', until: clock.now() });
    const breaker = sharedBreaker({ name: 'posts', store, clock, random });
    const own: Layer<string> = (next) => async (execution) => next(execution);
    const posts = resilient<string>({
      ...{ name: 'posts', breaker, clock, random },
      retry: { maxAttempts: 2 },
      validate: async () => true,
      fallback: 'none',
      onEvent: () => undefined,
      layers: [
        { before: 'retry', layer: own },
        { after: 'timeout', layer: own },
      ],
    });
    let answer: string | undefined;
    void posts
      .execute(() => posts.execute(() => posts.execute(async () => 'ok')))
      .then((value) => {
        answer = value;
      });

    await settle();

    expect(answer).toBe('ok');
  });
});

describe('seededRandom', () => {
  const drawsOf = (seed: number) => {
    const random = seededRandom(seed);
    return [...Array.from({ length: 20 }, () => random.next()), random.token(), random.token()];
  };

  test('gives the same for the same seed, and something else for another seed', () => {
    expect(drawsOf(7)).toEqual(drawsOf(7));
    expect(drawsOf(8)).not.toEqual(drawsOf(7));
  });

  test('gives no token twice', () => {
    const { token } = seededRandom(7);

    expect(new Set(Array.from({ length: 100 }, token)).size).toBe(100);
  });

  test('gives numbers that are spread evenly from 0 to 1', () => {
    const random = seededRandom(11);
    const tenths = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 10_000; draw++) {
      const tenth = Math.floor(random.next() * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }

    // Five standard deviations: 150.
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
    expect(tenths).toHaveLength(10);
  });
});

describe('lambdaContext', () => {
  test('counts down by the wall clock that it was given, also below 0', async () => {
    const clock = fakeClock();
    const context = lambdaContext({ remainingMs: 1_000, clock });
    expect(context.getRemainingTimeInMillis()).toBe(1_000);

    await clock.advance(400);
    expect(context.getRemainingTimeInMillis()).toBe(600);
    clock.jump(700);

    expect(context.getRemainingTimeInMillis()).toBe(-100);
  });

  test('has the members that handlers read, and the type of @types/aws-lambda', () => {
    const context: Context = lambdaContext({ functionName: 'posts', requestId: 'request-1' });

    expect(context).toMatchObject({
      callbackWaitsForEmptyEventLoop: true,
      functionName: 'posts',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:posts',
      memoryLimitInMB: '128',
      awsRequestId: 'request-1',
      logGroupName: '/aws/lambda/posts',
      logStreamName: expect.stringContaining('[$LATEST]'),
    });
  });

  test('has a request id of its own', () => {
    const ids = Array.from({ length: 100 }, () => lambdaContext().awsRequestId);

    expect(new Set(ids).size).toBe(100);
  });

  test('has three seconds on the clock of the system by default', () => {
    const left = lambdaContext().getRemainingTimeInMillis();

    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(3_000);
  });

  test.each(['done', 'fail', 'succeed'] as const)('refuses the callback %s', (callback) => {
    expect(lambdaContext()[callback]).toThrow('return the answer');
  });

  test('refuses options that are out of range', () => {
    expect(() => lambdaContext({ remainingMs: -1 })).toThrow(InvalidOptionError);
    expect(() => lambdaContext({ functionName: '' })).toThrow(InvalidOptionError);
  });
});
