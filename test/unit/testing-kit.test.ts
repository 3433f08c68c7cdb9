import type { Context } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { InjectedFaultError } from '../../lib/chaos/faults.ts';
import { sleep as pause } from '../../lib/core/clock.ts';
import { InvalidOptionError } from '../../lib/core/errors.ts';
import type { CallContext } from '../../lib/core/execution.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import {
  type FaultPlan,
  fakeClock,
  faultPlan,
  lambdaContext,
  type PlannedFault,
  seededRandom,
  settle,
} from '../../lib/testing/index.ts';

describe('the fake clock', () => {
  test('fires what falls due in the order of time, what that starts included', async () => {
    const clock = fakeClock(0);
    const fired: string[] = [];
    clock.after(20, () => fired.push(`late at ${clock.now()}`));
    clock.after(10, () => {
      fired.push(`early at ${clock.now()}`);
      clock.after(5, () => fired.push(`nested at ${clock.now()}`));
    });

    await clock.advance(30);

    expect(fired).toEqual(['early at 10', 'nested at 15', 'late at 20']);
    expect(clock.now()).toBe(30);
  });

  test('fires timers for one moment in the order in which they were set', async () => {
    const clock = fakeClock();
    const fired: number[] = [];
    for (let timer = 0; timer < 9; timer++) clock.after(10, () => fired.push(timer));

    await clock.advance(10);

    expect(fired).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('lets what waits for a timer run before the next one fires', async () => {
    const clock = fakeClock();
    const seen: string[] = [];
    void pause(clock, 10).then(() => seen.push('the first is awake'));
    clock.after(10, () => seen.push('the second fires'));

    await clock.advance(10);

    expect(seen).toEqual(['the first is awake', 'the second fires']);
  });

  test('counts the timers that wait, and a cancelled one waits no longer', async () => {
    const clock = fakeClock();
    let fired = 0;
    const cancel = clock.after(10, () => fired++);
    clock.after(20, () => fired++);
    expect(clock.pending).toBe(2);

    cancel();
    cancel();
    expect(clock.pending).toBe(1);
    await clock.advance(20);
    cancel();

    expect(fired).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test('takes a delay that is no number, or below zero, for none', async () => {
    const clock = fakeClock();
    const fired: string[] = [];
    clock.after(-5, () => fired.push('below zero'));
    clock.after(Number.NaN, () => fired.push('no number'));

    await clock.advance(0);

    expect(fired).toEqual(['below zero', 'no number']);
    expect(clock.monotonic()).toBe(0);
  });

  test('adds up what it is told before it gets there', async () => {
    const clock = fakeClock();

    await Promise.all([clock.advance(10), clock.advance(5)]);

    expect(clock.monotonic()).toBe(15);
  });

  test('passes on what a timer throws', async () => {
    const clock = fakeClock();
    clock.after(1, () => {
      throw new Error('in the timer');
    });

    await expect(clock.advance(1)).rejects.toThrow('in the timer');
  });

  test('holds a hundred thousand timers, most of them cancelled as timeouts are', async () => {
    const clock = fakeClock();
    const random = seededRandom(3);
    const fired: number[] = [];
    const set = () => clock.after(random.next() * 1_000, () => fired.push(clock.monotonic()));
    const cancels = Array.from({ length: 100_000 }, set);

    for (const [index, cancel] of cancels.entries()) if (index % 500 !== 0) cancel();
    expect(clock.pending).toBe(200);
    await clock.advance(1_000);

    expect(fired).toHaveLength(200);
    expect(fired).toEqual(fired.toSorted((a, b) => a - b));
  });

  test('jumps with its wall clock alone, forth and back', async () => {
    const clock = fakeClock(1_000);
    let fired = false;
    clock.after(10, () => {
      fired = true;
    });

    clock.jump(5_000);
    expect(clock.now()).toBe(6_000);
    clock.jump(-5_500);
    await clock.advance(9);

    expect(clock.now()).toBe(509);
    expect(clock.monotonic()).toBe(9);
    expect(fired).toBe(false);
  });

  test('fires nothing while it is frozen, and all that is overdue with the thaw, late and in order', async () => {
    const clock = fakeClock(0);
    const fired: string[] = [];
    clock.after(20, () => fired.push(`second at ${clock.now()}`));
    clock.after(10, () => {
      fired.push(`first at ${clock.now()}`);
      clock.after(0, () => fired.push(`set in the thaw at ${clock.now()}`));
      clock.after(1, () => fired.push('not yet'));
    });
    clock.after(61_000, () => fired.push('not yet'));

    await clock.freeze(60_000);

    expect(fired).toEqual(['first at 60000', 'second at 60000', 'set in the thaw at 60000']);
    expect(clock.monotonic()).toBe(60_000);
    expect(clock.pending).toBe(2);
  });

  test('lets what is ready run before it freezes', async () => {
    const clock = fakeClock();
    let left = 0;
    void Promise.resolve().then(() => clock.after(50, () => left++));

    await clock.freeze(50);

    expect(left).toBe(1);
  });

  test.each([
    ['advance', -1],
    ['advance', Number.NaN],
    ['advance', Number.POSITIVE_INFINITY],
    ['freeze', -1],
  ] as const)('refuses to %s by %d', async (what, ms) => {
    await expect(fakeClock()[what](ms)).rejects.toThrow(InvalidOptionError);
  });

  test('refuses to jump out of time', () => {
    expect(() => fakeClock().jump(Number.NEGATIVE_INFINITY)).toThrow(/jump: expected `ms` to be a number/);
  });
});

describe('settle', () => {
  test('lets chains of promises run to their end', async () => {
    let turns = 0;
    void (async () => {
      for (; turns < 20; turns++) await Promise.resolve();
    })();

    await settle();

    expect(turns).toBe(20);
  });
});

describe('seeded chance', () => {
  const throwsOf = (seed: number) => {
    const random = seededRandom(seed);
    return [...Array.from({ length: 20 }, () => random.next()), random.token(), random.token()];
  };

  test('is the same for the same seed and another for another', () => {
    expect(throwsOf(7)).toEqual(throwsOf(7));
    expect(throwsOf(8)).not.toEqual(throwsOf(7));
  });

  test('gives each token once', () => {
    const { token } = seededRandom(7);

    expect(new Set(Array.from({ length: 100 }, token)).size).toBe(100);
  });

  test('is spread evenly from 0 up to 1', () => {
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

describe('the Lambda context', () => {
  test('counts down with the wall clock that it was given, below zero too', async () => {
    const clock = fakeClock();
    const context = lambdaContext({ remainingMs: 1_000, clock });
    expect(context.getRemainingTimeInMillis()).toBe(1_000);

    await clock.advance(400);
    expect(context.getRemainingTimeInMillis()).toBe(600);
    clock.jump(700);

    expect(context.getRemainingTimeInMillis()).toBe(-100);
  });

  test('has what handlers read, for the types of Lambda too', () => {
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

  test('shares its request id with no other', () => {
    const ids = Array.from({ length: 100 }, () => lambdaContext().awsRequestId);

    expect(new Set(ids).size).toBe(100);
  });

  test('has three seconds of the time of the system unless it is told otherwise', () => {
    const left = lambdaContext().getRemainingTimeInMillis();

    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(3_000);
  });

  test.each(['done', 'fail', 'succeed'] as const)('has no use for the callback %s', (callback) => {
    expect(lambdaContext()[callback]).toThrow('return the answer');
  });

  test('refuses wrong options', () => {
    expect(() => lambdaContext({ remainingMs: -1 })).toThrow(InvalidOptionError);
    expect(() => lambdaContext({ functionName: '' })).toThrow(InvalidOptionError);
  });
});

describe('a fault plan', () => {
  const fetchPosts = async (): Promise<string[]> => ['a post'];
  const context: CallContext = {
    signal: new AbortController().signal,
    attempt: 1,
    remainingMs: () => 60_000,
  };
  const callsOf = async (plan: FaultPlan, times: number) => {
    const call = plan.wrap<unknown>(fetchPosts);
    const outcomes: unknown[] = [];
    for (let nth = 0; nth < times; nth++) {
      outcomes.push(await call(context).catch((error: unknown) => error));
    }
    return outcomes;
  };

  test('lets a user see in five lines that a profile without posts is better than none', async () => {
    const clock = fakeClock();
    const posts = resilient<string[]>({ name: 'posts', attemptTimeoutMs: 1_000, fallback: () => [], clock });
    const outcome = posts.outcome(faultPlan(['hang']).wrap(fetchPosts));
    await clock.advance(1_000);
    expect((await outcome).degraded).toBe(true);
  });

  test('gives the nth call the nth entry, and lets all be well past its end', async () => {
    const mine = new Error('mine');
    const plan = faultPlan(['error', 'ok', 'corrupt', { kind: 'error', error: () => mine }]);

    expect(await callsOf(plan, 6)).toEqual([
      new InjectedFaultError(500),
      ['a post'],
      { corrupted: 'on purpose' },
      mine,
      ['a post'],
      ['a post'],
    ]);
    expect(plan.calls).toBe(6);
  });

  test('goes on with its last entry where that is to be repeated', async () => {
    const fails: PlannedFault = { kind: 'error', error: () => 'down' };

    expect(await callsOf(faultPlan(['ok', fails], { repeat: true }), 4)).toEqual([
      ['a post'],
      'down',
      'down',
      'down',
    ]);
    expect(await callsOf(faultPlan([], { repeat: true }), 1)).toEqual([['a post']]);
  });

  test('makes a call slow on the clock that it was given', async () => {
    const clock = fakeClock();
    let answered = false;
    const slow = faultPlan([{ kind: 'latency', ms: 500 }], { clock }).wrap(fetchPosts);
    const answer = slow(context).then(() => {
      answered = true;
    });
    await clock.advance(499);
    expect(answered).toBe(false);

    await clock.advance(1);
    await answer;

    expect(answered).toBe(true);
  });

  test('counts retries as calls, and the calls of all that it wraps together', async () => {
    const clock = fakeClock();
    const plan = faultPlan(['error', 'error', 'ok', 'error']);
    const posts = resilient<string[]>({ name: 'posts', retry: { maxAttempts: 3 }, clock });
    const social = resilient<string[]>({ name: 'social', clock });
    const first = posts.outcome(plan.wrap(fetchPosts));
    await clock.advance(1_000);
    expect(await first).toMatchObject({ source: 'live', attempts: 3 });

    expect(await social.outcome(plan.wrap(fetchPosts))).toMatchObject({ source: 'none', attempts: 1 });

    expect(plan.calls).toBe(4);
  });

  test.each<[unknown, RegExp]>([
    ['latency', /faultPlan\[1\]: expected `ms` to be a number of milliseconds/],
    ['nonsense', /faultPlan\[1\]: expected `kind` to be one of latency, error, hang, corrupt/],
    [null, /faultPlan\[1\]: expected an options object, got null/],
    [{ kind: 'hang', rate: 0.5 }, /faultPlan\[1\]: unknown option `rate`/],
  ])('refuses %j in it', (entry, message) => {
    const plan = () => faultPlan(['ok', entry as PlannedFault]);

    expect(plan).toThrow(InvalidOptionError);
    expect(plan).toThrow(message);
  });

  test('refuses wrong options', () => {
    const wrong: object = { repeat: 1 };
    expect(() => faultPlan([], wrong)).toThrow(/`repeat` to be true or false/);
  });
});
