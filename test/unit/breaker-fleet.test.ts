import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/breaker.ts';
import { evidenceKey, sliceOf } from '../../lib/breaker/evidence.ts';
import type { BreakerOptions, BreakerStore } from '../../lib/breaker/options.ts';
import { copyKey, INITIAL, type Verdict, verdictKey, writeVerdict } from '../../lib/breaker/verdict.ts';
import { BreakerOpenError, InvalidOptionError } from '../../lib/core/errors.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';
import { outage } from '../support/outcomes.ts';
import { ENOUGH_FAILURES as ENOUGH, putVerdict, times } from '../support/shared-breaker.ts';

const KEY = verdictKey('posts');
const refusal = () => Object.assign(new Error('no such thing'), { status: 404 });

/**
 * So many sandboxes on one store and one clock. With a chance of 0 each does all that it ever does a share of.
 */
function fleet(size: number, given: Partial<BreakerOptions> = {}, chance: number | 'drawn' = 0) {
  const clock = fakeClock();
  const store = given.store ?? memoryStore();
  const sandboxes = Array.from({ length: size }, (_, index) => {
    const drawn = seededRandom(index + 1);
    const random = chance === 'drawn' ? drawn : { ...drawn, next: () => chance };
    const breaker = circuitBreaker({ openMs: 5_000, ...given, name: 'posts', store, clock, random });
    const call = <T>(work: () => Promise<T>): Promise<unknown> =>
      breaker.execute(work).catch((error: unknown) => error);
    return {
      ...breaker,
      get retryShare() {
        return breaker.retryShare;
      },
      call,
      fails: () => call(() => Promise.reject(outage())),
      refuses: () => call(() => Promise.reject(refusal())),
      works: () => call(async () => 'ok'),
    };
  });
  const [first, second] = [sandboxes[0], sandboxes[1] ?? sandboxes[0]];
  if (!first || !second) throw new Error('A fleet has at least one sandbox');
  const verdict = () => store.get(KEY);
  return { clock, store, first, second, sandboxes, verdict };
}

/** How long it then stays open, at the least, with a chance of 0. */
const OPEN_MS = 4_900;
/** And after a probe that does not come back. */
const LEASE_MS = 6_615;

