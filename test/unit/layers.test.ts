import { describe, expect, test, vi } from 'vitest';
import { injectFaults } from '../../lib/chaos/faults.ts';
import { FibrinError } from '../../lib/core/errors.ts';
import type { Invoke, Layer } from '../../lib/core/layer.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { bulkhead } from '../../lib/policy/bulkhead.ts';
import { hedge } from '../../lib/policy/hedge.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { rateLimit } from '../../lib/policy/rate-limit.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { type PlacedLayer, SLOTS, type Slot } from '../../lib/policy/slots.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { answersAfter, errorOf } from '../support/dependency.ts';
import { failing, never, outage } from '../support/outcomes.ts';
import { recordingBreaker } from '../support/recording-breaker.ts';
import { lowest } from '../support/retried.ts';

/** A layer before and after each slot, that notes what passes through it. */
function recordingLayers(notes: string[]): readonly PlacedLayer<string>[] {
  const noting =
    (place: string): Layer<string> =>
    (next) =>
    async (execution) => {
      notes.push(`${place} ${execution.attempt}`);
      try {
        const value = await next(execution);
        notes.push(`${place} gives ${value}`);
        return value;
      } catch (error) {
        notes.push(`${place} throws ${error instanceof FibrinError ? error.code : (error as Error).message}`);
        throw error;
      }
    };
  return SLOTS.flatMap((slot) => [
    { before: slot, layer: noting(`before ${slot}`) },
    { after: slot, layer: noting(`after ${slot}`) },
  ]);
}

function recorded(given: Partial<ResilientOptions<string>> = {}) {
  const clock = fakeClock();
  const notes: string[] = [];
  const policy = resilient<string>({
    ...{ name: 'posts', clock, random: lowest, ...given },
    layers: recordingLayers(notes),
  });
  const run = async (call: (context: { readonly attempt: number }) => string | Promise<string>) => {
    notes.length = 0;
    const outcome = policy.outcome(call);
    await clock.advance(60_000);
    return outcome;
  };
  return { clock, notes, policy, run };
}

const places = (slots: readonly Slot[], attempt = 1) =>
  slots.flatMap((slot) => [`before ${slot} ${attempt}`, `after ${slot} ${attempt}`]);
const endings = (slots: readonly Slot[], ending: string) =>
  slots.toReversed().flatMap((slot) => [`after ${slot} ${ending}`, `before ${slot} ${ending}`]);

const OUTER: readonly Slot[] = ['telemetry', 'fallback', 'deadline', 'cache', 'hedge'];
const INNER: readonly Slot[] = ['breaker', 'rateLimit', 'bulkhead', 'timeout', 'validation', 'faults'];

