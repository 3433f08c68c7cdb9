import { describe, expect, test } from 'vitest';
import type { Call, CallContext, ExecuteOptions } from '../../lib/core/execution.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { type FakeClock, fakeClock, lambdaContext } from '../../lib/testing/index.ts';
import { never, outage } from '../support/outcomes.ts';
import { recordingBreaker } from '../support/recording-breaker.ts';
import { tickingClock } from '../support/ticking-clock.ts';

type OptionsFor = (context: CallContext, clock: FakeClock) => ExecuteOptions;

const CLOCKS: readonly (readonly [string, () => FakeClock])[] = [
  ['a clock that stands still', () => fakeClock()],
  ['a clock that ticks', () => tickingClock(fakeClock())],
];

/** Two policies, the one within a call of the other, each under a breaker that keeps what is recorded. */
function nested(clock: FakeClock, optionsFor: OptionsFor) {
  const breakers = { outer: recordingBreaker(clock), inner: recordingBreaker(clock) };
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

describe.each(CLOCKS)('a call within a call, by %s', (_clock, makeClock) => {
  test.each(HANDED)(
    'is not counted where the attempt of the outer one ends it, which counts its own: it hands on %s',
    async (_what, optionsFor) => {
      const clock = makeClock();
      const { run, recorded } = nested(clock, optionsFor);
      const done = run(never);
      await clock.advance(500);

      expect((await done).source).toBe('none');
      expect(recorded()).toEqual({ outer: [FAILED], inner: ['released'] });
      expect(clock.pending).toBe(0);
    },
  );

  test.each([...IMPLIED, ...HANDED])(
    'is not counted where the attempt of the outer one ends it, which counts its own, in an invocation: it hands on %s',
    async (_what, optionsFor) => {
      const clock = makeClock();
      const { run, recorded } = nested(clock, optionsFor);
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
      const { run, recorded } = nested(clock, optionsFor);
      const done = run(never, { remainingMs: 70 });
      await clock.advance(500);

      expect((await done).source).toBe('none');
      expect(recorded()).toEqual({ outer: ['released'], inner: ['released'] });
    },
  );

  test('counts for neither where the invocation ends both', async () => {
    const clock = makeClock();
    const { run, recorded } = nested(clock, () => ({}));
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
    const { run, recorded } = nested(clock, (context) => context);

    await run(() => Promise.reject(outage()));

    expect(recorded()).toEqual({ outer: [FAILED], inner: [FAILED] });
  });

  test('counts for both where it succeeds', async () => {
    const clock = makeClock();
    const { run, recorded } = nested(clock, (context) => context);

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
});