async function opened(size = 2, given: Partial<BreakerOptions> = {}) {
  const world = fleet(size, given);
  await times(ENOUGH, world.first.fails);
  expect(await world.verdict()).toMatchObject({ state: 'open', epoch: 1 });
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

  test('a sandbox looks at the verdict before its first call, and then hardly ever while all is well', async () => {
    const store = memoryStore();
    const get = vi.spyOn(store, 'get');
    const { clock, first } = fleet(1, { store }, 0.999);
    for (let second = 0; second < 12; second++) {
      await first.works();
      await clock.advance(1_000);
    }
    expect(get).toHaveBeenCalledTimes(1);

    // Nobody knows the rate, so that it looks once more, beside its work.
    for (let second = 0; second < 5; second++) {
      await first.works();
      await clock.advance(1_000);
    }

    expect(get).toHaveBeenCalledTimes(2);
  });

  test('one that was away looks before it calls', async () => {
    const { clock, second } = await opened();
    await clock.advance(1_000);
    const call = vi.fn(async () => 'ok');

    expect(await second.call(call)).toBeInstanceOf(BreakerOpenError);

    expect(call).not.toHaveBeenCalled();
  });

  test('one whose last call failed looks before the next', async () => {
    const { clock, first, second } = fleet(2, {}, 0);
    await second.works();
    await second.fails();
    await times(2 * ENOUGH, first.fails);
    expect(second.refusal()).toBeUndefined();
    await clock.advance(1_000);

    expect(await second.works()).toBeInstanceOf(BreakerOpenError);
  });

  test('one that has no reason to doubt is told by the look that it takes now and then', async () => {
    const { clock, first, second } = fleet(2);
    await second.works();
    await times(ENOUGH, first.fails);
    for (let n = 0; n < 4; n++) {
      await clock.advance(1_000);
      expect(await second.works()).toBe('ok');
    }
    await clock.advance(4_000);
    // Beside this call, which is not kept waiting.
    expect(await second.works()).toBe('ok');
    await settle();

    expect(await second.call(async () => 'after a look')).not.toBe('ok');
  });

  test('it opens when failures are enough for sure, and not before', async () => {
    const { first, verdict } = fleet(1);
    await times(ENOUGH - 1, first.fails);
    expect((await verdict())?.['state']).not.toBe('open');

    await first.fails();

    expect(await verdict()).toMatchObject({ state: 'open', epoch: 1, successes: 0, isProbing: false });
  });

  test('seven failures in ten seconds are enough where there are few calls', async () => {
    const { clock, first, store, verdict } = fleet(1);
    await putVerdict(store, { epoch: 0, rate: 1 });
    await first.works();
    await clock.advance(1_000);
    await times(6, first.fails);
    expect(await verdict()).toMatchObject({ state: 'closed' });

    await first.fails();

    expect(await verdict()).toMatchObject({ state: 'open' });
  });

  test('who does not know the rate asks for it first: others may report successes more rarely', async () => {
    const { first, store, verdict } = fleet(1);
    await times(ENOUGH - 1, first.fails);
    await putVerdict(store, { epoch: 0, rate: 5_000 });

    await first.fails();

    expect(await verdict()).toMatchObject({ state: 'closed', rate: 5_000 });
  });

  test('the failures of all sandboxes are added up', async () => {
    const { sandboxes, verdict } = fleet(ENOUGH);

    await Promise.all(sandboxes.map(({ fails }) => fails()));

    expect(await verdict()).toMatchObject({ state: 'open' });
  });

  test('successes outweigh failures', async () => {
    const { first, verdict } = fleet(1);
    await times(ENOUGH, async () => {
      await first.works();
      await first.fails();
      await first.works();
    });

    expect((await verdict())?.['state'] ?? 'closed').toBe('closed');
  });

  test('what happened more than ten seconds ago does not count', async () => {
    const { clock, first, verdict } = fleet(1);
    await times(ENOUGH - 1, first.fails);
    await clock.advance(11_000);
    await first.fails();

    expect((await verdict())?.['state'] ?? 'closed').toBe('closed');
  });

  test('failures count across the turn from one item of evidence to the next', async () => {
    const { clock, first, verdict } = fleet(1);
    await clock.advance(10_000 - (clock.now() % 10_000) - 500);
    await times(ENOUGH - 6, first.fails);
    await clock.advance(1_000);
    await times(6, first.fails);

    expect(await verdict()).toMatchObject({ state: 'open' });
  });

  test.each([
    ['a bug', () => Promise.reject(new TypeError('bug'))],
    ['a caller who gave up', () => Promise.reject(new BreakerOpenError('other', 1))],
  ])('%s says nothing about the dependency', async (_, work) => {
    const store = memoryStore();
    const add = vi.spyOn(store, 'add');
    const { first } = fleet(1, { store });

    await first.call(work);

    expect(add).not.toHaveBeenCalled();
  });

  test('a refusal of the request is an answer', async () => {
    const store = memoryStore();
    const add = vi.spyOn(store, 'add');
    const { first } = fleet(1, { store });

    await first.refuses();

    expect(Object.keys(add.mock.calls[0]?.[1] ?? {}).sort()).toEqual([
      expect.stringMatching(/^n\d$/),
      expect.stringMatching(/^s\d$/),
    ]);
  });

  test('a success is reported as often as a failure where the call before it failed, since it is in question there', async () => {
    const store = memoryStore();
    await putVerdict(store, { rate: 500 });
    // Of 500 calls a second one in ten failures is reported, and one in 45 successes.
    const { clock, first } = fleet(1, { store }, 0.05);
    const evidenceNow = () => store.get(evidenceKey('posts', 1, sliceOf(clock.now())));
    await first.works();
    expect(await evidenceNow()).toBeUndefined();

    await first.fails();
    await first.works();
    await first.works();

    expect(await evidenceNow()).toMatchObject({ f0: 10, m0: 1, r0: 10, q0: 1 });
    expect(await evidenceNow()).not.toHaveProperty('n0');
  });

  test('the rate that the evidence shows is told to all', async () => {
    const { clock, first, verdict } = fleet(1);
    await clock.advance(10_000 - (clock.now() % 10_000));
    for (let second = 0; second < 5; second++) {
      await times(4, first.works);
      await clock.advance(1_000);
    }

    // Half of the successes of an unknown rate are reported, and count for two.
    expect((await verdict())?.['rate']).toBeGreaterThan(2);
  });
});

