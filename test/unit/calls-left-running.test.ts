import { describe, expect, test } from 'vitest';
import type { CallContext } from '../../lib/core/execution.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import type { Outcome } from '../../lib/policy/outcome.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { fakeClock, lambdaContext } from '../../lib/testing/index.ts';
import { never } from '../support/outcomes.ts';

describe('a call that the attempt of an outer call has left running', () => {
  /** The outer call gives its value after 20 ms of its 100, while the inner one runs on. */
  async function leftRunning(given: Partial<ResilientOptions<string>>) {
    const clock = fakeClock();
    const outer = resilient<string>({ name: 'outer', attemptTimeoutMs: 100, clock });
    const inner = resilient<string>({ name: 'inner', clock, ...given });
    const contexts: CallContext[] = [];
    let left: Promise<Outcome<string>> | undefined;
    let endedAt: number | undefined;
    const handler = withDeadline({ clock }, () =>
      outer.execute(async () => {
        left = inner.outcome((context) => {
          contexts.push(context);
          return never();
        });
        void left.then(() => {
          endedAt = clock.monotonic();
        });
        await clock.advance(20);
        return 'fine';
      }),
    );
    const value = await handler({}, lambdaContext({ remainingMs: 60_000, clock }));
    const remainingMs = contexts[0]?.remainingMs();
    await clock.advance(60_000);
    return { value, remainingMs, clock, inner: await left, endedAt };
  }

  test('ends with DeadlineExceededError soon after the time of the outer attempt', async () => {
    const { value, remainingMs, clock, inner, endedAt } = await leftRunning({ attemptTimeoutMs: 3_000 });

    expect(value).toBe('fine');
    expect(remainingMs).toBe(80);
    expect(inner?.error).toMatchObject({ code: 'DEADLINE_EXCEEDED', limit: "caller's time limit" });
    expect(endedAt).toBe(105);
    expect(clock.pending).toBe(0);
  });

  test.each([{ attemptTimeoutMs: false, totalTimeoutMs: false } as const, { layers: [] }])(
    'ends too where it has no limit of its own, or limits that are longer: %j',
    async (given) => {
      expect((await leftRunning(given)).endedAt).toBe(105);
    },
  );

  test('ends with its own timeout where that is nearer', async () => {
    const { inner, endedAt } = await leftRunning({ attemptTimeoutMs: 40 });

    expect(inner?.error).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
    expect(endedAt).toBe(40);
  });
});
