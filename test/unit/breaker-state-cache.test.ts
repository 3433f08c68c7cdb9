import { describe, expect, test } from 'vitest';
import { BreakerOpenError, StoreError } from '../../lib/core/errors.ts';
import type { Item } from '../../lib/core/store.ts';
import { CLAIM_MS, Fleet, KEY, OPEN_MS, openFleet, times } from '../support/fleet.ts';

/** The state is read again now: it was last read longer ago than it is believed without a reason. */
const STALE_MS = 110_000;

/** The reads of the state, and whether each may be from a moment ago. */
const readsOf = (fleet: Fleet) =>
  fleet.requestsOf('get').map(({ isEventual }) => (isEventual ? 'eventual' : 'consistent'));

describe('the state that an environment has read', () => {
  test('is read at half the price, and once more for certain where the answer is older than what is known', async () => {
    const fleet = new Fleet(1);
    await fleet.putState({ version: 7, rate: 1, state: 'forced-open', until: fleet.now + 500_000 });
    await fleet.first.works();
    expect(readsOf(fleet)).toEqual(['eventual']);
    await fleet.pass(STALE_MS);
    // A replica that lags behind.
    fleet.serve = async (request, serve) => {
      const answer = await serve();
      return request.isEventual ? (undefined as typeof answer) : answer;
    };

    await fleet.first.works();
    await fleet.pass();

    expect(readsOf(fleet)).toEqual(['eventual', 'eventual', 'consistent']);
    expect(fleet.first.state).toBe('forced-open');
  });

  test('stays where the answer is older and the store does not answer for certain', async () => {
    const fleet = new Fleet(1);
    await fleet.putState({ version: 7, rate: 1, state: 'forced-open', until: fleet.now + 500_000 });
    await fleet.first.works();
    await fleet.pass(STALE_MS);
    fleet.serve = async (request, serve) => {
      if (!request.isEventual) throw new StoreError('down', { retryable: true });
      const answer = await serve();
      return undefined as typeof answer;
    };

    await fleet.first.works();
    await fleet.pass();

    expect(readsOf(fleet)).toHaveLength(3);
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
  });

  test('is read again after 30 s where it was the first with a rate, and after 100 s from then on', async () => {
    const fleet = new Fleet(1);
    await fleet.putState({ version: 7, rate: 10 });
    const readAt: number[] = [];
    for (let second = 0; second < 300; second++) {
      const before = readsOf(fleet).length;
      await fleet.first.works();
      await fleet.pass(1_000);
      if (readsOf(fleet).length > before) readAt.push(second);
    }

    const [first, second, third = 0] = readAt;
    expect(first).toBe(0);
    // A quarter more or less.
    expect(second).toBeGreaterThan(22);
    expect(second).toBeLessThan(39);
    expect(third - (second ?? 0)).toBeGreaterThan(74);
    expect(third - (second ?? 0)).toBeLessThan(127);
  });

  test('is doubted for a call that failed in its epoch, and not for one that failed before', async () => {
    const fleet = new Fleet(1);
    await fleet.putState({ rate: 10 });
    await fleet.first.fails();
    await fleet.pass(2_000);
    await fleet.putState({ version: 9, epoch: 3, rate: 10 });

    await fleet.first.works();
    expect(readsOf(fleet)).toHaveLength(2);
    await fleet.pass(2_000);
    await fleet.first.works();

    expect(readsOf(fleet)).toHaveLength(2);
  });

  test('starts over where an operator has removed the item', async () => {
    const fleet = await openFleet(1);
    await fleet.table.delete(KEY);
    await fleet.pass(OPEN_MS);

    expect(await fleet.first.works()).toBe('ok');

    expect(fleet.first.state).toBe('closed');
    expect(await fleet.state()).toBeUndefined();
  });

  test('is another one where the item was removed and has come to the same version again', async () => {
    const fleet = new Fleet(1);
    await fleet.putState({ state: 'open', until: fleet.now + 5_000 });
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
    await fleet.pass(4_000);
    await fleet.putState({ state: 'open', since: fleet.now, until: fleet.now + 5_000 });
    await fleet.first.breaker.force('auto');
    await fleet.pass(4_000);

    expect(await fleet.first.works()).toMatchObject({ code: 'BREAKER_OPEN', retryAfterMs: 1_000 });
  });

  test('is no older than it says where the item was removed and has come to the same epoch again', async () => {
    const fleet = new Fleet(1, { chance: 0.5 });
    await fleet.putState({ since: fleet.now - 60_000, rate: 5_000 });
    expect(await fleet.first.works()).toBe('ok');
    await fleet.pass(60_000);
    await fleet.putState({ version: 9, since: fleet.now, rate: 5_000 });

    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
  });

  test('starts over where the item was removed while it was closed', async () => {
    const fleet = new Fleet(1);
    await fleet.putState({ version: 7, epoch: 5, rate: 1 });
    await fleet.first.works();
    await fleet.table.delete(KEY);
    await fleet.pass(STALE_MS);

    await fleet.first.works();
    await fleet.pass(500);
    await times(10, () => fleet.first.fails());

    expect(await fleet.state()).toMatchObject({ state: 'open', version: 1, epoch: 1 });
  });

  test('is not replaced by an answer that is older than what has become known since it was asked for', async () => {
    const fleet = new Fleet(1);
    await fleet.putState({ version: 7, rate: 1 });
    const permits = await Promise.all(Array.from({ length: 10 }, async () => fleet.first.breaker.acquire()));
    await fleet.pass(30_000);
    const before = await fleet.state();
    const certain = Promise.withResolvers<Item | undefined>();
    fleet.serve = (request, serve) => {
      if (request.operation !== 'get') return serve();
      return Promise.resolve(request.isEventual ? undefined : certain.promise) as ReturnType<typeof serve>;
    };
    const call = fleet.first.works();
    await fleet.pass();
    expect(readsOf(fleet)).toEqual(['eventual', 'eventual', 'consistent']);
    await Promise.all(permits.map(async (permit) => permit.record({ failed: true })));
    expect(fleet.first.state).toBe('open');

    certain.resolve(before);

    expect(await call).toBeInstanceOf(BreakerOpenError);
    expect(fleet.first.state).toBe('open');
  });

  test('starts over where the item was removed after the last change that became known during a read', async () => {
    const fleet = new Fleet(1);
    await fleet.putState({ version: 7, rate: 1 });
    const permits = await Promise.all(Array.from({ length: 10 }, async () => fleet.first.breaker.acquire()));
    await fleet.pass(30_000);
    const reading = Promise.withResolvers<void>();
    fleet.serve = async (request, serve) => {
      if (request.isEventual) await reading.promise;
      return serve();
    };
    const call = fleet.first.works();
    await fleet.pass();
    await Promise.all(permits.map(async (permit) => permit.record({ failed: true })));
    expect(fleet.first.state).toBe('open');
    await fleet.table.delete(KEY);

    reading.resolve();

    expect(await call).toBe('ok');
    expect(readsOf(fleet)).toEqual(['eventual', 'eventual', 'consistent']);
    expect(fleet.first.state).toBe('closed');
  });

  test('is not replaced by an older answer where the item was removed and has come to the same version again', async () => {
    const fleet = await openFleet(1);
    await fleet.pass(OPEN_MS);
    const older = Promise.withResolvers<void>();
    // The answers to two claims at once come in the other order.
    fleet.serve = async (_, serve) => {
      const isFirst = fleet.requestsOf('put').length === 2;
      const answer = await serve();
      if (isFirst) await older.promise;
      return answer;
    };
    await fleet.table.delete(KEY);
    const first = fleet.first.works();
    await fleet.pass();
    await fleet.putState({ state: 'forced-open', since: fleet.now, until: fleet.now + 60_000 });
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);

    older.resolve();

    await first;
    expect(fleet.first.state).toBe('forced-open');
  });

  test('is read once for all calls that want it at the same time, and not twice within a second', async () => {
    const fleet = new Fleet(1);
    await fleet.first.fails();
    fleet.storeTakes(10);
    const callsAtOnce = async () => {
      const calls = [fleet.first.fails(), fleet.first.fails(), fleet.first.fails()];
      await fleet.pass(50);
      await Promise.all(calls);
    };
    await callsAtOnce();
    expect(readsOf(fleet)).toHaveLength(1);

    await fleet.pass(1_000);
    await callsAtOnce();

    expect(readsOf(fleet)).toHaveLength(2);
  });

  test('is read anew where a freeze has cut off the read before, whose end hides nothing', async () => {
    const fleet = new Fleet(1);
    await fleet.first.fails();
    await fleet.pass(1_000);
    const answers: PromiseWithResolvers<Item | undefined>[] = [];
    fleet.serve = (request, serve) => {
      if (request.operation !== 'get') return serve();
      const answer = Promise.withResolvers<Item | undefined>();
      answers.push(answer);
      return answer.promise as ReturnType<typeof serve>;
    };
    const cutOff = fleet.first.works();
    await fleet.pass();
    fleet.first.freeze();
    await fleet.pass(60_000);
    // The next call comes in before the timers that are overdue.
    const next = fleet.first.works();
    fleet.first.thaw();
    await fleet.pass();
    expect(await cutOff).toBe('ok');
    void fleet.first.breaker.force('auto');
    await fleet.pass();
    expect(answers).toHaveLength(2);

    await fleet.putState({ state: 'open', until: fleet.now + 5_000 });
    answers[1]?.resolve(await fleet.state());

    expect(await next).toBeInstanceOf(BreakerOpenError);
  });

  test('is half-open for the others where the answer to a claim was lost, and is probed after it', async () => {
    const fleet = await openFleet(2);
    await fleet.pass(OPEN_MS);
    fleet.storeLosesAnswers();
    const claim = fleet.first.works();
    await fleet.pass(1_000);
    await claim;
    expect(await fleet.state()).toMatchObject({ isProbing: true });
    fleet.storeRecovers();
    expect(await fleet.second.works()).toBeInstanceOf(BreakerOpenError);

    await fleet.pass(CLAIM_MS);

    expect(await fleet.second.works()).toBe('ok');
  });
});
