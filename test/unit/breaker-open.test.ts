import { describe, expect, test, vi } from 'vitest';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import { seededRandom, settle } from '../../lib/testing/index.ts';
import { fleet, LEASE_MS, opened } from '../support/breaker-fleet.ts';
import { outage } from '../support/outcomes.ts';
import { ENOUGH_FAILURES as ENOUGH, OPEN_MS, putVerdict, times } from '../support/shared-breaker.ts';

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
    const until = clock.now();
    expect(await verdict()).toMatchObject({ state: 'open', isProbing: false, successes: 0, until });

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

  test('nor does it when it has closed again', async () => {
    const { clock, first, store } = fleet(1);
    const late = Promise.withResolvers<string>();
    const call = first.call(() => late.promise);
    await settle();
    await putVerdict(store, { version: 3, epoch: 2, since: clock.now() - 60_000, rate: 1 });
    await clock.advance(20_000);
    await first.works();
    await settle();
    await first.works();
    const add = vi.spyOn(store, 'add');
    late.resolve('late');

    expect(await call).toBe('late');
    expect(add).not.toHaveBeenCalled();
    await first.works();
    expect(add).toHaveBeenCalledOnce();
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
    const other = sharedBreaker({ name: 'posts', store, clock, random });
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
