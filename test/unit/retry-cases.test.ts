import { describe, expect, test, vi } from 'vitest';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { retry } from '../../lib/policy/retry.ts';
import type { RetryOptions } from '../../lib/policy/retry-options.ts';
import { fakeClock, settle } from '../../lib/testing/index.ts';
import { errorOf } from '../support/dependency.ts';
import { hostileErrors } from '../support/hostile-errors.ts';
import { failing, outage } from '../support/outcomes.ts';
import { lowest } from '../support/retried.ts';

const busy = (more: object): Error => Object.assign(outage(), more);
const asking = (value: string, name = 'retry-after'): Error =>
  busy({ response: { headers: { [name]: value } } });

/** A clock that keeps the delays of its timers. */
function recordingClock() {
  const clock = fakeClock();
  const delays: number[] = [];
  return {
    delays,
    clock: {
      ...clock,
      after(delayMs: number, run: () => void) {
        delays.push(delayMs);
        return clock.after(delayMs, run);
      },
    },
    advance: clock.advance,
    // A getter, which a copy of the clock would read once.
    pending: () => clock.pending,
  };
}

/** When the attempts of a call begin that always fails with this error. */
async function attemptsAt(error: unknown, options: RetryOptions = {}) {
  const { clock, delays, advance, pending } = recordingClock();
  const at: number[] = [];
  const policy = retry({ maxAttempts: 3, budget: false, ...options, clock, random: lowest });
  const run = Promise.allSettled([
    policy.execute(() => {
      at.push(clock.monotonic());
      return Promise.reject(error);
    }),
  ]);
  for (let hours = 0; hours < 48; hours++) await advance(3_600_000);
  const [ended] = await run;
  return { at, error: ended.status === 'rejected' && ended.reason, delays, pending: pending() };
}

describe('a dependency that asks for a longer wait than is bearable', () => {
  test.each<readonly [string, Error]>([
    ['99999999999 seconds', asking('99999999999')],
    ['a number of 400 digits', asking('9'.repeat(400))],
    ['61 seconds', asking('61')],
    ['a date in 2099', asking('Thu, 31 Dec 2099 23:59:59 GMT')],
    ['60001 milliseconds', asking('60001', 'retry-after-ms')],
    ['60001 milliseconds, by the error itself', busy({ retryAfterMs: 60_001 })],
    ['1e300 milliseconds, by the error itself', busy({ retryAfterMs: 1e300 })],
    ['61 seconds, as Lambda says it', busy({ retryAfterSeconds: '61' })],
    ['61 seconds, as a number', busy({ retryAfterSeconds: 61 })],
    ['61 seconds, by its cause', new Error('wrapped', { cause: asking('61') })],
  ])('is not called again: %s', async (_what, error) => {
    expect(await attemptsAt(error)).toEqual({ at: [0], error, delays: [], pending: 0 });
  });

  test.each<readonly [string, Error, number]>([
    ['60 seconds', asking('60'), 60_000],
    ['1500 milliseconds', asking('1500', 'retry-after-ms'), 1_500],
    ['1500 milliseconds in a header of any case', asking('1500', 'Retry-After-Ms'), 1_500],
    ['60000 milliseconds, by the error itself', busy({ retryAfterMs: 60_000 }), 60_000],
    ['2 seconds', asking('2'), 2_000],
    ['no time', asking('0'), 0],
  ])('is called again after a wait that is bearable: %s', async (_what, error, waitMs) => {
    expect((await attemptsAt(error)).at).toEqual([0, waitMs, 2 * waitMs]);
  });

  test.each([
    [0, 'retry-after-ms', '1', 1],
    [0, 'retry-after-ms', '0', 3],
    [86_400_000, 'retry-after', '86400', 3],
    [86_400_000, 'retry-after', '86401', 1],
  ])(
    'is called again within maxRetryAfterMs: of %d ms, %s: %s',
    async (maxRetryAfterMs, name, value, calls) => {
      expect((await attemptsAt(asking(value, name), { maxRetryAfterMs })).at).toHaveLength(calls);
    },
  );

  test('is not called again where the wait takes longer than the call may', async () => {
    const error = asking('30');
    const { clock, advance } = recordingClock();
    const policy = resilient<string>({
      name: 'posts',
      retry: { maxAttempts: 3 },
      clock,
      totalTimeoutMs: 20_000,
    });
    const run = policy.outcome(() => Promise.reject(error));
    await settle();

    expect(await run).toMatchObject({ attempts: 1, error });
    await advance(60_000);
  });
});

