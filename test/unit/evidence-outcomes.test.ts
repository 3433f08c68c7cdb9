import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { sleep } from '../../lib/core/clock.ts';
import { AttemptTimeoutError } from '../../lib/core/errors.ts';
import type { Call } from '../../lib/core/execution.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, lambdaContext } from '../../lib/testing/index.ts';
import { counted, within } from '../support/counted.ts';
import { answersAfter } from '../support/dependency.ts';
import { failing, never, outage, refusal } from '../support/outcomes.ts';

const FAILED = { failed: true, slow: false };
const SUCCEEDED = { failed: false, slow: false };
const SLOW = { failed: true, slow: true };

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

describe('isFailure', () => {
  test.each<readonly [string, boolean, Call<unknown>, unknown]>([
    ['a 404', true, () => Promise.reject(refusal()), FAILED],
    ['a 404', false, () => Promise.reject(refusal()), SUCCEEDED],
    ['a 503', false, failing, SUCCEEDED],
    ['undefined', false, () => Promise.reject(undefined), SUCCEEDED],
    [
      'an attempt timeout of another policy',
      false,
      () => Promise.reject(new AttemptTimeoutError('x', 1)),
      SUCCEEDED,
    ],
  ])('decides whether an error of the function counts: %s, %s', async (_what, decision, call, expected) => {
    const { posts, recorded } = counted({ isFailure: () => decision });
    await posts.outcome(call);

    expect(recorded).toEqual([expected]);
  });

  test.each<readonly [string, Partial<ResilientOptions<unknown>>, object, Call<unknown>, unknown]>([
    ['an attempt timeout', {}, {}, never, FAILED],
    ['a total timeout', { totalTimeoutMs: 500 }, {}, never, FAILED],
    ['the time of a caller', {}, { remainingMs: 300 }, never, 'released'],
    ['a caller that aborts', {}, { signal: AbortSignal.abort() }, never, undefined],
    ['no time', {}, { remainingMs: 0 }, never, 'released'],
    ['a bug', {}, {}, () => Promise.reject(new TypeError('x')), 'released'],
    [
      'a rejection by a layer',
      { layers: [{ after: 'timeout', layer: () => failing }] },
      {},
      never,
      'released',
    ],
    [
      'a request that was cancelled',
      {},
      {},
      () => Promise.reject(new DOMException('x', 'AbortError')),
      'released',
    ],
  ])('is not asked about %s', async (_what, given, options, call, expected) => {
    const isFailure = vi.fn(() => false);
    const subject = counted({ isFailure }, given);
    await within(subject, 1_000, subject.posts.outcome(call, options));

    expect(isFailure).not.toHaveBeenCalled();
    expect(subject.recorded).toEqual(expected === undefined ? [] : [expected]);
  });
});

describe('isFailedResult', () => {
  test('decides whether a value of the function counts as a failure, and leaves the value to the caller', async () => {
    const { posts, recorded } = counted({ isFailedResult: (value) => value === 'degraded' });

    expect(await posts.execute(() => 'degraded')).toBe('degraded');
    expect(await posts.execute(() => 'fine')).toBe('fine');
    expect(recorded).toEqual([FAILED, SUCCEEDED]);
  });

  test('is not asked about a value that was not of the function', async () => {
    const isFailedResult = vi.fn(() => true);
    const { posts, recorded } = counted(
      { isFailedResult },
      { fallback: 'stale', layers: [{ before: 'timeout', layer: () => async () => 'cached' }] },
    );
    await posts.execute(() => 'fine');

    expect(isFailedResult).not.toHaveBeenCalled();
    expect(recorded).toEqual(['released']);
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
