import { describe, expect, test, vi } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { FibrinError } from '../../lib/core/errors.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { type BulkheadOptions, bulkhead, resilient, timeout } from '../../lib/index.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { type FakeClock, fakeClock, lambdaContext, settle } from '../../lib/testing/index.ts';
import { answersAfter, errorOf } from '../support/dependency.ts';
import { never } from '../support/outcomes.ts';

const FULL = expect.objectContaining({ code: 'BULKHEAD_FULL', status: 503, retryable: false });

function limited(given: BulkheadOptions, options: Partial<ResilientOptions<unknown>> = {}) {
  const clock = fakeClock();
  const events: PolicyEvent[] = [];
  const slots = bulkhead({ name: 'files', clock, onEvent: (event) => events.push(event), ...given });
  const policy = resilient<unknown>({
    ...{ name: 'posts', bulkhead: slots, attemptTimeoutMs: 100, clock, ...options },
    onEvent: (event) => events.push(event),
  });
  return { clock, events, slots, policy };
}

/** A function that ignores its signal, and ends when the test says so. */
function ignoring() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { call: () => promise, resolve, reject };
}

/** What it has answered so far, or `undefined`. */
function answerOf<T>(promise: Promise<T>): { value: T | undefined } {
  const seen: { value: T | undefined } = { value: undefined };
  void promise.then((value) => {
    seen.value = value;
  });
  return seen;
}