describe('the share of retries', () => {
  const seen = (change: Partial<Verdict>) => writeVerdict({ ...INITIAL, version: 1, epoch: 1, ...change });

  test('is that of the verdict, and all where nobody has said anything', async () => {
    const { first, store } = fleet(1);
    expect(first.retryShare).toBe(1);
    await store.put(KEY, seen({ retryShare: 0.3 }));
    await first.works();

    expect(first.retryShare).toBe(0.3);
  });

  test('grows with that of the calls when it has just closed', async () => {
    const { clock, first, store } = fleet(1);
    await store.put(KEY, seen({ since: clock.now() + 1_500, rate: 5_000, retryShare: 0.5 }));
    await first.works();
    await clock.advance(3_000);

    expect(first.retryShare).toBeCloseTo(0.05, 10);
  });

  test('is told when more fail than the fleet can repeat', async () => {
    const { clock, first, verdict } = fleet(1, {}, 'drawn');
    await clock.advance(10_000 - (clock.now() % 10_000));
    for (let second = 0; second < 9; second++) {
      for (let n = 0; n < 40; n++) {
        await first.works();
        await first.fails();
        await first.works();
      }
      await clock.advance(1_000);
    }

    const { state, retryShare } = (await verdict()) ?? {};
    expect(state).toBe('closed');
    expect(retryShare).toBeGreaterThan(0.2);
    expect(retryShare).toBeLessThan(0.9);
  });
});

describe('a slow call', () => {
  test('is told of the moment that it is slow, and not once more when it ends', async () => {
    const store = memoryStore();
    const add = vi.spyOn(store, 'add');
    const { clock, first } = fleet(1, { store, slowCallMs: 500 });
    const work = Promise.withResolvers<string>();
    const run = first.call(() => work.promise);
    await clock.advance(499);
    expect(add).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(Object.keys(add.mock.calls[0]?.[1] ?? {}).join()).toMatch(/f\d/);

    work.resolve('late');

    expect(await run).toBe('late');
    expect(add).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });

  test('that was frozen is not told of', async () => {
    const store = memoryStore();
    const add = vi.spyOn(store, 'add');
    const { clock, first } = fleet(1, { store, slowCallMs: 500 });
    const run = first.call(() => new Promise(() => {}));
    void run;
    await settle();

    await clock.freeze(60_000);

    expect(add).not.toHaveBeenCalled();
  });
});

describe('while open', () => {
  test('calls are refused from memory, with what is left of the time', async () => {
    const { clock, first, store } = await opened();
    const get = vi.spyOn(store, 'get');
    await clock.advance(1_000);
    const call = vi.fn(async () => 'ok');

    const error = await first.call(call);

    expect(error).toMatchObject({ code: 'BREAKER_OPEN', retryAfterMs: OPEN_MS - 1_000 });
    expect(call).not.toHaveBeenCalled();
    expect(get).not.toHaveBeenCalled();
  });

  test('after it one caller of the whole fleet probes, and the others are refused', async () => {
    const { clock, sandboxes } = await opened(5);
    await clock.advance(OPEN_MS);
    const probe = Promise.withResolvers<string>();
    const call = vi.fn(() => probe.promise);
    const calls = sandboxes.flatMap((sandbox) => [sandbox.call(call), sandbox.call(call)]);
    await settle();

    expect(call).toHaveBeenCalledTimes(1);

    probe.resolve('back');
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((outcome) => outcome === 'back')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome instanceof BreakerOpenError)).toHaveLength(9);
  });

  test('three probes in a row have to succeed, one after the other', async () => {
    const { clock, first, verdict } = await opened();
    await clock.advance(OPEN_MS);
    const states: unknown[] = [];
    for (let probe = 0; probe < 3; probe++) {
      expect(await first.works()).toBe('ok');
      states.push(await verdict());
    }

    expect(states).toMatchObject([
      { state: 'open', epoch: 1, successes: 1, isProbing: false },
      { state: 'open', epoch: 1, successes: 2, isProbing: false },
      { state: 'closed', epoch: 2, successes: 0, isProbing: false },
    ]);
  });

  test('a probe that fails says so, and the next may be made when its lease is over', async () => {
    const { clock, first, store, verdict } = await opened();
    await clock.advance(OPEN_MS);
    const put = vi.spyOn(store, 'put');

    expect(await first.fails()).toEqual(outage());

    expect(put).toHaveBeenCalledTimes(2);
    expect(await verdict()).toMatchObject({ state: 'open', claims: 1, successes: 0, isProbing: false });
    await clock.advance(LEASE_MS - 1);
    expect(await first.works()).toBeInstanceOf(BreakerOpenError);
    await clock.advance(1);
    expect(await first.works()).toBe('ok');
  });

  test('a probe that comes back when its lease is over changes nothing', async () => {
    const { clock, first, second, verdict } = await opened();
    await clock.advance(OPEN_MS);
    const late = Promise.withResolvers<string>();
    const probe = first.call(() => late.promise);
    await settle();
    await clock.advance(LEASE_MS);
    await second.fails();
    const before = await verdict();

    late.resolve('late');

    expect(await probe).toBe('late');
    expect(await verdict()).toEqual(before);
  });

  test('a probe that succeeds when its lease is over does not count, also where nobody has claimed another', async () => {
    const { clock, first, verdict } = await opened();
    await clock.advance(OPEN_MS);
    await times(2, first.works);
    const late = Promise.withResolvers<string>();
    const probe = first.call(() => late.promise);
    await settle();
    await clock.advance(LEASE_MS);

    late.resolve('late');

    expect(await probe).toBe('late');
    expect(await verdict()).toMatchObject({ state: 'open', successes: 2, isProbing: false });
  });

  test('a probe that is slow has failed the moment that it is, and its end says nothing more', async () => {
    const { clock, first, verdict } = await opened(1, { slowCallMs: 500 });
    await clock.advance(OPEN_MS);
    const late = Promise.withResolvers<string>();
    const probe = first.call(() => late.promise);
    await settle();
    await clock.advance(500);
    const told = await verdict();
    expect(told).toMatchObject({ state: 'open', isProbing: false, successes: 0 });

    late.resolve('late');

    expect(await probe).toBe('late');
    expect(await verdict()).toEqual(told);
  });

  test('a probe that comes to nothing lets the next one be made at once', async () => {
    const { clock, first, second, verdict } = await opened();
    await clock.advance(OPEN_MS);
    await first.call(() => Promise.reject(new TypeError('bug')));
    expect(await verdict()).toMatchObject({ state: 'open', isProbing: false, until: clock.now() });

    expect(await second.works()).toBe('ok');
  });

  test('what it was told when it was closed does not count after it', async () => {
    const { clock, first, store } = fleet(2);
    const late = Promise.withResolvers<string>();
    const call = first.call(() => late.promise);
    await settle();
    await times(ENOUGH, first.fails);
    await clock.advance(1_000);
    const add = vi.spyOn(store, 'add');

    late.resolve('late');

    expect(await call).toBe('late');
    expect(add).not.toHaveBeenCalled();
  });

  test('who does not probe looks when the probe has had its time', async () => {
    const { clock, first, second, sandboxes } = await opened(3);
    await clock.advance(1_000);
    await second.works();
    await clock.advance(OPEN_MS - 1_000);
    await times(3, first.works);

    // A claim is refused by what the store holds, which is as good as a look.
    expect(await second.works()).toBe('ok');
    expect(sandboxes).toHaveLength(3);
  });
});

