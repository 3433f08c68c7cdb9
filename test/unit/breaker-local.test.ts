import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import type { CircuitBreakerOptions } from '../../lib/breaker/options.ts';
import { BreakerOpenError, InvalidOptionError } from '../../lib/core/errors.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';
import { outage } from '../support/outcomes.ts';

const context = { signal: new AbortController().signal };

function environment(given: Partial<CircuitBreakerOptions> = {}) {
  const clock = fakeClock();
  const breaker = circuitBreaker({
    minimumCalls: 2,
    failureRatio: 0.1,
    openMs: 5_000,
    ...given,
    name: 'posts',
    clock,
  });
  const call = (work: () => Promise<unknown>) =>
    breaker.execute(work, context).catch((error: unknown) => error);
  return {
    breaker,
    clock,
    call,
    fails: () => call(() => Promise.reject(outage())),
    works: () => call(async () => 'ok'),
  };
}

async function opened(given: Partial<CircuitBreakerOptions> = {}) {
  const world = environment(given);
  await world.fails();
  await world.fails();
  return world;
}

test('a breaker does not count a call as slow that was frozen on the way and then aborted', async () => {
  const clock = fakeClock();
  const breaker = circuitBreaker({
    name: 'posts',
    minimumCalls: 1,
    failureRatio: 0.05,
    slowCallMs: 500,
    clock,
  });
  const caller = new AbortController();
  const call = breaker.execute(
    ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
    { signal: caller.signal },
  );

  await clock.freeze(25_000);
  caller.abort(new Error('gave up'));

  await expect(call).rejects.toThrow('gave up');
  expect(breaker.state).toBe('closed');
});

