import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { sleep } from '../../lib/core/clock.ts';
import { StoreError } from '../../lib/core/errors.ts';
import type { Call, ExecuteOptions } from '../../lib/core/execution.ts';
import type { Layer } from '../../lib/core/layer.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { fallback } from '../../lib/policy/fallback.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { retry } from '../../lib/policy/retry.ts';
import { timeout } from '../../lib/policy/timeout.ts';
import { validation } from '../../lib/policy/validate.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { type FakeClock, fakeClock, seededRandom } from '../../lib/testing/index.ts';
import { answersAfter, errorOf } from '../support/dependency.ts';
import { failing, never } from '../support/outcomes.ts';

const passes: Layer<unknown> = (next) => (execution) => next(execution);

const shared = (clock: FakeClock) =>
  sharedBreaker({
    ...{ name: 'posts', store: memoryStore(), clock, openMs: 5_000 },
    random: { ...seededRandom(1), next: () => 0 },
  });

const opens = async (breaker: { readonly state: string; execute(call: Call<never>): Promise<unknown> }) => {
  for (let calls = 0; calls < 60 && breaker.state === 'closed'; calls++)
    await breaker.execute(failing).catch(() => undefined);
  expect(breaker.state).toBe('open');
};

interface Subject {
  execute(call: Call<unknown>, options?: ExecuteOptions): Promise<unknown>;
}

/** Each policy alone, and all of them together. */
const POLICIES: readonly (readonly [string, (clock: FakeClock) => Subject | Promise<Subject>])[] = [
  ['retry', (clock) => retry({ clock })],
  ['timeout', (clock) => timeout({ timeoutMs: 1_000, clock })],
  ['fallback', (clock) => fallback<unknown>({ fallback: 'stale', clock })],
  ['validation', (clock) => validation<unknown>({ validate: () => true, clock })],
  ['circuitBreaker', (clock) => circuitBreaker({ name: 'posts', clock })],
  ['sharedBreaker', shared],
  ['resilient', (clock) => resilient({ name: 'posts', clock })],
  [
    'resilient without limits',
    (clock) => resilient({ name: 'posts', totalTimeoutMs: false, attemptTimeoutMs: false, clock }),
  ],
  [
    'resilient with all of its policies',
    (clock) =>
      resilient<unknown>({
        ...{ name: 'posts', retry: {}, breaker: {}, validate: () => true, fallback: 'stale', clock },
        ...{ layers: [{ before: 'telemetry', layer: passes }], onEvent: () => undefined },
      }),
  ],
  ['resilient with a shared breaker', (clock) => resilient({ name: 'posts', breaker: shared(clock), clock })],
];

/** Breakers that are not closed. */
const OPEN: typeof POLICIES = [
  [
    'an open circuitBreaker',
    async (clock) => {
      const breaker = circuitBreaker({ name: 'posts', clock });
      await opens(breaker);
      return breaker;
    },
  ],
  [
    'an open sharedBreaker',
    async (clock) => {
      const breaker = shared(clock);
      await opens(breaker);
      return breaker;
    },
  ],
  [
    'a half-open circuitBreaker',
    async (clock) => {
      const breaker = circuitBreaker({ name: 'posts', openMs: 1_000, clock });
      await opens(breaker);
      await clock.advance(1_000);
      return breaker;
    },
  ],
  [
    'resilient with a fallback and an open breaker',
    async (clock) => {
      const breaker = circuitBreaker({ name: 'posts', clock });
      await opens(breaker);
      return resilient<unknown>({ name: 'posts', breaker, fallback: 'stale', retry: {}, clock });
    },
  ],
];

describe('a signal that has aborted already', () => {
  test.each([...POLICIES, ...OPEN])(
    'has %s reject with its reason, and calls nothing',
    async (_name, make) => {
      const clock = fakeClock();
      const policy = await make(clock);
      const call = vi.fn(async () => 'fine');

      for (const reason of [new Error('gone'), 'gone', null, 0]) {
        const run = errorOf(policy.execute(call, { signal: AbortSignal.abort(reason) }));
        await clock.advance(10_000);
        expect(await run).toBe(reason);
      }

      expect(call).not.toHaveBeenCalled();
      expect(clock.pending).toBe(0);
    },
  );

  test('takes no probe of a half-open breaker, so the next call makes it', async () => {
    const clock = fakeClock();
    const breaker = circuitBreaker({ name: 'posts', openMs: 1_000, probesToClose: 1, clock });
    await opens(breaker);
    await clock.advance(1_000);

    expect(await errorOf(breaker.execute(async () => 'fine', { signal: AbortSignal.abort('gone') }))).toBe(
      'gone',
    );
    expect(await breaker.execute(async () => 'fine')).toBe('fine');
    expect(breaker.state).toBe('closed');
  });

  test('is no attempt, and no rejection, in the events of a policy', async () => {
    const events: PolicyEvent[] = [];
    const posts = resilient<string>({
      name: 'posts',
      clock: fakeClock(),
      onEvent: (event) => events.push(event),
    });

    const outcome = await posts.outcome(async () => 'fine', { signal: AbortSignal.abort('gone') });

    expect(outcome).toMatchObject({ source: 'none', attempts: 0, error: 'gone' });
    expect(events.map(({ kind }) => kind)).toEqual(['outcome']);
  });
});