describe('a wait that is no time', () => {
  const NO_TIME = [Number.NaN, -1, Number.NEGATIVE_INFINITY, '7', null, {}, [], true, 7n, Symbol('x')];

  test.each(NO_TIME)('is ignored in retryAfterMs, and never reaches a timer: %s', async (retryAfterMs) => {
    const { at, delays, error } = await attemptsAt(busy({ retryAfterMs }));

    expect(at).toEqual([0, 0, 0]);
    expect(delays).toEqual([0, 0]);
    expect(error).toMatchObject({ status: 503 });
  });

  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, '-1', 'NaN', 'soon', '1e3', '', ' ', null])(
    'is ignored in a header, and never reaches a timer: %s',
    async (value) => {
      for (const name of ['retry-after', 'retry-after-ms']) {
        const { at, delays } = await attemptsAt(asking(value as string, name));

        expect(at).toEqual([0, 0, 0]);
        expect(delays).toEqual([0, 0]);
      }
    },
  );

  test.each([Number.NaN, undefined, 'soon', {}, [], null, 7n, Symbol('x')])(
    'is ignored in backoff, and never reaches a timer: %s',
    async (ms) => {
      vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
      const { at, delays } = await attemptsAt(outage(), { backoff: () => ms as number });

      expect(at).toEqual([0, 0, 0]);
      expect(delays).toEqual([0, 0]);
    },
  );

  test.each([
    [-5, 0],
    [Number.NEGATIVE_INFINITY, 0],
    [Number.POSITIVE_INFINITY, 1_000],
    [1e300, 1_000],
    [0.5, 0.5],
  ])('is cut in backoff: %d to %d', async (ms, waitMs) => {
    expect((await attemptsAt(outage(), { backoff: () => ms })).delays).toEqual([waitMs, waitMs]);
  });

  test.each(hostileErrors())(
    'is read from what cannot be read, whose error is kept: %s',
    async (_what, error) => {
      const { at, error: last, delays } = await attemptsAt(error, { shouldRetry: () => true });

      expect(last).toBe(error);
      expect(at).toHaveLength(3);
      expect(delays).toEqual([0, 0]);
    },
  );
});

/** A policy with retries, and what it reports. */
function reported(options: RetryOptions, given: Partial<ResilientOptions<unknown>> = {}) {
  const clock = fakeClock();
  const events: PolicyEvent[] = [];
  const posts = resilient<unknown>({
    ...{ name: 'posts', clock, random: lowest, retry: options, ...given },
    onEvent: (event) => events.push(event),
  });
  const run = async (call: (context: { readonly attempt: number }) => unknown) => {
    const outcome = posts.outcome(call);
    await clock.advance(60_000);
    return outcome;
  };
  const kinds = () => events.map(({ kind }) => kind);
  return { clock, events, kinds, run };
}

const failsOnce = ({ attempt }: { readonly attempt: number }) => (attempt === 1 ? failing() : 'fine');

