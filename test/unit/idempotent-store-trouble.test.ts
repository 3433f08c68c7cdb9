import { describe, expect, test, vi } from 'vitest';
import { StoreError } from '../../lib/core/errors.ts';
import type { Store, TransactionalStore } from '../../lib/core/store.ts';
import { InFlightError } from '../../lib/idempotency/errors.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';

const down = new StoreError('down');
const fails = () => Promise.reject(down);
const hangs = () => new Promise<never>(() => {});

/** A store of which single operations can be replaced, and a handler on it. */
function world(run: () => Promise<unknown> = async () => 'done') {
  const clock = fakeClock();
  const inner = memoryStore();
  const store = { ...inner };
  const handler = vi.fn(run);
  const options = { store, operation: 'order', key: () => 'k', clock, random: seededRandom(1) };
  const order = idempotent(options, handler);
  const call = (remainingMs = 3_000) =>
    order({}, { getRemainingTimeInMillis: () => remainingMs }).catch((error: unknown) => error);
  return { clock, inner, store, handler, call };
}

/** The n-th write from now (1 is the next) is the one that `trouble` stands in for. */
function onWrite(inner: Store, nth: number, trouble: Store['put']): Store['put'] {
  let writes = 0;
  return (...write) => (++writes === nth ? trouble : inner.put)(...write);
}

describe('a claim that fails', () => {
  test('is the end of it: nothing runs unclaimed', async () => {
    const { store, handler, call } = world();
    store.put = fails;

    expect(await call()).toBe(down);

    expect(handler).not.toHaveBeenCalled();
  });

  test('by its own first try, which was applied and not acknowledged, is held', async () => {
    const { inner, store, handler, call } = world();
    store.put = onWrite(inner, 1, async (...write) => {
      await inner.put(...write);
      return inner.put(...write);
    });

    expect(await call()).toBe('done');

    expect(handler).toHaveBeenCalledTimes(1);
    expect(await call()).toBe('done');
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('at a record that has vanished by then is made again', async () => {
    const { inner, store, call } = world();
    store.put = onWrite(inner, 1, async () => ({ applied: false, current: undefined }));

    expect(await call()).toBe('done');
  });

  test('at a record that keeps vanishing is given up', async () => {
    const { store, handler, call } = world();
    const put = vi.fn(async () => ({ applied: false, current: undefined }) as const);
    store.put = put;

    expect(await call()).toBeInstanceOf(StoreError);

    expect(put).toHaveBeenCalledTimes(5);
    expect(handler).not.toHaveBeenCalled();
  });
});

describe('a result that cannot be recorded', () => {
  test('is an error, and nothing runs again before the lease has ended', async () => {
    const { clock, inner, store, handler, call } = world();
    store.put = onWrite(inner, 2, fails);
    expect(await call()).toBe(down);
    store.put = inner.put;

    await clock.advance(8_000);
    expect(await call()).toBeInstanceOf(InFlightError);

    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('for want of an acknowledgement alone is found recorded by the next one', async () => {
    const { inner, store, handler, call } = world();
    store.put = onWrite(inner, 2, async (...write) => {
      await inner.put(...write);
      throw down;
    });
    expect(await call()).toBe(down);

    expect(await call()).toBe('done');

    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('twice, since the first time was not acknowledged, is recorded', async () => {
    const { inner, store, call } = world();
    store.put = onWrite(inner, 2, async (...write) => {
      await inner.put(...write);
      return inner.put(...write);
    });

    expect(await call()).toBe('done');
  });

  test('for want of an acknowledgement is what the caller gets, whatever the handler makes of that', async () => {
    const inner = memoryStore();
    const store: TransactionalStore = {
      ...inner,
      async transact(key, item, { when = [] }) {
        await inner.put(key, item, { when });
        throw down;
      },
    };
    const options = { store, operation: 'order', key: () => 'k', clock: fakeClock() };
    const order = idempotent<object, unknown, string>(options, (_event, _context, claim) =>
      claim.completeWith([], 'recorded').catch(() => 'made up'),
    );
    const call = () => order({}, { getRemainingTimeInMillis: () => 3_000 });

    expect(await call()).toBe('recorded');
    expect(await call()).toBe('recorded');
  });
});

describe('a release that fails', () => {
  test('does not hide why the run failed', async () => {
    const broken = new Error('broken');
    const { store, call } = world(() => Promise.reject(broken));
    store.delete = fails;

    expect(await call()).toBe(broken);
  });
});

describe('a store that does not answer', () => {
  test.each([
    ['three seconds', 10_000, 3_000],
    ['what is left but a little', 300, 250],
  ])('to a claim is waited for no longer than %s, and nothing runs', async (_, remainingMs, limitMs) => {
    const { clock, store, handler, call } = world();
    const put = vi.fn<Store['put']>(hangs);
    store.put = put;
    let answer: unknown;
    const run = call(remainingMs).then((value) => {
      answer = value;
    });

    await clock.advance(limitMs - 1);
    expect(answer).toBeUndefined();
    await clock.advance(1);
    await run;

    expect(answer).toMatchObject({ code: 'STORE_UNAVAILABLE', status: 503 });
    expect(put.mock.calls[0]?.[2]?.signal?.aborted).toBe(true);
    expect(handler).not.toHaveBeenCalled();
  });

  test('to a result is an error after three seconds, and the claim stays', async () => {
    const { clock, inner, store, handler, call } = world();
    store.put = onWrite(inner, 2, hangs);
    const run = call(10_000);
    await clock.advance(3_000);

    expect(await run).toBeInstanceOf(StoreError);

    store.put = inner.put;
    expect(await call()).toBeInstanceOf(InFlightError);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('to a release holds the error of the run up for no longer than three seconds', async () => {
    const broken = new Error('broken');
    const { clock, store, call } = world(() => Promise.reject(broken));
    store.delete = hangs;
    const run = call(10_000);
    await clock.advance(3_000);

    expect(await run).toBe(broken);
  });
});
