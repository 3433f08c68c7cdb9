import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/breaker.ts';
import { verdictKey } from '../../lib/breaker/machine.ts';
import type { BreakerStore } from '../../lib/breaker/options.ts';
import { BreakerOpenError, StoreError } from '../../lib/core/errors.ts';
import type { Store } from '../../lib/core/store.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';

const KEY = verdictKey('posts');
const outage = () => Object.assign(new Error('outage'), { status: 503 });

function sandbox(store: BreakerStore = memoryStore()) {
  const clock = fakeClock();
  const options = { store, name: 'posts', minimumCalls: 2, openMs: 5_000, clock, random: seededRandom(1) };
  const { enter, execute } = circuitBreaker(options);
  const { signal } = new AbortController();
  const call = <T>(work: () => Promise<T>): Promise<unknown> =>
    execute(work, { signal }).catch((error: unknown) => error);
  const breaker = {
    enter,
    call,
    fails: () => call(() => Promise.reject(outage())),
    works: () => call(async () => 'ok'),
  };
  return { clock, store, breaker };
}

async function opened(store?: BreakerStore) {
  const world = sandbox(store);
  await world.breaker.fails();
  await world.breaker.fails();
  return world;
}

/** What a run has come to by now, without any time passing. */
async function atOnce(run: Promise<unknown>): Promise<unknown> {
  let value: unknown = 'still waiting';
  void run.then((settled) => {
    value = settled;
  });
  await settle();
  return value;
}

describe('a breaker whose store is in trouble', () => {
  const broken = () => Promise.reject(new StoreError('down'));
  const hangs = () => new Promise<never>(() => {});

  test('bothers no caller with it', async () => {
    const { breaker } = sandbox({ ...memoryStore(), get: broken, put: broken, delete: broken });

    expect(await breaker.works()).toBe('ok');
    expect(await breaker.fails()).toEqual(outage());
    expect(await breaker.fails()).toEqual(outage());
    expect(await breaker.works()).toBe('ok');
  });

  test('costs a call 100 ms at most when the store does not answer', async () => {
    const { clock, breaker } = sandbox({ ...memoryStore(), get: hangs, put: hangs, delete: hangs });
    const call = vi.fn(async () => 'ok');
    const run = breaker.call(call);

    await clock.advance(99);
    expect(call).not.toHaveBeenCalled();
    await clock.advance(1);

    expect(await run).toBe('ok');
  });

  test('refuses at once for a second after a claim that was not answered', async () => {
    const store = { ...memoryStore() };
    const { clock, breaker } = await opened(store);
    await clock.advance(5_000);
    store.put = hangs;
    const first = breaker.works();
    await clock.advance(100);
    expect(await first).toBeInstanceOf(BreakerOpenError);

    await clock.advance(999);
    expect(await atOnce(breaker.works())).toBeInstanceOf(BreakerOpenError);
  });

  test('does not hold the next failure up when it could not be told of the one before', async () => {
    const store = { ...memoryStore(), put: hangs };
    const { clock, breaker } = sandbox(store);
    await breaker.fails();
    const second = breaker.fails();
    await clock.advance(100);
    await second;

    expect(await atOnce(breaker.fails())).toEqual(outage());
  });

  test('leaves the last verdict standing', async () => {
    const inner = memoryStore();
    const store = { ...inner };
    const { clock, breaker } = await opened(store);
    store.get = broken;
    store.put = broken;

    await clock.advance(2_000);

    expect(await breaker.works()).toBeInstanceOf(BreakerOpenError);
  });

  test('an item of another version is left alone', async () => {
    const { clock, breaker, store } = await opened();
    await store.put(KEY, { v: 99, state: 'something else' });
    await clock.advance(1_000);

    expect(await breaker.works()).toBeInstanceOf(BreakerOpenError);

    expect(await store.get(KEY)).toEqual({ v: 99, state: 'something else' });
  });

  test('a read that was overtaken by a trip does not close the breaker again', async () => {
    const inner = memoryStore();
    const slow = Promise.withResolvers<undefined>();
    const store = { ...inner };
    const { clock, breaker } = sandbox(store);
    const early = [await breaker.enter(), await breaker.enter()];
    await clock.advance(1_000);
    store.get = () => slow.promise;
    const late = breaker.works();
    for (const permit of early) await permit.settle(true);

    slow.resolve(undefined);

    expect(await late).toBeInstanceOf(BreakerOpenError);
  });

  test('a breaker whose item was removed starts over', async () => {
    const { clock, breaker, store } = await opened();
    await store.delete(KEY);
    await clock.advance(1_000);

    expect(await breaker.works()).toBe('ok');
  });
});

