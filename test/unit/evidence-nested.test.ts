import { describe, expect, test } from 'vitest';
import type { Call, CallContext, ExecuteOptions } from '../../lib/core/execution.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { type FakeClock, fakeClock, lambdaContext } from '../../lib/testing/index.ts';
import { never, outage } from '../support/outcomes.ts';
import { recordingBreaker } from '../support/recording-breaker.ts';
import { tickingClock } from '../support/ticking-clock.ts';

type OptionsFor = (context: CallContext, clock: FakeClock) => ExecuteOptions;

/** Clocks, and what breakers keep of a call's time: nothing, or what a shared one does. */
const CLOCKS: readonly (readonly [string, number, () => FakeClock])[] = [
  ['a clock that stands still', 0, () => fakeClock()],
  ['a clock that stands still', 25, () => fakeClock()],
  ['a clock that ticks', 0, () => tickingClock(fakeClock())],
  ['a clock that ticks', 25, () => tickingClock(fakeClock())],
];

/** Two policies, the one within a call of the other, each under a breaker that keeps what is recorded. */
function nested(clock: FakeClock, optionsFor: OptionsFor, reserveMs = 0) {
  const counting = { reserveMs };
  const breakers = { outer: recordingBreaker(clock, counting), inner: recordingBreaker(clock, counting) };
  const outer = resilient<string>({
    ...{ name: 'outer', attemptTimeoutMs: 500, clock, breaker: breakers.outer.breaker },
  });
  const inner = resilient<string>({
    ...{ name: 'inner', attemptTimeoutMs: 800, clock, breaker: breakers.inner.breaker },
  });
  const run = (call: Call<string>, options: ExecuteOptions = {}) =>
    outer.outcome((context) => inner.execute(call, optionsFor(context, clock)), options);
  const recorded = () => ({ outer: breakers.outer.recorded, inner: breakers.inner.recorded });
  return { run, recorded };
}

const FAILED = { failed: true, slow: false };
const SUCCEEDED = { failed: false, slow: false };

const HANDED: readonly (readonly [string, OptionsFor])[] = [
  ['its context', (context) => context],
  ['its signal and its time', ({ signal, remainingMs }) => ({ signal, remainingMs })],
  ['its time as a number', ({ remainingMs }) => ({ remainingMs: remainingMs() })],
  ['its signal', ({ signal }) => ({ signal })],
];

/** In an invocation the inner call knows its outer one. */
const IMPLIED: readonly (readonly [string, OptionsFor])[] = [
  ['nothing', () => ({})],
  ['a signal of its own', () => ({ signal: new AbortController().signal })],
];

