import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import { sleep } from '../../lib/core/clock.ts';
import type { CallContext } from '../../lib/core/execution.ts';
import type { Layer } from '../../lib/core/layer.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { remainingMs } from '../../lib/deadline/next-hop.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import type { Slot } from '../../lib/policy/slots.ts';
import { type FakeClock, fakeClock } from '../../lib/testing/index.ts';
import { answersAfter, errorOf } from '../support/dependency.ts';
import { failing, never, outage } from '../support/outcomes.ts';
import { bulkhead, cache, hedge, killSwitch, rateLimit } from '../support/own-layers.ts';
import { type Counting, recordingBreaker } from '../support/recording-breaker.ts';
import { lowest } from '../support/retried.ts';

const SUCCEEDED = { failed: false, slow: false };
const FAILED = { failed: true, slow: false };

/** A policy with one layer of a user, and what it reports and counts. */
function withLayer(
  makeLayer: (clock: FakeClock) => Layer<unknown>,
  before: Slot,
  given: Partial<ResilientOptions<unknown>> = {},
  counting: Counting = {},
) {
  const clock = fakeClock();
  const events: PolicyEvent[] = [];
  const { breaker, recorded } = recordingBreaker(clock, counting);
  const policy = resilient<unknown>({
    ...{
      name: 'posts',
      clock,
      random: lowest,
      breaker,
      layers: [{ before, layer: makeLayer(clock) }],
      ...given,
    },
    onEvent: (event) => events.push(event),
  });
  return { clock, events, counted: recorded, policy };
}

describe('a switch for operators', () => {
  test('is the one of the guide', () => {
    const guide = readFileSync(new URL('../../docs/guides/calls.md', import.meta.url), 'utf8');
    const source = readFileSync(new URL('../support/own-layers.ts', import.meta.url), 'utf8');
    const [written] = /\/\*\* Rejects calls while[\s\S]*?\n}\n/.exec(guide) ?? [];

    expect(written).toBeDefined();
    expect(written?.split('\n').length).toBeLessThanOrEqual(20);
    expect(source).toContain(written?.replace('function killSwitch', 'export function killSwitch'));
  });

  test('rejects calls while it is off, which are neither made, nor made again, nor counted', async () => {
    let isOff = true;
    const { policy, counted } = withLayer(() => killSwitch(() => isOff), 'breaker', { retry: {} });
    const call = vi.fn(() => 'fine');

    expect(await policy.outcome(call)).toMatchObject({ attempts: 0, error: { code: 'SWITCHED_OFF' } });
    isOff = false;
    expect((await policy.outcome(call)).value).toBe('fine');
    expect(call).toHaveBeenCalledTimes(1);
    expect(counted).toEqual([SUCCEEDED]);
  });
});

describe('a bulkhead of a user', () => {
  test.each(['breaker', 'timeout', 'validation', 'retry'] as const)(
    'before %s rejects calls beyond its limit, which are neither made, nor made again, nor counted',
    async (slot) => {
      const { clock, policy, counted } = withLayer(() => bulkhead(2), slot, { retry: { maxAttempts: 3 } });
      const call = vi.fn(answersAfter(clock, 100));
      const runs = Array.from({ length: 5 }, () => policy.outcome(call));
      await clock.advance(100);
      const outcomes = await Promise.all(runs);

      expect(outcomes.map(({ source }) => source)).toEqual(['live', 'live', 'none', 'none', 'none']);
      expect(outcomes.slice(2).map(({ error }) => error)).toEqual(
        Array.from({ length: 3 }, () => expect.objectContaining({ code: 'BULKHEAD_FULL' })),
      );
      expect(outcomes.map(({ attempts }) => attempts)).toEqual([1, 1, 0, 0, 0]);
      expect(call).toHaveBeenCalledTimes(2);
      expect(counted.filter((outcome) => outcome !== 'released')).toEqual([SUCCEEDED, SUCCEEDED]);
    },
  );

  test('opens no breaker by its rejections', async () => {
    const clock = fakeClock();
    const breaker = circuitBreaker({ name: 'posts', minimumCalls: 1, failureRatio: 0.05, clock });
    const policy = resilient<string>({
      ...{ name: 'posts', breaker, clock },
      layers: [{ after: 'timeout', layer: bulkhead(1) }],
    });
    const running = policy.execute(answersAfter(clock, 100));
    for (let calls = 0; calls < 50; calls++) await policy.outcome(() => 'fine');
    await clock.advance(100);
    await running;

    expect(breaker.state).toBe('closed');
    expect(await policy.execute(() => 'fine')).toBe('fine');
  });

  test('inside the timeout keeps the place of a function that ignores its signal, until that ends', async () => {
    const clock = fakeClock();
    const policy = resilient<string>({
      ...{ name: 'posts', attemptTimeoutMs: 100, clock },
      layers: [{ after: 'timeout', layer: bulkhead(1) }],
    });
    const ignoring = policy.outcome(() => sleep(clock, 500).then(() => 'late'));
    await clock.advance(100);
    expect((await ignoring).error).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });

    expect((await policy.outcome(() => 'fine')).error).toMatchObject({ code: 'BULKHEAD_FULL' });
    await clock.advance(400);
    expect(await policy.execute(() => 'fine')).toBe('fine');
  });
});