describe('a fleet that makes hardly any calls since it opened', () => {
  test('probes soon all the same', async () => {
    const { clock, store, first } = fleet(1, {}, 'drawn');
    await putVerdict(store, { state: 'open', until: clock.now(), since: clock.now(), rate: 5_000 });
    let calls = 0;
    while ((await first.works()) !== 'ok' && ++calls < 100) await clock.advance(1_000);

    expect(calls).toBeLessThan(8);
  });
});

describe('when it has closed', () => {
  async function closed(chance: number) {
    const world = await opened(2);
    await world.clock.advance(OPEN_MS);
    await times(3, world.first.works);
    const random = { ...seededRandom(9), next: () => chance };
    const { clock, store } = world;
    const other = circuitBreaker({ name: 'posts', store, clock, random });
    const isLetThrough = () =>
      other.execute(async () => true).catch((error: unknown) => error instanceof BreakerOpenError && false);
    return { ...world, isLetThrough };
  }

  test('it lets more and more calls through, by the clock alone', async () => {
    const { clock, isLetThrough } = await closed(0.9);
    expect(await isLetThrough()).toBe(false);

    await clock.advance(3_000);

    expect(await isLetThrough()).toBe(true);
  });

  test('failures open it again, for four times as long', async () => {
    const { clock, first, verdict } = await closed(0);
    await clock.advance(3_000);
    const before = clock.now();
    // The rate is known now, so that few successes are reported, and it takes more to be sure that there are none.
    await times(10 * ENOUGH, first.fails);

    const { state, epoch, until } = (await verdict()) ?? {};
    expect({ state, epoch }).toEqual({ state: 'open', epoch: 3 });
    expect(Number(until) - before).toBe(4 * OPEN_MS);
  });
});