describe.each(CLOCKS)('a call within a call, by %s, with %d ms kept', (_clock, reserveMs, makeClock) => {
  test.each(HANDED)(
    'is not counted where the attempt of the outer one ends it, which counts its own: it hands on %s',
    async (_what, optionsFor) => {
      const clock = makeClock();
      const { run, recorded } = nested(clock, optionsFor, reserveMs);
      const done = run(never);
      await clock.advance(500);

      expect((await done).source).toBe('none');
      expect(recorded()).toEqual({ outer: [FAILED], inner: ['released'] });
      expect(clock.pending).toBe(0);
    },
  );

  test.each(HANDED)(
    'has a further attempt of the outer one follow where its attempt has ended it: it hands on %s',
    async (_what, optionsFor) => {
      const clock = makeClock();
      const inner = resilient<string>({
        ...{ name: 'inner', clock, breaker: recordingBreaker(clock, { reserveMs }).breaker },
      });
      const outer = resilient<string>({ name: 'outer', attemptTimeoutMs: 500, retry: {}, clock });
      const done = outer.outcome((context) =>
        inner.execute(context.attempt === 1 ? never : async () => 'fine', optionsFor(context, clock)),
      );
      await clock.advance(1_000);

      expect(await done).toMatchObject({ source: 'live', attempts: 2 });
    },
  );

  test.each([...IMPLIED, ...HANDED])(
    'is not counted where the attempt of the outer one ends it, which counts its own, in an invocation: it hands on %s',
    async (_what, optionsFor) => {
      const clock = makeClock();
      const { run, recorded } = nested(clock, optionsFor, reserveMs);
      const done = withDeadline({ clock }, () => run(never))({}, lambdaContext({ clock }));
      await clock.advance(500);

      expect((await done).error).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
      expect(recorded()).toEqual({ outer: [FAILED], inner: ['released'] });
      expect(clock.pending).toBe(0);
    },
  );

  test.each(HANDED)(
    'counts for neither where the caller of the outer one ends both: it hands on %s',
    async (_what, optionsFor) => {
      const clock = makeClock();
      const { run, recorded } = nested(clock, optionsFor, reserveMs);
      const done = run(never, { remainingMs: 70 });
      await clock.advance(500);

      expect((await done).source).toBe('none');
      expect(recorded()).toEqual({ outer: ['released'], inner: ['released'] });
    },
  );

  test('counts for neither where the invocation ends both', async () => {
    const clock = makeClock();
    const { run, recorded } = nested(clock, () => ({}), reserveMs);
    const done = withDeadline({ clock }, () => run(never))({}, lambdaContext({ remainingMs: 400, clock }));
    await clock.advance(500);

    expect((await done).error).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      limit: "invocation's deadline",
    });
    expect(recorded()).toEqual({ outer: ['released'], inner: ['released'] });
  });

  test('counts for both where its dependency fails', async () => {
    const clock = makeClock();
    const { run, recorded } = nested(clock, (context) => context, reserveMs);

    await run(() => Promise.reject(outage()));

    expect(recorded()).toEqual({ outer: [FAILED], inner: [FAILED] });
  });

  test('counts for both where it succeeds', async () => {
    const clock = makeClock();
    const { run, recorded } = nested(clock, (context) => context, reserveMs);

    await run(async () => 'fine');

    expect(recorded()).toEqual({ outer: [SUCCEEDED], inner: [SUCCEEDED] });
  });

  test('counts for both where its own limit was the nearer one', async () => {
    const clock = makeClock();
    const breakers = { outer: recordingBreaker(clock), inner: recordingBreaker(clock) };
    const outer = resilient<string>({
      ...{ name: 'outer', attemptTimeoutMs: 500, clock, breaker: breakers.outer.breaker },
    });
    const inner = resilient<string>({
      ...{ name: 'inner', attemptTimeoutMs: 300, clock, breaker: breakers.inner.breaker },
    });
    const done = outer.outcome((context) => inner.execute(never, context));
    await clock.advance(300);

    expect((await done).error).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
    expect([breakers.outer.recorded, breakers.inner.recorded]).toEqual([[FAILED], [FAILED]]);
  });

  test('counts its own limit that is a little nearer', async () => {
    const clock = makeClock();
    const counting = { reserveMs };
    const breakers = { outer: recordingBreaker(clock, counting), inner: recordingBreaker(clock, counting) };
    const outer = resilient<string>({
      ...{ name: 'outer', attemptTimeoutMs: 500, clock, breaker: breakers.outer.breaker },
    });
    const inner = resilient<string>({
      ...{ name: 'inner', attemptTimeoutMs: 490, clock, breaker: breakers.inner.breaker },
    });
    const done = withDeadline({ clock }, () => outer.outcome(() => inner.execute(never)))(
      {},
      lambdaContext({ clock }),
    );
    await clock.advance(500);

    expect((await done).error).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
    expect([breakers.outer.recorded, breakers.inner.recorded]).toEqual([[FAILED], [FAILED]]);
  });

  test('ends with the time of the outer attempt where that has settled without it, and is not counted', async () => {
    const clock = makeClock();
    const { breaker, recorded } = recordingBreaker(clock, { reserveMs });
    const outer = resilient<string>({ name: 'outer', attemptTimeoutMs: 500, clock });
    const inner = resilient<string>({ name: 'inner', clock, breaker, totalTimeoutMs: false });
    let left: Promise<unknown> | undefined;
    const handler = withDeadline({ clock }, async () => {
      await outer.execute(() => {
        left = inner.outcome(never);
        return 'without it';
      });
      await left;
    });
    const run = handler({}, lambdaContext({ clock }));
    await clock.advance(600);
    await run;

    expect(await left).toMatchObject({ source: 'none', error: { limit: "caller's time limit" } });
    expect(recorded).toEqual(['released']);
    expect(clock.pending).toBe(0);
  });
});