describe('the layers of a policy', () => {
  test('are in the documented order', () => {
    expect(SLOTS).toEqual([
      ...['telemetry', 'fallback', 'deadline', 'cache', 'hedge', 'retry', 'breaker', 'rateLimit'],
      ...['bulkhead', 'timeout', 'validation', 'faults'],
    ]);
  });

  const all: Partial<ResilientOptions<string>> = {
    ...{ retry: {}, breaker: {}, validate: () => true, fallback: 'stale', onEvent: () => undefined },
    ...{
      hedge: hedge({ delayMs: 100 }),
      rateLimit: rateLimit({ perSecond: 10 }),
      bulkhead: bulkhead({ limit: 10 }),
    },
    faults: injectFaults({ enabled: true, faults: [] }),
  };
  const off: Partial<ResilientOptions<string>> = {
    ...{
      hedge: false,
      retry: false,
      breaker: false,
      rateLimit: false,
      bulkhead: false,
      validate: false,
      faults: false,
    },
    ...{ totalTimeoutMs: false, attemptTimeoutMs: false },
  };

  test.each([
    ['all of its policies', all],
    ['its defaults', {}],
    ['every policy switched off', off],
  ])('are passed once by a call that succeeds, in order, with %s', async (_what, given) => {
    const { notes, run } = recorded(given);

    expect(await run(() => 'fine')).toMatchObject({ source: 'live', value: 'fine' });
    expect(notes).toEqual([...places(SLOTS), ...endings(SLOTS, 'gives fine')]);
  });

  test('within the retry are passed by each attempt, and the others once', async () => {
    const { notes, run } = recorded({ retry: { maxAttempts: 2 } });

    await run(({ attempt }) => (attempt === 1 ? failing() : 'fine'));

    expect(notes).toEqual([
      ...places(OUTER),
      'before retry 1',
      'after retry 1',
      ...places(INNER),
      ...endings(INNER, 'throws outage'),
      'after retry throws outage',
      'after retry 2',
      ...places(INNER, 2),
      ...endings(INNER, 'gives fine'),
      'after retry gives fine',
      'before retry gives fine',
      ...endings(OUTER, 'gives fine'),
    ]);
  });

  test('within the breaker are not passed by a call that it rejects', async () => {
    const { notes, policy, run } = recorded({ breaker: {}, fallback: 'stale', retry: {} });
    await policy.breaker?.force('open');
    await run(() => 'fine');

    expect(notes).toEqual([
      ...places(OUTER),
      'before retry 1',
      'after retry 1',
      'before breaker 1',
      'before breaker throws BREAKER_OPEN',
      'after retry throws BREAKER_OPEN',
      'before retry throws BREAKER_OPEN',
      ...endings(['deadline', 'cache', 'hedge'], 'throws BREAKER_OPEN'),
      'after fallback throws BREAKER_OPEN',
      'before fallback gives stale',
      ...endings(['telemetry'], 'gives stale'),
    ]);
  });

  test('see a timeout outside of the timeout alone', async () => {
    const { notes, run } = recorded();
    await run(never);

    expect(notes.filter((note) => note.includes('throws'))).toEqual([
      'before timeout throws ATTEMPT_TIMEOUT',
      ...endings([...OUTER, 'retry', 'breaker', 'rateLimit', 'bulkhead'], 'throws ATTEMPT_TIMEOUT'),
    ]);
  });

  test('see an invalid value outside of the validation alone', async () => {
    const { notes, run } = recorded({ validate: () => false });
    await run(() => 'bad');

    expect(notes.slice(places(SLOTS).length)).toEqual([
      ...endings(['faults'], 'gives bad'),
      'after validation gives bad',
      'before validation throws INVALID_ANSWER',
      ...endings([...OUTER, 'retry', 'breaker', 'rateLimit', 'bulkhead', 'timeout'], 'throws INVALID_ANSWER'),
    ]);
  });

  test('see an injected fault outside of the faults alone', async () => {
    const faults = injectFaults({ enabled: true, faults: [{ kind: 'error' }] });
    const { notes, run } = recorded({ faults });
    await run(() => 'fine');

    expect(notes).not.toContain('after faults 1');
    expect(notes).toContain('before faults throws INJECTED_FAULT');
  });

  test('at one place are in the order in which they are listed', async () => {
    const notes: number[] = [];
    const noting =
      (n: number): Layer<string> =>
      (next) =>
      (execution) => {
        notes.push(n);
        return next(execution);
      };
    const policy = resilient<string>({
      name: 'posts',
      layers: [
        { after: 'retry', layer: noting(1) },
        { before: 'breaker', layer: noting(3) },
        { after: 'retry', layer: noting(2) },
        { before: 'retry', layer: noting(0) },
      ],
    });
    await policy.execute(() => 'fine');

    expect(notes).toEqual([0, 1, 2, 3]);
  });

  test('are made once, when the policy is made', async () => {
    const layer = vi.fn<Layer<string>>((next) => (execution) => next(execution));
    const policy = resilient<string>({ name: 'posts', layers: [{ after: 'retry', layer }] });
    expect(layer).toHaveBeenCalledTimes(1);
    await Promise.all([policy.execute(() => 'fine'), policy.execute(() => 'fine')]);

    expect(layer).toHaveBeenCalledTimes(1);
  });
});

describe('a placed layer', () => {
  const layer: Layer<unknown> = (next) => next;

  test.each<readonly [unknown, string]>([
    [{ before: 'function', layer }, 'expected `before` to be one of telemetry, fallback, deadline, cache'],
    [{ after: 'Retry', layer }, 'expected `after` to be one of telemetry'],
    [{ before: 'retry', after: 'retry', layer }, 'expected one of `before` and `after`'],
    [{ before: 'retry', after: 'breaker', layer }, 'expected one of `before` and `after`'],
    [{ layer }, 'expected one of `before` and `after`'],
    [{ before: undefined, after: undefined, layer }, 'expected one of `before` and `after`'],
    [{ before: 'retry' }, 'expected `layer` to be a function'],
    [{ before: 'retry', layer: {} }, 'expected `layer` to be a function'],
    [{ before: 'retry', layer, name: 'x' }, 'unknown option `name`'],
    [layer, 'layers[0]: expected an options object'],
    [null, 'layers[0]: expected an options object'],
    [{ before: 'retry', layer: () => undefined }, 'layers[0]: expected `layer` to return a function'],
    [{ before: 'retry', layer: async () => layer }, 'layers[0]: expected `layer` to return a function'],
  ])('is refused at construction: %j', (placed, message) => {
    const construct = () => resilient({ name: 'posts', layers: [placed as PlacedLayer<unknown>] });

    expect(construct).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(construct).toThrow(message);
  });

  test('is named by its number', () => {
    const construct = () =>
      resilient({
        name: 'posts',
        layers: [{ before: 'retry', layer }, { before: 'nowhere', layer } as never],
      });

    expect(construct).toThrow('resilient "posts".layers[1]: expected `before`');
  });
});

/** A policy with one layer of a user, and what it reports and counts. */
function withLayer(layer: Layer<unknown>, slot: Slot, given: Partial<ResilientOptions<unknown>> = {}) {
  const clock = fakeClock();
  const events: PolicyEvent[] = [];
  const { breaker, recorded: counted } = recordingBreaker(clock);
  const policy = resilient<unknown>({
    ...{ name: 'posts', clock, random: lowest, breaker, layers: [{ before: slot, layer }], ...given },
    onEvent: (event) => events.push(event),
  });
  return { clock, events, counted, policy };
}