describe('a bulkhead', () => {
  test('makes as many calls at once as its limit, and refuses others at once', async () => {
    const { clock, slots, policy } = limited({ limit: 2 });
    const call = vi.fn(answersAfter(clock, 50));
    const runs = [1, 2, 3].map(() => policy.outcome(call));
    await settle();

    expect(slots.state).toEqual({ active: 2, queued: 0, overdue: 0 });
    expect((await runs[2])?.error).toEqual(FULL);
    expect(await runs[2]).toMatchObject({ source: 'none', attempts: 0, durationMs: 0 });
    await clock.advance(50);
    expect((await Promise.all(runs)).map(({ source }) => source)).toEqual(['live', 'live', 'none']);
    expect(call).toHaveBeenCalledTimes(2);
    expect(slots.state).toEqual({ active: 0, queued: 0, overdue: 0 });
    expect(clock.pending).toBe(0);
  });

  test('says its limit, its queue and a way out in the error', async () => {
    const { clock, policy } = limited({ limit: 1, queueLimit: 1, queueTimeoutMs: 20 });
    const runs = [1, 2, 3].map(() => policy.outcome(answersAfter(clock, 50)));
    await clock.advance(50);
    const [, waited, refused] = (await Promise.all(runs)).map(({ error }) => String(error));

    expect(refused).toBe(
      'BulkheadFullError: Bulkhead "files" is full: 1 calls run (limit) and 1 of 1 wait (queueLimit); make fewer calls at once or raise one of the two; the call was not made',
    );
    expect(waited).toBe(
      'BulkheadFullError: Bulkhead "files" is full: none of its slots (limit 1) came free within 20 ms (make fewer calls at once or raise `limit`; a call within a call of the same bulkhead waits for itself and needs another bulkhead); the call was not made',
    );
    const none = limited({ limit: 1 });
    void none.policy.outcome(never);
    expect(String((await none.policy.outcome(never)).error)).toContain('none waits (queueLimit)');
  });

  test('serves those that wait in the order in which they came', async () => {
    const { clock, slots, policy } = limited({ limit: 1, queueLimit: 3 });
    const order: number[] = [];
    const runs = [1, 2, 3, 4].map((n) =>
      policy.outcome(async () => {
        order.push(n);
        await sleep(clock, 50);
      }),
    );
    await clock.advance(10);
    expect(slots.state).toEqual({ active: 1, queued: 3, overdue: 0 });
    await clock.advance(200);

    expect(order).toEqual([1, 2, 3, 4]);
    expect((await Promise.all(runs)).map(({ durationMs }) => durationMs)).toEqual([50, 100, 150, 200]);
    expect(clock.pending).toBe(0);
  });

  test('counts a wait against the time of the call, and not against the attempt timeout', async () => {
    const { clock, policy } = limited({ limit: 1, queueLimit: 1 }, { totalTimeoutMs: 170 });
    const first = policy.outcome(answersAfter(clock, 90));
    const second = policy.outcome(answersAfter(clock, 90));
    await clock.advance(200);

    expect(await first).toMatchObject({ source: 'live' });
    expect(await second).toMatchObject({
      ...{ durationMs: 170, attempts: 1 },
      error: { code: 'DEADLINE_EXCEEDED', limit: 'total timeout' },
    });
  });

  test.each([
    ['queueTimeoutMs', { queueTimeoutMs: 30 }, {}],
    ['the time of the call', {}, { remainingMs: 30 }],
  ])('lets a call wait no longer than %s', async (_what, given, options) => {
    const { clock, slots, policy } = limited({ limit: 1, queueLimit: 1, ...given });
    void policy.outcome(answersAfter(clock, 90));
    const run = policy.outcome(answersAfter(clock, 1), options);
    await clock.advance(1_000);

    expect(await run).toMatchObject({ durationMs: 30, attempts: 0, error: FULL });
    expect(slots.state).toEqual({ active: 0, queued: 0, overdue: 0 });
    expect(clock.pending).toBe(0);
  });

  test('refuses a call whose time is over, and gives it no place in the queue', async () => {
    const { slots, policy } = limited({ limit: 1, queueLimit: 1 });
    void policy.outcome(never);

    expect((await policy.outcome(never, { remainingMs: 0 })).error).toEqual(FULL);
    expect(slots.state.queued).toBe(0);
  });

  test('gives a slot that comes free at the last moment', async () => {
    const { clock, policy } = limited({ limit: 1, queueLimit: 1, queueTimeoutMs: 500, maxHoldMs: 1_000 });
    void policy.outcome(never);
    await clock.advance(500);
    const run = policy.outcome(() => 'fine');
    await clock.advance(500);

    expect(await run).toMatchObject({ value: 'fine', durationMs: 500 });
    expect(clock.pending).toBe(0);
  });

  test('is not asked again by a retry, whatever shouldRetry says', async () => {
    const { clock, events, policy } = limited(
      { limit: 1 },
      { retry: { maxAttempts: 5, shouldRetry: () => true } },
    );
    void policy.outcome(answersAfter(clock, 50));

    expect(await policy.outcome(() => 'fine')).toMatchObject({ error: FULL, durationMs: 0 });
    expect(events).toContainEqual({ kind: 'rejected', name: 'posts', by: 'bulkhead' });
    expect(events.filter(({ kind }) => kind === 'retry')).toEqual([]);
  });

  test('is shared by several policies, and by calls under it alone', async () => {
    const { clock, slots, policy } = limited({ limit: 2 });
    const other = resilient<unknown>({ name: 'other', bulkhead: slots, clock });
    void policy.outcome(answersAfter(clock, 50));
    const single = slots.execute(answersAfter(clock, 50));

    expect((await other.outcome(() => 'fine')).error).toEqual(FULL);
    await clock.advance(50);
    expect(await single).toBe('fine');
    expect(await other.execute(() => 'fine')).toBe('fine');
  });

  test('reports by itself what is overdue, under its own name', async () => {
    const clock = fakeClock();
    const events: PolicyEvent[] = [];
    const slots = bulkhead({
      name: 'files',
      limit: 1,
      maxHoldMs: 1_000,
      clock,
      onEvent: (event) => events.push(event),
    });
    const policy = resilient<unknown>({ name: 'posts', clock, attemptTimeoutMs: 500, bulkhead: slots });
    void policy.outcome(never);
    await clock.advance(1_000);
    expect(await policy.execute(() => 'fine')).toBe('fine');
    await settle();

    expect(events).toEqual([{ kind: 'bulkhead-overdue', name: 'files', heldMs: 1_000 }]);
    expect(await bulkhead({ limit: 1 }).execute(() => 'fine')).toBe('fine');
  });

  test('reports a wait with the attempt, and leaves it out of its duration', async () => {
    const { clock, events, policy } = limited({ limit: 1, queueLimit: 1 });
    const runs = [policy.outcome(answersAfter(clock, 50)), policy.outcome(answersAfter(clock, 20))];
    await clock.advance(100);
    await Promise.all(runs);

    expect(events.filter(({ kind }) => kind === 'attempt')).toEqual([
      { kind: 'attempt', name: 'posts', attempt: 1, durationMs: 50, failed: false },
      { kind: 'attempt', name: 'posts', attempt: 1, durationMs: 20, waitedMs: 50, failed: false },
    ]);
  });
});

