import { describe, expect, test, vi } from 'vitest';
import { StoreError } from '../../lib/core/errors.ts';
import { InFlightError, PayloadMismatchError } from '../../lib/idempotency/errors.ts';
import { settle } from '../../lib/testing/index.ts';
import { idempotencyWorld, LEASE_MS, never, type World } from '../support/idempotency-world.ts';

const WAIT_MS = 2_000;
/** Long enough for both to have their time. */
const REMAINING_MS = 60_000;

/** A first call whose run goes on until the test says how it ends, and a duplicate that waits for it. */
async function waiting(waitMs = WAIT_MS, remainingMs = REMAINING_MS) {
  const first = Promise.withResolvers<unknown>();
  const later = [first.promise];
  const world = idempotencyWorld(() => later.shift() ?? Promise.resolve('again'), { waitMs });
  const looks = vi.fn(world.store.get);
  world.store.get = looks;
  const running = world.call();
  await settle();
  const duplicate = answerOf(world.call({}, remainingMs));
  return { ...world, first, running, duplicate, looks };
}

function answerOf(call: Promise<unknown>) {
  const answer = { settled: false, value: undefined as unknown, call };
  void call.then((value) => Object.assign(answer, { settled: true, value }));
  return answer;
}

/** Goes on until the answer is there, and tells how long that took. */
async function advanceUntil({ clock }: World, answer: { readonly settled: boolean }): Promise<number> {
  const start = clock.monotonic();
  while (!answer.settled) await clock.advance(1);
  return clock.monotonic() - start;
}

describe('a duplicate that may wait', () => {
  test('gets the result of the run that it waited for', async () => {
    const { clock, first, duplicate, runs, events } = await waiting();
    await clock.advance(400);
    first.resolve('done');
    await clock.advance(500);

    expect(duplicate.value).toBe('done');
    expect(runs()).toBe(1);
    const waited = events.find(({ kind }) => kind === 'waited');
    expect(waited?.waitedMs).toBeGreaterThanOrEqual(400);
    expect(waited?.waitedMs).toBeLessThanOrEqual(900);
    expect(events.at(-1)).toMatchObject({ kind: 'replayed', from: 'store' });
  });

  test('is refused as ever where none may wait', async () => {
    const { duplicate } = await waiting(0);
    await settle();

    expect(duplicate.value).toBeInstanceOf(InFlightError);
  });

  test('gives up when it has waited for as long as it may, after a last look', async () => {
    const world = await waiting();

    expect(await advanceUntil(world, world.duplicate)).toBe(WAIT_MS);

    expect(world.duplicate.value).toBeInstanceOf(InFlightError);
    expect(world.happened()).toEqual(['claimed', 'conflicted']);
  });

  test('gives up while its invocation still has the time for a last look', async () => {
    const world = idempotencyWorld(never, { waitMs: REMAINING_MS });
    void world.call();
    await settle();
    const start = world.clock.monotonic();
    const getRemainingTimeInMillis = () => 1_200 - (world.clock.monotonic() - start);
    const duplicate = answerOf(world.callIn({ getRemainingTimeInMillis }));

    expect(await advanceUntil(world, duplicate)).toBe(700);

    expect(duplicate.value).toBeInstanceOf(InFlightError);
  });

  test('looks soon at first, then less and less often, and never at the same time as all others', async () => {
    const { clock, looks } = await waiting(60_000);
    const at: number[] = [];
    for (let ms = 0; ms < 10_000; ms++) {
      const before = looks.mock.calls.length;
      await clock.advance(1);
      if (looks.mock.calls.length > before) at.push(ms);
    }

    const gaps = at.map((time, index) => time - (at[index - 1] ?? 0));
    expect(gaps[0]).toBeLessThanOrEqual(50);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(501);
    expect(Math.min(...gaps.slice(-5))).toBeGreaterThanOrEqual(249);
    expect(new Set(gaps.slice(-5)).size).toBeGreaterThan(2);
    expect(at.length).toBeLessThan(45);
  });

  test('runs itself when the first run has failed', async () => {
    const { clock, first, running, duplicate, runs, happened } = await waiting();
    first.reject(new Error('declined'));
    await running;
    await clock.advance(500);

    expect(duplicate.value).toBe('again');
    expect(runs()).toBe(2);
    expect(happened()).toEqual(['claimed', 'released', 'claimed', 'completed']);
  });

  test('takes over when the lease of the first run ends before it has waited for long enough', async () => {
    const world = await waiting(30_000);

    expect(await advanceUntil(world, world.duplicate)).toBeGreaterThan(LEASE_MS);

    expect(world.duplicate.value).toBe('again');
  });

  test('is refused at once where it brings another payload', async () => {
    const { call } = await waiting();

    expect(await call({ body: 'another' })).toBeInstanceOf(PayloadMismatchError);
  });

  test('does not run because a read fails', async () => {
    const { clock, store, duplicate, runs } = await waiting();
    store.get = () => Promise.reject(new StoreError('down'));
    await clock.advance(500);

    expect(duplicate.value).toBeInstanceOf(StoreError);
    expect(runs()).toBe(1);
  });
});
