import { describe, expect, test, vi } from 'vitest';
import { AttemptTimeoutError, FibrinError, StoreError } from '../../lib/core/errors.ts';
import { OutcomeUnknownError, OwnershipLostError } from '../../lib/idempotency/errors.ts';
import { settle } from '../../lib/testing/index.ts';
import { idempotencyWorld, LEASE_MS, never } from '../support/idempotency-world.ts';

const givenUp = () => Promise.reject(new AttemptTimeoutError('payments', 100));
const badListener = (): never => {
  throw new Error('a bad listener');
};
const down = () => Promise.reject(new StoreError('down'));

describe('what happens to a key is reported', () => {
  test('when a run begins and its result is recorded, by the digest of the key', async () => {
    const { call, events } = idempotencyWorld(async () => 'done');

    await call({ key: '+49 30 1234' });

    expect(events.map(({ kind }) => kind)).toEqual(['claimed', 'completed']);
    for (const { operation, key } of events) {
      expect(operation).toBe('order');
      expect(key).toMatch(/^idempotency#order#[\w-]{43}$/);
    }
  });

  test('when a duplicate gets the result, from the store or from the sandbox', async () => {
    const { call, events } = idempotencyWorld(async () => 'done');
    await call();
    await call();

    expect(events.at(-1)).toMatchObject({ kind: 'replayed', from: 'store' });
  });

  test.each([
    ['throws', () => badListener()],
    ['rejects', async () => badListener()],
  ])('and a listener that %s changes nothing', async (fault, onEvent) => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const operation = `listener-${fault}`;
    const { call, runs } = idempotencyWorld(async () => 'done', { onEvent, operation });

    expect(await call()).toBe('done');
    expect(await call()).toBe('done');

    expect(runs()).toBe(1);
    const lost = `${operation}: onEvent threw Error; the event is lost`;
    expect(warn.mock.calls).toEqual([[lost, 'FibrinWarning']]);
    warn.mockRestore();
  });

  test('when a run has failed and the key is free', async () => {
    const { call, happened } = idempotencyWorld(() => Promise.reject(new Error('declined')));
    await call();

    expect(happened()).toEqual(['claimed', 'released']);
  });

  test('when it is not known how a run has ended, for whatever reason', async () => {
    const { call, happened } = idempotencyWorld(givenUp);
    await call();
    expect(happened()).toEqual(['claimed', 'unknown']);

    const completing = idempotencyWorld(async () => {
      completing.store.put = down;
      return 'done';
    });
    await completing.call();
    expect(completing.happened()).toEqual(['claimed', 'unknown']);

    const releasing = idempotencyWorld(() => Promise.reject(new Error('declined')));
    releasing.store.delete = down;
    await releasing.call();
    expect(releasing.happened()).toEqual(['claimed', 'unknown']);
  });

  test('when a duplicate is refused because the first still runs, or brings another payload', async () => {
    const { call, happened } = idempotencyWorld(never);
    void call();
    await settle();
    await call();
    await call({ body: 'another' });

    expect(happened()).toEqual(['claimed', 'conflicted', 'mismatched']);
  });

  test('when a run that comes to a result has lost its claim to another', async () => {
    const first = Promise.withResolvers<string>();
    const runs = [first.promise, Promise.resolve('second')];
    const { clock, call, happened } = idempotencyWorld(() => runs.shift() ?? never());
    const late = call();
    await clock.advance(LEASE_MS + 1);
    await call();
    happened();

    first.resolve('late');

    expect(await late).toBeInstanceOf(OwnershipLostError);
    expect(happened()).toEqual(['lost']);
  });

  test('when a run that fails has lost its claim to another: the key is not free', async () => {
    const first = Promise.withResolvers<string>();
    const runs = [first.promise, Promise.resolve('second')];
    const { clock, call, happened } = idempotencyWorld(() => runs.shift() ?? never());
    const late = call();
    await clock.advance(LEASE_MS + 1);
    await call();
    happened();

    first.reject(new Error('declined'));
    await late;

    expect(happened()).toEqual(['lost']);
  });

  test('when the key of a run that fails is free already, since its delete was sent twice', async () => {
    const { call, happened, store } = idempotencyWorld(() => Promise.reject(new Error('declined')));
    const { delete: remove } = store;
    store.delete = async (...args) => {
      await remove(...args);
      return remove(...args);
    };
    await call();

    expect(happened()).toEqual(['claimed', 'released']);
  });
});

describe('after a run that ended without an outcome', () => {
  test('the next one runs by default', async () => {
    const { clock, call, runs, happened } = idempotencyWorld(givenUp);
    await call();
    await clock.advance(LEASE_MS + 1);
    await call();

    expect(runs()).toBe(2);
    expect(happened()).toEqual(['claimed', 'unknown', 'claimed', 'unknown']);
  });

  test('none runs where it is to be held, and all get that answer', async () => {
    const { clock, call, runs, happened } = idempotencyWorld(givenUp, { onUnknownOutcome: 'hold' });
    await call();
    await clock.advance(LEASE_MS);
    expect(await call()).toMatchObject({ code: 'IDEMPOTENCY_IN_FLIGHT' });
    await clock.advance(1);

    const held = await call();

    expect(held).toBeInstanceOf(OutcomeUnknownError);
    expect(held).toMatchObject({ status: 409, retryable: false, retryAfterMs: undefined });
    expect(runs()).toBe(1);
    expect(happened()).toEqual(['claimed', 'unknown', 'conflicted', 'held']);
  });

  test('one runs again once an operator has released the key', async () => {
    const { clock, call, runs, events, store } = idempotencyWorld(givenUp, { onUnknownOutcome: 'hold' });
    await call();
    await clock.advance(LEASE_MS + 1);
    await store.delete(events[0]?.key ?? '');
    await call();

    expect(runs()).toBe(2);
  });

  test('a run that failed for certain is not held', async () => {
    const refused = new FibrinError('DECLINED', 'The card is declined', { status: 402 });
    const { call, runs } = idempotencyWorld(() => Promise.reject(refused), {
      onUnknownOutcome: 'hold',
    });
    await call();
    await call();

    expect(runs()).toBe(2);
  });
});