describe('a call that waits', () => {
  test('leaves the queue at once when its caller aborts', async () => {
    const { clock, slots, policy } = limited({ limit: 1, queueLimit: 1 });
    void policy.outcome(answersAfter(clock, 50));
    const controller = new AbortController();
    const run = policy.outcome(() => 'late', { signal: controller.signal });
    await clock.advance(10);
    controller.abort('gone');
    const next = policy.outcome(() => 'fine');

    expect(await run).toMatchObject({ error: 'gone', durationMs: 10, attempts: 0 });
    expect(slots.state.queued).toBe(1);
    await clock.advance(50);
    expect((await next).value).toBe('fine');
    expect(clock.pending).toBe(0);
  });

  test('is refused where its caller has aborted before, and one that is free is kept', async () => {
    const { slots } = limited({ limit: 1 });

    expect(await errorOf(slots.execute(never, { signal: AbortSignal.abort('gone') }))).toBe('gone');
    expect(slots.state.active).toBe(0);
  });

  test('is given no slot when its invocation is over, and takes no place of another', async () => {
    const { clock, slots, policy } = limited({ limit: 1, queueLimit: 1 });
    const holds = ignoring();
    void policy.outcome(holds.call, { remainingMs: 500 });
    const call = vi.fn(() => 'late');
    let left: Promise<unknown> | undefined;
    await withDeadline({ clock }, async () => {
      left = policy.outcome(call);
    })({}, lambdaContext({ remainingMs: 60_000, clock }));
    expect(slots.state.queued).toBe(1);
    const next = policy.outcome(() => 'fine');
    expect(slots.state.queued).toBe(1);
    expect(await left).toMatchObject({ error: FULL });
    holds.resolve('fine');

    expect((await next).value).toBe('fine');
    expect(call).not.toHaveBeenCalled();
  });

  test('gives its place in a full queue to another when its invocation is over', async () => {
    const { clock, slots, policy } = limited({ limit: 1, queueLimit: 2 });
    const holds = ignoring();
    void policy.outcome(holds.call);
    const first = policy.outcome(() => 'first');
    let left: Promise<unknown> | undefined;
    await withDeadline({ clock }, async () => {
      left = policy.outcome(() => 'late');
    })({}, lambdaContext({ remainingMs: 60_000, clock }));
    const next = policy.outcome(() => 'next');

    expect(await left).toMatchObject({ error: FULL });
    expect(slots.state.queued).toBe(2);
    expect((await policy.outcome(() => 'more')).error).toEqual(FULL);
    holds.resolve('fine');
    expect([(await first).value, (await next).value]).toEqual(['first', 'next']);
    expect(clock.pending).toBe(0);
  });

  test('is given no slot by another call that ends when its invocation is over', async () => {
    const { clock, policy } = limited({ limit: 1, queueLimit: 2 });
    const holds = ignoring();
    void policy.outcome(holds.call);
    const call = vi.fn(() => 'late');
    let left: Promise<unknown> | undefined;
    await withDeadline({ clock }, async () => {
      left = policy.outcome(call);
    })({}, lambdaContext({ remainingMs: 60_000, clock }));
    const next = policy.outcome(() => 'fine');
    holds.resolve('fine');

    expect((await next).value).toBe('fine');
    expect(await left).toMatchObject({ error: FULL });
    expect(call).not.toHaveBeenCalled();
  });

  test('is given no slot after a freeze that was longer than it may wait', async () => {
    const { clock, policy } = limited({ limit: 1, queueLimit: 1 }, { attemptTimeoutMs: false });
    // This timer is due before the one that ends the wait.
    const first = policy.outcome(() => sleep(clock, 900));
    const call = vi.fn(() => 'late');
    const run = policy.outcome(call);
    await clock.freeze(5_000);
    await first;

    expect(await run).toMatchObject({ error: FULL });
    expect(call).not.toHaveBeenCalled();
  });

  test('within a call of the same bulkhead is refused in time, and the error says why', async () => {
    const { clock, policy } = limited({ limit: 1, queueLimit: 5, queueTimeoutMs: 40 });
    const run = policy.outcome(() => policy.execute(() => 'inner'));
    await clock.advance(40);

    expect(await run).toMatchObject({ durationMs: 40, error: FULL });
    expect(String((await run).error)).toContain('within a call of the same bulkhead');
  });
});

