import { describe, expect, test, vi } from 'vitest';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { counted, within } from '../support/counted.ts';

const FAILED = { failed: true, slow: false };

describe('a rejection with what is no error', () => {
  test.each([undefined, null, '', 0, 'down', false, Number.NaN])(
    'is a transient failure: %j',
    async (thrown) => {
      const events: PolicyEvent[] = [];
      const subject = counted({}, { retry: {}, onEvent: (event) => events.push(event) });
      const call = vi.fn(() => Promise.reject(thrown));

      const outcome = await within(subject, 5_000, subject.posts.outcome(call));

      expect(outcome).toMatchObject({ source: 'none', degraded: true, attempts: 2 });
      expect(outcome.error).toBe(thrown);
      expect(subject.recorded).toEqual([FAILED, FAILED]);
      expect(events.map(({ kind }) => kind)).toEqual(['attempt', 'retry', 'attempt', 'outcome']);
      expect(events.filter(({ kind }) => kind === 'attempt')).toEqual([
        expect.objectContaining({ failed: true, error: thrown }),
        expect.objectContaining({ failed: true, error: thrown }),
      ]);
      expect(events.at(-1)).toMatchObject({ source: 'none', degraded: true, error: thrown });
    },
  );

  test.each([undefined, null, '', 0, 'down'])('is what execute rejects with: %j', async (thrown) => {
    const { posts } = counted();
    const settled = await Promise.allSettled([posts.execute(() => Promise.reject(thrown))]);

    expect(settled).toEqual([{ status: 'rejected', reason: thrown }]);
  });

  test.each([undefined, null, '', 0, 'down'])('is replaced by a fallback: %j', async (thrown) => {
    const fallback = vi.fn(() => 'stale');
    const { posts } = counted({}, { fallback });

    expect(await posts.outcome(() => Promise.reject(thrown))).toMatchObject({
      source: 'fallback',
      error: thrown,
    });
    expect(fallback).toHaveBeenCalledWith(thrown, expect.anything());
  });

  test('says so in its events where a value is undefined', async () => {
    const events: PolicyEvent[] = [];
    const { posts } = counted({}, { onEvent: (event) => events.push(event) });

    await posts.execute(() => undefined);

    expect(events).toMatchObject([
      { kind: 'attempt', failed: false },
      { kind: 'outcome', source: 'live', degraded: false },
    ]);
  });
});

describe('a programming error in the function', () => {
  test.each([
    ['a TypeError', () => new TypeError('x is not a function')],
    ['a ReferenceError', () => new ReferenceError('x is not defined')],
    ['a RangeError', () => new RangeError('Invalid array length')],
  ])('is one call, thrown, not counted and not replaced: %s', async (_what, bug) => {
    const subject = counted({}, { retry: { maxAttempts: 3 }, fallback: 'stale' });
    const thrown = bug();
    const call = vi.fn(() => {
      throw thrown;
    });

    const outcome = await within(subject, 5_000, subject.posts.outcome(call));

    expect(outcome).toMatchObject({ source: 'none', attempts: 1 });
    expect(outcome.error).toBe(thrown);
    expect(call).toHaveBeenCalledTimes(1);
    expect(subject.recorded).toEqual(['released']);
  });

  test('is one call, thrown, not counted and not replaced: a relative URL in fetch', async () => {
    const subject = counted({}, { retry: { maxAttempts: 3 }, fallback: 'stale' });
    const call = vi.fn(() => fetch('/users/7'));

    const run = subject.posts.outcome(call);
    // fetch refuses it in a later turn of the event loop.
    await new Promise(setImmediate);
    const outcome = await within(subject, 5_000, run);

    expect(outcome).toMatchObject({ source: 'none', attempts: 1 });
    expect(outcome.error).toBeInstanceOf(TypeError);
    expect(call).toHaveBeenCalledTimes(1);
    expect(subject.recorded).toEqual(['released']);
  });
});
