import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { durableContext, lambdaContext } from '../../bench/idempotency/contexts.ts';
import { InvalidOptionError } from '../../lib/core/errors.ts';
import { executionOf } from '../../lib/idempotency/execution.ts';

const DAY_MS = 86_400_000;
const withLeft = (remainingMs: unknown) => ({ getRemainingTimeInMillis: () => remainingMs });

describe('an invocation', () => {
  test('is at work for as long as its context says, and is an owner by itself', () => {
    const execution = executionOf(
      lambdaContext(3_000, () => 0),
      DAY_MS,
    );

    expect(execution).toMatchObject({ arn: undefined, workMs: 3_000 });
    expect(execution.remainingMs()).toBe(3_000);
  });

  test('is asked anew for the time that is left', () => {
    let now = 0;
    const { remainingMs, workMs } = executionOf(
      lambdaContext(3_000, () => now),
      DAY_MS,
    );
    now = 2_900;

    expect(remainingMs()).toBe(100);
    expect(workMs).toBe(3_000);
  });

  test.each([0, -5, 999, Number.NaN, undefined])(
    'with %s milliseconds left is at work for a second all the same, so that its claim is seen',
    (left) => {
      const execution = executionOf(withLeft(left), DAY_MS);

      expect(execution.workMs).toBe(1_000);
      expect(execution.remainingMs()).toBe(Math.max(0, left || 0));
    },
  );
});

describe('a durable execution', () => {
  const context = durableContext(
    'arn:aws:lambda:eu-central-1:123456789012:function:f:1/durable/x',
    'ReplayMode',
  );

  test('is one owner over all of its invocations, which take as long as they may', () => {
    expect(executionOf(context, DAY_MS)).toMatchObject({
      arn: 'arn:aws:lambda:eu-central-1:123456789012:function:f:1/durable/x',
      workMs: DAY_MS,
    });
  });

  test('has the time of its invocation for the store', () => {
    const left = executionOf(context, DAY_MS).remainingMs();

    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(10_000);
  });

  test('whose name is not known counts as an invocation', () => {
    const nameless = { ...context, executionContext: {} };

    const { arn, workMs } = executionOf(nameless, DAY_MS);

    expect(arn).toBeUndefined();
    expect(workMs).toBeLessThanOrEqual(10_000);
  });

  test('is not recognised by members that any object can have', () => {
    const { lambdaContext: _, ...alike } = lambdaContext() as object & { lambdaContext?: unknown };

    expect(executionOf({ ...alike, executionContext: { durableExecutionArn: 'arn' } }, DAY_MS)).toMatchObject(
      { arn: undefined },
    );
  });
});

describe('what is no context', () => {
  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /expected the Lambda context as second argument, got nothing/],
    ['null', null, /got an object with no members/],
    ['another object', { requestId: 1, user: 2 }, /got an object with requestId, user/],
    ['a large object', { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 }, /got an object with a, b, c, d, e$/],
    ['a time that cannot be asked', { getRemainingTimeInMillis: 3_000 }, /second argument/],
    ['a response stream', new PassThrough(), /a streamed response cannot be recorded/],
  ])('is refused: %s', (_, context, message) => {
    expect(() => executionOf(context, DAY_MS)).toThrow(InvalidOptionError);
    expect(() => executionOf(context, DAY_MS)).toThrow(message);
  });
});
