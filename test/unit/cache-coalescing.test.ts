import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import type { CallContext } from '../../lib/core/execution.ts';
import { invocationContext } from '../../lib/core/invocation-context.ts';
import { remainingMs } from '../../lib/deadline/next-hop.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { hedge } from '../../lib/policy/hedge.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { timeout } from '../../lib/policy/timeout.ts';
import { settle } from '../../lib/testing/index.ts';
import { cached, numbered } from '../support/cached.ts';
import { errorOf } from '../support/dependency.ts';
import { failing, never, outage } from '../support/outcomes.ts';
import { recordingBreaker } from '../support/recording-breaker.ts';

const KEY = { key: '7' };

describe('calls for one key that come at once', () => {
  test('make one load, and all get its value', async () => {
    const { clock, kept } = cached<string>();
    const { call, signals } = numbered(clock, 100);
    const runs = Array.from({ length: 10 }, () => kept.execute(call, KEY));
    const other = kept.execute(() => 'other', { key: '8' });
    await clock.advance(100);

    expect(await Promise.all(runs)).toEqual(Array(10).fill('1'));
    expect(await other).toBe('other');
    expect(signals).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test('all fail with a load that fails, and the next one loads anew', async () => {
    const { clock, kept } = cached<string>();
    const failsLater = () =>
      new Promise<string>((_, reject) => void clock.after(100, () => reject(outage())));
    const runs = Array.from({ length: 3 }, () => errorOf(kept.execute(failsLater, KEY)));
    await clock.advance(100);

    expect(await Promise.all(runs)).toEqual([outage(), outage(), outage()]);
    expect(await kept.execute(() => 'fine', KEY)).toBe('fine');
  });

  test('are limited by their own time and signal, the first one too', async () => {
    const { clock, kept } = cached<string>();
    const { call, signals } = numbered(clock, 100);
    const controller = new AbortController();
    const first = errorOf(kept.execute(call, { ...KEY, remainingMs: 30 }));
    const patient = kept.execute(call, KEY);
    const gone = errorOf(kept.execute(call, { ...KEY, signal: controller.signal }));
    await clock.advance(30);
    expect(await first).toMatchObject({ limit: "caller's time limit", called: true });
    controller.abort('gone');
    expect(await gone).toBe('gone');
    await clock.advance(70);

    expect(await patient).toBe('1');
    expect(signals).toHaveLength(1);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('have their load aborted when the last of them leaves, for its reason, and not before', async () => {
    const { clock, kept } = cached<string>();
    const { call, signals } = numbered(clock, 100);
    const [one, other] = [new AbortController(), new AbortController()];
    const runs = [one, other].map(({ signal }) => errorOf(kept.execute(call, { ...KEY, signal })));
    await settle();
    one.abort('one');
    await settle();
    expect(signals[0]?.aborted).toBe(false);
    other.abort('other');
    await settle();
    expect(signals[0]?.reason).toBe('other');
    // The next one loads anew, at once.
    const next = kept.execute(call, KEY);
    await clock.advance(100);

    expect(await Promise.all(runs)).toEqual(['one', 'other']);
    expect(await next).toBe('2');
    expect(clock.pending).toBe(0);
  });

  test('never fail with a load that is given up at this very moment', async () => {
    for (let turns = 0; turns < 20; turns++) {
      const { clock, kept } = cached<string>();
      const { call } = numbered(clock, 100);
      const controller = new AbortController();
      const gone = errorOf(kept.execute(call, { ...KEY, signal: controller.signal }));
      await settle();
      controller.abort('gone');
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      const next = kept.execute(call, KEY);
      await clock.advance(100);

      expect(await gone).toBe('gone');
      expect(['1', '2']).toContain(await next);
    }
  });

  test('do not wait for a load that was given up and ignores its signal', async () => {
    const { clock, kept } = cached<string>();
    const left = errorOf(kept.execute(never, { ...KEY, remainingMs: 10 }));
    await clock.advance(10);
    await left;

    expect(await kept.execute(() => 'fine', KEY)).toBe('fine');
  });

  test('wait no longer than a load may take; a call that joined it makes another one in the time that it has left', async () => {
    const { clock, kept } = cached<string>();
    const run = errorOf(kept.execute(never, KEY));
    await clock.advance(5_000);
    const joined = [{}, { remainingMs: 8_000 }, { remainingMs: 4_000 }].map((limit) =>
      errorOf(kept.execute(never, { ...KEY, ...limit })),
    );
    await clock.advance(5_000);
    expect(await run).toMatchObject({ code: 'DEADLINE_EXCEEDED', limit: 'total timeout', called: true });
    expect(await joined[2]).toMatchObject({ limit: "caller's time limit" });
    const later = kept.execute(never, KEY);
    await clock.advance(3_000);
    expect(await joined[1]).toMatchObject({ limit: "caller's time limit" });
    await clock.advance(7_000);

    expect(await joined[0]).toMatchObject({ code: 'DEADLINE_EXCEEDED', limit: 'total timeout' });
    expect(await errorOf(later)).toBe(await joined[0]);
    expect(clock.pending).toBe(0);
  });

  test('get the value of another load where the one that they joined began long before', async () => {
    const { clock, kept } = cached<string>({ staleWhileRevalidateMs: 500 });
    kept.set('7', 'old');
    await clock.advance(1_400);
    expect(await kept.execute(never, KEY)).toBe('old');
    await clock.freeze(9_900);
    // What began before the freeze has 100 ms left.
    const joined = kept.execute(() => 'new', KEY);
    await clock.advance(100);

    expect(await joined).toBe('new');
  });

  test('do not wait for a load that is overdue after a freeze', async () => {
    const { clock, kept } = cached<string>();
    const frozen = errorOf(kept.execute(never, KEY));
    await settle();
    clock.jump(10_000);

    expect(await kept.execute(() => 'fine', KEY)).toBe('fine');
    await clock.advance(10_000);
    expect(await frozen).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(await errorOf(kept.execute(failing, { key: '8' }))).toBeInstanceOf(Error);
  });

  test('do not take a value for fresh whose answer had waited during a freeze', async () => {
    const { clock, kept } = cached<string>();
    const { call } = numbered(clock, 100);
    const frozen = kept.execute(call, KEY);
    await clock.freeze(5_000);

    expect(await frozen).toBe('1');
    expect(await kept.execute(() => 'new', KEY)).toBe('new');
  });

  test('in a load of the same key make their own call, and do not wait for themselves', async () => {
    const { kept } = cached<string>();
    const outer = kept.execute(async () => `outer of ${await kept.execute(() => 'inner', KEY)}`, KEY);

    expect(await outer).toBe('outer of inner');
  });
});

describe('a load in a policy', () => {
  test('counts for the call that made it, and its value is live for those who waited', async () => {
    const { clock, kept } = cached<string>();
    const posts = resilient<string>({ name: 'posts', clock, cache: kept, retry: { baseDelayMs: 1 } });
    const { call, signals } = numbered(clock, 100);
    const failsOnce = async (context: CallContext) => {
      if (context.attempt === 1) return failing();
      return call(context);
    };
    const first = posts.outcome(failsOnce, KEY);
    await clock.advance(20);
    const joined = posts.outcome(failsOnce, KEY);
    await clock.advance(100);
    const hit = await posts.outcome(failsOnce, KEY);

    expect(await first).toMatchObject({ source: 'live', value: '1', attempts: 2 });
    expect(await joined).toMatchObject({ source: 'live', degraded: false, value: '1', attempts: 0 });
    expect((await joined).durationMs).toBeLessThan((await first).durationMs);
    expect(hit).toEqual({
      ...{ source: 'cache', degraded: false, value: '1', attempts: 0, durationMs: 0 },
      budgetExhausted: false,
      hedgeWon: false,
    });
    expect(signals).toHaveLength(1);
  });

  test('says of the call that made it that its retry budget is empty', async () => {
    const { clock, kept } = cached<string>();
    const retry = { budget: { ratio: 0.1, burst: 0 } };
    const posts = resilient<string>({ name: 'posts', clock, cache: kept, retry });

    expect(await posts.outcome(failing, KEY)).toMatchObject({
      source: 'none',
      budgetExhausted: true,
      attempts: 1,
    });
  });

  test('is ended by the total timeout, which counts against the dependency', async () => {
    const { clock, kept } = cached<string>();
    const { breaker, recorded } = recordingBreaker(clock);
    const limits = { attemptTimeoutMs: false, totalTimeoutMs: 500 } as const;
    const posts = resilient<string>({ name: 'posts', clock, cache: kept, breaker, ...limits });
    const run = posts.outcome(never, KEY);
    await clock.advance(500);

    expect(await run).toMatchObject({ source: 'none', error: { limit: 'total timeout' }, attempts: 1 });
    expect(recorded).toEqual([{ failed: true, slow: false }]);
    expect(clock.pending).toBe(0);
  });

  test('that is given up says nothing about the dependency', async () => {
    const { clock, kept } = cached<string>();
    const { breaker, recorded } = recordingBreaker(clock);
    const posts = resilient<string>({ name: 'posts', clock, cache: kept, breaker });
    const run = posts.outcome(never, { ...KEY, remainingMs: 50 });
    await clock.advance(50);

    expect(await run).toMatchObject({ source: 'none', durationMs: 50 });
    expect(recorded).toEqual(['released']);
  });

  test('takes no longer than loadTimeoutMs', async () => {
    const { clock, kept } = cached<string>({ loadTimeoutMs: 100 });
    const posts = resilient<string>({ name: 'posts', clock, cache: kept });
    const run = posts.outcome(never, KEY);
    await clock.advance(100);

    expect(await run).toMatchObject({ source: 'none', durationMs: 100 - 5 });
  });

  test('has a listener of the policy hear of each call, by the name of the cache', async () => {
    const { clock, kept } = cached<string>({ onEvent: () => expect.unreachable() });
    const results: unknown[] = [];
    const posts = resilient<string>({
      ...{ name: 'posts', clock, cache: kept },
      onEvent: (event) => event.kind === 'cache' && results.push([event.name, event.result]),
    });
    const { call } = numbered(clock, 100);
    const runs = [posts.execute(call, KEY), posts.execute(call, KEY)];
    await clock.advance(100);
    await Promise.all(runs);
    await posts.execute(call, KEY);
    await posts.execute(() => 'no key');

    expect(results).toEqual([
      ['kept', 'coalesced'],
      ['kept', 'miss'],
      ['kept', 'hit'],
    ]);
  });

  test('says whether its value is that of a hedge', async () => {
    const { clock, kept } = cached<string>();
    const posts = resilient<string>({ name: 'posts', cache: kept, hedge: hedge({ delayMs: 100 }), clock });
    const run = posts.outcome(({ attempt }) => (attempt === 1 ? never() : 'second'), KEY);
    await clock.advance(100);

    expect(await run).toMatchObject({ value: 'second', source: 'live', attempts: 2, hedgeWon: true });
    expect(await posts.outcome(never, KEY)).toMatchObject({
      value: 'second',
      source: 'cache',
      hedgeWon: false,
    });
  });

  test.each([[{ ttlMs: 1_000 }], [() => undefined], [true]])('refuses %o as a cache', (given) => {
    expect(() => resilient({ name: 'posts', cache: given as never })).toThrow(
      /resilient: expected `cache` to be what `cache\(\{ name, ttlMs \}\) of fibrin\/cache` gives or false, got/,
    );
  });

  test('is off where the cache is false', async () => {
    const posts = resilient<string>({ name: 'posts', cache: false });
    const call = vi.fn(() => 'fine');
    for (let calls = 0; calls < 2; calls++) await posts.execute(call, KEY);

    expect(call).toHaveBeenCalledTimes(2);
  });
});

describe('the context of a load', () => {
  test('is no invocation: one that answers ends no load that another one waits for', async () => {
    const { clock, kept } = cached<string>();
    const posts = resilient<string>({ name: 'posts', clock, cache: kept });
    const { call, signals } = numbered(clock, 200);
    const invoke = (totalTimeoutMs: number) =>
      withDeadline({ clock, totalTimeoutMs, reserveMs: 0 }, () => posts.outcome(call, KEY))({}, {});
    const short = errorOf(invoke(50));
    const long = invoke(5_000);
    await clock.advance(200);

    expect(await short).toMatchObject({ limit: "invocation's deadline" });
    expect(await long).toMatchObject({ source: 'live', value: '1' });
    expect(signals).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test('is no attempt of an outer call: one that is over ends no load, and the breaker counts that', async () => {
    const { clock, kept } = cached<string>();
    const { breaker, recorded } = recordingBreaker(clock);
    const posts = resilient<string>({ name: 'posts', clock, cache: kept, breaker });
    const outer = timeout({ timeoutMs: 50, clock });
    const { call, signals } = numbered(clock, 200);
    const invocation = withDeadline({ clock, totalTimeoutMs: 5_000, reserveMs: 0 }, () =>
      errorOf(outer.execute(() => posts.execute(call, KEY))),
    )({}, {});
    const joined = posts.outcome(call, KEY);
    await clock.advance(200);

    expect(await invocation).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
    expect(await joined).toMatchObject({ source: 'live', value: '1' });
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    expect(recorded).toEqual([{ failed: false, slow: false }]);
  });

  test('is that of the load for listeners of its signal, too', async () => {
    const { clock, kept } = cached<string>();
    const controller = new AbortController();
    let left: unknown = 'none yet';
    const invocation = withDeadline({ clock, totalTimeoutMs: 60_000, reserveMs: 0 }, () =>
      errorOf(
        kept.execute(
          ({ signal }) => {
            signal.addEventListener('abort', () => (left = remainingMs()));
            return never();
          },
          { ...KEY, signal: controller.signal },
        ),
      ),
    )({}, {});
    await clock.advance(10);
    controller.abort('gone');

    expect(await invocation).toBe('gone');
    expect(left).toBe(9_990);
  });

  test('has the time of the load, for what is called under policies in it', async () => {
    const { clock, kept } = cached<string>();
    const inner = timeout({ timeoutMs: 60_000, clock });
    let left: unknown;
    let inside: AbortSignal | undefined;
    const run = errorOf(
      kept.execute(
        () =>
          inner.execute(({ signal }) => {
            left = remainingMs();
            inside = signal;
            return never();
          }),
        { ...KEY, remainingMs: 100 },
      ),
    );
    await clock.advance(100);

    expect(await run).toMatchObject({ limit: "caller's time limit" });
    expect(left).toBe(10_000);
    expect(inside?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test('ends with the load, for what that has left running', async () => {
    const { kept } = cached<string>();
    let context: unknown = 'none yet';
    let later: Promise<void> | undefined;
    await kept.execute(() => {
      later = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        context = invocationContext();
      });
      return 'fine';
    }, KEY);
    await later;

    expect(context).toBeUndefined();
  });

  test('is no probe: a call in one makes its own call, under the permit that it has', async () => {
    const { clock, kept } = cached<string>();
    const breaker = circuitBreaker({ name: 'posts', clock, openMs: 100, minimumCalls: 1, probesToClose: 1 });
    const posts = resilient<string>({ name: 'posts', clock, cache: kept, breaker });
    for (let calls = 0; breaker.state === 'closed'; calls++)
      await posts.outcome(failing, { key: `${calls}` });
    await clock.advance(100);

    expect(await breaker.execute(() => posts.execute(() => 'fine', KEY))).toBe('fine');
    expect(breaker.state).toBe('closed');
    expect(kept.size).toBe(0);
  });

  test('is no probe: a call in one is reported as a miss', async () => {
    const { clock, kept } = cached<string>();
    const breaker = circuitBreaker({ name: 'posts', clock, openMs: 100, minimumCalls: 1, probesToClose: 1 });
    const results: unknown[] = [];
    const onEvent = (event: object) => results.push('result' in event && event.result);
    const posts = resilient<string>({ name: 'posts', clock, cache: kept, breaker });
    const heard = cached<string>({ clock, onEvent }).kept;
    for (let calls = 0; breaker.state === 'closed'; calls++)
      await posts.outcome(failing, { key: `${calls}` });
    await clock.advance(100);

    expect(await breaker.execute(() => heard.execute(() => 'fine', KEY))).toBe('fine');
    expect(results).toEqual(['miss']);
  });
});
