import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { sleep } from '../../lib/core/clock.ts';
import { AttemptTimeoutError } from '../../lib/core/errors.ts';
import type { Call } from '../../lib/core/execution.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, lambdaContext } from '../../lib/testing/index.ts';
import { answersAfter } from '../support/dependency.ts';
import { failing, never, outage, refusal } from '../support/outcomes.ts';
import { type Counting, recordingBreaker } from '../support/recording-breaker.ts';

const FAILED = { failed: true, slow: false };
const SUCCEEDED = { failed: false, slow: false };
const SLOW = { failed: true, slow: true };

/** A policy under a breaker that keeps what is recorded. */
function counted(options: Counting = {}, given: Partial<ResilientOptions<unknown>> = {}) {
  const clock = fakeClock();
  const { breaker, recorded } = recordingBreaker(clock, options);
  const posts = resilient<unknown>({ name: 'posts', clock, breaker, attemptTimeoutMs: 800, ...given });
  return { clock, posts, recorded };
}

const within = async <T>(
  { clock }: { readonly clock: ReturnType<typeof fakeClock> },
  ms: number,
  run: Promise<T>,
) => {
  await clock.advance(ms);
  return run;
};

describe('a breaker', () => {
  test.each<readonly [string, Call<unknown>, readonly unknown[]]>([
    ['a value as a success', async () => 'fine', [SUCCEEDED]],
    ['undefined as a success', () => undefined, [SUCCEEDED]],
    ['a 404 as a success', () => Promise.reject(refusal()), [SUCCEEDED]],
    ['a 503 as a failure', failing, [FAILED]],
    ['an attempt timeout as a failure', never, [FAILED]],
    ['no bug', () => Promise.reject(new TypeError('x is not a function')), ['released']],
  ])('counts %s', async (_what, call, expected) => {
    const subject = counted();

    await within(subject, 1_000, subject.posts.outcome(call));

    expect(subject.recorded).toEqual(expected);
  });

  test('counts each attempt of a call', async () => {
    const subject = counted({}, { retry: { maxAttempts: 3 } });

    await within(
      subject,
      5_000,
      subject.posts.outcome(({ attempt }) => (attempt < 3 ? failing() : 'fine')),
    );

    expect(subject.recorded).toEqual([FAILED, FAILED, SUCCEEDED]);
  });

  test('counts no attempt that earlier attempts left too little of the total timeout', async () => {
    const subject = counted({}, { totalTimeoutMs: 1_000, retry: { maxAttempts: 2, baseDelayMs: 1 } });

    await within(subject, 1_000, subject.posts.outcome(never));

    expect(subject.recorded).toEqual([FAILED, 'released']);
  });

  test('counts an attempt that was cut short as slow, and not as a failure, where slow calls have a ratio', async () => {
    const subject = counted({ slowCallMs: 50, slowCallRatio: 0.5 });

    await within(subject, 1_000, subject.posts.outcome(never, { remainingMs: 75 }));

    expect(subject.recorded).toEqual([{ failed: false, slow: true }]);
  });

  test('counts no call that was not made, for want of time', async () => {
    const subject = counted();

    await subject.posts.outcome(never, { remainingMs: 0 });

    expect(subject.recorded).toEqual(['released']);
  });
});

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

describe('an environment that was frozen during a call', () => {
  test.each([
    ['its attempt timeout', {}],
    ['its total timeout', { totalTimeoutMs: 500 }],
  ])('counts nothing where %s is noticed late', async (_what, given) => {
    const { clock, posts, recorded } = counted({ slowCallMs: 100 }, given);
    const run = posts.outcome(never);
    await clock.freeze(60_000);

    expect((await run).source).toBe('none');
    expect(recorded).toEqual(['released']);
  });

  test('counts nothing where the time of its caller is noticed late', async () => {
    const { clock, posts, recorded } = counted({ slowCallMs: 100 });
    const run = posts.outcome(never, { remainingMs: 300 });
    await clock.freeze(60_000);

    expect((await run).error).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(recorded).toEqual(['released']);
  });

  test('counts nothing where the call fails because of it: its connection is gone', async () => {
    const { clock, posts, recorded } = counted({ slowCallMs: 100 });
    const reset = () => sleep(clock, 50).then(() => Promise.reject(outage()));
    const run = posts.outcome(reset);
    await clock.freeze(60_000);
    await run;

    expect(recorded).toEqual(['released']);
  });

  test('counts an answer that had come by then as no slow one', async () => {
    const { clock, posts, recorded } = counted({ slowCallMs: 100 });
    const run = posts.outcome(answersAfter(clock, 50));
    await clock.freeze(60_000);

    expect((await run).source).toBe('live');
    expect(recorded).not.toContainEqual(SLOW);
  });

  test('counts a timer that is a little late', async () => {
    const { clock, posts, recorded } = counted();
    const run = posts.outcome(never);
    await clock.freeze(800 + 499);

    expect((await run).error).toBeInstanceOf(AttemptTimeoutError);
    expect(recorded).toEqual([FAILED]);
  });
});

describe('a call whose invocation has answered', () => {
  const ENDS: readonly (readonly [string, () => Promise<string>])[] = [
    ['succeeds', async () => 'fine'],
    ['fails', failing],
  ];

  test.each(ENDS)('is not counted where it %s then', async (_how, end) => {
    const { clock, posts, recorded } = counted({ slowCallMs: 10 });
    let left: Promise<unknown> | undefined;
    const handler = withDeadline({ clock }, async () => {
      left = posts.outcome(() => sleep(clock, 50).then(end));
      await sleep(clock, 1);
    });
    await within({ clock }, 1, handler({}, lambdaContext({ clock })));
    await clock.advance(5_000);
    await left;

    expect(recorded).toEqual(['released']);
  });

  test.each([
    ['its attempt timeout', 3_000],
    ["its invocation's deadline", 700],
  ])('is not counted where it hangs until %s', async (_limit, remainingMs) => {
    const { clock, posts, recorded } = counted({ slowCallMs: 10 });
    let left: Promise<unknown> | undefined;
    const handler = withDeadline({ clock }, async () => {
      left = posts.outcome(never);
      await sleep(clock, 1);
    });
    await within({ clock }, 1, handler({}, lambdaContext({ remainingMs, clock })));
    await clock.advance(5_000);
    await left;

    expect(recorded).toEqual(['released']);
  });

  test.each([
    [
      'of this environment',
      (clock: ReturnType<typeof fakeClock>) => circuitBreaker({ name: 'posts', clock, slowCallMs: 100 }),
    ],
    [
      'that is shared',
      (clock: ReturnType<typeof fakeClock>) =>
        sharedBreaker({
          ...{ name: 'posts', store: memoryStore(), clock, slowCallMs: 100 },
          random: { next: () => 0, token: () => 'token' },
        }),
    ],
  ])('does not open a breaker %s by being slow', async (_kind, makeBreaker) => {
    const clock = fakeClock();
    const breaker = makeBreaker(clock);
    const posts = resilient<string>({ name: 'posts', clock, breaker, attemptTimeoutMs: 800 });
    const left: Promise<unknown>[] = [];
    const handler = withDeadline({ clock }, async () => {
      for (let calls = 0; calls < 60; calls++) left.push(posts.outcome(never));
      await sleep(clock, 1);
    });
    await within({ clock }, 1, handler({}, lambdaContext({ clock })));
    await clock.advance(5_000);
    await Promise.all(left);

    expect(breaker.state).toBe('closed');
  });
});
