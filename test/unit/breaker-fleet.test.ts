import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/breaker.ts';
import { verdictKey } from '../../lib/breaker/machine.ts';
import type { BreakerOptions, BreakerStore } from '../../lib/breaker/options.ts';
import { BreakerOpenError, InvalidOptionError } from '../../lib/core/errors.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';

const KEY = verdictKey('posts');
const outage = () => Object.assign(new Error('outage'), { status: 503 });
const refusal = () => Object.assign(new Error('no such post'), { status: 404 });
const context = { signal: new AbortController().signal };

/** So many sandboxes on one store and one clock. */
function fleet(size: number, given: Partial<BreakerOptions> = {}) {
  const clock = fakeClock();
  const store = given.store ?? memoryStore();
  const sandboxes = Array.from({ length: size }, (_, index) => {
    const options = { minimumCalls: 2, openMs: 5_000, ...given, name: 'posts', store };
    const breaker = circuitBreaker({ ...options, clock, random: seededRandom(index + 1) });
    const call = <T>(work: () => Promise<T>): Promise<unknown> =>
      breaker.execute(work, context).catch((error: unknown) => error);
    return {
      ...breaker,
      call,
      fails: () => call(() => Promise.reject(outage())),
      refuses: () => call(() => Promise.reject(refusal())),
      works: () => call(async () => 'ok'),
    };
  });
  const [first, second] = [sandboxes[0], sandboxes[1] ?? sandboxes[0]];
  if (!first || !second) throw new Error('A fleet has at least one sandbox');
  return { clock, store, first, second, sandboxes };
}

async function opened(size = 2, given: Partial<BreakerOptions> = {}) {
  const world = fleet(size, given);
  await world.first.fails();
  await world.first.fails();
  return world;
}

describe('a store that breakers cannot share', () => {
  test('is refused, and the error says what it lacks', () => {
    const { shareBreaker: _, ...store } = memoryStore();

    expect(() => circuitBreaker({ name: 'posts', store: store as BreakerStore })).toThrow(
      'circuitBreaker "posts": expected `store` to have `shareBreaker`',
    );
  });
});

describe('while closed', () => {
  test('every call is made and its value or its error is handed on', async () => {
    const { first } = fleet(1);

    expect(await first.works()).toBe('ok');
    expect(await first.fails()).toEqual(outage());
  });

  test('the store is read once for all the calls of a second', async () => {
    const store = memoryStore();
    const get = vi.spyOn(store, 'get');
    const { clock, first } = fleet(1, { store });

    await Promise.all([first.works(), first.works()]);
    await clock.advance(999);
    await first.works();
    expect(get).toHaveBeenCalledTimes(1);
    await clock.advance(1);
    await first.works();

    expect(get).toHaveBeenCalledTimes(2);
  });

  test('too few calls say nothing, however many of them fail', async () => {
    const { first, store } = fleet(1, { minimumCalls: 3 });

    await first.fails();
    await first.fails();

    expect(await store.get(KEY)).toBeUndefined();
  });

  test('it opens when the share of failures is reached, and not before', async () => {
    const { first, store } = fleet(1, { minimumCalls: 1, failureRatio: 0.5 });
    await first.works();
    await first.works();

    await first.fails();
    expect(await store.get(KEY)).toBeUndefined();
    await first.fails();

    expect(await store.get(KEY)).toMatchObject({ state: 'open', epoch: 1 });
  });

  test('what happened before the window does not count', async () => {
    const { clock, first, store } = fleet(1, { windowMs: 1_000 });
    await first.fails();
    await clock.advance(1_001);

    await first.fails();

    expect(await store.get(KEY)).toBeUndefined();
  });

  test('a bug says nothing about the dependency', async () => {
    const { first, store } = fleet(1, { minimumCalls: 1 });

    await first.call(() => Promise.reject(new TypeError('bug')));

    expect(await store.get(KEY)).toBeUndefined();
  });

  test('a refusal of the request is an answer, and weighs against the failures', async () => {
    const { first, store } = fleet(1, { minimumCalls: 1 });
    await first.refuses();
    await first.refuses();

    await first.fails();

    expect(await store.get(KEY)).toBeUndefined();
  });

  test('a refusal of the request that took too long counts as a failure', async () => {
    const { clock, first, store } = fleet(1, { minimumCalls: 1, slowCallMs: 100 });

    await first.call(async () => {
      await clock.advance(100);
      throw refusal();
    });

    expect(await store.get(KEY)).toMatchObject({ state: 'open' });
  });

  test('a caller who gave up says nothing about the dependency', async () => {
    const { clock, store } = fleet(1);
    const breaker = circuitBreaker({ store, name: 'posts', clock, minimumCalls: 1 });
    const gone = { signal: AbortSignal.abort() };

    await breaker.execute(() => Promise.reject(outage()), gone).catch(() => 'gone');

    expect(await store.get(KEY)).toBeUndefined();
  });

  test('a success that took too long counts as a failure and is handed on all the same', async () => {
    const { clock, first, store } = fleet(1, { minimumCalls: 1, slowCallMs: 100 });

    const slow = first.call(async () => {
      await clock.advance(100);
      return 'slow';
    });

    expect(await slow).toBe('slow');
    expect(await store.get(KEY)).toMatchObject({ state: 'open' });
  });
});

