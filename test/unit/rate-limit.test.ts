import { describe, expect, test, vi } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { bulkhead, type RateLimitOptions, rateLimit, resilient } from '../../lib/index.ts';
import { type FakeClock, fakeClock, lambdaContext, settle } from '../../lib/testing/index.ts';
import { errorOf } from '../support/dependency.ts';
import { never } from '../support/outcomes.ts';

const limited = (retryAfterMs: number) =>
  expect.objectContaining({ code: 'RATE_LIMITED', status: 503, retryable: false, retryAfterMs });

function limiterOf(given: RateLimitOptions) {
  const clock = fakeClock();
  const limiter = rateLimit({ name: 'mails', clock, ...given });
  /** When each call was made, by its name. */
  const madeAt: Record<string, number> = {};
  const call = (name: string, options = {}) =>
    limiter
      .execute(() => {
        madeAt[name] = clock.monotonic();
        return name;
      }, options)
      .catch((error: unknown) => error);
  return { clock, limiter, madeAt, call };
}

describe('a rate limiter', () => {
  test('makes a burst at once, and then so many calls a second', async () => {
    const { clock, call } = limiterOf({ perSecond: 2, burst: 3 });
    expect(await Promise.all([1, 2, 3, 4].map((n) => call(`${n}`)))).toEqual(['1', '2', '3', limited(500)]);
    await clock.advance(499);
    expect(await call('5')).toEqual(limited(1));
    await clock.advance(1);

    expect(await call('6')).toBe('6');
    expect(await call('7')).toEqual(limited(500));
    expect(clock.pending).toBe(0);
  });

  test.each([
    [0.5, 1, 2_000],
    [1, 1, 1_000],
    [10, 10, 100],
  ])('at %d a second makes %d at once by default, and the next after %d ms', async (perSecond, burst, ms) => {
    const { clock, call } = limiterOf({ perSecond });
    for (let n = 0; n < burst; n++) expect(await call(`${n}`)).toBe(`${n}`);

    expect(await call('next')).toEqual(limited(ms));
    await clock.advance(ms);
    expect(await call('next')).toBe('next');
  });

  test('says its limit and when it has a token again', async () => {
    const { call } = limiterOf({ perSecond: 3, burst: 1 });
    await call('1');

    expect(String(await call('2'))).toBe(
      'RateLimitedError: Rate limiter "mails" allows 3 calls a second and has the next one in 334 ms; the call was not made',
    );
  });

  test('after a pause or a freeze of any length makes no more than a burst', async () => {
    const { clock, call } = limiterOf({ perSecond: 2, burst: 3 });
    await call('0');
    for (const pass of [() => clock.advance(3_600_000), () => clock.freeze(3_600_000)]) {
      await pass();
      const made = await Promise.all([1, 2, 3, 4, 5].map((n) => call(`${n}`)));

      expect(made).toEqual(['1', '2', '3', limited(500), limited(500)]);
    }
  });

  test('makes no token by a clock that goes back', async () => {
    const clock = fakeClock();
    let backMs = 0;
    const shaky = { ...clock, monotonic: () => clock.monotonic() - backMs };
    const limiter = rateLimit({ perSecond: 1, burst: 2, clock: shaky });
    await clock.advance(10_000);
    await limiter.execute(() => 1);
    backMs = 5_000;
    await limiter.execute(() => 2);
    expect(await errorOf(limiter.execute(() => 3))).toEqual(limited(1_000));
    // Until it is where it was, it says nothing.
    await clock.advance(5_000);
    expect(await errorOf(limiter.execute(() => 3))).toEqual(limited(1_000));
    await clock.advance(1_000);

    expect(await limiter.execute(() => 3)).toBe(3);
  });

  test('does not move with the wall clock', async () => {
    const { clock, call } = limiterOf({ perSecond: 1 });
    await call('1');
    clock.jump(3_600_000);

    expect(await call('2')).toEqual(limited(1_000));
  });

  test('weighs a call by its key, between nothing and a burst', async () => {
    const weight = vi.fn((key: string | undefined) => Number(key));
    const { call } = limiterOf({ perSecond: 10, burst: 5, weight });

    expect(await call('a', { key: '3' })).toBe('a');
    expect(await call('b', { key: '3' })).toEqual(limited(100));
    expect(await call('c', { key: '2' })).toBe('c');
    expect(await call('d', { key: '1000' })).toEqual(limited(500));
    expect(await call('e', { key: '0' })).toBe('e');
    expect(await call('f', { key: '-5' })).toBe('f');
    expect(await call('g', { key: '1' })).toEqual(limited(100));
    expect(weight.mock.calls[0]).toEqual(['3']);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('hostile');
      },
    ],
    ['returns NaN', () => Number.NaN],
    ['returns a promise', (() => Promise.resolve(100)) as never],
  ])('counts a call as one where the weight %s', async (what, weight) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { call } = limiterOf({ name: `weight-${what.length}`, perSecond: 1, burst: 2, weight });

    expect(await Promise.all([call('1'), call('2'), call('3')])).toEqual(['1', '2', limited(1_000)]);
    warned.mockRestore();
  });
});

