import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import type { CallContext } from '../../lib/core/execution.ts';
import { AttemptTimeoutError } from '../../lib/core/errors.ts';
import { timeout } from '../../lib/policy/timeout.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { never } from '../support/outcomes.ts';

function start() {
  const clock = fakeClock();
  const policy = timeout({ timeoutMs: 100, name: 'posts', clock });
  return { clock, policy };
}

describe('timeout', () => {
  test('bounds the call by its own limit when that is the shorter one', async () => {
    const { clock, policy } = start();
    const run = policy.execute(never, { remainingMs: 5_000 }).catch((error: unknown) => error);

    await clock.advance(100);

    expect(await run).toEqual(new AttemptTimeoutError('posts', 100));
  });

  test.each([60, () => 60])(
    'bounds the call by what its caller has left when that is shorter',
    async (remainingMs) => {
      const { clock, policy } = start();
      const run = policy.execute(never, { remainingMs }).catch((error: unknown) => error);

      await clock.advance(60);

      expect(await run).toEqual(new AttemptTimeoutError('posts', 60));
    },
  );

  test('makes no call when no time is left', async () => {
    const call = vi.fn(never);
    const { policy } = start();

    await expect(policy.execute(call, { remainingMs: 0 })).rejects.toThrow(
      'within its attempt timeout of 0 ms',
    );

    expect(call).not.toHaveBeenCalled();
  });

  test('tells the call its own signal, its time and its key', async () => {
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

  test('hands the abort of the caller on with its reason', async () => {
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

  test('says how late it was noticed, which after a freeze is much', async () => {
    const { clock, policy } = start();
    const run = policy.execute(never).catch((error: unknown) => error);
    await Promise.resolve();

    await clock.freeze(60_000);

    expect(await run).toMatchObject({ code: 'ATTEMPT_TIMEOUT', lateMs: 59_900 });
  });

  test('rejects where the call throws at once', async () => {
    const { clock, policy } = start();
    const thrown = new Error('at once');

    await expect(
      policy.execute(() => {
        throw thrown;
      }),
    ).rejects.toBe(thrown);

    expect(clock.pending).toBe(0);
  });

  test('names a call that nobody has named', async () => {
    const { clock } = start();
    const run = timeout({ timeoutMs: 10, clock })
      .execute(never)
      .catch((error: unknown) => error);
    await clock.advance(10);

    expect(await run).toEqual(new AttemptTimeoutError('call', 10));
  });

  test('begins where the clock is, not at its start', async () => {
    const { clock, policy } = start();
    await clock.advance(5_000);

    expect(await policy.execute(async ({ remainingMs }) => remainingMs(), { remainingMs: 70 })).toBe(70);
  });

  test('uses the clock of the system where none is handed in', async () => {
    expect(await timeout({ timeoutMs: 10_000 }).execute(async ({ remainingMs }) => remainingMs() > 0)).toBe(
      true,
    );
  });

  test.each([{}, { limitMs: 0 }, { limitMs: 100, attempts: 1 }])('refuses wrong options: %j', (options) => {
    expect(() => timeout(options as { limitMs: number })).toThrow(/^timeout: /);
  });
});