describe('a cache that makes one call for several', () => {
  const cached = (given: Partial<ResilientOptions<unknown>> = {}) =>
    withLayer((clock) => cache(clock, 1_000), 'retry', given);

  test('calls once for a key, however many come at once, and counts that call', async () => {
    const { clock, policy, counted } = cached();
    const call = vi.fn(answersAfter(clock, 100));
    const runs = Array.from({ length: 10 }, () => policy.outcome(call, { key: '7' }));
    const other = policy.outcome(call, { key: '8' });
    await clock.advance(100);

    expect((await Promise.all(runs)).map(({ value }) => value)).toEqual(Array(10).fill('fine'));
    expect((await other).value).toBe('fine');
    expect(call).toHaveBeenCalledTimes(2);
    expect(counted).toEqual([SUCCEEDED, SUCCEEDED]);
  });

  test('gives the value again for its time, as a live one without an attempt', async () => {
    const { clock, policy } = cached();
    const call = vi.fn(({ key }: CallContext) => `about ${key}`);
    await policy.execute(call, { key: '7' });
    await clock.advance(999);

    expect(await policy.outcome(call, { key: '7' })).toMatchObject({
      ...{ source: 'live', degraded: false, value: 'about 7', attempts: 0 },
    });
    await clock.advance(1);
    await policy.execute(call, { key: '7' });
    expect(call).toHaveBeenCalledTimes(2);
  });

  test('keeps no failure', async () => {
    const { policy } = cached();

    expect((await policy.outcome(failing, { key: '7' })).source).toBe('none');
    expect((await policy.outcome(() => 'fine', { key: '7' })).value).toBe('fine');
  });

  test('leaves each caller its own time, signal and fallback', async () => {
    const { clock, policy } = cached({ fallback: 'stale' });
    const call = answersAfter(clock, 100);
    const controller = new AbortController();
    const first = policy.outcome(call, { key: '7' });
    const hasty = policy.outcome(call, { key: '7', remainingMs: 50 });
    const gone = policy.outcome(call, { key: '7', signal: controller.signal });
    await clock.advance(20);
    controller.abort('gone');
    await clock.advance(80);

    expect(await first).toMatchObject({ source: 'live', durationMs: 100 });
    expect(await hasty).toMatchObject({
      ...{ source: 'fallback', value: 'stale', durationMs: 50 },
      error: { limit: "caller's time limit", called: false },
    });
    expect(await gone).toMatchObject({ source: 'none', error: 'gone', durationMs: 20 });
  });
});

describe('a rate limiter', () => {
  test('rejects attempts beyond its rate, which are neither made nor counted', async () => {
    const { policy, counted } = withLayer((clock) => rateLimit(clock, 2), 'breaker');
    const call = vi.fn(() => 'fine');
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => policy.outcome(call)));

    expect(outcomes.map(({ source }) => source)).toEqual(['live', 'live', 'none', 'none', 'none']);
    expect(call).toHaveBeenCalledTimes(2);
    expect(counted).toEqual([SUCCEEDED, SUCCEEDED]);
  });

  test('inside the breaker is not counted, either', async () => {
    const { policy, counted } = withLayer((clock) => rateLimit(clock, 1), 'timeout');
    await policy.outcome(() => 'fine');
    await policy.outcome(() => 'fine');

    expect(counted).toEqual([SUCCEEDED, 'released']);
  });

  test('has the retry wait as long as it asks for', async () => {
    const { clock, events, policy } = withLayer((clock) => rateLimit(clock, 1), 'breaker', { retry: {} });
    await policy.execute(() => 'fine');
    await clock.advance(300);
    const run = policy.outcome(() => 'fine');
    await clock.advance(700);

    expect(await run).toMatchObject({ source: 'live', attempts: 1, durationMs: 700 });
    expect(events.find(({ kind }) => kind === 'retry')).toMatchObject({ delayMs: 700 });
  });
});