describe('while open', () => {
  test('the sandbox that opened it refuses at once, without making the call', async () => {
    const { first } = await opened();
    const call = vi.fn(async () => 'ok');

    expect(await first.call(call)).toBeInstanceOf(BreakerOpenError);

    expect(call).not.toHaveBeenCalled();
  });

  test('another sandbox refuses within a second, though all its own calls succeeded', async () => {
    const { clock, second, first } = fleet(2);
    await second.works();
    await first.fails();
    await first.fails();

    await clock.advance(1_000);

    expect(await second.works()).toBeInstanceOf(BreakerOpenError);
  });

  test('a refusal tells when to come back', async () => {
    const { clock, first } = await opened();
    await clock.advance(2_000);

    expect(await first.works()).toMatchObject({ retryAfterMs: 3_000, status: 503 });
  });

  test('refusals do not keep it open', async () => {
    const { clock, first } = await opened();
    for (let second = 0; second < 10; second++) {
      await first.works();
      await clock.advance(500);
    }

    expect(await first.works()).toBe('ok');
  });
});

describe('the probe', () => {
  test('is made by one of many that ask at the same moment', async () => {
    const { clock, sandboxes } = await opened(10);
    await clock.advance(5_000);
    const { promise, resolve } = Promise.withResolvers<string>();
    const call = vi.fn(() => promise);

    const answers = Promise.all(sandboxes.map((sandbox) => sandbox.call(call)));
    await settle();
    expect(call).toHaveBeenCalledTimes(1);
    resolve('ok');

    const refused = (await answers).filter((answer) => answer instanceof BreakerOpenError);
    expect(refused).toHaveLength(9);
  });

  test('is made by one of two calls that one sandbox makes at the same moment', async () => {
    const { clock, first } = await opened(1);
    await clock.advance(5_000);
    const call = vi.fn(async () => 'ok');

    const answers = await Promise.all([first.call(call), first.call(call)]);

    expect(call).toHaveBeenCalledTimes(1);
    expect(answers).toContainEqual(expect.any(BreakerOpenError));
  });

  test('that succeeds closes the breaker for all', async () => {
    const { clock, first, second, store } = await opened();
    await clock.advance(5_000);

    expect(await second.works()).toBe('ok');

    expect(await store.get(KEY)).toMatchObject({ state: 'closed', epoch: 2 });
    await clock.advance(1_000);
    expect(await first.works()).toBe('ok');
  });

  test('that is told there is no such thing has got an answer, and closes the breaker', async () => {
    const { clock, first, store } = await opened();
    await clock.advance(5_000);

    expect(await first.refuses()).toEqual(refusal());

    expect(await store.get(KEY)).toMatchObject({ state: 'closed', epoch: 2 });
  });

  test('that fails leaves it open until its claim has run out', async () => {
    const { clock, first, second } = await opened();
    await clock.advance(5_000);
    expect(await first.fails()).toEqual(outage());

    await clock.advance(4_999);
    expect(await second.works()).toBeInstanceOf(BreakerOpenError);
    await clock.advance(1_000);

    expect(await second.works()).toBe('ok');
  });

  test('that says nothing about the dependency closes nothing', async () => {
    const { clock, first, store } = await opened();
    await clock.advance(5_000);

    await first.call(() => Promise.reject(new TypeError('bug')));

    expect(await store.get(KEY)).toMatchObject({ state: 'open', epoch: 1 });
  });

  test('that never ends holds the others up no longer than its claim', async () => {
    const { clock, first, second } = await opened();
    await clock.advance(5_000);
    await first.enter();

    await clock.advance(5_000);

    expect(await second.works()).toBe('ok');
  });

  test('that thaws after another has failed closes nothing', async () => {
    const { clock, first, second, store } = await opened();
    await clock.advance(5_000);
    const frozen = await first.enter();
    await clock.advance(5_000);
    await second.fails();

    await frozen.settle(false);

    expect(await store.get(KEY)).toMatchObject({ state: 'open', epoch: 1 });
  });

  test('is held by a sandbox whose claim was applied though the answer to it was lost', async () => {
    const inner = memoryStore();
    let losesAnswers = false;
    const store: BreakerStore = {
      ...inner,
      async put(key, item, options) {
        const result = await inner.put(key, item, options);
        // What the retry of a client makes of it: the same write again, refused by its own first one.
        return losesAnswers ? inner.put(key, item, options) : result;
      },
    };
    const { clock, first } = await opened(1, { store });
    await clock.advance(5_000);
    losesAnswers = true;

    expect(await first.works()).toBe('ok');

    expect(await store.get(KEY)).toMatchObject({ state: 'closed' });
  });
});

describe('after closing', () => {
  test('failures from before do not count against the new beginning', async () => {
    const { clock, first, store } = await opened(1, { windowMs: 60_000 });
    await clock.advance(5_000);
    await first.works();

    await first.fails();

    expect(await store.get(KEY)).toMatchObject({ state: 'closed', epoch: 2 });
  });

  test('a call that began before the trip says nothing about what is now', async () => {
    const { clock, first, store } = fleet(1);
    const early = [await first.enter(), await first.enter(), await first.enter()];
    await first.fails();
    await first.fails();
    await clock.advance(5_000);
    await first.works();

    for (const permit of early) await permit.settle(true);

    expect(await store.get(KEY)).toMatchObject({ state: 'closed', epoch: 2 });
  });
});

describe('the options', () => {
  test.each([{ failureRatio: 0 }, { minimumCalls: 0 }, { windowMs: 0 }, { openMs: -1 }, { slowCallMs: 0 }])(
    'out of range are refused at construction: %j',
    (wrong) => {
      expect(() => circuitBreaker({ store: memoryStore(), name: 'posts', ...wrong })).toThrow(
        InvalidOptionError,
      );
    },
  );
});
