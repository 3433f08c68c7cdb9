import * as v from 'valibot';
import { describe, expect, test, vi } from 'vitest';
import type { Fault } from '../../lib/chaos/fault-options.ts';
import { InjectedFaultError, injectFaults } from '../../lib/chaos/faults.ts';
import { AttemptTimeoutError, BreakerOpenError, ValidationError } from '../../lib/core/errors.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';

function build(faults: readonly Fault[], given: Partial<ResilientOptions<number>> = {}) {
  const clock = fakeClock();
  const posts = resilient<number>({
    name: 'posts',
    clock,
    random: seededRandom(1),
    faults: injectFaults({ enabled: true, faults }),
    ...given,
  });
  const call = vi.fn(async () => 7);
  return { clock, call, outcome: () => posts.outcome(call) };
}

describe('a protected call with injected faults', () => {
  test('is retried after an injected error, and each attempt draws its faults anew', async () => {
    // For the first attempt, the wait after it, the second, the wait after that, the third.
    const draws = [0.4, 0, 0.4, 0, 0.6];
    const { clock, call, outcome } = build([{ kind: 'error', rate: 0.5 }], {
      retry: { maxAttempts: 5 },
      random: { next: () => draws.shift() ?? 0, token: () => 'token' },
    });
    const run = outcome();
    await clock.advance(0);

    expect(await run).toMatchObject({ source: 'live', value: 7, attempts: 3 });
    expect(call).toHaveBeenCalledTimes(1);
  });

  test('counts as one attempt when it meets a latency and is then made', async () => {
    const { clock, call, outcome } = build([{ kind: 'latency', ms: 200 }]);
    const run = outcome();
    await clock.advance(200);

    expect(await run).toMatchObject({ source: 'live', value: 7, attempts: 1, durationMs: 200 });
    expect(call).toHaveBeenCalledTimes(1);
  });

  test('ends with AttemptTimeoutError when it hangs', async () => {
    const { clock, call, outcome } = build([{ kind: 'hang' }], { attemptTimeoutMs: 1_000 });
    const run = outcome();
    await clock.advance(1_000);

    expect(await run).toMatchObject({ source: 'none', attempts: 1, error: expect.any(AttemptTimeoutError) });
    expect(call).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  test('that hangs until the total timeout counts as one that was made', async () => {
    const { clock, outcome } = build([{ kind: 'hang' }], { totalTimeoutMs: 500, attemptTimeoutMs: 10_000 });
    const run = outcome();
    await clock.advance(500);

    expect(await run).toMatchObject({ attempts: 1, error: { code: 'DEADLINE_EXCEEDED', status: 504 } });
  });

  test('ends with ValidationError when the schema refuses a corrupt value', async () => {
    const { outcome } = build([{ kind: 'corrupt' }], { validate: v.number() });

    expect(await outcome()).toMatchObject({ source: 'none', error: expect.any(ValidationError) });
  });

  test('opens its breaker after enough injected errors', async () => {
    const { outcome } = build([{ kind: 'error' }], { breaker: { minimumCalls: 2, failureRatio: 0.1 } });
    await outcome();
    await outcome();

    expect(await outcome()).toMatchObject({ attempts: 0, error: expect.any(BreakerOpenError) });
  });

  test('has the fallback answer after an injected error', async () => {
    const { outcome } = build([{ kind: 'error' }], { fallback: () => 0 });

    expect(await outcome()).toMatchObject({
      source: 'fallback',
      degraded: true,
      value: 0,
      error: expect.any(InjectedFaultError),
    });
  });

  test('meets no fault whose target is another policy', async () => {
    const { outcome } = build([{ kind: 'error', target: 'social' }]);

    expect(await outcome()).toMatchObject({ source: 'live', value: 7 });
  });

  test('meets no fault while they are not enabled', async () => {
    const faults = injectFaults({ enabled: false, faults: [{ kind: 'error' }] });
    const { outcome } = build([], { faults });

    expect(await outcome()).toMatchObject({ source: 'live', value: 7 });
  });
});