describe('a breaker of one environment', () => {
  test('that is kept open asks its callers to come back in a minute', async () => {
    const { breaker, works } = environment();
    await breaker.force('open');

    expect(breaker.admit()).toMatchObject({ code: 'BREAKER_OPEN', retryAfterMs: 60_000 });
    expect(await works()).toMatchObject({ code: 'BREAKER_OPEN', retryAfterMs: 60_000 });
  });

  test('gives permits for calls that are no function, and counts what is recorded with them', async () => {
    const { breaker } = environment();
    for (let call = 0; call < 2; call++) await (await breaker.acquire()).record({ failed: false });
    expect(breaker.state).toBe('closed');

    for (let call = 0; call < 3; call++) await (await breaker.acquire()).record({ failed: true });

    expect(breaker.state).toBe('open');
    expect(() => breaker.acquire()).toThrow(BreakerOpenError);
  });

  test('hears nothing of a probe that comes back when another one has taken its place', async () => {
    const { breaker, clock, call } = await opened({ probesToClose: 1 });
    await clock.advance(5_000);
    const late = Promise.withResolvers<string>();
    const probe = call(() => late.promise);
    await clock.advance(5_000);
    await call(() => Promise.reject(outage()));
    expect(breaker.state).toBe('open');

    late.resolve('fine');

    expect(await probe).toBe('fine');
    expect(breaker.state).toBe('open');
  });

  test('counts a call that throws before it waits for anything', async () => {
    const { breaker, call } = environment({ minimumCalls: 1, failureRatio: 0.05 });
    const thrown = outage();

    expect(
      await call(() => {
        throw thrown;
      }),
    ).toBe(thrown);

    expect(breaker.state).toBe('open');
  });

  test('opens when its window is bad enough, and refuses with what is left of its time', async () => {
    const { breaker, clock, works } = await opened();
    expect(breaker.state).toBe('open');
    await clock.advance(1_500);

    const refused = await works();

    expect(refused).toBeInstanceOf(BreakerOpenError);
    expect(refused).toMatchObject({ retryAfterMs: 3_500, status: 503 });
  });

  test('says its state without taking a probe', async () => {
    const { breaker, clock, works } = await opened();
    expect(breaker.admit()).toMatchObject({ retryAfterMs: 5_000 });
    await clock.advance(5_000);

    expect([breaker.state, breaker.state]).toEqual(['open', 'open']);

    expect(await works()).toBe('ok');
    expect(breaker.state).toBe('half-open');
  });

  test('lets one caller at a time probe, and closes after two that succeed', async () => {
    const { breaker, clock, call, works } = await opened();
    await clock.advance(5_000);
    const probe = Promise.withResolvers<string>();
    const first = call(() => probe.promise);

    expect(breaker.state).toBe('half-open');
    expect(await works()).toBeInstanceOf(BreakerOpenError);
    probe.resolve('ok');
    expect(await first).toBe('ok');
    expect(breaker.state).toBe('half-open');
    expect(await works()).toBe('ok');

    expect(breaker.state).toBe('closed');
  });

  test('closes after as many probes as its options say', async () => {
    const { breaker, clock, works } = await opened({ probesToClose: 1 });
    await clock.advance(5_000);

    await works();

    expect(breaker.state).toBe('closed');
  });

  test('opens again for all of its time when a probe fails, and counts the probes anew', async () => {
    const { breaker, clock, works, fails } = await opened();
    await clock.advance(5_000);
    await works();
    await fails();
    expect(breaker.state).toBe('open');
    await clock.advance(4_999);
    expect(await works()).toBeInstanceOf(BreakerOpenError);
    await clock.advance(1);

    await works();

    expect(breaker.state).toBe('half-open');
  });

  test('is not held up by a probe that never ends', async () => {
    const { clock, call, works } = await opened();
    await clock.advance(5_000);
    void call(() => new Promise(() => {}));
    expect(await works()).toBeInstanceOf(BreakerOpenError);
    await clock.advance(5_000);

    expect(await works()).toBe('ok');
  });

  test('a probe that says nothing about the dependency lets the next one probe at once', async () => {
    const { breaker, clock, call, works } = await opened();
    await clock.advance(5_000);
    await call(() => Promise.reject(new TypeError('bug')));

    expect(await works()).toBe('ok');

    expect(breaker.state).toBe('half-open');
  });

  test('what ends late, under another state, says nothing about this one', async () => {
    const { breaker, clock, call, works } = environment({
      minimumCalls: 1,
      failureRatio: 0.05,
      probesToClose: 1,
    });
    const late = Promise.withResolvers<never>();
    const slow = call(() => late.promise);
    await call(() => Promise.reject(outage()));
    await clock.advance(5_000);
    await works();
    late.reject(outage());
    await slow;

    expect(breaker.state).toBe('closed');
  });

  test('a probe that ends after the breaker was forced changes nothing', async () => {
    const { breaker, clock, call } = await opened({ probesToClose: 1 });
    await clock.advance(5_000);
    const late = Promise.withResolvers<string>();
    const probe = call(() => late.promise);
    await breaker.force('open');
    late.resolve('ok');
    await probe;

    expect(breaker.state).toBe('forced-open');
  });

  test('a probe that fails after its time says nothing about the next one', async () => {
    const { breaker, clock, call, works } = await opened({ probesToClose: 1 });
    await clock.advance(5_000);
    const [late, next] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const first = call(() => late.promise);
    await clock.advance(5_000);
    const second = call(() => next.promise);
    late.reject(outage());
    await first;
    expect(breaker.state).toBe('half-open');
    expect(await works()).toBeInstanceOf(BreakerOpenError);
    next.resolve('ok');
    await second;

    expect(breaker.state).toBe('closed');
  });

  test('looks at no clock while it is closed', async () => {
    const { breaker, clock } = environment();
    const looked = vi.spyOn(clock, 'monotonic');

    const permit = await breaker.acquire();

    expect(permit.isProbe).toBe(false);
    expect(breaker.state).toBe('closed');
    expect(looked).not.toHaveBeenCalled();
  });

  test('a window that has just closed knows nothing of before', async () => {
    const { breaker, clock, works, fails } = await opened({ probesToClose: 1 });
    await clock.advance(5_000);
    await works();

    await fails();

    expect(breaker.state).toBe('closed');
  });

  test('can be forced open, or closed, until it decides for itself again', async () => {
    const { breaker, clock, fails, works } = environment();
    await breaker.force('open');
    await clock.advance(1_000_000);
    expect(await works()).toBeInstanceOf(BreakerOpenError);
    expect(breaker.state).toBe('forced-open');

    await breaker.force('closed');
    for (let call = 0; call < 5; call++) await fails();
    expect(breaker.state).toBe('forced-closed');
    expect(await works()).toBe('ok');

    await breaker.force('auto');
    expect(breaker.state).toBe('closed');
    await fails();
    expect(breaker.state).toBe('closed');
    await fails();
    expect(breaker.state).toBe('open');
  });
});

