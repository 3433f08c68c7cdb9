import { describe, expect, test } from 'vitest';
import { InjectedFaultError } from '../../lib/chaos/faults.ts';
import { InvalidOptionError } from '../../lib/core/errors.ts';
import type { CallContext } from '../../lib/core/execution.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { type FaultPlan, fakeClock, faultPlan, type PlannedFault } from '../../lib/testing/index.ts';

describe('faultPlan', () => {
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
      outcomes.push(await Promise.resolve(call(context)).catch((error: unknown) => error));
    }
    return outcomes;
  };

  test('makes a call hang, so that five lines show that a profile without posts is better than none', async () => {
    const clock = fakeClock();
    const posts = resilient<string[]>({ name: 'posts', attemptTimeoutMs: 1_000, fallback: () => [], clock });
    const outcome = posts.outcome(faultPlan(['hang']).wrap(fetchPosts));
    await clock.advance(1_000);
    expect((await outcome).degraded).toBe(true);
  });

  test('gives the nth call the nth entry, and calls past its end no fault', async () => {
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

  test('repeats its last entry with `repeat`', async () => {
    const fails: PlannedFault = { kind: 'error', error: () => 'down' };

    expect(await callsOf(faultPlan(['ok', fails], { repeat: true }), 4)).toEqual([
      ['a post'],
      'down',
      'down',
      'down',
    ]);
    expect(await callsOf(faultPlan([], { repeat: true }), 1)).toEqual([['a post']]);
  });

  test('delays a call on the clock that it was given', async () => {
    const clock = fakeClock();
    let answered = false;
    const slow = faultPlan([{ kind: 'latency', ms: 500 }], { clock }).wrap(fetchPosts);
    const answer = Promise.resolve(slow(context)).then(() => {
      answered = true;
    });
    await clock.advance(499);
    expect(answered).toBe(false);

    await clock.advance(1);
    await answer;

    expect(answered).toBe(true);
  });

  test('counts retries as calls, and the calls of all functions that it wraps together', async () => {
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
  ])('refuses the entry %j', (entry, message) => {
    const plan = () => faultPlan(['ok', entry as PlannedFault]);

    expect(plan).toThrow(InvalidOptionError);
    expect(plan).toThrow(message);
  });

  test('refuses options that are out of range', () => {
    const wrong: object = { repeat: 1 };
    expect(() => faultPlan([], wrong)).toThrow(/`repeat` to be true or false/);
  });
});