describe('a call that waits for its turn', () => {
  const waiting = (given: Partial<RateLimitOptions> = {}) =>
    limiterOf({ perSecond: 1, maxWaitMs: 2_000, ...given });

  test('is made in order, and is refused at once where it would wait for too long', async () => {
    const { clock, madeAt, call } = waiting();
    const runs = [1, 2, 3, 4].map((n) => call(`${n}`));
    await settle();
    expect(await runs[3]).toEqual(limited(3_000));
    await clock.advance(2_000);

    expect(await Promise.all(runs)).toEqual(['1', '2', '3', limited(3_000)]);
    expect(madeAt).toEqual({ 1: 0, 2: 1_000, 3: 2_000 });
    expect(clock.pending).toBe(0);
  });

  test('is refused at once where its own time is over before its turn', async () => {
    const { call } = waiting();
    await call('1');

    expect(await call('2', { remainingMs: 1_000 })).toEqual(limited(1_000));
  });

  test('gives its reservation back when its caller aborts, and those behind it move up', async () => {
    const { clock, madeAt, call } = waiting();
    await call('1');
    const controller = new AbortController();
    const gone = call('2', { signal: controller.signal });
    const third = call('3');
    await clock.advance(500);
    controller.abort('gone');
    const fourth = call('4');
    await clock.advance(2_000);

    expect(await gone).toBe('gone');
    expect(await third).toBe('3');
    expect(await fourth).toBe('4');
    expect(madeAt).toEqual({ 1: 0, 3: 1_000, 4: 2_000 });
    expect(clock.pending).toBe(0);
  });

  test('is made at once when one that was heavier leaves before it', async () => {
    const { clock, madeAt, call } = waiting({ burst: 5, maxWaitMs: 10_000, weight: Number });
    await call('1', { key: '4' });
    const controller = new AbortController();
    const heavy = call('heavy', { key: '5', signal: controller.signal });
    const light = call('light', { key: '1' });
    await clock.advance(100);
    expect(madeAt).toEqual({ 1: 0 });
    controller.abort('gone');
    await settle();

    expect(await heavy).toBe('gone');
    expect(await light).toBe('light');
    expect(madeAt).toEqual({ 1: 0, light: 100 });
  });

  test('is not made where its caller has aborted before, and takes no token', async () => {
    const { call } = waiting({ maxWaitMs: 0 });

    expect(await call('1', { signal: AbortSignal.abort('gone') })).toBe('gone');
    expect(await call('2')).toBe('2');
  });

  test('is not made when its invocation is over, and leaves its token to the next', async () => {
    const { clock, limiter, madeAt, call } = waiting();
    await call('1');
    const late = vi.fn();
    let left: Promise<unknown> | undefined;
    await withDeadline({ clock }, async () => {
      left = errorOf(limiter.execute(late));
    })({}, lambdaContext({ remainingMs: 60_000, clock }));
    const next = call('2');
    await clock.advance(1_000);

    expect(await next).toBe('2');
    expect(madeAt['2']).toBe(1_000);
    expect(await left).toEqual(limited(1_000));
    expect(late).not.toHaveBeenCalled();
  });

  test('is not made after a freeze that was longer than it may wait', async () => {
    const { clock, madeAt, call } = waiting();
    await call('1');
    const runs = [call('2'), call('3')];
    await clock.freeze(60_000);

    // The first is refused while the other still waits for the token that is there.
    expect(await Promise.all(runs)).toEqual([limited(1_000), limited(0)]);
    expect(madeAt).toEqual({ 1: 0 });
    expect(await call('4')).toBe('4');
  });

  test('after a freeze that was shorter is made with a burst at most', async () => {
    const { clock, madeAt, call } = waiting({ maxWaitMs: 10_000 });
    await call('1');
    const runs = [2, 3, 4].map((n) => call(`${n}`));
    await clock.freeze(3_500);
    expect(madeAt).toEqual({ 1: 0, 2: 3_500 });
    await clock.advance(5_000);
    await Promise.all(runs);

    expect(madeAt).toEqual({ 1: 0, 2: 3_500, 3: 4_500, 4: 5_500 });
  });
});