describe('a claim of the probe whose answer was lost', () => {
  /** An open breaker whose time is over, and whose next write meets `trouble`. */
  async function claiming(trouble: (inner: BreakerStore) => Store['put']) {
    const inner = memoryStore();
    const store = { ...inner };
    const world = await opened(store);
    await world.clock.advance(5_000);
    store.put = trouble(inner);
    expect(await world.breaker.works()).toBeInstanceOf(BreakerOpenError);
    store.put = inner.put;
    return { ...world, store };
  }
  const applied: (inner: BreakerStore) => Store['put'] = (inner) => async (key, item, options) => {
    await inner.put(key, item, options);
    throw new StoreError('the answer was lost');
  };
  const lost = () => () => Promise.reject(new StoreError('the request was lost'));

  test('is recognised by the next read, and one call is the probe', async () => {
    const { clock, breaker, store } = await claiming(applied);
    const call = vi.fn(async () => 'ok');
    await clock.advance(1_000);

    const answers = await Promise.all([breaker.call(call), breaker.call(call)]);

    expect(answers).toEqual(['ok', expect.any(BreakerOpenError)]);
    expect(call).toHaveBeenCalledTimes(1);
    expect(await store.get(KEY)).toMatchObject({ state: 'closed', epoch: 2 });
  });

  test('is made again when it never arrived', async () => {
    const { clock, breaker, store } = await claiming(lost);
    await clock.advance(1_000);

    expect(await breaker.works()).toBe('ok');

    expect(await store.get(KEY)).toMatchObject({ state: 'closed', epoch: 2 });
  });

  test('is made again when it has run out by the time that it is seen', async () => {
    const { clock, breaker, store } = await claiming(applied);
    await clock.advance(5_000);

    expect(await breaker.fails()).toEqual(outage());

    expect(await store.get(KEY)).toMatchObject({ state: 'open', until: clock.now() + 5_000 });
  });

  test('is no probe once another sandbox has claimed it', async () => {
    const { clock, breaker, store } = await claiming(lost);
    const item = await store.get(KEY);
    await store.put(KEY, { ...item, prober: 'another', until: clock.now() + 5_000 });
    await clock.advance(1_000);

    expect(await breaker.works()).toBeInstanceOf(BreakerOpenError);
  });
});

describe('an open breaker whose store does not come back', () => {
  const broken = () => Promise.reject(new StoreError('down'));

  /** Past its time, its store broken, after the second in which a claim is in doubt. */
  async function stranded(trouble: Partial<Store>) {
    const inner = memoryStore();
    const store = { ...inner };
    const world = await opened(store);
    Object.assign(store, trouble);
    await world.clock.advance(5_000);
    await world.breaker.fails();
    await world.clock.advance(5_000);
    return { ...world, store, inner };
  }

  describe.each<[string, Partial<Store>]>([
    ['of which nothing works', { get: broken, put: broken }],
    ['that can be read and not written', { put: broken }],
  ])('%s', (_, trouble) => {
    test('lets one call through, and another after the time that it would have stayed open', async () => {
      const { clock, breaker } = await stranded(trouble);

      expect(await breaker.fails()).toEqual(outage());
      await clock.advance(4_999);
      expect(await breaker.works()).toBeInstanceOf(BreakerOpenError);
      await clock.advance(1);

      expect(await breaker.fails()).toEqual(outage());
    });

    test('lets one call through, not two at once', async () => {
      const { breaker } = await stranded(trouble);

      const answers = await Promise.all([breaker.works(), breaker.works()]);

      expect(answers).toEqual(['ok', expect.any(BreakerOpenError)]);
    });

    test('lets all calls through after a success, until one fails', async () => {
      const { clock, breaker } = await stranded(trouble);
      await breaker.works();
      for (let second = 0; second < 20; second++) {
        expect(await Promise.all([breaker.works(), breaker.works()])).toEqual(['ok', 'ok']);
        await clock.advance(1_000);
      }

      await breaker.fails();

      expect(await breaker.works()).toBeInstanceOf(BreakerOpenError);
    });

    test('changes nothing for the others, and does as the store says when that is back', async () => {
      const { clock, breaker, store, inner } = await stranded(trouble);
      const before = await inner.get(KEY);
      await breaker.works();
      expect(await inner.get(KEY)).toEqual(before);
      Object.assign(store, inner);
      await inner.put(KEY, { ...before, prober: 'another', until: clock.now() + 5_000 });
      await clock.advance(1_000);

      expect(await breaker.works()).toBeInstanceOf(BreakerOpenError);
    });
  });

  test('lets a call through at once when the store cannot even be read', async () => {
    const store = { ...memoryStore() };
    const { clock, breaker } = await opened(store);
    store.get = broken;
    await clock.advance(4_999);
    expect(await breaker.works()).toBeInstanceOf(BreakerOpenError);
    await clock.advance(1_000);

    expect(await breaker.works()).toBe('ok');
  });

  test('learns nothing from a call that says nothing', async () => {
    const { breaker } = await stranded({ get: broken, put: broken });
    await breaker.call(() => Promise.reject(new TypeError('bug')));

    expect(await breaker.works()).toBeInstanceOf(BreakerOpenError);
  });
});
