import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/core/seeded-random.ts';
import { circuitBreakerLambda } from '../../lib/simulation/baselines/circuitbreaker-lambda.ts';
import { inProcess } from '../../lib/simulation/baselines/in-process.ts';
import { powertoolsPython } from '../../lib/simulation/baselines/powertools-python.ts';
import { fibrin } from '../../lib/simulation/fibrin.ts';
import { simulate } from '../../lib/simulation/run.ts';
import { scenarioOf } from '../../lib/simulation/scenario.ts';
import type { CallPermit, Guard, Subject } from '../../lib/simulation/subject.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock } from '../../lib/testing/fake-clock.ts';

const down = () => Promise.reject(new Error('down'));
/** What a store does that cannot be reached. */
const DOWN = { get: down, put: down };

function guardsOf(subject: Subject, size: number) {
  const clock = fakeClock();
  const store = memoryStore();
  const guards = Array.from({ length: size }, (_, index) =>
    subject.guard({ index, clock, random: seededRandom(index), store, slowCallMs: undefined }),
  );
  const first = guards[0] as Guard;
  /** The permit of a call that was admitted. */
  const tryOne = async (guard: Guard): Promise<CallPermit | undefined> => {
    const admission = await guard.admit();
    return admission instanceof Error ? undefined : admission;
  };
  const tryAll = async () => (await Promise.all(guards.map(tryOne))).filter((permit) => permit !== undefined);
  const callOne = async (failed: boolean, guard = first) =>
    (await tryOne(guard))?.record({ failed, slow: false });
  const state = () => store.get(subject.key ?? 'none');
  return { clock, store, guards, first, tryOne, tryAll, callOne, state };
}

describe('the algorithm of circuitbreaker-lambda', () => {
  test('counts a thousand failures at one time as one', async () => {
    const { tryAll, state } = guardsOf(circuitBreakerLambda, 1_000);
    const permits = await tryAll();
    await Promise.all(permits.map(async (permit) => permit.record({ failed: true, slow: false })));
    expect(permits).toHaveLength(1_000);
    expect(await state()).toMatchObject({ state: 'closed', failureCount: 1 });
  });

  test('opens after five failures one after the other, for ten seconds, and then lets all probe at once', async () => {
    const { clock, callOne, tryAll, state } = guardsOf(circuitBreakerLambda, 100);
    for (let call = 0; call < 5; call++) await callOne(true);
    expect(await state()).toMatchObject({ state: 'open' });
    expect(await tryAll()).toHaveLength(0);
    await clock.advance(10_000);
    const probes = await tryAll();
    expect(probes).toHaveLength(100);
    expect(probes.every(({ isProbe }) => isProbe)).toBe(true);
  });

  test('closes after two probes one after the other, and opens for twice as long when one fails', async () => {
    const { clock, callOne, first, tryOne, state } = guardsOf(circuitBreakerLambda, 1);
    for (let call = 0; call < 5; call++) await callOne(true);
    await clock.advance(10_000);
    await callOne(true);
    await clock.advance(19_999);
    expect(await tryOne(first)).toBeUndefined();
    await clock.advance(1);
    await callOne(false);
    expect(await state()).toMatchObject({ state: 'half-open' });
    await callOne(false);
    expect(await state()).toMatchObject({ state: 'closed', failureCount: 0 });
  });

  test('is closed again by a success that began before it opened', async () => {
    const { callOne, first, tryOne, state } = guardsOf(circuitBreakerLambda, 1);
    const early = await tryOne(first);
    for (let call = 0; call < 5; call++) await callOne(true);
    await early?.record({ failed: false, slow: false });
    expect(await state()).toMatchObject({ state: 'closed' });
  });

  test('forgets failures after a minute', async () => {
    const { clock, callOne, state } = guardsOf(circuitBreakerLambda, 1);
    for (let call = 0; call < 4; call++) await callOne(true);
    await clock.advance(60_001);
    await callOne(true);
    expect(await state()).toMatchObject({ state: 'closed', failureCount: 1 });
  });

  test('admits calls while the store fails', async () => {
    const { store, callOne, first, tryOne } = guardsOf(circuitBreakerLambda, 1);
    Object.assign(store, DOWN);
    for (let call = 0; call < 9; call++) await callOne(true);
    expect(await tryOne(first)).toBeDefined();
  });
});