describe('a slot', () => {
  test('is held until the function has ended, not until its timeout', async () => {
    const { clock, slots, policy } = limited({ limit: 1 });
    const work = ignoring();
    const run = policy.outcome(work.call);
    await clock.advance(100);
    expect((await run).error).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });

    expect((await policy.outcome(() => 'fine')).error).toEqual(FULL);
    expect(slots.state.active).toBe(1);
    work.reject(new Error('late'));
    await settle();
    expect(await policy.execute(() => 'fine')).toBe('fine');
  });

  test('is handed to the next when the function has ended, which its caller no longer waits for', async () => {
    const { clock, policy } = limited({ limit: 1, queueLimit: 1 });
    const work = ignoring();
    void policy.outcome(work.call);
    await clock.advance(100);
    const next = answerOf(policy.outcome(() => 'fine'));
    await clock.advance(100);
    expect(next.value).toBeUndefined();
    work.resolve('late');
    await settle();

    expect(next.value).toMatchObject({ value: 'fine', durationMs: 100 });
  });

  test('of a function that throws, that gives no promise or whose promise is hostile is free again', async () => {
    const { slots, policy } = limited({ limit: 1 });
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: a hostile value
      get then() {
        throw new Error('hostile');
      },
    };
    for (const call of [() => Promise.reject(new Error('x')), () => 1, () => thenable])
      await policy.outcome(call);
    await policy.outcome(() => {
      throw new Error('x');
    });

    expect(slots.state).toEqual({ active: 0, queued: 0, overdue: 0 });
  });

  test('of a layer that throws at once is free again', async () => {
    const { slots, policy } = limited(
      { limit: 1 },
      {
        faults: {
          layer: () => () => () => {
            throw new Error('at once');
          },
        },
      },
    );

    expect((await policy.outcome(() => 'fine')).error).toMatchObject({ message: 'at once' });
    expect(slots.state.active).toBe(0);
  });

  test('is held until all have ended where a layer inside makes several calls', async () => {
    const works = [ignoring(), ignoring()];
    const { clock, slots, policy } = limited(
      { limit: 1 },
      {
        layers: [
          {
            after: 'timeout',
            layer: (next) => async (execution) =>
              Promise.race([next(execution), next(execution.withAttempt())]),
          },
        ],
      },
    );
    const run = policy.outcome(({ attempt }) => works[attempt - 1]?.call());
    works[0]?.resolve('first');
    expect((await run).value).toBe('first');
    expect(slots.state.active).toBe(1);
    works[1]?.resolve('second');
    await settle();

    expect(slots.state.active).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('keeps the slot of a bulkhead around it, too', async () => {
    const clock = fakeClock();
    const outer = bulkhead({ limit: 1, clock });
    const inner = bulkhead({ limit: 1, clock });
    const work = ignoring();
    const policy = resilient<unknown>({
      ...{ name: 'posts', clock, attemptTimeoutMs: 100, totalTimeoutMs: 1_000, bulkhead: inner },
      layers: [{ before: 'bulkhead', layer: outer.layer }],
    });
    const run = policy.outcome(work.call);
    await clock.advance(100);
    await run;

    expect([outer.state.active, inner.state.active]).toEqual([1, 1]);
    work.resolve('late');
    await settle();
    expect([outer.state.active, inner.state.active]).toEqual([0, 0]);
  });

  test('is not left behind by a function that a slow layer calls when its attempt is over', async () => {
    const call = vi.fn(() => 'late');
    const { clock, slots, policy } = limited({ limit: 1 });
    const slow = resilient<unknown>({
      ...{ name: 'slow', bulkhead: slots, attemptTimeoutMs: 100, clock },
      layers: [
        {
          after: 'timeout',
          layer: (next) => async (execution) => {
            await sleep(clock, 200);
            return next(execution);
          },
        },
      ],
    });
    const run = slow.outcome(call);
    await clock.advance(100);
    expect((await run).error).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
    expect(await policy.execute(() => 'fine')).toBe('fine');
    await clock.advance(200);

    expect(call).not.toHaveBeenCalled();
    expect(slots.state).toEqual({ active: 0, queued: 0, overdue: 0 });
  });
});

