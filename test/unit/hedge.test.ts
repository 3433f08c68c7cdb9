import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { beginCall } from '../../lib/core/execution.ts';
import { remainingMs } from '../../lib/deadline/next-hop.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { attemptsOf } from '../../lib/idempotency/proof.ts';
import { hedge } from '../../lib/policy/hedge.ts';
import type { HedgeOptions } from '../../lib/policy/hedge-options.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { fakeClock, lambdaContext, settle } from '../../lib/testing/index.ts';
import { errorOf } from '../support/dependency.ts';
import { hedged, scripted } from '../support/hedged.ts';
import { never, outage } from '../support/outcomes.ts';

const busy = (retryAfterMs: number) => Object.assign(outage(), { retryAfterMs });

describe('a hedged call', () => {
  test('that answers before the delay is made once, under one timer that is removed', async () => {
    const { clock, policy, ofKind } = hedged({ attemptTimeoutMs: false, totalTimeoutMs: false });
    const after = vi.spyOn(clock, 'after');
    const controller = new AbortController();

    expect(await policy.outcome(() => 7, { signal: controller.signal })).toMatchObject({
      ...{ value: 7, attempts: 1, hedgeWon: false },
    });
    expect(after).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    expect(ofKind('hedge')).toEqual([]);
  });

  test('that answers at the very moment of the delay is made once', async () => {
    const { run } = hedged();

    expect(await run({ 1: { ms: 100 } })).toMatchObject({ value: 1, attempts: 1 });
  });

  test('that answers while the timer of the delay fires is made once', async () => {
    let fire = () => {};
    const after = (_ms: number, run: () => void) => {
      fire = run;
      return () => {};
    };
    const policy = hedge({ delayMs: 100, clock: { ...fakeClock(), after } });
    const answer = Promise.withResolvers<number>();
    const call = vi.fn(() => {
      void answer.promise.then(() => fire());
      return answer.promise;
    });
    const run = policy.execute(call);
    answer.resolve(7);

    expect(await run).toBe(7);
    await settle();
    expect(call).toHaveBeenCalledTimes(1);
  });

  test('gives the value of the hedge that answers first, and has cancelled the other by then', async () => {
    const { clock, events, policy } = hedged();
    const { call, calledAt, signals } = scripted(clock, { 1: { ms: 500 }, 2: { ms: 30 } });
    let hadAborted: readonly boolean[] = [];
    const run = policy.outcome(call);
    void run.then(() => {
      hadAborted = signals.map(({ aborted }) => aborted);
    });
    await clock.advance(130);

    expect(await run).toMatchObject({ value: 2, attempts: 2, hedgeWon: true, durationMs: 130 });
    expect(calledAt).toEqual([0, 100]);
    expect(hadAborted).toEqual([true, false]);
    expect(signals[0]?.reason).toMatchObject({ name: 'AbortError' });
    expect(clock.pending).toBe(0);
    expect(events).toMatchObject([
      { kind: 'hedge', name: 'posts', attempt: 2 },
      { kind: 'attempt', attempt: 2, failed: false },
      { kind: 'attempt', attempt: 1, failed: false, cancelled: true, durationMs: 130 },
      { kind: 'outcome', attempts: 2, hedgeWon: true },
    ]);
  });

  test('gives the value of the first call where that answers before its hedge', async () => {
    const { clock, policy, ofKind } = hedged();
    const { call, signals } = scripted(clock, { 1: { ms: 150 } });
    const run = policy.outcome(call);
    await clock.advance(200);

    expect(await run).toMatchObject({ value: 1, attempts: 2, hedgeWon: false, durationMs: 150 });
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
    expect(ofKind('attempt')).toMatchObject([{ attempt: 1 }, { attempt: 2, cancelled: true }]);
  });

  test.each([1, 2, 4])(
    'is made %d times more at most, each a delay after the one before',
    async (maxHedges) => {
      const { clock, policy, ofKind } = hedged({}, { maxHedges });
      const { call, calledAt } = scripted(clock, {});
      const run = policy.outcome(call);
      await clock.advance(60_000);

      expect(await run).toMatchObject({ source: 'none', attempts: 1 + maxHedges, hedgeWon: false });
      expect(calledAt).toEqual(Array.from({ length: 1 + maxHedges }, (_, n) => 100 * n));
      expect(ofKind('hedge')).toMatchObject(
        Array.from({ length: maxHedges }, (_, n) => ({ attempt: n + 2 })),
      );
      expect(clock.pending).toBe(0);
    },
  );

  test('that fails before the delay is not made again, and leaves no timer', async () => {
    const { clock, policy, ofKind } = hedged();
    const error = outage();
    const run = policy.outcome(scripted(clock, { 1: { ms: 40, error } }).call);
    await clock.advance(40);

    expect(await run).toMatchObject({ source: 'none', error, attempts: 1 });
    expect(clock.pending).toBe(0);
    expect(ofKind('hedge')).toEqual([]);
  });

  test.each([
    ['first', { 1: { ms: 120, error: outage() }, 2: { ms: 300 } }, 2],
    ['hedge', { 1: { ms: 300 }, 2: { ms: 20, error: outage() } }, 1],
  ] as const)('waits for the other where one fails, and makes no third: the %s', async (_, script, value) => {
    const { run, ofKind } = hedged({}, { maxHedges: 4 });

    expect(await run(script)).toMatchObject({ source: 'live', value, attempts: 2, hedgeWon: value === 2 });
    expect(ofKind('hedge')).toHaveLength(1);
  });

  test('has the error of the first call where all fail, which notes those of the others', async () => {
    const { run } = hedged({}, { maxHedges: 2 });
    const errors = [outage(), outage(), outage()];
    const outcome = await run({
      ...{ 1: { ms: 400, error: errors[0] }, 2: { ms: 250, error: errors[1] } },
      ...{ 3: { ms: 200, error: errors[2] } },
    });

    expect(outcome.error).toBe(errors[0]);
    expect([...attemptsOf(outcome.error)]).toEqual(errors);
  });

  test('notes nothing on the reason of a caller that has aborted', async () => {
    const { clock, policy } = hedged();
    const controller = new AbortController();
    const reason = new Error('gone');
    const run = policy.outcome(scripted(clock, {}).call, { signal: controller.signal });
    await clock.advance(150);
    controller.abort(reason);

    expect(await run).toMatchObject({ error: reason, attempts: 2 });
    expect(Object.getOwnPropertySymbols(reason)).toEqual([]);
  });

  test('has the error of the first call where that is undefined', async () => {
    const { run } = hedged();

    expect(await run({ 1: { ms: 150, error: undefined }, 2: { ms: 10, error: outage() } })).toMatchObject({
      source: 'none',
      error: undefined,
      attempts: 2,
    });
  });

  test('drops what its loser ends with, and an answer that is not valid does not win', async () => {
    const { clock, policy } = hedged({ validate: (value) => value > 0 });
    const late = Promise.withResolvers<number>();
    const run = policy.outcome(({ attempt }) =>
      attempt === 1 ? late.promise : sleep(clock, 20).then(() => -1),
    );
    await clock.advance(500);
    late.resolve(7);
    await settle();

    expect(await run).toMatchObject({ value: 7, attempts: 2 });

    const deaf = Promise.withResolvers<number>();
    const other = policy.outcome(({ attempt }) => (attempt === 1 ? deaf.promise : attempt));
    await clock.advance(500);
    expect(await other).toMatchObject({ value: 2 });
    deaf.reject(outage());
    await settle();
  });

  test('is not changed by a listener that throws', async () => {
    const { run } = hedged({
      onEvent: () => {
        throw new Error('hostile');
      },
    });
    vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);

    expect(await run({ 2: { ms: 10 } })).toMatchObject({ value: 2, attempts: 2 });
  });

  test('earns once, also where its loser answers later, and spends nothing for a caller that has aborted', async () => {
    const clock = fakeClock();
    const budget = { earn: vi.fn(), spend: vi.fn(() => true) };
    const tools = { name: 'posts', clock, budget, earns: true, reserveMs: 0 };
    const invoke = hedge({ delayMs: 100 }).layerWith(tools)<number>(({ attempt }) =>
      sleep(clock, attempt === 1 ? 500 : 10).then(() => attempt),
    );
    const run = invoke(beginCall(clock, never));
    await clock.advance(1_000);
    expect(await run).toBe(2);
    expect([budget.earn.mock.calls.length, budget.spend.mock.calls.length]).toEqual([1, 1]);

    const controller = new AbortController();
    void invoke(beginCall(clock, never, { signal: controller.signal }));
    controller.abort('gone');
    await clock.advance(1_000);
    expect(budget.spend).toHaveBeenCalledTimes(1);
  });

  test('rejects with what a layer within throws at once', async () => {
    const clock = fakeClock();
    const error = new Error('at once');
    const tools = { name: 'posts', clock, budget: { earn: vi.fn(), spend: () => true }, earns: true };
    const invoke = hedge({ delayMs: 100 }).layerWith({ ...tools, reserveMs: 0 })(() => {
      throw error;
    });

    expect(await errorOf(invoke(beginCall(clock, never)))).toBe(error);
    expect(clock.pending).toBe(0);
  });

  test('is one of several at once, each with a hedge of its own', async () => {
    const { clock, policy } = hedged();
    const runs = Array.from({ length: 4 }, (_, n) =>
      policy.outcome(scripted(clock, n % 2 ? { 1: { ms: 300 } } : { 2: { ms: 10 * n } }).call),
    );
    await clock.advance(1_000);

    expect(await Promise.all(runs)).toMatchObject(
      [0, 1, 2, 3].map((n) =>
        n % 2 ? { value: 1, durationMs: 300 } : { value: 2, durationMs: 100 + 10 * n },
      ),
    );
  });
});