describe('a signal that aborts during the call', () => {
  test.each(POLICIES)('has %s reject with its reason, and gives no fallback', async (_name, make) => {
    const clock = fakeClock();
    const policy = await make(clock);
    const controller = new AbortController();
    const call = vi.fn(answersAfter(clock, 100));
    const run = errorOf(policy.execute(call, { signal: controller.signal }));
    await clock.advance(50);
    controller.abort('gone');
    await clock.advance(10_000);

    expect(await run).toBe('gone');
    expect(call).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });
});

describe('what a function returns', () => {
  /** As the promises of other libraries are, e.g. of query builders. */
  const thenable = (settle: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void) =>
    Object.defineProperty({}, 'then', { value: settle });

  test.each(POLICIES)('is a value, a promise or a thenable: %s', async (_name, make) => {
    const policy = await make(fakeClock());
    const date = new Date(0);
    const returned: readonly (readonly [Call<unknown>, unknown])[] = [
      [() => 'fine', 'fine'],
      [() => 0, 0],
      [() => null, null],
      [() => undefined, undefined],
      [() => date, date],
      [async () => 'fine', 'fine'],
      [() => thenable((resolve) => resolve('fine')), 'fine'],
      [() => thenable((resolve) => resolve(Promise.resolve('fine'))), 'fine'],
      [async () => thenable((resolve) => resolve('fine')), 'fine'],
    ];
    for (const [call, value] of returned) expect(await policy.execute(call)).toBe(value);
  });

  test.each(POLICIES.filter(([name]) => !name.includes('fallback') && !name.includes('all')))(
    'is an error where it throws at once, or its thenable does: %s',
    async (_name, make) => {
      const clock = fakeClock();
      const policy = await make(clock);
      const thrown = Object.assign(new Error('bad'), { status: 404 });
      const throws = () => {
        throw thrown;
      };
      const returned: readonly Call<unknown>[] = [
        throws,
        async () => throws(),
        () => Promise.reject(thrown),
        () => thenable((_resolve, reject) => reject(thrown)),
        () => thenable(throws),
        () => Object.defineProperty({}, 'then', { get: throws }),
      ];
      for (const call of returned) expect(await errorOf(policy.execute(call))).toBe(thrown);
    },
  );

  test.each(POLICIES)(
    'is never waited for in the turn in which execute is called: %s',
    async (_name, make) => {
      const policy = await make(fakeClock());
      // A function that is none rejects too: execute never throws.
      const run = policy.execute('no function' as never);

      expect(run).toBeInstanceOf(Promise);
      await errorOf(run);
    },
  );
});

describe('what a function is handed', () => {
  test.each(POLICIES)(
    'is a signal that has not aborted, its attempt and its time: %s',
    async (_name, make) => {
      const policy = await make(fakeClock());

      await policy.execute(
        ({ signal, attempt, key, remainingMs }) => {
          expect(signal).toBeInstanceOf(AbortSignal);
          expect([signal.aborted, attempt, key]).toEqual([false, 1, '7']);
          expect(remainingMs()).toBeGreaterThan(0);
          return 'fine';
        },
        { key: '7' },
      );
    },
  );

  test.each(POLICIES)('is no more time than its caller has: %s', async (_name, make) => {
    const policy = await make(fakeClock());

    expect(await policy.execute(({ remainingMs }) => remainingMs(), { remainingMs: 70 })).toBe(70);
  });
});

describe('a signal of another library', () => {
  /** Without `reason` and `throwIfAborted`, as signals were in the days of Node 16. */
  class OldSignal extends EventTarget {
    aborted = false;
    abort() {
      this.aborted = true;
      this.dispatchEvent(new Event('abort'));
    }
  }

  test.each(POLICIES)('ends a call: %s', async (_name, make) => {
    const clock = fakeClock();
    const policy = await make(clock);
    const signal = new OldSignal();
    const settled = vi.fn();
    const call = ({ signal: own }: { readonly signal: AbortSignal }) => sleep(clock, 100, own);
    policy.execute(call, { signal: signal as never }).then(settled, settled);
    await clock.advance(10);
    signal.abort();
    await clock.advance(0);

    expect(settled).toHaveBeenCalledTimes(1);
  });

  test.each(POLICIES)('that has aborted already lets no call be made: %s', async (_name, make) => {
    const policy = await make(fakeClock());
    const signal = new OldSignal();
    signal.abort();
    const call = vi.fn(() => 'fine');

    expect(await errorOf(policy.execute(call, { signal: signal as never }))).toBeUndefined();
    expect(call).not.toHaveBeenCalled();
  });
});

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

describe('a wrapped function', () => {
  test('rejects where what makes its key throws', async () => {
    const posts = resilient<string>({ name: 'posts', clock: fakeClock() });
    const thrown = new Error('no id');
    const wrapped = posts.wrap(async (_context, id: string) => id, {
      key: () => {
        throw thrown;
      },
    });
    let run: Promise<string> | undefined;

    expect(() => {
      run = wrapped('7');
    }).not.toThrow();
    expect(await errorOf(run as Promise<string>)).toBe(thrown);
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