describe('a policy with a rate limiter', () => {
  function policyWith(clock: FakeClock, given: object) {
    const events: PolicyEvent[] = [];
    const policy = resilient<unknown>({
      ...{ name: 'mails', clock, onEvent: (event) => events.push(event), ...given },
    });
    return { policy, events };
  }

  test('does not retry a refusal, and reports it', async () => {
    const clock = fakeClock();
    const { policy, events } = policyWith(clock, {
      rateLimit: rateLimit({ perSecond: 1, clock }),
      retry: {},
    });
    await policy.outcome(() => 'fine');

    expect(await policy.outcome(() => 'fine')).toMatchObject({ attempts: 0, error: limited(1_000) });
    expect(events).toContainEqual({ kind: 'rejected', name: 'mails', by: 'rateLimit' });
  });

  test('retries after exactly as long as it takes where shouldRetry asks for that', async () => {
    const clock = fakeClock();
    const { policy } = policyWith(clock, {
      rateLimit: rateLimit({ perSecond: 3, burst: 1, clock }),
      retry: { shouldRetry: () => true, baseDelayMs: 1 },
    });
    await policy.outcome(() => 'fine');
    const run = policy.outcome(() => 'fine');
    await clock.advance(400);
    const outcome = await run;

    expect(outcome).toMatchObject({ source: 'live', attempts: 1 });
    expect(outcome.durationMs).toBeCloseTo(333.33, 1);
  });

  test('counts each attempt, and reports its wait', async () => {
    const clock = fakeClock();
    const { policy, events } = policyWith(clock, {
      rateLimit: rateLimit({ perSecond: 4, burst: 1, maxWaitMs: 1_000, clock }),
      retry: { maxAttempts: 2, baseDelayMs: 1 },
    });
    const run = policy.outcome(async ({ attempt }) => {
      await sleep(clock, 10);
      if (attempt === 1) throw Object.assign(new Error('down'), { status: 503 });
      return 'fine';
    });
    await clock.advance(1_000);
    await run;
    const [first, second] = events.filter(({ kind }) => kind === 'attempt');

    expect(first).toMatchObject({ durationMs: 10 });
    expect(first).not.toHaveProperty('waitedMs');
    expect(second).toMatchObject({ attempt: 2, durationMs: 10 });
    expect(second).toHaveProperty('waitedMs');
  });

  test('takes no token while its breaker is open, and no slot while it waits for a token', async () => {
    const clock = fakeClock();
    const limiter = rateLimit({ perSecond: 1, burst: 1, maxWaitMs: 1_000, clock });
    const slots = bulkhead({ limit: 1, clock });
    const { policy } = policyWith(clock, { breaker: {}, rateLimit: limiter, bulkhead: slots });
    await policy.breaker?.force('open');
    await policy.outcome(() => 'fine');
    await policy.breaker?.force('closed');
    expect((await policy.outcome(() => 'fine')).value).toBe('fine');
    const waits = policy.outcome(never);
    const other = resilient<unknown>({ name: 'other', bulkhead: slots, clock });
    await clock.advance(999);

    expect((await other.outcome(() => 'fine')).value).toBe('fine');
    await clock.advance(10_000);
    expect(await waits).toMatchObject({ error: { code: 'ATTEMPT_TIMEOUT' }, durationMs: 4_000 });
  });

  test('shares one with others', async () => {
    const clock = fakeClock();
    const limiter = rateLimit({ perSecond: 1, clock });
    const one = policyWith(clock, { rateLimit: limiter }).policy;
    const other = policyWith(clock, { rateLimit: limiter }).policy;
    await one.execute(() => 'fine');
    expect((await other.outcome(() => 'fine')).error).toEqual(limited(1_000));

    expect(await rateLimit({ perSecond: 1 }).execute(() => 'fine')).toBe('fine');
  });
});

describe('the options of a rate limiter', () => {
  test.each<[object, string]>([
    [{}, 'expected `perSecond` to be a number above 0 and up to 100000, got undefined'],
    [{ perSecond: 0 }, 'expected `perSecond` to be a number above 0 and up to 100000, got 0'],
    [{ perSecond: 100_001 }, 'expected `perSecond` to be a number above 0 and up to 100000, got 100001'],
    [{ perSecond: Number.NaN }, 'expected `perSecond` to be a number above 0 and up to 100000, got NaN'],
    [{ perSecond: 1, burst: 0.5 }, 'expected `burst` to be a number from 1 to 100000, got 0.5'],
    [
      { perSecond: 1, maxWaitMs: 60_001 },
      'expected `maxWaitMs` to be a number of milliseconds from 0 to 60000, got 60001',
    ],
    [{ perSecond: 1, weight: 2 }, 'expected `weight` to be a function, got 2'],
    [{ perSecond: 1, rate: 1 }, 'unknown option `rate`'],
  ])('are checked: %j', (given, message) => {
    const options = given as RateLimitOptions;

    expect(() => rateLimit(options)).toThrow(`rateLimit: ${message}`);
  });

  test.each([{ perSecond: 1 }, true, null, 5])('are no rate limiter by themselves: %j', (given) => {
    expect(() => resilient({ name: 'mails', rateLimit: given as never })).toThrow(
      'expected `rateLimit` to be what `rateLimit({ perSecond })` gives',
    );
  });
});
