import { describe, expect, test } from 'vitest';
import { INITIAL, readState, type StoredState } from '../../lib/breaker/state.ts';
import { type BreakerSummary, summaryOf } from '../../lib/breaker/summary.ts';
import { CLAIM_MS, FAILURES_TO_OPEN, Fleet, OPEN_MS, openFleet, times } from '../support/fleet.ts';

/** What an operator is shown at this moment. */
async function shown(fleet: Fleet): Promise<BreakerSummary> {
  const { state } = readState('posts', await fleet.state());
  return summaryOf('posts', state as StoredState, fleet.now);
}
const iso = (ms: number) => new Date(ms).toISOString();

describe('the summary of a shared breaker', () => {
  test('that was never used is closed, without a reason', () => {
    expect(summaryOf('posts', INITIAL, 0)).toEqual({
      ...{ name: 'posts', state: 'closed', reason: null, cause: null, epoch: 0, since: null, until: null },
      ...{ waitMs: null, by: null, rate: null, admittedFraction: 1 },
    });
  });

  test('that is open counts down to its probe, and says what failed', async () => {
    const fleet = await openFleet();
    const since = fleet.now;
    await fleet.pass(1_900);

    expect(await shown(fleet)).toMatchObject({
      ...{ state: 'open', reason: 'too many calls failed', cause: 'status 503', epoch: 1 },
      ...{ since: iso(since), until: iso(since + OPEN_MS), waitMs: 3_000, admittedFraction: 0 },
    });
  });

  test('that is free says that the next call is a probe, and counts nothing', async () => {
    const fleet = await openFleet();
    await fleet.pass(OPEN_MS);

    expect(await shown(fleet)).toMatchObject({
      ...{ state: 'open', reason: 'the next call is a probe', until: null, waitMs: null },
    });
  });

  test('that is probed counts down to the end of the claim', async () => {
    const fleet = await openFleet();
    await fleet.pass(OPEN_MS);
    void fleet.first.hangs();
    await fleet.pass(600);

    expect(await shown(fleet)).toMatchObject({
      ...{ state: 'half-open', reason: 'a probe is running', waitMs: CLAIM_MS - 600 },
    });
  });

  test('that has succeeded in a probe is half-open, and the next call is a probe', async () => {
    const fleet = await openFleet();
    await fleet.pass(OPEN_MS);
    await fleet.first.works();

    expect(await shown(fleet)).toMatchObject({
      ...{ state: 'half-open', reason: 'the next call is a probe', waitMs: null },
    });
  });

  test('that has succeeded in a probe by a clock that is ahead is the same', async () => {
    const fleet = new Fleet(1);
    await fleet.putState({ state: 'open', until: fleet.now + 700, successes: 1 });

    expect(await shown(fleet)).toMatchObject({
      ...{ state: 'half-open', reason: 'the next call is a probe', waitMs: null },
    });
  });

  test('whose probe has failed is open again, for the cause of that', async () => {
    const fleet = await openFleet();
    await fleet.pass(OPEN_MS);
    await fleet.first.call(() =>
      Promise.reject(Object.assign(new Error('secret'), { code: 'ECONNREFUSED' })),
    );

    expect(await shown(fleet)).toMatchObject({ state: 'open', cause: 'ECONNREFUSED' });
    expect((await shown(fleet)).waitMs).toBeGreaterThan(OPEN_MS);
  });

  test('that has just closed shows what fraction of the calls it admits, until it is all', async () => {
    const fleet = await openFleet();
    await fleet.pass(OPEN_MS);
    await times(4, () => fleet.first.works());
    await fleet.pass(800);

    expect(await shown(fleet)).toMatchObject({
      ...{ state: 'closed', reason: 'has just closed, and admits more calls each second' },
      ...{ cause: null, waitMs: null, admittedFraction: 0.08 },
    });
    await fleet.pass(3_000);
    expect(await shown(fleet)).toMatchObject({ state: 'closed', reason: null, admittedFraction: 1 });
  });

  test('that opened again within 30 s of closing says that it stays open longer, and how long', async () => {
    const fleet = await openFleet();
    await fleet.pass(OPEN_MS);
    await times(4, () => fleet.first.works());
    await fleet.pass(20_000);
    await times(FAILURES_TO_OPEN, () => fleet.first.fails());

    expect(await shown(fleet)).toMatchObject({
      ...{ state: 'open', reason: 'failed again within 30 s of closing, so it stays open longer' },
      waitMs: 4 * OPEN_MS,
    });
  });

  test.each(['open', 'closed'] as const)('that is forced %s says by whom and how long', async (to) => {
    const fleet = new Fleet(1);
    await fleet.first.breaker.force(to, { by: 'ada', forMs: 60_000 });
    await fleet.pass(10_000);

    expect(await shown(fleet)).toMatchObject({
      ...{ state: `forced-${to}`, reason: 'an operator has forced it', by: 'ada', waitMs: 50_000 },
      admittedFraction: to === 'open' ? 0 : 1,
    });
  });

  test.each([
    ['open', { state: 'open', reason: 'the next call is a probe' }],
    ['closed', { state: 'closed', reason: null, admittedFraction: 1 }],
  ] as const)('that was forced %s is what it is once that is over', async (to, after) => {
    const fleet = new Fleet(1);
    await fleet.first.breaker.force(to, { by: 'ada', forMs: 60_000 });
    await fleet.pass(60_000);

    expect(await shown(fleet)).toMatchObject({ ...after, by: null, until: null, waitMs: null });
  });

  test('shows the rate once it is known', async () => {
    const fleet = new Fleet(1);
    await fleet.putState({ epoch: 0, rate: 40 });

    expect(await shown(fleet)).toMatchObject({ rate: 40 });
  });

  test('shows what holds after a store outage: neither open nor a wait while all calls are made', async () => {
    const fleet = await openFleet(2);
    fleet.storeHangs();
    await fleet.pass(40_000);
    fleet.storeRecovers();
    await times(6, async () => {
      await fleet.first.works();
      await fleet.pass(1_000);
    });

    expect(await fleet.first.works()).toBe('ok');
    expect(await shown(fleet)).toMatchObject({ state: 'closed', waitMs: null, admittedFraction: 1 });
    expect(fleet.first.state).toBe('closed');
  });
});

describe('the state that an environment knows', () => {
  test('is closed before anything is known, and then what it has read', async () => {
    const fleet = await openFleet();
    expect([fleet.first.state, fleet.second.state]).toEqual(['open', 'closed']);

    await fleet.second.works();

    expect(fleet.second.state).toBe('open');
  });

  test('is half-open during a probe and between two of them', async () => {
    const fleet = await openFleet();
    await fleet.pass(OPEN_MS);
    const work = Promise.withResolvers<string>();
    const probe = fleet.first.call(() => work.promise);
    await fleet.pass();
    expect(fleet.first.state).toBe('half-open');

    work.resolve('ok');
    await probe;

    expect(fleet.first.state).toBe('half-open');
  });
});
