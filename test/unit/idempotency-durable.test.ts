import { describe, expect, test } from 'vitest';
import { durableContext } from '../../bench/idempotency/contexts.ts';
import { FibrinError } from '../../lib/core/errors.ts';
import { InFlightError, OutcomeUnknownError, PayloadMismatchError } from '../../lib/idempotency/errors.ts';
import { settle } from '../../lib/testing/index.ts';
import { idempotencyWorld, never } from '../support/idempotency-world.ts';

const HOUR_MS = 3_600_000;
const first = durableContext('x', 'ExecutionMode');
const replayed = durableContext('x', 'ReplayMode');
const other = durableContext('y', 'ExecutionMode');

describe('a durable execution', () => {
  test('goes on with its own run in a later invocation, and no other one does', async () => {
    const ends = [never, async () => 'done'];
    const { clock, callIn, runs } = idempotencyWorld(() => ends.shift()?.() ?? never());
    void callIn(first);
    await clock.advance(HOUR_MS);

    expect(await callIn(other)).toBeInstanceOf(InFlightError);
    expect(await callIn(replayed)).toBe('done');
    expect(await callIn(other)).toBe('done');

    expect(runs()).toBe(2);
  });

  test('loses its run when it takes longer than it may', async () => {
    const { clock, callIn, runs } = idempotencyWorld(never, { durableWorkMs: HOUR_MS });
    void callIn(first);
    await clock.advance(HOUR_MS + 5_001);
    void callIn(other);
    await settle();

    expect(runs()).toBe(2);
  });

  test('gets the result of its own run, but not with another payload', async () => {
    const { callIn, runs } = idempotencyWorld(async () => 'done');
    await callIn(first, { body: 1 });

    expect(await callIn(replayed, { body: 1 })).toBe('done');
    expect(await callIn(replayed, { body: 2 })).toBeInstanceOf(PayloadMismatchError);

    expect(runs()).toBe(1);
  });

  test('does not go on with its own run for another payload', async () => {
    const { callIn, runs } = idempotencyWorld(never);
    void callIn(first, { body: 1 });
    await settle();

    expect(await callIn(replayed, { body: 2 })).toBeInstanceOf(PayloadMismatchError);

    expect(runs()).toBe(1);
  });

  const refuse = async () => {
    throw new FibrinError('DECLINED', 'The card is declined', { status: 422 });
  };

  test('with hold is not freed by what its later try proves, since the earlier one has ended without an outcome', async () => {
    const ends = [never, refuse];
    const { clock, callIn, runs } = idempotencyWorld(() => ends.shift()?.() ?? never(), {
      onUnknownOutcome: 'hold',
      durableWorkMs: HOUR_MS,
    });
    void callIn(first);
    await settle();

    expect(await callIn(replayed)).toMatchObject({ code: 'DECLINED' });
    expect(await callIn(other)).toBeInstanceOf(InFlightError);
    await clock.advance(HOUR_MS + 5_001);
    expect(await callIn(other)).toBeInstanceOf(OutcomeUnknownError);

    expect(runs()).toBe(2);
  });

  test('with hold is freed by what its only try proves', async () => {
    const ends = [refuse, async () => 'done'];
    const { callIn } = idempotencyWorld(async () => ends.shift()?.(), { onUnknownOutcome: 'hold' });
    await callIn(first);

    expect(await callIn(other)).toBe('done');
  });

  test('with rerun is freed by the error of its later try', async () => {
    const ends = [never, refuse, async () => 'done'];
    const { callIn } = idempotencyWorld(async () => ends.shift()?.());
    void callIn(first);
    await settle();
    await callIn(replayed);

    expect(await callIn(other)).toBe('done');
  });

  test('with hold may be freed by a user who knows better', async () => {
    const ends = [never, refuse, async () => 'done'];
    const { callIn } = idempotencyWorld(async () => ends.shift()?.(), {
      onUnknownOutcome: 'hold',
      isDefiniteFailure: (_error, { definite }) => !definite,
    });
    void callIn(first);
    await settle();
    await callIn(replayed);

    expect(await callIn(other)).toBe('done');
  });
});
