import { describe, expect, test, vi } from 'vitest';
import { evidenceKey, sliceOf } from '../../lib/breaker/evidence.ts';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { settle } from '../../lib/testing/index.ts';
import { fleet, opened } from '../support/breaker-fleet.ts';
import { outage } from '../support/outcomes.ts';
import { ENOUGH_FAILURES as ENOUGH, putVerdict, times } from '../support/shared-breaker.ts';

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
    expect(second.state).toBe('closed');
    await clock.advance(1_000);

    expect(await second.works()).toBeInstanceOf(BreakerOpenError);
  });

  test.each([
    [1, 'still looks', true],
    [2, 'does not look', false],
  ])('one whose last call but %i failed %s', async (successes, _, looks) => {
    const { clock, first, second } = fleet(2);
    await second.fails();
    await times(successes, second.works);
    await times(2 * ENOUGH, first.fails);
    await clock.advance(1_000);

    expect((await second.works()) instanceof BreakerOpenError).toBe(looks);
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
    // Of 500 calls a second one in ten failures is reported, and one in 42 successes.
    const { clock, first } = fleet(1, { store }, 0.05);
    const evidenceNow = () => store.get(evidenceKey('posts', 1, sliceOf(clock.now())));
    await first.works();
    expect(await evidenceNow()).toBeUndefined();

    await first.fails();
    await first.works();
    const seen = await evidenceNow();
    expect(seen).toMatchObject({ f0: 10, m0: 1, r0: 10, q0: 1 });
    expect(seen).not.toHaveProperty('n0');
    await first.works();

    expect(await evidenceNow()).toEqual(seen);
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

describe('the fraction of retries', () => {
  test('is that of the verdict, and all where nobody has said anything', async () => {
    const { first, store } = fleet(1);
    expect(first.retryFraction).toBe(1);
    await putVerdict(store, { retryShare: 0.3 });
    await first.works();

    expect(first.retryFraction).toBe(0.3);
  });

  test('grows with that of the calls when it has just closed', async () => {
    const { clock, first, store } = fleet(1);
    await putVerdict(store, { since: clock.now() + 1_500, rate: 5_000, retryShare: 0.5 });
    await first.works();
    await clock.advance(3_000);

    expect(first.retryFraction).toBeCloseTo(0.05, 10);
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
