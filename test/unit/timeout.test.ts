import { describe, expect, test, vi } from 'vitest';
import type { CallContext, PolicyContext } from '../../lib/policy/call.ts';
import { timeout } from '../../lib/policy/timeout.ts';
import { fakeClock } from '../../lib/testing/index.ts';

const exceeded = (limitMs: number) => new Error(`over ${limitMs}`);
const limit = { limitMs: 100, reserveMs: 0, exceeded };
const never = () => new Promise<never>(() => {});
const contextOf = (remainingMs: number, callerSignal?: AbortSignal): PolicyContext => ({
  signal: callerSignal ?? new AbortController().signal,
  callerSignal,
  attempt: 4,
  endsAt: remainingMs,
  remainingMs: () => remainingMs,
});

describe('timeout', () => {
  test('bounds the call by its own limit when that is the shorter one', async () => {
    const clock = fakeClock();
    const bounded = timeout(never, { clock, ...limit });
    const run = bounded(contextOf(5_000)).catch((error: unknown) => error);

    await clock.advance(100);

    expect(await run).toEqual(exceeded(100));
  });

  test('bounds the call by what its caller has left when that is shorter', async () => {
    const clock = fakeClock();
    const bounded = timeout(never, { clock, ...limit });
    const run = bounded(contextOf(60)).catch((error: unknown) => error);

    await clock.advance(60);

    expect(await run).toEqual(exceeded(60));
  });

  test('keeps a reserve of what its caller has left', async () => {
    const clock = fakeClock();
    const bounded = timeout(never, { clock, ...limit, reserveMs: 25 });
    const run = bounded(contextOf(60)).catch((error: unknown) => error);

    await clock.advance(35);

    expect(await run).toEqual(exceeded(35));
  });

  test('makes no call when no time is left', async () => {
    const call = vi.fn(never);
    const bounded = timeout(call, { clock: fakeClock(), ...limit });

    await expect(bounded(contextOf(0))).rejects.toThrow('over 0');

    expect(call).not.toHaveBeenCalled();
  });

  test('tells the call its own signal and time, and passes the number of the attempt on', async () => {
    const clock = fakeClock();
    const seen: CallContext[] = [];
    const given = contextOf(5_000);
    const bounded = timeout(
      async (context) => {
        seen.push(context);
        await clock.advance(30);
        return context.remainingMs();
      },
      { clock, ...limit },
    );

    expect(await bounded(given)).toBe(70);

    expect(seen[0]?.attempt).toBe(4);
    expect(seen[0]?.signal).not.toBe(given.signal);
  });

  test('hands the abort of the caller on with its reason', async () => {
    const clock = fakeClock();
    const controller = new AbortController();
    let inner: AbortSignal | undefined;
    const bounded = timeout(
      ({ signal }) => {
        inner = signal;
        return never();
      },
      { clock, ...limit },
    );
    const run = bounded(contextOf(500, controller.signal)).catch((error: unknown) => error);

    controller.abort('gone');

    expect(await run).toBe('gone');
    expect(inner?.reason).toBe('gone');
  });
});
