import { describe, expect, test, vi } from 'vitest';
import { breakerLayer } from '../../lib/breaker/layer.ts';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import type { Caller, CircuitBreaker } from '../../lib/breaker/permit.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { sleep } from '../../lib/core/clock.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { type FakeClock, fakeClock } from '../../lib/testing/index.ts';
import { opens, shared } from '../support/every-policy.ts';
import { OPEN_MS } from '../support/fleet.ts';
import { hedged, scripted } from '../support/hedged.ts';
import { failing, refusal } from '../support/outcomes.ts';
import { recordingBreaker } from '../support/recording-breaker.ts';
import { lowest } from '../support/retried.ts';

const local = (clock: FakeClock): CircuitBreaker => circuitBreaker({ name: 'posts', openMs: 5_000, clock });

const BREAKERS = [
  ['the breaker of this environment', local],
  ['a shared breaker', shared],
] as const;

const works = async () => 'fine';
const fails = (breaker: CircuitBreaker) => breaker.execute(failing).catch(() => undefined);

/** A policy that hedges, under a breaker on the same clock. */
function underBreaker(make: (clock: FakeClock) => CircuitBreaker) {
  const clock = fakeClock();
  const breaker = make(clock);
  return { breaker, ...hedged({ breaker, clock }), clock };
}

/** Makes a call whose first attempt hangs for 400 ms and whose hedge answers, and gives how many calls were made. */
async function callsMade(
  { policy }: Pick<ReturnType<typeof hedged>, 'policy'>,
  clock: FakeClock,
): Promise<number> {
  const { call, calledAt } = scripted(clock, { 1: { ms: 400 }, 2: { ms: 10 } });
  const run = policy.outcome(call);
  await clock.advance(1_000);
  await run;
  return calledAt.length;
}

describe.each(BREAKERS)('a hedged call under %s', (_kind, make) => {
  test('is hedged while that is closed and no call has failed', async () => {
    const { clock, breaker, ...hedging } = underBreaker(make);

    expect(breaker.isInDoubt).toBe(false);
    expect(await callsMade(hedging, clock)).toBe(2);
    expect(await callsMade(hedging, clock)).toBe(2);
  });

  test('is not hedged after a failure, until two calls in a row have succeeded', async () => {
    const { clock, breaker, ...hedging } = underBreaker(make);
    await breaker.execute(works);
    await fails(breaker);
    expect(breaker.isInDoubt).toBe(true);
    expect(await callsMade(hedging, clock)).toBe(1);
    expect(breaker.isInDoubt).toBe(true);
    await fails(breaker);
    await breaker.execute(works);
    // A refusal is an answer.
    await breaker.execute(() => Promise.reject(refusal())).catch(() => undefined);

    expect(breaker.isInDoubt).toBe(false);
    expect(await callsMade(hedging, clock)).toBe(2);
  });

  test.each(['open', 'closed'] as const)('is not hedged while that is forced %s', async (state) => {
    const { breaker } = underBreaker(make);
    await breaker.force(state);

    expect(breaker.isInDoubt).toBe(true);
  });

  test('is not hedged where it is the probe: there is one call, however long it takes', async () => {
    const { clock, breaker, policy, ofKind } = underBreaker(make);
    await opens(breaker);
    expect(breaker.isInDoubt).toBe(true);
    await clock.advance(2 * OPEN_MS);
    const call = vi.fn(() => sleep(clock, 900).then(() => 7));
    const probe = policy.outcome(call);
    await clock.advance(500);
    expect(breaker.state).toBe('half-open');
    const other = policy.outcome(call);
    await clock.advance(400);

    expect(await probe).toMatchObject({ value: 7, attempts: 1 });
    expect(await other).toMatchObject({ error: { code: 'BREAKER_OPEN' }, attempts: 0 });
    expect(call).toHaveBeenCalledTimes(1);
    expect(ofKind('hedge')).toEqual([]);
  });

  test('is hedged again when that has closed and admits all calls', async () => {
    const { clock, breaker, ...hedging } = underBreaker(make);
    await opens(breaker);
    await clock.advance(2 * OPEN_MS);
    for (let probes = 0; probes < 8 && breaker.state !== 'closed'; probes++) await breaker.execute(works);
    expect(breaker.state).toBe('closed');
    // A shared one admits more calls each second.
    await clock.advance(60_000);

    expect(breaker.isInDoubt).toBe(false);
    expect(await callsMade(hedging, clock)).toBe(2);
  });

  test('has not counted against it when it is cancelled', async () => {
    const { clock, breaker, ...hedging } = underBreaker(make);
    for (let n = 0; n < 60; n++) {
      await callsMade(hedging, clock);
      // Each success pays for half a hedge.
      await callsMade(hedging, clock);
    }

    expect(breaker.state).toBe('closed');
    expect(breaker.isInDoubt).toBe(false);
  });
});