describe('what counts', () => {
  test('a call that says nothing is none of the calls', async () => {
    const { breaker, call, fails } = environment();
    await call(() => Promise.reject(new TypeError('bug')));
    await fails();
    expect(breaker.state).toBe('closed');
    await fails();

    expect(breaker.state).toBe('open');
  });

  test('a call that works opens nothing, though the window is bad enough with it', async () => {
    const { breaker, fails, works } = environment();
    await fails();
    await works();
    expect(breaker.state).toBe('closed');
    await fails();

    expect(breaker.state).toBe('open');
  });

  test('a call whose outcome does not say that it was slow was not', async () => {
    const { breaker } = environment({
      minimumCalls: 1,
      failureRatio: 0.05,
      slowCallMs: 100,
      slowCallRatio: 0.1,
    });
    const permit = await breaker.acquire();

    await permit.record({ failed: false });

    expect(breaker.state).toBe('closed');
  });

  const takes = async (world: ReturnType<typeof environment>, ms: number) =>
    world.call(async () => {
      await world.clock.advance(ms);
      return 'ok';
    });

  test('a slow call fails where slow calls have no ratio of their own', async () => {
    const world = environment({ slowCallMs: 100 });
    await takes(world, 100);
    await takes(world, 100);

    expect(world.breaker.state).toBe('open');
  });

  test('slow calls are judged by their own ratio where they have one', async () => {
    const world = environment({ slowCallMs: 100, slowCallRatio: 0.5, failureRatio: 0.1 });
    await takes(world, 99);
    await world.clock.advance(1_000);
    for (let call = 0; call < 9; call++) await takes(world, 100);
    expect(world.breaker.state).toBe('closed');
    await takes(world, 100);

    expect(world.breaker.state).toBe('open');
  });

  test('a window of calls holds the last so many, however long ago they were', async () => {
    const { breaker, clock, fails, works } = environment({ windowCalls: 10, failureRatio: 0.5 });
    await works();
    for (let call = 0; call < 9; call++) {
      await fails();
      await clock.advance(3_600_000);
    }
    expect(breaker.state).toBe('closed');
    await fails();

    expect(breaker.state).toBe('open');
  });

  test('a window of calls forgets the call that is one too old', async () => {
    const { breaker, fails, works } = environment({ windowCalls: 10, failureRatio: 0.3, minimumCalls: 10 });
    for (let call = 0; call < 6; call++) await fails();
    for (let call = 0; call < 10; call++) await works();
    for (let call = 0; call < 5; call++) await fails();

    expect(breaker.state).toBe('closed');
  });

  test('an error or a value is a failure where the options say so, and no other', async () => {
    const { breaker, call, fails } = environment({
      isFailure: (error) => (error as Error).message === 'mine',
      isFailedResult: (value) => value === 'broken',
    });
    await fails();
    await fails();
    expect(breaker.state).toBe('closed');
    for (let each = 0; each < 2; each++) {
      await call(async () => 'broken');
      await call(() => Promise.reject(new Error('mine')));
    }

    expect(breaker.state).toBe('open');
  });
});

describe('the options', () => {
  test.each<[string, object]>([
    ['one of `windowMs` and `windowCalls`', { windowMs: 1_000, windowCalls: 10 }],
    ['`slowCallMs` beside `slowCallRatio`', { slowCallRatio: 0.5 }],
    ['`windowCalls` to be at least 10, or it never opens at a `failureRatio` of 0.5', { windowCalls: 9 }],
    ['`windowCalls` to be at least 12, or it never opens', { windowCalls: 11, minimumCalls: 12 }],
    ['`failureRatio` to be a fraction above 0 and below 1', { failureRatio: 1 }],
    ['`slowCallRatio` to be a fraction above 0 and below 1', { slowCallMs: 10, slowCallRatio: 1 }],
    ['`windowMs` to be a number of milliseconds from 1 to 3600000', { windowMs: 3_600_001 }],
    ['`probesToClose` to be an integer from 1 to 100', { probesToClose: 0 }],
  ])('that cannot be meant are refused: %s', (expectation, options) => {
    const make = () => circuitBreaker({ name: 'posts', ...options });

    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(expectation);
  });
});

describe('the defaults', () => {
  /** Calls a breaker at even intervals, and says how many it refused and whether it was ever open. */
  async function traffic(errors: number, callsPerSecond: number, calls: number, seed: number) {
    const random = seededRandom(seed);
    const clock = fakeClock();
    const breaker = circuitBreaker({ name: 'posts', clock });
    let refused = 0;
    for (let call = 0; call < calls; call++) {
      const work = () => (random.next() < errors ? Promise.reject(outage()) : Promise.resolve('ok'));
      const outcome = await breaker.execute(work).catch((error: unknown) => error);
      if (outcome instanceof BreakerOpenError) refused++;
      await clock.advance(1_000 / callsPerSecond);
    }
    return refused;
  }

  test('refuse at most one call in 200 at 30 % errors and two calls a second', async () => {
    const refused = await Promise.all(
      Array.from({ length: 20 }, (_, seed) => traffic(0.3, 2, 1_000, seed + 1)),
    );

    expect(refused.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(0.005 * 20_000);
  });

  test('never open at 20 % errors, whatever the rate of calls', async () => {
    for (const callsPerSecond of [0.02, 0.6, 2, 100]) {
      expect(await traffic(0.2, callsPerSecond, 1_000, 7)).toBe(0);
    }
  });

  test.each([0.02, 0.1, 1, 2])('open after ten failures in a row at %d calls a second', async (rate) => {
    const { breaker, clock, fails, works } = environment({ failureRatio: 0.5, minimumCalls: 5 });
    for (let call = 0; call < 30; call++) {
      await works();
      await clock.advance(1_000 / rate);
    }
    await clock.advance(1_000);
    let failures = 0;
    for (; breaker.state === 'closed' && failures < 100; failures++) {
      await fails();
      await clock.advance(breaker.state === 'closed' ? 1_000 / rate : 0);
    }

    expect(failures).toBe(10);
  });
});
