import { describe, expect, test, vi } from 'vitest';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import type { Verdict } from '../../lib/breaker/verdict.ts';
import { BreakerOpenError, DeadlineExceededError, StoreError } from '../../lib/core/errors.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';
import { atEndOfTest } from '../support/ends.ts';
import { KEY, putVerdict } from '../support/shared-breaker.ts';

/** A sandbox that does all that it ever does a share of. Its store answers when it is told to. */
async function sandbox(verdict: Partial<Verdict>) {
  const clock = fakeClock();
  const inner = memoryStore();
  await putVerdict(inner, { since: clock.now(), rate: 20, ...verdict });
  const held: (() => void)[] = [];
  let isHeld = false;
  const later = async <R>(answer: Promise<R>): Promise<R> => {
    if (isHeld) await new Promise<void>((resolve) => void held.push(resolve));
    return answer;
  };
  const get = vi.fn<typeof inner.get>((...args) => later(inner.get(...args)));
  const store = { ...inner, get, put: vi.fn<typeof inner.put>((...args) => later(inner.put(...args))) };
  const random = { ...seededRandom(1), next: () => 0 };
  const breaker = sharedBreaker({ name: 'posts', store, openMs: 5_000, clock, random });
  const work = vi.fn(async () => 'ok');
  const call = (options = {}) => breaker.execute(work, options).catch((error: unknown) => error);
  return {
    ...{ breaker, call, clock, inner, store, work },
    hold() {
      isHeld = true;
    },
    release() {
      isHeld = false;
      for (const answer of held.splice(0)) answer();
    },
  };
}

const open = (clock = fakeClock()) => ({ state: 'open', until: clock.now() }) as const;

describe('a caller', () => {
  test('that has no time left hears that, and leaves no refusal behind that nobody hears', async () => {
    const unheard = vi.fn();
    process.on('unhandledRejection', unheard);
    atEndOfTest(() => process.off('unhandledRejection', unheard));
    const { call, work } = await sandbox({ state: 'open', until: Number.MAX_SAFE_INTEGER });

    expect(await call({ remainingMs: 0 })).toBeInstanceOf(DeadlineExceededError);
    await new Promise((resolve) => void setImmediate(resolve));
    expect(unheard).not.toHaveBeenCalled();
    expect(work).not.toHaveBeenCalled();
  });

  test('that gives up while its claim is on its way leaves the probe to the next one', async () => {
    const { call, hold, release, inner, store, work } = await sandbox(open());
    const caller = new AbortController();
    await call({ remainingMs: 0 });
    hold();
    const given = call({ signal: caller.signal });
    await settle();
    expect(store.put).toHaveBeenCalledOnce();
    caller.abort('gone');
    release();

    expect(await given).toBe('gone');
    await settle();
    expect(work).not.toHaveBeenCalled();
    expect(await inner.get(KEY)).toMatchObject({ state: 'open', isProbing: false });
    expect(await call()).toBe('ok');
  });

  test('whose sandbox was frozen until its claim was over makes no call', async () => {
    const { call, clock, hold, release, work, inner } = await sandbox(open());
    hold();
    const given = call();
    await settle();
    release();
    hold();
    await settle();
    // The answer is seen before what is overdue.
    clock.after(0, release);
    await clock.freeze(20_000);

    expect(await given).toBeInstanceOf(BreakerOpenError);
    expect(work).not.toHaveBeenCalled();
    expect(await inner.get(KEY)).toMatchObject({ isProbing: true });
  });

  test('hears of no deadline that is not its own, however long it was frozen', async () => {
    const { call, clock, hold, release } = await sandbox(open());
    hold();
    const given = call();
    await settle();
    clock.after(0, () => {
      release();
      hold();
    });
    await clock.freeze(100_000);
    await clock.advance(100);

    expect(await given).toBeInstanceOf(BreakerOpenError);
  });

  test('is let through by what is forced closed, whatever its sandbox sees while the store fails', async () => {
    const { breaker, call, clock, store } = await sandbox({
      state: 'forced-closed',
      until: Number.MAX_SAFE_INTEGER,
    });
    await call();
    const down = () => Promise.reject(new StoreError('down'));
    store.get.mockImplementation(down);
    const outage = Object.assign(new Error('outage'), { status: 503 });
    // So long after the last look the next call looks again, and the store is known to be down.
    await clock.advance(100_000);
    await call();

    for (let n = 0; n < 20; n++) await breaker.execute(() => Promise.reject(outage)).catch(() => undefined);

    expect(await call()).toBe('ok');
  });
});
