import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { fakeClock, lambdaContext } from '../../lib/testing/index.ts';
import { failing, outage } from '../support/outcomes.ts';
import { type Counting, recordingBreaker } from '../support/recording-breaker.ts';

/** What a user's predicate may do beside deciding. The types refuse it: a predicate of plain JavaScript, or of a cast. */
const MISBEHAVIOURS: readonly (readonly [string, () => never])[] = (
  [
    [
      'throws an error',
      () => {
        throw new TypeError('x is not a function');
      },
    ],
    ['throws undefined', () => (function* () {})().throw(undefined)],
    ['returns a promise of true', async () => true],
    ['returns a promise that rejects', async () => Promise.reject(new Error('no network'))],
    [
      'returns a thenable that throws',
      () => Object.defineProperty({}, 'then', { value: () => MISBEHAVIOURS[0]?.[1]() }),
    ],
    ['returns undefined', () => undefined],
    ['returns NaN', () => Number.NaN],
    ['returns an object', () => ({})],
    ['returns a symbol', () => Symbol('x')],
    ['returns a bigint', () => 1n],
  ] as const satisfies readonly (readonly [string, () => unknown])[]
).map(([what, act]) => [what, act as () => never]);

interface Given {
  readonly counting?: Counting;
  readonly policy?: Partial<ResilientOptions<string>>;
  readonly remainingMs?: () => number;
}

/** Each user's function, and the call that reaches it. */
const PREDICATES: readonly (readonly [string, (act: () => never) => Given, () => Promise<string>])[] = [
  ['isFailure', (isFailure) => ({ counting: { isFailure } }), failing],
  ['isFailedResult', (isFailedResult) => ({ counting: { isFailedResult } }), async () => 'fine'],
  ['retry.shouldRetry', (shouldRetry) => ({ policy: { retry: { shouldRetry } } }), failing],
  [
    'retry.shouldRetryResult',
    (shouldRetryResult) => ({ policy: { retry: { shouldRetryResult } } }),
    async () => 'fine',
  ],
  ['retry.backoff', (backoff) => ({ policy: { retry: { backoff } } }), failing],
  ['fallbackWhen', (fallbackWhen) => ({ policy: { fallback: 'stale', fallbackWhen } }), failing],
  ['onEvent', (onEvent) => ({ policy: { onEvent } }), failing],
  ['remainingMs', (remainingMs) => ({ remainingMs }), async () => 'fine'],
];

const plain = (given: Given): Given => {
  const { retry, fallback } = given.policy ?? {};
  return { policy: { ...(retry && { retry: {} }), ...(fallback !== undefined && { fallback }) } };
};

/** What comes of one call, and what the breaker counts of it. */
async function outcomeWith(
  { counting, policy, remainingMs }: Given,
  call: () => Promise<string>,
  name = 'posts',
) {
  const clock = fakeClock();
  const { breaker, recorded } = recordingBreaker(clock, counting, name);
  const random = { next: () => 0.5, token: () => 'token' };
  const posts = resilient<string>({ name, clock, random, breaker, ...policy });
  const run = posts.outcome(call, { remainingMs });
  await clock.advance(10_000);
  const { error, ...outcome } = await run;
  return {
    outcome,
    error: error === undefined ? undefined : String(error),
    recorded,
    pending: clock.pending,
  };
}

const cases = PREDICATES.flatMap(([option, given, call]) =>
  MISBEHAVIOURS.map(([what, act]) => [option, what, given(act), call] as const),
);

describe('a function of a user', () => {
  const unhandled = vi.fn();
  beforeEach(() => {
    process.on('unhandledRejection', unhandled);
    vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  });
  afterEach(() => {
    process.off('unhandledRejection', unhandled);
    unhandled.mockClear();
  });

  test.each(cases)('changes no outcome and no count: %s %s', async (_option, _what, given, call) => {
    const run = await outcomeWith(given, call);
    await new Promise(setImmediate);

    expect(run).toEqual(await outcomeWith(plain(given), call));
    expect(unhandled).not.toHaveBeenCalled();
  });

  test.each(PREDICATES.filter(([option]) => option !== 'remainingMs'))(
    'is warned of once, with the name of its owner: %s',
    async (option, given, call) => {
      const owner = `policy-${option}`;
      const throwing = given(MISBEHAVIOURS[0]?.[1] as () => never);
      await outcomeWith(throwing, call, owner);
      await outcomeWith(throwing, call, owner);

      const texts = vi.mocked(process.emitWarning).mock.calls.map(([text]) => text);
      const consequence = option === 'onEvent' ? 'the event is lost' : 'the default is used';
      expect(texts).toEqual([`${owner}: ${option} threw TypeError; ${consequence}`]);
    },
  );
});

describe('a probe', () => {
  test.each(MISBEHAVIOURS)(
    'is settled where isFailure and isFailedResult are no help: it %s',
    async (_what, act) => {
      vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
      const clock = fakeClock();
      const breaker = circuitBreaker({
        ...{ name: 'posts', clock, minimumCalls: 1, failureRatio: 0.05, openMs: 1_000, probesToClose: 1 },
        ...{ isFailure: act, isFailedResult: act, onEvent: act },
      });
      await breaker.execute(failing).catch(() => undefined);
      expect(breaker.state).toBe('open');
      await clock.advance(1_000);
      await breaker.execute(failing).catch(() => undefined);
      expect(breaker.state).toBe('open');
      await clock.advance(1_000);

      expect(await breaker.execute(async () => 'back')).toBe('back');
      expect(breaker.state).toBe('closed');
    },
  );
});

describe('the time that a caller has left', () => {
  test.each(MISBEHAVIOURS)(
    'limits nothing beyond its invocation where its function %s',
    async (_what, act) => {
      vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
      const clock = fakeClock();
      const posts = resilient<number>({ name: 'posts', clock, attemptTimeoutMs: false });
      const handler = withDeadline({ clock }, () =>
        posts.execute(({ remainingMs }) => remainingMs(), { remainingMs: act }),
      );

      expect(await handler({}, lambdaContext({ remainingMs: 1_000, clock }))).toBeGreaterThan(690);
    },
  );

  test('limits nothing where it is no number', async () => {
    const clock = fakeClock();
    const posts = resilient<number>({ name: 'posts', clock, attemptTimeoutMs: false });

    for (const remainingMs of [Number.NaN, '20' as never, {} as never, null as never]) {
      expect(await posts.execute((context) => context.remainingMs(), { remainingMs })).toBe(10_000);
    }
  });
});

test('an error that a predicate throws is not the error of the call', async () => {
  vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  const clock = fakeClock();
  const thrown = outage();
  const policy = resilient<string>({
    ...{ name: 'posts', clock, retry: { shouldRetry: MISBEHAVIOURS[0]?.[1] as () => never, maxAttempts: 1 } },
    ...{ fallback: 'stale', fallbackWhen: MISBEHAVIOURS[0]?.[1] as () => never },
  });

  expect(await policy.outcome(() => Promise.reject(thrown))).toMatchObject({
    source: 'fallback',
    error: thrown,
  });
});
