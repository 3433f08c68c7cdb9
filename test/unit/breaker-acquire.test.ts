import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import type { Permit } from '../../lib/breaker/permit.ts';
import { BreakerOpenError, DeadlineExceededError } from '../../lib/core/errors.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, settle } from '../../lib/testing/index.ts';
import { fleet, opened } from '../support/breaker-fleet.ts';
import { never } from '../support/outcomes.ts';
import { ENOUGH_FAILURES, OPEN_MS, times } from '../support/shared-breaker.ts';

describe('acquiring a permit of a shared breaker', () => {
  test('takes a read of the store at first, and nothing while all is well after that', async () => {
    const store = memoryStore();
    const get = vi.spyOn(store, 'get');
    const { first } = fleet(1, { store });

    const permit = first.acquire();
    expect(permit).toBeInstanceOf(Promise);
    await (await permit).record({ failed: false });
    const next = first.acquire();

    expect(next).toMatchObject({ isProbe: false });
    expect(get).toHaveBeenCalledOnce();
  });

  test('opens it by the failures that are recorded with permits', async () => {
    const { first, verdict } = fleet(1);

    await times(ENOUGH_FAILURES, async () => (await first.acquire()).record({ failed: true }));

    expect(first.state).toBe('open');
    expect(await verdict()).toMatchObject({ state: 'open' });
    expect(() => first.acquire()).toThrow(BreakerOpenError);
  });

  test('rejects later where the state has to be read first', async () => {
    const { first, second } = fleet(2);
    await first.force('open');

    await expect(second.acquire()).rejects.toBeInstanceOf(BreakerOpenError);
    expect(() => first.acquire()).toThrow(BreakerOpenError);
  });

  test('gives the probe to one caller, and to the next when it is released', async () => {
    const { clock, first } = await opened();
    await clock.advance(OPEN_MS);
    const probe = await first.acquire();
    expect(probe.isProbe).toBe(true);
    expect(first.state).toBe('half-open');
    expect(() => first.acquire()).toThrow(BreakerOpenError);

    await probe.release();

    expect((await first.acquire()).isProbe).toBe(true);
  });

  test('counts only what is recorded first with a permit', async () => {
    const { clock, first, verdict } = await opened();
    await clock.advance(OPEN_MS);
    const probe = await first.acquire();

    await probe.record({ failed: false });
    await probe.record({ failed: true });
    await probe.release();

    expect(await verdict()).toMatchObject({ state: 'open', successes: 1, isProbing: false });
  });

  test("takes no longer than its caller's time", async () => {
    const store = memoryStore();
    const { clock, first } = fleet(1, { store: { ...store, get: never } });
    const permit = Promise.resolve(first.acquire({ remainingMs: () => 30 })).catch((error: unknown) => error);

    await clock.advance(30);

    expect(await permit).toBeInstanceOf(DeadlineExceededError);
  });

  test('ends when its caller gives up, and leaves the probe to another one', async () => {
    const { clock, first, verdict } = await opened();
    await clock.advance(OPEN_MS);
    const caller = new AbortController();
    const permit = Promise.resolve(first.acquire({ signal: caller.signal })).catch((error: unknown) => error);

    caller.abort('gone');

    expect(await permit).toBe('gone');
    await settle();
    expect(await verdict()).toMatchObject({ state: 'open', isProbing: false });
    expect(await first.works()).toBe('ok');
  });
});

describe('a call that is answered without being made', () => {
  const answered = (breaker: ReturnType<typeof circuitBreaker>, clock: ReturnType<typeof fakeClock>) =>
    resilient<string>({
      ...{ name: 'posts', breaker, clock },
      layers: [{ after: 'breaker', layer: () => async () => 'from a cache' }],
    });

  test('counts for nothing', async () => {
    const clock = fakeClock();
    const breaker = circuitBreaker({ name: 'posts', minimumCalls: 2, failureRatio: 1, clock });
    const fail = () => breaker.execute(() => Promise.reject(new Error('down'))).catch(() => undefined);
    await fail();

    expect(await answered(breaker, clock).execute(async () => 'made')).toBe('from a cache');
    await fail();

    // Of three calls, one that worked, it would still be closed.
    expect(breaker.state).toBe('open');
  });

  test('takes no probe', async () => {
    const clock = fakeClock();
    const breaker = circuitBreaker({ name: 'posts', minimumCalls: 1, openMs: 5_000, clock });
    await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => undefined);
    await clock.advance(5_000);
    const policy = answered(breaker, clock);

    await times(5, () => policy.execute(async () => 'made'));

    expect(breaker.state).toBe('half-open');
    const probe = breaker.acquire() as Permit;
    expect(probe.isProbe).toBe(true);
  });
});
