import { describe, expect, test } from 'vitest';
import { rejectedSoon, withoutStack } from '../../lib/core/quiet-error.ts';
import { settle } from '../../lib/testing/index.ts';

describe('an error without a stack', () => {
  test('is the one that was made, and says nothing of where', () => {
    const made = withoutStack(() => new RangeError('refused'));

    expect(made).toBeInstanceOf(RangeError);
    expect(made.message).toBe('refused');
    expect(made.stack).toBe('RangeError: refused');
  });

  test('leaves the stacks of all others as they were, also when making it fails', () => {
    const { stackTraceLimit } = Error;
    withoutStack(() => new Error('refused'));
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);

    expect(() =>
      withoutStack(() => {
        throw new TypeError('a defect');
      }),
    ).toThrow('a defect');

    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });
});

describe('a rejection a turn later', () => {
  test('comes after what was ready by then', async () => {
    const error = new Error('refused');
    const order: unknown[] = [];

    rejectedSoon(error).catch((reason: unknown) => order.push(reason));
    void Promise.resolve().then(() => order.push('ready'));
    await settle();

    expect(order).toEqual(['ready', error]);
  });
});
