import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import type { CircuitBreaker } from '../../lib/breaker/permit.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import type { CountingStore } from '../../lib/core/store.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { type FakeClock, fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';
import { FAILURES_TO_OPEN, KEY, OPEN_MS, openFleet, times } from '../support/fleet.ts';
import { failing, outage } from '../support/outcomes.ts';

function local(clock: FakeClock): CircuitBreaker {
  return circuitBreaker({ name: 'posts', openMs: OPEN_MS, clock });
}

function shared(clock: FakeClock, store: CountingStore = memoryStore(), name = 'posts'): CircuitBreaker {
  const random = { ...seededRandom(1), next: () => 0 };
  return sharedBreaker({ name, store, openMs: 5_000, clock, random });
}

const open = (breaker: CircuitBreaker) =>
  times(FAILURES_TO_OPEN, () => breaker.execute(failing).catch(() => undefined));

describe.each([
  ['of this environment', local, 2],
  ['with a store', shared, 4],
] as const)('a function that calls itself under a breaker %s', (_, make, probesToClose) => {
  async function halfOpen() {
    const clock = fakeClock();
    const breaker = make(clock);
    await open(breaker);
    expect(breaker.state).toBe('open');
    await clock.advance(OPEN_MS);
    return { clock, breaker };
  }

  test('makes its inner calls under the permit of the probe, and the breaker recovers', async () => {
    const { breaker } = await halfOpen();
    const countDown = (n: number): Promise<number> =>
      breaker.execute(async () => (n === 0 ? 0 : 1 + (await countDown(n - 1))));

    for (let probe = 1; probe <= probesToClose; probe++) {
      expect(await countDown(3)).toBe(3);
      expect(breaker.state === 'closed').toBe(probe === probesToClose);
    }
  });

  test('makes several inner calls at once', async () => {
    const { breaker } = await halfOpen();
    const inner = vi.fn(async () => 1);

    const sum = await breaker.execute(async () => {
      const values = await Promise.all([1, 2, 3].map(() => breaker.execute(inner)));
      return values.reduce((total, value) => total + value, 0);
    });

    expect(sum).toBe(3);
    expect(inner).toHaveBeenCalledTimes(3);
  });

  test('recovers under a policy, whose inner calls are the same policy', async () => {
    const { clock, breaker } = await halfOpen();
    const policy = resilient<number>({ name: 'posts', attemptTimeoutMs: 1_000, breaker, clock });
    const countDown = (n: number): Promise<number> =>
      policy.execute(async () => (n === 0 ? 0 : 1 + (await countDown(n - 1))));

    for (let probe = 0; probe < probesToClose; probe++) expect(await countDown(2)).toBe(2);

    expect(breaker.state).toBe('closed');
  });

  test('fails its probe when the inner call fails and the outer one does too', async () => {
    const { breaker } = await halfOpen();

    await expect(breaker.execute(() => breaker.execute(failing))).rejects.toEqual(outage());

    expect(breaker.state).toBe('open');
    await expect(breaker.execute(async () => 'ok')).rejects.toBeInstanceOf(BreakerOpenError);
  });

  test('succeeds in its probe when only the inner call fails: the outer one decides', async () => {
    const { breaker } = await halfOpen();
    const call = () => breaker.execute(() => breaker.execute(failing).catch(() => 'instead'));

    for (let probe = 0; probe < probesToClose; probe++) expect(await call()).toBe('instead');

    expect(breaker.state).toBe('closed');
  });

  test('lets no call of another caller in meanwhile', async () => {
    const { breaker } = await halfOpen();
    const work = Promise.withResolvers<string>();
    const probe = breaker.execute(() => breaker.execute(() => work.promise));
    await settle();

    await expect(breaker.execute(async () => 'other')).rejects.toBeInstanceOf(BreakerOpenError);

    work.resolve('ok');
    expect(await probe).toBe('ok');
  });

  test('is a caller like any other again once its probe has ended', async () => {
    const { breaker, clock } = await halfOpen();
    const later = Promise.withResolvers<void>();
    const inner = vi.fn(async () => 'late');
    let late: Promise<unknown> | undefined;
    await breaker
      .execute(async () => {
        late = later.promise.then(() => breaker.execute(inner)).catch((error: unknown) => error);
        throw outage();
      })
      .catch(() => undefined);
    await clock.advance(1);

    later.resolve();

    expect(await late).toBeInstanceOf(BreakerOpenError);
    expect(inner).not.toHaveBeenCalled();
  });

  test('is rejected by another open breaker within the probe', async () => {
    const { breaker, clock } = await halfOpen();
    const other = circuitBreaker({ name: 'other', clock });
    await open(other);

    await expect(breaker.execute(() => other.execute(async () => 'ok'))).rejects.toMatchObject({
      message: expect.stringContaining('"other" is open'),
    });
  });

  test('finds its probe through the calls of another breaker in between', async () => {
    const { breaker, clock } = await halfOpen();
    const between = resilient<string>({ name: 'between', breaker: {}, clock });

    expect(await breaker.execute(() => between.execute(() => breaker.execute(async () => 'ok')))).toBe('ok');
  });
});

describe('two shared breakers', () => {
  test('with one name and one store are one: a probe of the first covers the calls of the second', async () => {
    const clock = fakeClock();
    const store = memoryStore();
    const [one, other] = [shared(clock, store), shared(clock, store)];
    await open(one);
    await clock.advance(OPEN_MS);

    for (let probe = 0; probe < 4; probe++) {
      expect(await one.execute(() => other.execute(() => one.execute(async () => 'ok')))).toBe('ok');
    }

    expect(await store.get(KEY)).toMatchObject({ state: 'closed', epoch: 2 });
    expect(one.state).toBe('closed');
  });

  test.each([
    ['two names', (clock: FakeClock, store: CountingStore) => shared(clock, store, 'friends')],
    ['two stores', (clock: FakeClock) => shared(clock, memoryStore('other'))],
  ])('with %s are two: the second rejects calls within a probe of the first', async (_, make) => {
    const clock = fakeClock();
    const store = memoryStore();
    const [one, other] = [shared(clock, store), make(clock, store)];
    await open(one);
    await clock.advance(OPEN_MS);
    await other.force('open');

    await expect(one.execute(() => other.execute(async () => 'ok'))).rejects.toBeInstanceOf(BreakerOpenError);
  });
});

describe('a shared breaker whose store is unavailable', () => {
  test('covers the inner calls of a probe of the breaker that the environment has meanwhile', async () => {
    const fleet = await openFleet(1);
    const { breaker } = fleet.first;
    fleet.storeRefuses();
    await fleet.pass(OPEN_MS);
    const inner = vi.fn(async () => 'ok');

    for (let probe = 0; probe < 2; probe++) {
      expect(await breaker.execute(() => breaker.execute(() => breaker.execute(inner)))).toBe('ok');
    }

    expect(inner).toHaveBeenCalledTimes(2);
    expect(breaker.state).toBe('closed');
  });
});
