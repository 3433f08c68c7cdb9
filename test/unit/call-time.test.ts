import { describe, expect, test } from 'vitest';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { sleep } from '../../lib/core/clock.ts';
import { StoreError } from '../../lib/core/errors.ts';
import type { Layer } from '../../lib/core/layer.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { type FakeClock, fakeClock } from '../../lib/testing/index.ts';
import { answersAfter } from '../support/dependency.ts';
import { passes, shared } from '../support/every-policy.ts';
import { failing, never } from '../support/outcomes.ts';

describe('an error that says that the time was over', () => {
  /** Lets the first attempt fail or be rejected, and takes all of the time before the second. */
  const given = (layer: (clock: FakeClock) => Layer<unknown>) => {
    const clock = fakeClock();
    const policy = resilient<unknown>({
      ...{ name: 'posts', clock, totalTimeoutMs: 1_000, retry: { backoff: () => 0 } },
      layers: [{ after: 'retry', layer: layer(clock) }],
    });
    return { clock, policy };
  };

  test('says that the call was made where an earlier attempt was', async () => {
    const { clock, policy } = given((clock) => (next) => async (execution) => {
      if (execution.attempt > 1) await sleep(clock, 996);
      return next(execution);
    });
    const run = policy.outcome(failing);
    await clock.advance(1_000);

    expect(await run).toMatchObject({ attempts: 1, error: { code: 'DEADLINE_EXCEEDED', called: true } });
  });

  test('says that the call was made where a later attempt was', async () => {
    const { clock, policy } = given(() => (next) => async (execution) => {
      if (execution.attempt === 1) throw new StoreError('no', { retryable: true });
      return next(execution).catch(never);
    });
    const run = policy.outcome(never);
    await clock.advance(1_000);

    expect(await run).toMatchObject({ attempts: 1, error: { code: 'DEADLINE_EXCEEDED', called: true } });
  });

  test('names the limit that held while a shared breaker waits for its store', async () => {
    for (const [options, limit] of [
      [{}, 'total timeout'],
      [{ remainingMs: 35 }, "caller's time limit"],
    ] as const) {
      const clock = fakeClock();
      const breaker = sharedBreaker({ name: 'posts', store: { ...memoryStore(), get: never }, clock });
      const policy = resilient<string>({ name: 'posts', totalTimeoutMs: 40, breaker, clock });
      const run = policy.outcome(() => 'fine', options);
      await clock.advance(40);

      expect(await run).toMatchObject({ attempts: 0, error: { limit, called: false } });
    }
  });
});

describe('a total timeout', () => {
  const build = (totalTimeoutMs: number, given: (clock: FakeClock) => Partial<ResilientOptions<unknown>>) => {
    const clock = fakeClock();
    return { clock, policy: resilient<unknown>({ name: 'posts', totalTimeoutMs, clock, ...given(clock) }) };
  };
  const forms: readonly (readonly [string, (clock: FakeClock) => Partial<ResilientOptions<unknown>>])[] = [
    ['alone', () => ({})],
    ['with a breaker of this environment', () => ({ breaker: {} })],
    ['with retries', () => ({ retry: { maxAttempts: 3, baseDelayMs: 1 } })],
    ['with layers of a user', () => ({ layers: [{ after: 'retry', layer: passes }] })],
    ['with an attempt timeout of its length', () => ({ attemptTimeoutMs: 20 })],
    ['without an attempt timeout', () => ({ attemptTimeoutMs: false })],
  ];

  test.each(forms)('of 20 ms leaves a call the time to answer in 15 ms, %s', async (_name, given) => {
    const { clock, policy } = build(20, given);
    const run = policy.outcome(answersAfter(clock, 15));
    await clock.advance(100);

    expect(await run).toMatchObject({ source: 'live', attempts: 1 });
  });

  test.each(forms)('of 1 ms leaves a call the time to answer at once, %s', async (_name, given) => {
    const { clock, policy } = build(1, given);
    const run = policy.outcome(async () => 'fine');
    await clock.advance(100);

    expect(await run).toMatchObject({ source: 'live', attempts: 1 });
  });

  test.each(forms)('of 20 ms ends a call that takes 25 ms, %s', async (_name, given) => {
    const { clock, policy } = build(20, given);
    const run = policy.outcome(answersAfter(clock, 25));
    await clock.advance(100);

    expect(await run).toMatchObject({ source: 'none', attempts: 1 });
    expect((await run).durationMs).toBeLessThanOrEqual(20);
  });

  test.each([1, 20, 25])(
    'of %d ms is refused with a shared breaker, and the message says why',
    (totalTimeoutMs) => {
      expect(() => build(totalTimeoutMs, (clock) => ({ breaker: shared(clock) }))).toThrow(
        `resilient "posts": expected \`totalTimeoutMs\` to be more than the 25 ms in which breaker "posts" reports an outcome, got ${totalTimeoutMs}`,
      );
    },
  );

  test('of 40 ms leaves a call 15 ms with a shared breaker', async () => {
    const { clock, policy } = build(40, (clock) => ({ breaker: shared(clock) }));
    const run = policy.outcome(answersAfter(clock, 14));
    await clock.advance(100);

    expect(await run).toMatchObject({ source: 'live' });
  });
});