describe('a hedge', () => {
  const hedged = (given: Partial<ResilientOptions<unknown>> = {}, counting: Counting = {}) =>
    withLayer((clock) => hedge(clock, 100), 'breaker', given, counting);
  /** What each attempt takes. Milliseconds. */
  const taking =
    (clock: FakeClock, times: readonly number[], signals: AbortSignal[] = []) =>
    async ({ attempt, signal }: CallContext) => {
      signals[attempt - 1] = signal;
      await sleep(clock, times[attempt - 1] ?? 0, signal);
      return `from ${attempt}`;
    };

  test('makes no second attempt where the first answers in time', async () => {
    const { clock, policy, counted } = hedged();
    const run = policy.outcome(taking(clock, [50]));
    await clock.advance(1_000);

    expect(await run).toMatchObject({ value: 'from 1', attempts: 1, durationMs: 50 });
    expect(counted).toEqual([SUCCEEDED]);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ['the second', [500, 50], 'from 2', 150],
    ['the first', [180, 500], 'from 1', 180],
  ])(
    'gives the value of the attempt that wins, and aborts the other, which is not counted: %s',
    async (_which, times, value, durationMs) => {
      const { clock, policy, counted } = hedged();
      const signals: AbortSignal[] = [];
      const run = policy.outcome(taking(clock, times, signals));
      await clock.advance(1_000);

      expect(await run).toMatchObject({ source: 'live', value, attempts: 2, durationMs });
      expect(signals.map(({ aborted }) => aborted)).toEqual(
        value === 'from 2' ? [true, false] : [false, true],
      );
      expect(counted).toHaveLength(2);
      expect(counted).toContainEqual(SUCCEEDED);
      expect(counted).toContain('released');
      expect(clock.pending).toBe(0);
    },
  );

  test('does not count a loser whose function rejects by itself when its signal aborts', async () => {
    const { clock, policy, counted } = hedged();
    const run = policy.outcome(
      ({ attempt, signal }) =>
        new Promise((resolve, reject) => {
          if (attempt === 2) resolve('from 2');
          signal.addEventListener('abort', () => reject(outage()));
        }),
    );
    await clock.advance(1_000);

    expect(await run).toMatchObject({ value: 'from 2' });
    expect(counted.toSorted()).toEqual([SUCCEEDED, 'released'].toSorted());
  });

  test('counts a loser as slow where it had run for slowCallMs', async () => {
    const { clock, policy, counted } = hedged({}, { slowCallMs: 120 });
    const run = policy.outcome(taking(clock, [500, 50]));
    await clock.advance(1_000);
    await run;

    expect(counted).toContainEqual({ failed: true, slow: true });
    expect(counted).toContainEqual(SUCCEEDED);
  });

  test('gives the value of the second where the first has failed, which is counted', async () => {
    const { clock, policy, counted } = hedged();
    const run = policy.outcome(async (context) => {
      if (context.attempt === 2) return taking(clock, [0, 50])(context);
      await sleep(clock, 120);
      return failing();
    });
    await clock.advance(1_000);

    expect(await run).toMatchObject({ value: 'from 2' });
    expect(counted).toEqual([FAILED, SUCCEEDED]);
  });

  test('is ended by the total timeout, with both of its attempts', async () => {
    const { clock, policy, counted } = hedged({ totalTimeoutMs: 1_000, attemptTimeoutMs: false });
    const signals: AbortSignal[] = [];
    const run = policy.outcome(({ signal }) => {
      signals.push(signal);
      return never();
    });
    await clock.advance(1_000);

    expect(await run).toMatchObject({ source: 'none', error: { limit: 'total timeout' }, attempts: 2 });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(counted).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  test('is ended by its caller, with both of its attempts, which are not counted', async () => {
    const { clock, policy, counted } = hedged();
    const controller = new AbortController();
    const run = errorOf(policy.execute(never, { signal: controller.signal }));
    await clock.advance(200);
    controller.abort('gone');
    await clock.advance(0);

    expect(await run).toBe('gone');
    expect(counted).toEqual(['released', 'released']);
    expect(clock.pending).toBe(0);
  });

  test('knows the time of the call in each attempt', async () => {
    const { clock, policy } = hedged({ totalTimeoutMs: 1_000, attemptTimeoutMs: false });
    const left: number[] = [];
    const run = policy.outcome(async ({ attempt, remainingMs }) => {
      left.push(remainingMs());
      return attempt === 1 ? never() : 'fine';
    });
    await clock.advance(1_000);
    await run;

    expect(left.every((ms) => ms <= 1_000)).toBe(true);
    expect(left).toHaveLength(2);
  });
});

test.each([
  ['timeout', 1_000],
  ['validation', 300],
] as const)('what a layer before %s calls in an invocation has %d ms', async (slot, expectedMs) => {
  const left: unknown[] = [];
  const observed: Layer<unknown> = (next) => (execution) => {
    left.push(remainingMs());
    return next(execution);
  };
  const { clock, policy } = withLayer(() => observed, slot, { attemptTimeoutMs: 300, totalTimeoutMs: false });

  await withDeadline({ clock, totalTimeoutMs: 1_000, reserveMs: 0 }, () =>
    policy.execute(async () => 'fine'),
  )({}, {});

  expect(left).toEqual([expectedMs]);
});