describe('the algorithm of Powertools for Python', () => {
  const opened = async (size: number) => {
    const all = guardsOf(powertoolsPython, size);
    for (let call = 0; call < 5; call++) await all.callOne(true);
    return all;
  };

  test('opens for all sandboxes by the failures of one, which another sees after its cache', async () => {
    const { clock, callOne, guards, tryAll, state } = guardsOf(powertoolsPython, 10);
    await tryAll();
    for (let call = 0; call < 5; call++) await callOne(true);
    expect(await state()).toMatchObject({ state: 'open' });
    expect(await tryAll()).toHaveLength(guards.length - 1);
    await clock.advance(5_000);
    expect(await tryAll()).toHaveLength(0);
  });

  test('never opens where each sandbox sees too few failures in a row', async () => {
    const { guards, callOne, state } = guardsOf(powertoolsPython, 100);
    for (const guard of guards) for (let call = 0; call < 4; call++) await callOne(true, guard);
    expect(await state()).toBeUndefined();
  });

  test('lets one probe after thirty seconds, which closes after three successes of its own', async () => {
    const { clock, tryAll, state } = await opened(50);
    await clock.advance(30_000);
    for (let success = 0; success < 3; success++) {
      const probes = await tryAll();
      expect(probes.map(({ isProbe }) => isProbe)).toEqual([true]);
      await probes[0]?.record({ failed: false, slow: false });
    }
    expect(await state()).toMatchObject({ state: 'closed' });
  });

  test('lets one probe at a time, also of several invocations in the sandbox that probes', async () => {
    const { clock, first, tryOne } = await opened(1);
    await clock.advance(30_000);
    const permits = await Promise.all([tryOne(first), tryOne(first)]);
    const [probe] = permits.filter((permit) => permit !== undefined);
    expect(permits).toContain(undefined);
    expect(await tryOne(first)).toBeUndefined();
    await probe?.record({ failed: false, slow: false });
    expect(await tryOne(first)).toBeDefined();
  });

  test('opens anew when the probe fails', async () => {
    const { clock, tryAll, state } = await opened(50);
    await clock.advance(30_000);
    await (await tryAll())[0]?.record({ failed: true, slow: false });
    expect(await state()).toMatchObject({ state: 'open' });
    await clock.advance(29_000);
    expect(await tryAll()).toHaveLength(0);
  });

  test('lets another probe when the lease of the first has ended, which can close all the same', async () => {
    const { clock, tryAll, state } = await opened(50);
    await clock.advance(30_000);
    const [lost] = await tryAll();
    await clock.advance(31_000);
    const [next] = await tryAll();
    expect(next?.isProbe).toBe(true);
    await next?.record({ failed: true, slow: false });
    for (let success = 0; success < 3; success++) await lost?.record({ failed: false, slow: false });
    expect(await state()).toMatchObject({ state: 'closed' });
  });

  test('takes the circuit for closed while the store fails', async () => {
    const { store, clock, tryAll } = await opened(20);
    await clock.advance(6_000);
    Object.assign(store, DOWN);
    expect(await tryAll()).toHaveLength(20);
  });

  test('counts anew once it has seen that others opened and closed', async () => {
    const { clock, store, callOne, first, state } = guardsOf(powertoolsPython, 1);
    for (let call = 0; call < 4; call++) await callOne(true, first);
    const seen = async (item: { readonly state: string }) => {
      await store.put('circuit', { openedAt: 0, owner: '', leaseUntil: 1e12, ...item });
      await clock.advance(6_000);
    };
    await seen({ state: 'half-open' });
    await callOne(true, first);
    await seen({ state: 'closed' });
    await callOne(true, first);
    expect(await state()).toMatchObject({ state: 'closed' });
  });
});

test('a breaker in each process shares nothing', async () => {
  const { callOne, tryAll, state, clock } = guardsOf(inProcess, 3);
  for (let call = 0; call < 10; call++) await callOne(true);
  expect(await tryAll()).toHaveLength(2);
  expect(await state()).toBeUndefined();
  await clock.advance(30_000);
  expect((await tryAll()).map(({ isProbe }) => isProbe)).toEqual([true, false, false]);
});

describe('beside each other in one outage', () => {
  const said = {
    sandboxes: 100,
    rate: 200,
    warmUpMs: 20_000,
    healthyMs: 10_000,
    outageMs: 60_000,
    afterMs: 60_000,
  };
  const through = async (subject: Subject) =>
    (await simulate(scenarioOf('outage', 3, said), subject)).figures;

  test('a breaker in each sandbox shares nothing, lets more calls fail, and many probe at one time', async () => {
    const figures = await through(inProcess);

    expect(figures).toMatchObject({
      openAfter: null,
      readsPerCall: 0,
      writesPerCall: 0,
      dollarsPerMillion: 0,
    });
    expect(figures.failedCalls).toBeGreaterThan((await through(fibrin)).failedCalls);
    expect(figures.probesAtOnce).toBeGreaterThan(1);
  });

  test('circuitbreaker-lambda reads before each call and probes with all that come', async () => {
    const figures = await through(circuitBreakerLambda);

    expect(figures.readsPerCall).toBeCloseTo(1, 2);
    expect(figures.probesAtOnce).toBeGreaterThan(1);
  });

  test('Powertools probes one at a time, and reads while all is well', async () => {
    const figures = await through(powertoolsPython);

    expect(figures.probesAtOnce).toBe(1);
    expect(figures.openAfter).toBeGreaterThan(0);
    expect(figures.readsPerCall).toBeGreaterThan(0.05);
  });
});
