import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { AttemptTimeoutError, DeadlineExceededError } from '../../lib/core/errors.ts';
import type { CallContext } from '../../lib/core/execution.ts';
import { type TimeoutOptions, timeout } from '../../lib/policy/timeout.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { never } from '../support/outcomes.ts';

function start() {
  const clock = fakeClock();
  const policy = timeout({ timeoutMs: 100, name: 'posts', clock });
  return { clock, policy };
}

describe('timeout', () => {
  test('ends a call with AttemptTimeoutError after timeoutMs, where its caller has more time', async () => {
    const { clock, policy } = start();
    const run = policy.execute(never, { remainingMs: 5_000 }).catch((error: unknown) => error);

    await clock.advance(100);

    expect(await run).toEqual(new AttemptTimeoutError('posts', 100));
  });

  test.each([60, () => 60])(
    'ends a call with DeadlineExceededError when its caller has less time',
    async (remainingMs) => {
      const { clock, policy } = start();
      const run = policy.execute(never, { remainingMs }).catch((error: unknown) => error);

      await clock.advance(60);

      expect(await run).toEqual(new DeadlineExceededError('posts', "caller's time limit", 60));
    },
  );

  test('makes no call when no time is left', async () => {
    const call = vi.fn(never);
    const { policy } = start();

    await expect(policy.execute(call, { remainingMs: 0 })).rejects.toEqual(
      new DeadlineExceededError('posts', "caller's time limit", 0, { called: false }),
    );

    expect(call).not.toHaveBeenCalled();
  });

  test('hands the call its own signal, its time and its key', async () => {
    const { clock, policy } = start();
    const seen: CallContext[] = [];
    const { signal } = new AbortController();
    const call = async (context: CallContext) => {
      seen.push(context);
      await clock.advance(30);
      return context.remainingMs();
    };

    expect(await policy.execute(call, { signal, key: '7' })).toBe(70);

    expect(seen[0]).toMatchObject({ attempt: 1, key: '7' });
    expect(seen[0]?.signal).not.toBe(signal);
    expect(seen[0]?.signal.aborted).toBe(false);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test("aborts the call's signal with the reason when the caller aborts", async () => {
    const { policy } = start();
    const controller = new AbortController();
    let inner: AbortSignal | undefined;
    const call = ({ signal }: CallContext) => {
      inner = signal;
      return never();
    };
    const run = policy.execute(call, { signal: controller.signal }).catch((error: unknown) => error);
    await Promise.resolve();

    controller.abort('gone');

    expect(await run).toBe('gone');
    expect(inner?.reason).toBe('gone');
  });

  test('says in its error how late the timeout was noticed, which is long after a freeze', async () => {
    const { clock, policy } = start();
    const run = policy.execute(never).catch((error: unknown) => error);
    await Promise.resolve();

    await clock.freeze(60_000);

    expect(await run).toMatchObject({ code: 'ATTEMPT_TIMEOUT', lateMs: 59_900 });
  });

  test('rejects with what the function throws before it gives a promise', async () => {
    const { clock, policy } = start();
    const thrown = new Error('at once');

    await expect(
      policy.execute(() => {
        throw thrown;
      }),
    ).rejects.toBe(thrown);

    expect(clock.pending).toBe(0);
  });

  test('says "call" in its error where it has no name', async () => {
    const { clock } = start();
    const run = timeout({ timeoutMs: 10, clock })
      .execute(never)
      .catch((error: unknown) => error);
    await clock.advance(10);

    expect(await run).toEqual(new AttemptTimeoutError('call', 10));
  });

  test("counts the caller's time from when the call begins, not from when the clock started", async () => {
    const { clock, policy } = start();
    await clock.advance(5_000);

    expect(await policy.execute(async ({ remainingMs }) => remainingMs(), { remainingMs: 70 })).toBe(70);
  });

  test("uses the system's clock by default", async () => {
    expect(await timeout({ timeoutMs: 10_000 }).execute(async ({ remainingMs }) => remainingMs() > 0)).toBe(
      true,
    );
  });

  test.each([{}, { timeoutMs: 0 }, { timeoutMs: 100, attempts: 1 }, { limitMs: 100 }])(
    'refuses options that are missing, unknown or out of range: %j',
    (options) => {
      expect(() => timeout(options as TimeoutOptions)).toThrow(/^timeout: /);
    },
  );
});
