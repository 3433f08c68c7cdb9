import { describe, expect, test, vi } from 'vitest';
import type { CallContext } from '../../lib/core/execution.ts';
import { cached, numbered } from '../support/cached.ts';
import { errorOf } from '../support/dependency.ts';
import { failing, never } from '../support/outcomes.ts';

const KEY = { key: '7' };

describe('a load that began before its key was', () => {
  test.each<[string, (kept: ReturnType<typeof cached<string>>['kept']) => void]>([
    ['invalidated', (kept) => kept.invalidate('7')],
    ['cleared with all others', (kept) => kept.clear()],
  ])('%s gives its value to those who wait for it, and to no later call', async (_what, invalidate) => {
    const { clock, kept } = cached<string>();
    const { call } = numbered(clock, 100);
    const before = kept.execute(call, KEY);
    await clock.advance(50);
    invalidate(kept);
    const after = kept.execute(call, KEY);
    await clock.advance(50);
    expect(await before).toBe('1');
    expect(kept.size).toBe(0);
    const joined = kept.execute(call, KEY);
    await clock.advance(50);

    expect([await after, await joined]).toEqual(['2', '2']);
    expect(await kept.execute(failing, KEY)).toBe('2');
  });

  test('set does not replace what was set, also where that has been evicted since', async () => {
    const { clock, kept } = cached<string>({ maxEntries: 1 });
    const { call } = numbered(clock, 100);
    const before = kept.execute(call, KEY);
    await clock.advance(50);
    kept.set('7', 'set');
    expect(await kept.execute(failing, KEY)).toBe('set');
    kept.set('8', 'evicts');
    await clock.advance(50);

    expect(await before).toBe('1');
    expect(await errorOf(kept.execute(failing, KEY))).toMatchObject({ message: 'outage' });
    expect(await kept.execute(failing, { key: '8' })).toBe('evicts');
  });

  test('set does not remove what was set, where it brings what is not kept', async () => {
    const { clock, kept } = cached<unknown>({ name: 'late-date' });
    const before = kept.execute(
      () => new Promise((resolve) => void clock.after(100, () => resolve(new Date(0)))),
      KEY,
    );
    kept.set('7', 'set');
    await clock.advance(100);

    expect(await before).toEqual(new Date(0));
    expect(await kept.execute(failing, KEY)).toBe('set');
  });
});

describe('set', () => {
  test('refuses what is no JSON data, and the former value is gone', async () => {
    const { kept } = cached<unknown>();
    kept.set('7', 'former');

    expect(() => kept.set('7', new Map())).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(kept.size).toBe(0);
  });

  test('keeps what shouldCache would not keep of a load', async () => {
    const { kept } = cached<string>({ shouldCache: () => false });
    kept.set('7', 'set');

    expect(await kept.execute(failing, KEY)).toBe('set');
  });
});

describe('a version', () => {
  interface Post {
    readonly v: unknown;
  }
  const versioned = (given: object = {}) =>
    cached<Post>({ name: 'versioned', version: ({ v }) => v as number, staleIfErrorMs: 1_000, ...given });

  test.each([
    ['numbers', 10, 9],
    ['texts', '2026-02-01', '2026-01-31'],
  ])('that is older never replaces a newer one: %s', async (_what, newer, older) => {
    const { clock, kept } = versioned();
    kept.set('7', { v: newer });
    kept.set('7', { v: older });
    expect(await kept.execute(failing, KEY)).toEqual({ v: newer });

    await clock.advance(1_000);
    expect(await kept.execute(() => ({ v: older }), KEY)).toEqual({ v: older });
    expect(await kept.execute(failing, KEY)).toEqual({ v: newer });
  });

  test('that is the same or newer replaces', async () => {
    const { kept } = versioned();
    for (const v of [1, 1, 2]) kept.set('7', { v });

    expect(await kept.execute(failing, KEY)).toEqual({ v: 2 });
  });

  test('that is older replaces a value that is of no use any more', async () => {
    const { clock, kept } = versioned();
    kept.set('7', { v: 2 });
    await clock.advance(2_000);
    kept.set('7', { v: 1 });

    expect(await kept.execute(failing, KEY)).toEqual({ v: 1 });
  });

  test.each([
    ['of another kind', 'a'],
    ['that is none', undefined],
    ['that is no number', 'NaN'],
    ['that cannot be read', null],
  ])('%s has no order', async (_what, v) => {
    const version = ({ v: given }: Post) => {
      if (given === null) throw new Error('unreadable');
      return given === 'NaN' ? Number.NaN : (given as number);
    };
    const { kept } = versioned({ version });
    kept.set('7', { v: 5 });
    kept.set('7', { v });
    expect(await kept.execute(failing, KEY)).toEqual({ v });
    kept.set('7', { v: 1 });
    expect(await kept.execute(failing, KEY)).toEqual({ v: 1 });
  });
});

describe('warm', () => {
  test('loads the keys that have no fresh value, so many at once', async () => {
    const { clock, kept } = cached<string>();
    kept.set('0', 'kept');
    let running = 0;
    let most = 0;
    const load = vi.fn(async ({ key }: CallContext) => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => void clock.after(100, resolve));
      running--;
      return `of ${key}`;
    });
    const warming = kept.warm([...'0123456', '6'], load, { concurrency: 2 });
    await clock.advance(300);

    expect(await warming).toBe(7);
    expect(load).toHaveBeenCalledTimes(6);
    expect(most).toBe(2);
    expect(await kept.execute(failing, { key: '6' })).toBe('of 6');
  });

  test('goes on after a load that fails, and reports no calls', async () => {
    const { kept } = cached<string>({ onEvent: () => expect.unreachable() });
    const load = ({ key }: CallContext) => (key === '1' ? failing() : 'fine');

    expect(await kept.warm([...'012'], load)).toBe(2);
    expect(kept.size).toBe(2);
  });

  test('gives up what runs when its time is over, and begins nothing then', async () => {
    const { clock, kept } = cached<string>();
    const signals: AbortSignal[] = [];
    const load = vi.fn(({ signal }: CallContext) => {
      signals.push(signal);
      return never();
    });
    const warming = kept.warm([...'0123'], load, { concurrency: 1, timeoutMs: 500 });
    await clock.advance(500);

    expect(await warming).toBe(0);
    expect(load).toHaveBeenCalledTimes(1);
    expect(signals[0]?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test('shares its load with a call that comes meanwhile', async () => {
    const { clock, kept } = cached<string>();
    const { call, signals } = numbered(clock, 100);
    const warming = kept.warm(['7'], call, { timeoutMs: 50 });
    const joined = kept.execute(call, KEY);
    await clock.advance(100);

    expect(await warming).toBe(0);
    expect(await joined).toBe('1');
    expect(signals).toHaveLength(1);
  });

  test.each<[object]>([[{ concurrency: 0 }], [{ timeoutMs: 0 }], [{ every: 1 }]])(
    'refuses %j',
    async (options) => {
      const { kept } = cached<string>();

      expect(await errorOf(kept.warm(['7'], failing, options))).toMatchObject({ code: 'INVALID_OPTION' });
    },
  );
});