describe('the retries of a hedged call', () => {
  test('are those of each branch, whose attempts have numbers of their own', async () => {
    const { clock, policy, ofKind } = hedged({ retry: { maxAttempts: 2, backoff: () => 10 } });
    const { call, calledAt } = scripted(clock, {
      ...{ 1: { ms: 150, error: outage() }, 2: { ms: 70, error: outage() } },
      ...{ 3: { ms: 100, error: outage() }, 4: { ms: 50, error: outage() } },
    });
    const run = policy.outcome(call);
    await clock.advance(1_000);

    expect(await run).toMatchObject({ source: 'none', attempts: 4 });
    expect(calledAt).toEqual([0, 100, 160, 180]);
    expect(ofKind('retry')).toMatchObject([{ attempt: 3 }, { attempt: 4 }]);
    expect([...attemptsOf((await run).error)]).toHaveLength(4);
  });

  test('do not go on in the branch that has lost, neither from a wait nor from an attempt', async () => {
    const { clock, policy } = hedged({ retry: { maxAttempts: 4 } });
    const { call } = scripted(clock, { 1: { ms: 110, error: busy(500) }, 2: { ms: 50 } });
    const run = policy.outcome(call);
    await clock.advance(10_000);
    expect(await run).toMatchObject({ value: 2, attempts: 2 });

    const other = policy.outcome(({ attempt, signal }) =>
      attempt === 2
        ? sleep(clock, 50).then(() => 2)
        : sleep(clock, 1e6, signal).then(never, () => {
            throw outage();
          }),
    );
    await clock.advance(10_000);
    expect(await other).toMatchObject({ value: 2, attempts: 2 });
    expect(clock.pending).toBe(0);
  });

  test('keep the wait that the dependency asks for: no hedge is made once an attempt has failed', async () => {
    const { clock, policy, ofKind } = hedged({ retry: {} });
    const { call, calledAt } = scripted(clock, { 1: { ms: 20, error: busy(1_000) }, 2: { ms: 400 } });
    const run = policy.outcome(call);
    await clock.advance(10_000);

    expect(await run).toMatchObject({ value: 2, attempts: 2, hedgeWon: false });
    expect(calledAt).toEqual([0, 1_020]);
    expect(ofKind('hedge')).toEqual([]);
  });
});

