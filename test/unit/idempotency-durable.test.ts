import { describe, expect, test } from 'vitest';
import { durableContext } from '../../bench/idempotency/contexts.ts';
import { InFlightError, PayloadMismatchError } from '../../lib/idempotency/errors.ts';
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
});