describe('a call whose function never ends', () => {
  const held = (given: Partial<BulkheadOptions> = {}) => limited({ limit: 1, maxHoldMs: 1_000, ...given });
  const overdue = { kind: 'bulkhead-overdue', name: 'files', heldMs: 1_000 };

  test('loses its slot after maxHoldMs, without any timer, and is reported once', async () => {
    const { clock, events, slots, policy } = held();
    const work = ignoring();
    void policy.outcome(work.call);
    await clock.advance(999);
    expect((await policy.outcome(() => 'fine')).error).toEqual(FULL);
    expect(clock.pending).toBe(0);
    await clock.advance(1);

    expect(slots.state).toEqual({ active: 0, queued: 0, overdue: 1 });
    expect(await policy.execute(() => 'fine')).toBe('fine');
    expect(await policy.execute(() => 'fine')).toBe('fine');
    expect(events.filter(({ kind }) => kind === 'bulkhead-overdue')).toEqual([overdue]);
    expect(slots.state).toEqual({ active: 0, queued: 0, overdue: 1 });
  });

  test('frees no slot of another call when it ends at last', async () => {
    const { clock, slots, policy } = held();
    const work = ignoring();
    void policy.outcome(work.call);
    await clock.advance(1_000);
    void policy.outcome(never);
    await settle();
    expect(slots.state).toEqual({ active: 1, queued: 0, overdue: 1 });
    work.resolve('late');
    await settle();

    expect(slots.state).toEqual({ active: 1, queued: 0, overdue: 0 });
    expect((await policy.outcome(() => 'fine')).error).toEqual(FULL);
  });

  test('gives its slot to a call that waits, when its time is over', async () => {
    const { clock, policy } = held({ queueLimit: 1 });
    void policy.outcome(never);
    await clock.advance(600);
    const run = policy.outcome(() => 'fine');
    await clock.advance(400);

    expect(await run).toMatchObject({ value: 'fine', durationMs: 400 });
    expect(clock.pending).toBe(0);
  });

  test('loses its slot in a freeze: the next call asks, and no timer has fired', async () => {
    const { clock, events, slots, policy } = held({ queueLimit: 1 });
    void policy.outcome(never);
    await clock.advance(100);
    const thawed = clock.freeze(600_000);
    // As a request that arrives with the thaw.
    await settle();
    const run = policy.outcome(() => 'fine');
    await thawed;

    expect((await run).value).toBe('fine');
    expect(slots.state).toEqual({ active: 0, queued: 0, overdue: 1 });
    expect(events.filter(({ kind }) => kind === 'bulkhead-overdue')).toEqual([
      { ...overdue, heldMs: 600_100 },
    ]);
  });

  test.each<readonly [string, (slots: { execute(call: () => unknown): Promise<unknown> }) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('hostile');
      },
    ],
    ['rejects', () => Promise.reject(new Error('hostile'))],
    ['makes a call of the same bulkhead', (slots) => slots.execute(() => 'nested')],
  ])('is reported to a listener that %s, which changes nothing', async (what, listen) => {
    const clock: FakeClock = fakeClock();
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const slots = bulkhead({
      ...{ name: `hostile-${what.length}`, limit: 1, queueLimit: 1, maxHoldMs: 1_000, clock },
      onEvent: () => listen(slots),
    });
    void slots.execute(never);
    await clock.advance(1_000);
    const runs = [slots.execute(answersAfter(clock, 10)), slots.execute(() => 'second')];
    await clock.advance(100);

    expect(await Promise.all(runs)).toEqual(['fine', 'second']);
    expect(slots.state).toMatchObject({ active: 0, queued: 0 });
    warned.mockRestore();
  });
});