const THROWN = Object.assign(new Error('bad'), { status: 404 });
const throwsAtOnce: Invoke<never> = () => {
  throw THROWN;
};

describe.each(SLOTS)('a layer of a user before %s', (slot) => {
  test('may throw at once', async () => {
    const { policy } = withLayer(() => throwsAtOnce, slot);

    expect(await errorOf(policy.execute(() => 'fine'))).toBe(THROWN);
    expect(await policy.outcome(() => 'fine')).toMatchObject({ source: 'none', error: THROWN });
  });

  test('may give a value at once', async () => {
    const { policy, counted } = withLayer(() => () => 'cached' as never, slot);
    const call = vi.fn(() => 'fine');

    expect(await policy.outcome(call)).toMatchObject({ source: 'live', value: 'cached', attempts: 0 });
    expect(call).not.toHaveBeenCalled();
    expect(counted.filter((outcome) => outcome !== 'released')).toEqual([]);
  });

  test('may throw before it calls the next one, which no breaker counts', async () => {
    const { policy, counted } = withLayer(() => async () => Promise.reject(outage()), slot);
    await policy.outcome(() => 'fine');

    expect(counted.filter((outcome) => outcome !== 'released')).toEqual([]);
  });

  test('may hang, and is ended by the total timeout where that is outside of it', async () => {
    const { clock, policy } = withLayer(() => never, slot, { totalTimeoutMs: 2_000 });
    const settled = vi.fn();
    void policy.outcome(() => 'fine').then(settled);
    await clock.advance(2_000);

    const isInside = SLOTS.indexOf(slot) > SLOTS.indexOf('deadline');
    expect(settled.mock.calls.length).toBe(isInside ? 1 : 0);
    if (isInside) {
      expect(settled).toHaveBeenCalledWith(
        expect.objectContaining({ source: 'none', error: expect.objectContaining({ status: 504 }) }),
      );
    }
  });

  test('may hang after the call, and is ended by the total timeout where that is outside of it', async () => {
    const hangsAfter: Layer<unknown> = (next) => (execution) => next(execution).then(never);
    const { clock, policy } = withLayer(hangsAfter, slot, { totalTimeoutMs: 2_000, attemptTimeoutMs: false });
    const settled = vi.fn();
    void policy.outcome(() => 'fine').then(settled);
    await clock.advance(2_000);

    expect(settled.mock.calls.length).toBe(SLOTS.indexOf(slot) > SLOTS.indexOf('deadline') ? 1 : 0);
  });
});

describe('the total timeout around a layer of a user', () => {
  test('names itself, and says whether the function was called', async () => {
    const hangsAfter: Layer<unknown> = (next) => (execution) => next(execution).then(never);
    for (const [layer, called] of [
      [() => never, false],
      [hangsAfter, true],
    ] as const) {
      const { clock, policy } = withLayer(layer, 'retry', { totalTimeoutMs: 2_000 });
      const run = policy.outcome(() => 'fine');
      await clock.advance(2_000);

      expect((await run).error).toMatchObject({ limit: 'total timeout', called });
      expect(clock.pending).toBe(0);
    }
  });

  test('counts against a dependency that hangs in the first attempt', async () => {
    const passes: Layer<unknown> = (next) => (execution) => next(execution);
    const { clock, policy, counted, events } = withLayer(passes, 'retry', { totalTimeoutMs: 2_000 });
    const run = policy.outcome(never);
    await clock.advance(2_000);

    expect(await run).toMatchObject({ source: 'none', attempts: 1 });
    expect(counted).toEqual([{ failed: true, slow: false }]);
    expect(events.map(({ kind }) => kind)).toEqual(['attempt', 'outcome']);
  });

  test('ends with the reason of a caller that aborts, and aborts what is inside', async () => {
    const seen: AbortSignal[] = [];
    const hangs: Layer<unknown> = () => (execution) => {
      seen.push(execution.signal);
      return never();
    };
    const { clock, policy } = withLayer(hangs, 'retry');
    const controller = new AbortController();
    const run = errorOf(policy.execute(() => 'fine', { signal: controller.signal }));
    await clock.advance(10);
    controller.abort('gone');

    expect(await run).toBe('gone');
    expect(seen.map(({ reason }) => reason)).toEqual(['gone']);
    expect(clock.pending).toBe(0);
  });

  test('does not shorten a call that answers in time', async () => {
    const passes: Layer<unknown> = (next) => (execution) => next(execution);
    const { clock, policy } = withLayer(passes, 'retry', { totalTimeoutMs: 2_000 });
    const run = policy.outcome(answersAfter(clock, 1_990));
    await clock.advance(2_000);

    expect(await run).toMatchObject({ source: 'live', durationMs: 1_990 });
  });
});
