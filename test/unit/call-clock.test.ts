import { mock } from 'node:test';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../lib/core/clock.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { timeout } from '../../lib/policy/timeout.ts';
import { failing, never } from '../support/outcomes.ts';

interface FakeTimers {
  use(): void;
  advance(ms: number): Promise<unknown>;
  restore(): void;
}

const VITEST: FakeTimers = {
  use: () => void vi.useFakeTimers(),
  advance: (ms) => vi.advanceTimersByTimeAsync(ms),
  restore: () => void vi.useRealTimers(),
};
/** Without `performance`, which stays real. */
const VITEST_TIMERS: FakeTimers = { ...VITEST, use: () => void vi.useFakeTimers({ toFake: ['setTimeout'] }) };
const NODE: FakeTimers = {
  use: () => mock.timers.enable({ apis: ['setTimeout', 'Date'] }),
  advance: async (ms) => {
    for (let turns = 0; turns < 20; turns++) await Promise.resolve();
    mock.timers.tick(ms);
  },
  restore: () => mock.timers.reset(),
};

const KINDS: readonly (readonly [string, FakeTimers])[] = [
  ['vitest', VITEST],
  ['vitest, setTimeout alone', VITEST_TIMERS],
  ['node:test', NODE],
];

const makePolicy = () =>
  resilient<string>({
    name: 'posts',
    attemptTimeoutMs: 20,
    retry: { maxAttempts: 2, baseDelayMs: 1 },
    breaker: {},
  });

describe.each(KINDS)('after a test with fake timers of %s', (_kind, timers) => {
  afterEach(() => timers.restore());

  test.each([
    ['the same policy', () => makePolicy()],
    ['a new one', () => undefined],
  ])('a call with real timers ends by its limit: %s', async (_which, makeEarly) => {
    const early = makeEarly();
    timers.use();
    const faked = (early ?? makePolicy()).outcome(async () => 'fine');
    await timers.advance(1_000);
    expect(await faked).toMatchObject({ value: 'fine' });
    timers.restore();

    expect(await (early ?? makePolicy()).outcome(never)).toMatchObject({
      ...{ source: 'none', attempts: 2 },
      error: { code: 'ATTEMPT_TIMEOUT' },
    });
  });

  test('a call with real timers ends by its limit after one that timed out', async () => {
    const posts = makePolicy();
    timers.use();
    const faked = posts.outcome(never);
    for (let steps = 0; steps < 10; steps++) await timers.advance(20);
    expect((await faked).error).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
    timers.restore();

    expect((await posts.outcome(never)).error).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
  });

  test('a call ends that began with fake timers', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    timers.use();
    const faked = timeout({ timeoutMs: 1_000 }).execute(() => promise);
    timers.restore();
    resolve('fine');

    expect(await faked).toBe('fine');
  });

  test('the deadline of an invocation with real timers ends it', async () => {
    const handler = withDeadline({ totalTimeoutMs: 20, reserveMs: 0 }, never);
    timers.use();
    await withDeadline({}, async () => 'answer')({}, {});
    timers.restore();

    await expect(handler({}, {})).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });
});

describe('a call with fake timers', () => {
  test.each(KINDS)('ends by its limit, with the timers of %s', async (_kind, timers) => {
    timers.use();
    try {
      const run = timeout({ timeoutMs: 60_000 })
        .execute(never)
        .catch((error: unknown) => error);
      await timers.advance(60_000);

      expect(await run).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
    } finally {
      timers.restore();
    }
  });
});

describe("the system's clock", () => {
  test('fires no earlier than it was asked to, by its own time', async () => {
    const late: number[] = [];
    await Promise.all(
      [1.9, 2.5, 3.999, 5.01].map(
        (delayMs) =>
          new Promise<void>((resolve) => {
            const dueAt = systemClock.monotonic() + delayMs;
            systemClock.after(delayMs, () => {
              late.push(systemClock.monotonic() - dueAt);
              resolve();
            });
          }),
      ),
    );

    // A timer of Node counts from when its turn of the event loop began.
    expect(Math.min(...late)).toBeGreaterThan(-1);
  });
});

test('a breaker that opened with fake timers closes with real ones', async () => {
  vi.useFakeTimers();
  const posts = resilient<string>({
    ...{ name: 'posts', breaker: { minimumCalls: 1, failureRatio: 0.05, openMs: 1, probesToClose: 1 } },
  });
  await posts.outcome(failing);
  vi.useRealTimers();
  expect(posts.breaker?.state).toBe('open');

  await new Promise((resolve) => setTimeout(resolve, 2));
  expect(await posts.outcome(async () => 'fine')).toMatchObject({ source: 'live' });
});