describe('the options of a bulkhead', () => {
  test.each<[object, string]>([
    [{}, 'expected `limit` to be an integer from 1 to 10000, got undefined'],
    [{ limit: 0 }, 'expected `limit` to be an integer from 1 to 10000, got 0'],
    [{ limit: 1, queueLimit: 1_001 }, 'expected `queueLimit` to be an integer from 0 to 1000, got 1001'],
    [
      { limit: 1, queueTimeoutMs: 0 },
      'expected `queueTimeoutMs` to be a number of milliseconds from 1 to 60000, got 0',
    ],
    [
      { limit: 1, maxHoldMs: 10 },
      'expected `maxHoldMs` to be a number of milliseconds from 1000 to 3600000, got 10',
    ],
    [{ limit: 1, size: 1 }, 'unknown option `size`'],
  ])('are checked: %j', (given, message) => {
    const options = given as BulkheadOptions;

    expect(() => bulkhead(options)).toThrow(`bulkhead: ${message}`);
  });

  test.each([{ limit: 1 }, true, null, 5])('are no bulkhead by themselves: %j', (given) => {
    expect(() => resilient({ name: 'posts', bulkhead: given as never })).toThrow(
      'expected `bulkhead` to be what `bulkhead({ limit })` gives',
    );
  });

  test('leave an attempt the time that it may take', () => {
    const made = (maxHoldMs: number) => bulkhead({ limit: 1, maxHoldMs });
    const message =
      'resilient "posts": expected `maxHoldMs` of the bulkhead to be 3000 or more, as long as an attempt may take, got 2999';

    expect(() => resilient({ name: 'posts', bulkhead: made(2_999) })).toThrow(message);
    expect(() => resilient({ name: 'posts', bulkhead: made(3_000) })).not.toThrow();
    const noLimit = { attemptTimeoutMs: false, totalTimeoutMs: false } as const;
    expect(() => resilient({ name: 'posts', ...noLimit, bulkhead: made(1_000) })).not.toThrow();
    const long = { attemptTimeoutMs: 90_000, totalTimeoutMs: 90_000 };
    expect(() => resilient({ name: 'posts', ...long, bulkhead: bulkhead({ limit: 1 }) })).toThrow(
      '90000 or more',
    );
  });
});

test('a call under a timeout outside of a bulkhead gives its place back at its end, too', async () => {
  const clock = fakeClock();
  const slots = bulkhead({ limit: 1, queueLimit: 1, clock });
  const limit = timeout({ timeoutMs: 100, clock });
  void slots.execute(never);
  const run = errorOf(limit.execute(({ signal }) => slots.execute(never, { signal })));
  await clock.advance(100);

  expect(await run).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
  expect(slots.state).toEqual({ active: 1, queued: 0, overdue: 0 });
  expect(await run).toBeInstanceOf(FibrinError);
});
