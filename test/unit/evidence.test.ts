import { describe, expect, test } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import type { CircuitBreaker } from '../../lib/breaker/permit.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import type { Call } from '../../lib/core/execution.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { type Resilient, resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { type FakeClock, fakeClock, lambdaContext, seededRandom } from '../../lib/testing/index.ts';
import { answersAfter } from '../support/dependency.ts';
import { never } from '../support/outcomes.ts';
import type { Counting } from '../support/recording-breaker.ts';

const ATTEMPT_MS = 800;
/** Of a healthy dependency. */
const ANSWER_MS = 120;
/** What the impatient callers leave of it. */
const LEFT_MS = 75;
/** More than any breaker needs to open. */
const MANY = 60;

type MakesBreaker = (clock: FakeClock, options?: Counting) => CircuitBreaker;

const BREAKERS: readonly (readonly [string, MakesBreaker])[] = [
  ['a breaker of this environment', (clock, options) => circuitBreaker({ name: 'posts', clock, ...options })],
  [
    'a shared breaker',
    (clock, options) =>
      sharedBreaker({
        ...{ name: 'posts', store: memoryStore(), clock, ...options },
        // It reports every outcome.
        random: { ...seededRandom(1), next: () => 0 },
      }),
  ],
];

interface Subject {
  readonly clock: FakeClock;
  readonly posts: Resilient<string>;
}
type CallsIn = (subject: Subject, call: Call<string>) => Promise<unknown>;

const inInvocation = (
  { clock, posts }: Subject,
  call: Call<string>,
  options: { readonly fromHeader?: boolean; readonly totalTimeoutMs?: number },
  event: unknown = {},
  remainingMs = 10_000,
) => {
  const handler = withDeadline({ clock, ...options }, () => posts.outcome(call));
  return handler(event, lambdaContext({ remainingMs, clock })).catch(() => undefined);
};

/** How a caller leaves a call no more than `LEFT_MS`. An invocation keeps 300 ms of its time for its answer. */
const IMPATIENT: readonly (readonly [string, CallsIn])[] = [
  [
    'the header of a client',
    (subject, call) =>
      inInvocation(
        subject,
        call,
        { fromHeader: true },
        { headers: { 'x-request-timeout-ms': `${300 + LEFT_MS}` } },
      ),
  ],
  [
    'the expiry of an event',
    (subject, call) => {
      const expiresAt = new Date(subject.clock.now() + 300 + LEFT_MS).toISOString();
      return inInvocation(subject, call, {}, { detail: { metadata: { expiresAt } } });
    },
  ],
  ["the function's own timeout", (subject, call) => inInvocation(subject, call, {}, {}, 300 + LEFT_MS)],
  [
    'the total timeout of the invocation',
    (subject, call) => inInvocation(subject, call, { totalTimeoutMs: 300 + LEFT_MS }),
  ],
  [
    "a caller's signal with a timeout",
    ({ clock, posts }, call) => {
      // As AbortSignal.timeout does, which knows no clock but the system's.
      const controller = new AbortController();
      clock.after(LEFT_MS, () => controller.abort(new DOMException('timed out', 'TimeoutError')));
      return posts.outcome(call, { signal: controller.signal });
    },
  ],
  [
    "a caller's signal",
    ({ clock, posts }, call) => {
      const controller = new AbortController();
      clock.after(LEFT_MS, () => controller.abort());
      return posts.outcome(call, { signal: controller.signal });
    },
  ],
  ["a caller's remainingMs", ({ posts }, call) => posts.outcome(call, { remainingMs: LEFT_MS })],
  [
    "a caller's remainingMs, as a function",
    ({ clock, posts }, call) => {
      const endsAt = clock.monotonic() + LEFT_MS;
      return posts.outcome(call, { remainingMs: () => endsAt - clock.monotonic() });
    },
  ],
  [
    'an enclosing call that hands its context on',
    ({ clock, posts }, call) => {
      const outer = resilient<unknown>({ name: 'outer', attemptTimeoutMs: LEFT_MS, clock });
      return outer.outcome((context) => posts.execute(call, context));
    },
  ],
  [
    'an enclosing call in an invocation',
    (subject, call) => {
      const { clock, posts } = subject;
      const outer = resilient<string>({ name: 'outer', attemptTimeoutMs: LEFT_MS, clock });
      return inInvocation({ clock, posts: outer }, () => posts.execute(call), {});
    },
  ],
];

const each = BREAKERS.flatMap(([kind, make]) =>
  IMPATIENT.map(([limit, calls]) => [kind, limit, make, calls] as const),
);

const policyUnder = (makeBreaker: MakesBreaker, options?: Counting, totalTimeoutMs = 10_000) => {
  const clock = fakeClock();
  const breaker = makeBreaker(clock, options);
  const posts = resilient<string>({
    ...{ name: 'posts', attemptTimeoutMs: ATTEMPT_MS, totalTimeoutMs, breaker, clock },
  });
  return { clock, posts, breaker };
};

/** Lets a call run for as long as any of them takes. */
const ended = async <T>(clock: FakeClock, run: Promise<T>): Promise<T> => {
  await clock.advance(1_000);
  return run;
};

describe('an attempt that its caller ended', () => {
  test.each(each)('leaves %s closed: %s', async (_kind, _limit, makeBreaker, callsIn) => {
    const { clock, posts, breaker } = policyUnder(makeBreaker);
    const healthy = answersAfter(clock, ANSWER_MS);
    for (let calls = 0; calls < MANY; calls++) await ended(clock, callsIn({ clock, posts }, healthy));

    expect(breaker.state).toBe('closed');
    expect(await ended(clock, posts.outcome(healthy))).toMatchObject({ source: 'live', value: 'fine' });
    expect(clock.pending).toBe(0);
  });

  test.each(each)(
    'opens %s when it had run for slowCallMs by then: %s',
    async (_kind, _limit, makeBreaker, callsIn) => {
      const { clock, posts, breaker } = policyUnder(makeBreaker, { slowCallMs: LEFT_MS - 25 });
      const slow = answersAfter(clock, ANSWER_MS);
      for (let calls = 0; calls < MANY && breaker.state === 'closed'; calls++)
        await ended(clock, callsIn({ clock, posts }, slow));

      expect(breaker.state).toBe('open');
    },
  );
});

describe('a dependency that hangs', () => {
  test.each(
    BREAKERS.flatMap(([kind, make]) =>
      [
        ['attemptTimeoutMs', 10_000],
        ['a totalTimeoutMs below attemptTimeoutMs', 500],
      ].map(([limit, totalMs]) => [kind, limit, make, totalMs as number] as const),
    ),
  )('opens %s by %s', async (_kind, _limit, makeBreaker, totalTimeoutMs) => {
    const { clock, posts, breaker } = policyUnder(makeBreaker, {}, totalTimeoutMs);
    for (let calls = 0; calls < MANY && breaker.state === 'closed'; calls++)
      await ended(clock, posts.outcome(never));

    expect(breaker.state).toBe('open');
  });

  test.each(each)(
    'opens %s where half of the callers leave it too little time: %s',
    async (_kind, _limit, makeBreaker, callsIn) => {
      const { clock, posts, breaker } = policyUnder(makeBreaker);
      for (let calls = 0; calls < MANY && breaker.state === 'closed'; calls++)
        await ended(clock, Promise.all([callsIn({ clock, posts }, never), posts.outcome(never)]));

      expect(breaker.state).toBe('open');
    },
  );

  test.each(each)(
    'opens %s where both kinds of callers call at once: %s',
    async (_kind, _limit, makeBreaker, callsIn) => {
      const { clock, posts, breaker } = policyUnder(makeBreaker);
      const runs: Promise<unknown>[] = [];
      for (let calls = 0; calls < MANY; calls++)
        runs.push(callsIn({ clock, posts }, never), posts.outcome(never));
      await clock.advance(1_000);
      await Promise.all(runs);

      expect(breaker.state).toBe('open');
    },
  );
});