describe('what somebody has forced', () => {
  const forced = async (state: 'forced-open' | 'forced-closed', now: number, store: BreakerStore) => {
    const verdict = {
      ...INITIAL,
      version: 1,
      epoch: 1,
      state,
      since: now,
      until: now + 60_000,
      by: 'ada',
    } as const;
    await store.put(KEY, writeVerdict(verdict));
  };

  test('open is open for all until it ends, and then a probe is made', async () => {
    const { clock, first, store } = fleet(1);
    await forced('forced-open', clock.now(), store);
    expect(await first.works()).toMatchObject({ code: 'BREAKER_OPEN', retryAfterMs: 60_000 });
    expect(first.refusal()).toBeInstanceOf(BreakerOpenError);

    await clock.advance(60_000);

    expect(await first.works()).toBe('ok');
    expect(await store.get(KEY)).toMatchObject({ state: 'open', successes: 1, by: '' });
  });

  test('closed is closed whatever fails, until it ends', async () => {
    const { clock, first, store } = fleet(1);
    await forced('forced-closed', clock.now(), store);
    await times(2 * ENOUGH, first.fails);
    expect(await store.get(KEY)).toMatchObject({ state: 'forced-closed' });

    await clock.advance(70_000);
    await times(ENOUGH, first.fails);

    expect(await store.get(KEY)).toMatchObject({ state: 'open', epoch: 2 });
  });
});

describe('an item of the store', () => {
  test('of another version is left alone', async () => {
    const { first, store } = fleet(1);
    const item = { ...writeVerdict({ ...INITIAL, epoch: 7, state: 'open', until: 9e15 }), v: 99 };
    await store.put(KEY, item);

    expect(await first.works()).toBe('ok');

    expect(await store.get(KEY)).toEqual(item);
  });

  test('that somebody has removed lets all start over', async () => {
    const { clock, first, store } = await opened();
    await store.delete(KEY);
    await clock.advance(OPEN_MS);

    expect(await first.works()).toBe('ok');
    expect(first.refusal()).toBeUndefined();
  });
});

describe('the options', () => {
  test.each([
    ['`openMs`', { openMs: 0 }],
    ['`failureRatio`', { failureRatio: 1.5 }],
    ['`slowCallMs`', { slowCallMs: -1 }],
  ])('name %s when it is wrong', (option, wrong) => {
    expect(() => circuitBreaker({ store: memoryStore(), name: 'posts', ...wrong })).toThrow(
      InvalidOptionError,
    );
    expect(() => circuitBreaker({ store: memoryStore(), name: 'posts', ...wrong })).toThrow(option);
  });
});

describe('copies of the verdict', () => {
  const large = { rate: 10_000, items: 3 } as const;
  const verdictOf = (change: Partial<Verdict>) =>
    writeVerdict({ ...INITIAL, version: 5, ...large, ...change });

  test('are what a large fleet reads too', async () => {
    // The last of three.
    const { clock, first, store } = fleet(1, {}, 0.9);
    await store.put(KEY, verdictOf({}));
    await first.works();
    const open = { state: 'open', version: 6, until: clock.now() + 500_000 } as const;
    await store.put(copyKey('posts', 2), verdictOf(open));
    await clock.advance(60_000);

    await first.works();
    await settle();

    expect(first.refusal()).toBeInstanceOf(BreakerOpenError);
  });

  test('follow each change', async () => {
    const { clock, first, store, verdict } = fleet(1);
    await store.put(KEY, verdictOf({ state: 'open', until: clock.now() }));
    await times(3, first.works);

    expect(await verdict()).toMatchObject({ state: 'closed', items: 3 });
    for (const copy of [1, 2]) expect(await store.get(copyKey('posts', copy))).toEqual(await verdict());
  });

  test('that were missed are mended by those who notice', async () => {
    const store = memoryStore();
    let chance = 0;
    const random = { ...seededRandom(1), next: () => chance };
    const clock = fakeClock();
    const breaker = circuitBreaker({ name: 'posts', store, clock, random });
    await store.put(KEY, verdictOf({ version: 9 }));
    await store.put(copyKey('posts', 1), verdictOf({}));
    await breaker.execute(async () => 'ok');
    const draws = [0.5, 0, 0];
    Object.assign(random, { next: () => draws.shift() ?? chance });
    chance = 0.5;
    await clock.advance(60_000);

    await breaker.execute(async () => 'ok');
    await settle();

    expect(await store.get(copyKey('posts', 1))).toMatchObject({ version: 9 });
  });

  test('from before what is known change nothing', async () => {
    const { clock, first, store } = fleet(1, {}, 0.9);
    await store.put(KEY, verdictOf({ state: 'forced-open', until: clock.now() + 500_000, version: 9 }));
    await first.works();
    await store.put(copyKey('posts', 2), verdictOf({}));
    await clock.advance(100_000);

    await first.works();
    await settle();

    expect(first.refusal() ?? (await first.works())).toBeInstanceOf(BreakerOpenError);
  });
});