describe('a branch that has lost', () => {
  test.each([
    ['the first call', { 1: { ms: 500 }, 2: { ms: 10 } }],
    ['the hedge', { 1: { ms: 150 }, 2: { ms: 500 } }],
  ])('is neither a success nor a failure for the breaker: %s', async (_which, script) => {
    const clock = fakeClock();
    const { breaker, recorded } = recordingBreaker(clock);
    const { policy } = hedged({ clock, breaker });
    const run = policy.outcome(scripted(clock, script).call);
    await clock.advance(1_000);
    await run;

    expect(recorded.toSorted()).toEqual([{ failed: false, slow: false }, 'released']);
  });

  test('is no attempt where the breaker had not admitted it yet', async () => {
    const clock = fakeClock();
    const { breaker, recorded } = recordingBreaker(clock);
    const admit = vi.fn(({ signal }: Caller = {}) =>
      admit.mock.calls.length === 1
        ? breaker.admit()
        : sleep(clock, 1_000, signal).then(() => breaker.admit()),
    );
    const slow = { ...breaker, admit, layer: breakerLayer({ admit, identity: {} }, { name: 'slow' }, clock) };
    const { policy, ofKind } = hedged({ clock, breaker: slow });
    const { call, calledAt } = scripted(clock, { 1: { ms: 150 } });
    const run = policy.outcome(call);
    await clock.advance(2_000);

    expect(await run).toMatchObject({ value: 1, attempts: 1 });
    expect(admit).toHaveBeenCalledTimes(2);
    expect(calledAt).toEqual([0]);
    expect(ofKind('attempt')).toHaveLength(1);
    expect(recorded).toEqual([{ failed: false, slow: false }]);
  });

  test('was slow where it had run for slowCallMs before the other answered', async () => {
    const clock = fakeClock();
    const { breaker, recorded } = recordingBreaker(clock, { slowCallMs: 120 });
    const { policy } = hedged({ clock, breaker });
    const run = policy.outcome(scripted(clock, { 2: { ms: 50 } }).call);
    await clock.advance(1_000);
    await run;

    expect(recorded).toContainEqual({ failed: true, slow: true });
    expect(recorded).toContainEqual({ failed: false, slow: false });
  });
});

describe('a shared breaker', () => {
  test('that has just closed is in doubt while it does not admit all calls', async () => {
    const clock = fakeClock();
    const breaker = shared(clock);
    await opens(breaker);
    await clock.advance(2 * OPEN_MS);
    for (let probes = 0; probes < 8 && breaker.state !== 'closed'; probes++) await breaker.execute(works);

    expect(breaker.state).toBe('closed');
    expect(breaker.isInDoubt).toBe(true);
  });

  test('whose store is down is in doubt as its calls say', async () => {
    const clock = fakeClock();
    const store = { ...memoryStore(), get: failing, add: failing, put: failing };
    const breaker = sharedBreaker({ name: 'posts', store, clock, random: lowest });
    const run = breaker.execute(works);
    await clock.advance(1_000);
    await run;
    expect(breaker.isInDoubt).toBe(false);

    const failed = fails(breaker);
    await clock.advance(1_000);
    await failed;
    expect(breaker.isInDoubt).toBe(true);
  });
});