describe('the retry budget', () => {
  test.each([
    [{ burst: 10 }, 10],
    [{ burst: 3 }, 3],
    [{ burst: 0 }, 0],
    [{}, 5],
    [undefined, 5],
    [false as const, 10],
  ])('lets so many of ten calls at once that each fail once succeed: %j', async (budget, live) => {
    const { clock, events } = reported({});
    const posts = resilient<unknown>({
      ...{ name: 'posts', clock, random: lowest, onEvent: (event: PolicyEvent) => events.push(event) },
      retry: { ...(budget !== undefined && { budget }) },
    });
    // They fail together, so that no success pays for another's retry.
    const all = Array.from({ length: 10 }, () => posts.outcome(failsOnce));
    await clock.advance(60_000);
    const outcomes = await Promise.all(all);

    expect(outcomes.filter(({ source }) => source === 'live')).toHaveLength(live);
    expect(outcomes.filter(({ budgetExhausted }) => budgetExhausted)).toHaveLength(10 - live);
    expect(events.filter(({ kind }) => kind === 'budget-exhausted')).toHaveLength(10 - live);
    expect(events.filter((event) => event.kind === 'outcome' && event.budgetExhausted)).toHaveLength(
      10 - live,
    );
  });

  test('of 5 saved retries for each further attempt is the default', async () => {
    for (const maxAttempts of [2, 3, 5]) {
      const { clock, run } = reported({ maxAttempts });
      let calls = 0;
      for (let n = 0; n < 100; n++)
        await run(() => {
          calls++;
          return failing();
        });

      expect(calls).toBe(100 + 5 * (maxAttempts - 1));
      expect(clock.pending).toBe(0);
    }
  });

  test('says in the outcome and by an event that it ended the call', async () => {
    const { events, kinds, run } = reported({ budget: { burst: 0 } });

    expect(await run(failing)).toMatchObject({ attempts: 1, budgetExhausted: true, error: { status: 503 } });
    expect(kinds()).toEqual(['attempt', 'budget-exhausted', 'outcome']);
    expect(events).toMatchObject([{}, { name: 'posts', attempt: 1 }, { budgetExhausted: true }]);
  });

  test.each<readonly [string, () => unknown, RetryOptions]>([
    ['a call succeeds', () => 'fine', {}],
    ['the attempts are used up', failing, { maxAttempts: 1 }],
    ['the error is not worth another attempt', () => Promise.reject(busy({ status: 404 })), {}],
    ['the dependency asks for too long a wait', () => Promise.reject(asking('61')), {}],
  ])('does not say that it ended the call where %s', async (_why, call, options) => {
    const { kinds, run } = reported({ budget: { burst: 0 }, ...options });

    expect((await run(call)).budgetExhausted).toBe(false);
    expect(kinds()).toEqual(['attempt', 'outcome']);
  });

  test('says so where a fallback stood in, too', async () => {
    const { run } = reported({ budget: { burst: 0 } }, { fallback: 'stale' });

    expect(await run(failing)).toMatchObject({ source: 'fallback', budgetExhausted: true });
  });

  test('is not spent by a call that ends otherwise', async () => {
    const { run } = reported({ budget: { ratio: 0, burst: 1 } });
    await run(() => Promise.reject(asking('61')));
    await run(() => Promise.reject(busy({ status: 404 })));

    expect(await run(failsOnce)).toMatchObject({ source: 'live', attempts: 2 });
    expect(await run(failsOnce)).toMatchObject({ source: 'none', budgetExhausted: true });
  });
});

describe('shouldRetryResult', () => {
  const polling: RetryOptions = {
    ...{ maxAttempts: 5, baseDelayMs: 100, budget: false },
    shouldRetryResult: (value) => value === 'pending',
  };

  test('has the call made again until a value is wanted', async () => {
    const { events, run } = reported(polling);

    expect(await run(({ attempt }) => (attempt < 4 ? 'pending' : 'done'))).toMatchObject({
      ...{ source: 'live', value: 'done', attempts: 4 },
    });
    expect(events.filter(({ kind }) => kind === 'retry')).toEqual(
      [2, 3, 4].map((attempt) => ({ kind: 'retry', name: 'posts', attempt, delayMs: 0 })),
    );
  });

  test('has the last value returned, whatever it is', async () => {
    const { run } = reported(polling);

    expect(await run(() => 'pending')).toMatchObject({
      ...{ source: 'live', degraded: false, value: 'pending', attempts: 5 },
    });
  });

  test('has the error of a last attempt thrown, and not an earlier value', async () => {
    const { run } = reported({ ...polling, maxAttempts: 2 });

    expect(await run(({ attempt }) => (attempt === 1 ? 'pending' : failing()))).toMatchObject({
      ...{ source: 'none', attempts: 2 },
    });
  });

  test('waits no longer than the call may', async () => {
    const { run } = reported({ ...polling, maxDelayMs: 800, backoff: () => 800 }, { totalTimeoutMs: 2_000 });

    expect(await run(() => 'pending')).toMatchObject({ value: 'pending', attempts: 3, durationMs: 1_600 });
  });

  test('is paid for by the budget, which says that it ended the polling', async () => {
    const { kinds, run } = reported({ ...polling, budget: { ratio: 0.5, burst: 2 } });

    expect(await run(() => 'pending')).toMatchObject({
      ...{ source: 'live', value: 'pending', attempts: 3, budgetExhausted: true },
    });
    expect(kinds().slice(-2)).toEqual(['budget-exhausted', 'outcome']);
  });

  test('is not asked about the value of a fallback', async () => {
    const shouldRetryResult = vi.fn(() => false);
    const { run } = reported({ shouldRetryResult }, { fallback: 'pending' });

    expect(await run(failing)).toMatchObject({ source: 'fallback', value: 'pending' });
    expect(shouldRetryResult).not.toHaveBeenCalled();
  });

  test('ends when the caller aborts during a wait', async () => {
    const clock = fakeClock();
    const policy = retry({ ...polling, backoff: () => 100, clock });
    const controller = new AbortController();
    const run = errorOf(policy.execute(() => 'pending', { signal: controller.signal }));
    await clock.advance(50);
    controller.abort('gone');

    expect(await run).toBe('gone');
    expect(clock.pending).toBe(0);
  });
});