describe('no hedge is made', () => {
  test.each([
    [300, 2],
    [200, 2],
    [199, 1],
    [150, 1],
  ])('where less than the delay is left: of %d ms, %d calls', async (leftMs, attempts) => {
    const { run } = hedged();

    expect(await run({}, { remainingMs: leftMs })).toMatchObject({ source: 'none', attempts });
  });

  test('within the time that is kept for the report of a breaker', async () => {
    const { run } = hedged({ totalTimeoutMs: 204, layers: [{ after: 'retry', layer: (next) => next }] });

    // Five milliseconds are kept where a layer of a user's own is placed.
    expect(await run({})).toMatchObject({ source: 'none', attempts: 1 });
  });

  test('for a caller that has aborted before, or in the meantime', async () => {
    const { clock, policy } = hedged();
    const { call, calledAt } = scripted(clock, {});
    expect(await policy.outcome(call, { signal: AbortSignal.abort('gone') })).toMatchObject({
      ...{ error: 'gone', attempts: 0 },
    });
    expect(clock.pending).toBe(0);

    const controller = new AbortController();
    const run = policy.outcome(call, { signal: controller.signal });
    await clock.advance(50);
    controller.abort('gone');
    await clock.advance(200);
    expect(await run).toMatchObject({ error: 'gone', attempts: 1 });
    expect(calledAt).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test('for a caller that has aborted a call which does not listen', async () => {
    const clock = fakeClock();
    const policy = hedge({ delayMs: 100, clock });
    const controller = new AbortController();
    const call = vi.fn(never);
    void policy.execute(call, { signal: controller.signal });
    controller.abort('gone');
    await clock.advance(1_000);

    expect(call).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });

  test('when the invocation has given its answer', async () => {
    const { clock, policy } = hedged();
    const { call, calledAt } = scripted(clock, {});
    const handler = withDeadline({ clock }, async () => {
      void policy.outcome(call);
      return 'answer';
    });
    await handler({}, lambdaContext({ clock }));
    await clock.advance(10_000);

    expect(calledAt).toEqual([0]);
  });
});

describe('a hedge', () => {
  test("knows the invocation's time, and is aborted with the call by its caller", async () => {
    const { clock, policy } = hedged();
    const left: unknown[] = [];
    const signals: AbortSignal[] = [];
    const controller = new AbortController();
    const handler = withDeadline({ clock, totalTimeoutMs: 1_000, reserveMs: 0 }, () =>
      policy.outcome(
        ({ signal }) => {
          left.push(remainingMs());
          signals.push(signal);
          return never();
        },
        { signal: controller.signal },
      ),
    );
    const run = handler({}, lambdaContext({ clock }));
    await clock.advance(150);
    controller.abort('gone');
    await clock.advance(0);

    expect(await run).toMatchObject({ error: 'gone', attempts: 2 });
    expect(left).toEqual([1_000, 900]);
    expect(signals.map(({ reason }) => reason)).toEqual(['gone', 'gone']);
    expect(clock.pending).toBe(0);
  });

  test('is ended by the total timeout together with the first call', async () => {
    const { run, clock } = hedged({ totalTimeoutMs: 1_000, attemptTimeoutMs: false });

    expect(await run({})).toMatchObject({
      ...{ error: { limit: 'total timeout', called: true }, attempts: 2, durationMs: 1_000 },
    });
    expect(clock.pending).toBe(0);
  });
});

describe('a freeze', () => {
  test('of 500 ms past the delay makes no hedge at the thaw, where the answer may be there', async () => {
    const { clock, policy } = hedged({ attemptTimeoutMs: 3_000 });
    const { call, calledAt } = scripted(clock, { 1: { ms: 550 } });
    const run = policy.outcome(call);
    await clock.freeze(600);

    expect(await run).toMatchObject({ value: 1, attempts: 1 });
    expect(calledAt).toEqual([0]);
    expect(clock.pending).toBe(0);
  });

  test('puts the hedge off by another delay where the answer has not come', async () => {
    const { clock, policy } = hedged({ attemptTimeoutMs: 5_000 });
    const { call, calledAt } = scripted(clock, { 2: { ms: 10 } });
    const run = policy.outcome(call);
    await clock.freeze(700);
    await clock.freeze(700);
    await clock.advance(1_000);

    expect(await run).toMatchObject({ value: 2, attempts: 2 });
    expect(calledAt).toEqual([0, 1_500]);
  });

  test('of less makes the hedge late', async () => {
    const { clock, policy } = hedged();
    const { call, calledAt } = scripted(clock, { 2: { ms: 10 } });
    const run = policy.outcome(call);
    await clock.freeze(599);
    await clock.advance(100);

    expect(await run).toMatchObject({ value: 2 });
    expect(calledAt).toEqual([0, 599]);
  });
});

describe('the options of hedging', () => {
  test.each<[object, string]>([
    [{}, 'expected `delayMs` to be a number of milliseconds from 1 to 60000'],
    [{ delayMs: 0 }, '`delayMs`'],
    [{ delayMs: 60_001 }, '`delayMs`'],
    [{ delayMs: 100, maxHedges: 0 }, 'expected `maxHedges` to be an integer from 1 to 4'],
    [{ delayMs: 100, maxHedges: 5 }, '`maxHedges`'],
    [{ delayMs: 100, budget: false }, 'unknown option `budget`'],
  ])('are refused where one is wrong: %j', (wrong, message) => {
    expect(() => hedge(wrong as HedgeOptions)).toThrow(message);
  });

  test.each([{ delayMs: 100 }, true, null, 5])('are no hedging by themselves: %j', (given) => {
    expect(() => resilient({ name: 'posts', hedge: given as never })).toThrow(
      'expected `hedge` to be what `hedge({ delayMs })` gives',
    );
  });

  test.each<[number, Partial<ResilientOptions<string>>, boolean]>([
    [3_000, {}, false],
    [2_999, {}, true],
    [500, { totalTimeoutMs: 999 }, false],
    [500, { totalTimeoutMs: 1_000 }, true],
    [60_000, { totalTimeoutMs: false, attemptTimeoutMs: false }, true],
  ])('are refused where no hedge could be made or answer: %d ms with %j', (delayMs, limits, isFine) => {
    const construct = () => resilient<string>({ name: 'posts', hedge: hedge({ delayMs }), ...limits });

    if (isFine) expect(construct).not.toThrow();
    else expect(construct).toThrow(/expected `delayMs` to be below `attemptTimeoutMs`, and at most half/);
  });

  test('are off with false', async () => {
    const { run } = hedged({ hedge: false });

    expect(await run({})).toMatchObject({ attempts: 1 });
  });
});
