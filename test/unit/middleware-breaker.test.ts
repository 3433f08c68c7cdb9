import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import type { CircuitBreakerOptions } from '../../lib/breaker/options.ts';
import type { CircuitBreaker } from '../../lib/breaker/permit.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { sleep } from '../../lib/core/clock.ts';
import {
  AttemptTimeoutError,
  BreakerOpenError,
  DeadlineExceededError,
  FibrinError,
  InvalidOptionError,
} from '../../lib/core/errors.ts';
import { invocationContext } from '../../lib/core/invocation-context.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { breaker as breakerMiddleware } from '../../lib/middleware/breaker.ts';
import { problemDetails } from '../../lib/middleware/problem-details.ts';
import { withBreaker } from '../../lib/middleware/with-breaker.ts';
import { BulkheadFullError } from '../../lib/policy/bulkhead.ts';
import { RateLimitedError } from '../../lib/policy/rate-limit.ts';
import { OverloadedError } from '../../lib/shedding/overloaded.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import {
  fakeClock,
  type LambdaContext,
  lambdaContext,
  seededRandom,
  settle,
} from '../../lib/testing/index.ts';
import { httpEvent } from '../support/http-event.ts';
import { failing, never, outage } from '../support/outcomes.ts';

type Given = CircuitBreaker | CircuitBreakerOptions;
type Lambda = (event: unknown, context: LambdaContext) => Promise<unknown>;

const middyWith = (...all: middy.MiddlewareObj[]) =>
  all.reduce((chain, each) => chain.use(each), middy<unknown, unknown>({ timeoutEarlyInMillis: 0 }));

/** Both forms, around the same handler. */
const FORMS: readonly [string, (given: Given, handle: () => Promise<unknown>) => Lambda][] = [
  ['the middleware', (given, handle) => middyWith(breakerMiddleware(given)).handler(handle)],
  ['the wrapper', (given, handle) => withBreaker(given, handle)],
];

/** Opens a breaker, whatever its predicates say of other errors. */
const OPENING = outage();

const OPTIONS = { name: 'posts', minimumCalls: 1, failureRatio: 0.05, openMs: 5_000, probesToClose: 1 };

function setUp(
  form: (typeof FORMS)[number][1],
  given: Partial<CircuitBreakerOptions> = {},
  isInstance = false,
) {
  const clock = fakeClock();
  const states: string[] = [];
  const onEvent: CircuitBreakerOptions['onEvent'] = (event) => {
    if (event.kind === 'breaker-state') states.push(event.to);
  };
  const options = { ...OPTIONS, clock, onEvent, ...given };
  const breaker = isInstance ? circuitBreaker(options) : options;
  const handler = vi.fn(async (): Promise<unknown> => 'ok');
  const lambda = form(breaker, handler);
  const call = () => lambda({}, lambdaContext({ clock })).catch((error: unknown) => error);
  const open = async () => {
    handler.mockRejectedValueOnce(OPENING);
    await call();
    expect(states.at(-1)).toBe('open');
  };
  return { clock, states, handler, call, open };
}

/** What a breaker records of a handler. A probe shows it: it closes the breaker, opens it, or leaves it half-open. */
async function recordedOf(
  form: (typeof FORMS)[number][1],
  handle: () => Promise<unknown>,
  given: Partial<CircuitBreakerOptions> = {},
  isInstance = false,
): Promise<string | undefined> {
  const { isFailure } = given;
  const knowing = isFailure && { isFailure: (error: unknown) => error === OPENING || isFailure(error) };
  const { clock, states, handler, call, open } = setUp(form, { ...given, ...knowing }, isInstance);
  await open();
  await clock.advance(5_000);
  handler.mockImplementationOnce(handle);
  await call();
  return { closed: 'success', open: 'failure', 'half-open': 'nothing' }[states.at(-1) ?? ''];
}

const throwing = (error: unknown) => () => Promise.reject(error);
const answering = (statusCode: number) => async () => ({ statusCode });
const caused = (cause: unknown) => new Error('no profile', { cause });

type Ending = readonly [end: string, handle: () => Promise<unknown>];

const FAILURES: readonly Ending[] = [
  ['an error', throwing(new Error('outage'))],
  ['a bug', throwing(new TypeError('x is undefined'))],
  ['an invalid option', throwing(new InvalidOptionError('no such option'))],
  ['nothing at all, thrown', throwing(undefined)],
  ['an error of the toolkit without a status', throwing(new FibrinError('BROKEN', 'broken'))],
  ['a thrown 503', throwing(new FibrinError('DOWN', 'down', { status: 503 }))],
  ...[408, 425, 429].map(
    (status) => [`a thrown ${status}`, throwing(Object.assign(new Error('later'), { status }))] as const,
  ),
  [
    'a 404 of a service that the handler left unhandled',
    throwing(Object.assign(new Error('no'), { $metadata: { httpStatusCode: 404 } })),
  ],
  ['a call that took too long', throwing(new AttemptTimeoutError('posts', 1_000))],
  ['a total timeout', throwing(new DeadlineExceededError('posts', 'total timeout', 1_000))],
  ['an answer of 500', answering(500)],
];
const SUCCESSES: readonly Ending[] = [
  [
    'a thrown 404 of the toolkit',
    throwing(new FibrinError('NO_SUCH_POST', 'There is no post 7', { status: 404 })),
  ],
  ['a thrown 404 of another library', throwing(Object.assign(new Error('no'), { statusCode: 404 }))],
  ['an answer of 499', answering(499)],
  ['an answer that is not HTTP', async () => 'done'],
  ['no answer', async () => undefined],
];
const NOTHING: readonly Ending[] = [
  ['a rejection by another breaker', throwing(new BreakerOpenError('rates', 1_000))],
  ['a rejection by a bulkhead', throwing(new BulkheadFullError('rates', 'x'))],
  ['a request that was shed', throwing(new OverloadedError('queue', 1_000))],
  ['a rejection by a rate limiter', throwing(new RateLimitedError('rates', 1, 1_000))],
  ['an error caused by a rejection', throwing(caused(new BreakerOpenError('rates', 1_000)))],
  [
    'an invocation that is out of time',
    throwing(new DeadlineExceededError('posts', "invocation's deadline", 700)),
  ],
  ['a caller that is out of time', throwing(new DeadlineExceededError('posts', "caller's time limit", 700))],
  [
    'a call that was never made',
    throwing(new DeadlineExceededError('posts', 'total timeout', 9, { called: false })),
  ],
  ['a call that a freeze made late', throwing(new AttemptTimeoutError('posts', 1_000, 60_000))],
];
const ALL = [
  ...FAILURES.map((each) => [...each, 'failure'] as const),
  ...SUCCESSES.map((each) => [...each, 'success'] as const),
  ...NOTHING.map((each) => [...each, 'nothing'] as const),
];

describe.each(FORMS)('a breaker around a handler, by %s', (_, form) => {
  describe.each([
    ['options', false],
    ['an instance', true],
  ])('made of %s', (_of, isInstance) => {
    test.each(ALL)('records of %s: %s', async (_end, handle, recorded) => {
      expect(await recordedOf(form, handle, {}, isInstance)).toBe(recorded);
    });

    test('hands on what the handler answers and throws', async () => {
      const { handler, call } = setUp(form, { minimumCalls: 100 }, isInstance);
      const [answer, failure] = [{ statusCode: 502 }, new Error('outage')];
      handler.mockResolvedValueOnce(answer).mockRejectedValueOnce(failure);

      expect([await call(), await call(), await call()]).toEqual([answer, failure, 'ok']);
    });
  });

  test('rejects with 503 before the handler runs while it is open', async () => {
    const { clock, handler, call, open } = setUp(form);
    await open();
    await clock.advance(1_000);

    const rejection = await call();

    expect(rejection).toBeInstanceOf(BreakerOpenError);
    expect(rejection).toMatchObject({ status: 503, retryAfterMs: 4_000 });
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('closes when the handler works again, whatever it has rejected meanwhile', async () => {
    const { clock, states, call, open } = setUp(form);
    await open();
    for (let second = 0; second < 5; second++) {
      expect(await call()).toBeInstanceOf(BreakerOpenError);
      await clock.advance(1_000);
    }

    expect(await call()).toBe('ok');

    expect(states).toEqual(['open', 'half-open', 'closed']);
  });

  test('lets one of several invocations at once probe', async () => {
    const { clock, handler, call, open } = setUp(form);
    await open();
    await clock.advance(5_000);

    const answers = await Promise.all([call(), call(), call()]);

    expect(answers).toEqual(['ok', expect.any(BreakerOpenError), expect.any(BreakerOpenError)]);
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('runs the calls of a probing handler through the same breaker under its permit', async () => {
    const clock = fakeClock();
    const breaker = circuitBreaker({ ...OPTIONS, clock });
    const inner = vi.fn(async (): Promise<unknown> => 'inner');
    const lambda = form(breaker, () => breaker.execute(inner));
    inner.mockRejectedValueOnce(outage());
    await lambda({}, lambdaContext({ clock })).catch(() => undefined);
    expect(breaker.state).toBe('open');
    await clock.advance(5_000);

    expect(await lambda({}, lambdaContext({ clock }))).toBe('inner');

    expect(breaker.state).toBe('closed');
  });

  test('keeps concurrent invocations apart', async () => {
    const { states, handler, call } = setUp(form);
    const ends = [Promise.withResolvers<string>(), Promise.withResolvers<string>()] as const;
    handler.mockReturnValueOnce(ends[0].promise).mockReturnValueOnce(ends[1].promise);
    const calls = [call(), call()] as const;
    await settle();

    ends[1].reject(outage());
    await calls[1];
    expect(states).toEqual(['open']);
    ends[0].resolve('ok');

    expect(await calls[0]).toBe('ok');
  });

  test('records a slow handler by the ratio of slow calls', async () => {
    const { clock, states, handler, call } = setUp(form, { slowCallMs: 500, slowCallRatio: 0.05 });
    handler.mockImplementationOnce(() => sleep(clock, 500).then(() => 'late'));
    const run = call();
    await clock.advance(500);

    expect(await run).toBe('late');

    expect(states).toEqual(['open']);
  });

  test('records a handler that the invocation cut short when it was slow by then', async () => {
    const { clock, states, handler, call } = setUp(form, { slowCallMs: 500 });
    const cut = new DeadlineExceededError('posts', "invocation's deadline", 600);
    handler.mockImplementationOnce(() => sleep(clock, 600).then(() => Promise.reject(cut)));
    const run = call();
    await clock.advance(600);
    await run;

    expect(states).toEqual(['open']);
  });

  test('records nothing of a handler that answers when its invocation is over', async () => {
    const clock = fakeClock();
    const breaker = circuitBreaker({ ...OPTIONS, clock });
    await breaker.execute(failing).catch(() => undefined);
    await clock.advance(5_000);
    const lambda = form(breaker, () => sleep(clock, 10_000).then(() => 'late'));
    const limited = withDeadline({ clock }, (event: unknown, context: LambdaContext) =>
      lambda(event, context),
    );
    const run = limited({}, lambdaContext({ clock })).catch((error: unknown) => error);
    await clock.advance(10_000);

    expect(await run).toMatchObject({ code: 'DEADLINE_EXCEEDED' });

    expect(breaker.state).toBe('half-open');
  });

  test('reports a slow handler once to a shared breaker, when it passes slowCallMs', async () => {
    const clock = fakeClock();
    const store = memoryStore();
    const add = vi.spyOn(store, 'add');
    // With a chance of 0 it reports every call.
    const random = { ...seededRandom(1), next: () => 0 };
    const breaker = sharedBreaker({ store, name: 'posts', slowCallMs: 500, clock, random });
    const lambda = form(breaker, () => sleep(clock, 700).then(() => 'late'));
    const run = lambda({}, lambdaContext({ clock }));
    await clock.advance(500);
    expect(add).toHaveBeenCalledTimes(1);
    await clock.advance(200);

    expect(await run).toBe('late');

    expect(add).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });

  test.each([
    [
      'isFailedResult decides about every answer',
      { isFailedResult: (value: unknown) => value !== 'ok' },
      answering(200),
      'failure',
    ],
    [
      'isFailedResult decides about an answer of 500',
      { isFailedResult: () => false },
      answering(500),
      'success',
    ],
    [
      'isFailure decides about an error',
      { isFailure: () => false },
      throwing(new Error('outage')),
      'success',
    ],
    [
      'isFailure decides about a thrown 4xx',
      { isFailure: () => true },
      throwing(new FibrinError('NO', 'no', { status: 404 })),
      'failure',
    ],
    [
      'isFailure does not decide about what says nothing',
      { isFailure: () => true },
      NOTHING[0]?.[1] ?? never,
      'nothing',
    ],
  ])('made of options: %s', async (_what, given, handle, recorded) => {
    expect(await recordedOf(form, handle, given)).toBe(recorded);
  });

  test.each([
    [
      'isFailedResult decides about an answer below 500',
      { isFailedResult: (value: unknown) => value !== 'ok' },
      answering(200),
      'failure',
    ],
    [
      'isFailure decides about an answer of 500',
      { isFailure: (error: unknown) => Reflect.get(Object(error), 'statusCode') !== 503 },
      answering(503),
      'success',
    ],
    [
      'isFailure decides about an error',
      { isFailure: (error: unknown) => error instanceof TypeError },
      throwing(new TypeError('x')),
      'failure',
    ],
  ])('of an instance: %s', async (_what, given, handle, recorded) => {
    expect(await recordedOf(form, handle, given, true)).toBe(recorded);
  });

  test.each([
    [undefined, /expected `breaker` to be an object, got undefined/],
    [{}, /`name`/],
    [{ name: '' }, /expected `name` to be a name/],
    [{ name: 'posts', retries: 1 }, /unknown option `retries`/],
    [{ name: 'posts', store: memoryStore() }, /`sharedBreaker`/],
  ])('refuses wrong options when it is constructed: %j', (options, reason) => {
    const construct = () => form(options as CircuitBreakerOptions, async () => 'ok');

    expect(construct).toThrow(InvalidOptionError);
    expect(construct).toThrow(reason);
  });
});

describe('the breaker middleware', () => {
  const clock = fakeClock();
  const context = lambdaContext({ clock });

  test('has its rejection answered by problemDetails, with the time to come back', async () => {
    const breaker = circuitBreaker({ ...OPTIONS, clock });
    const lambda = middyWith(
      problemDetails<unknown, unknown>({ onServerError: () => undefined }),
      breakerMiddleware(breaker),
    ).handler(failing);
    await lambda(httpEvent(), context);

    expect(await lambda(httpEvent(), context)).toMatchObject({
      statusCode: 503,
      headers: { 'retry-after': '5' },
    });
  });

  test('records the error of the handler, not the answer that a middleware inside makes of it', async () => {
    const breaker = circuitBreaker({ ...OPTIONS, clock });
    const lambda = middyWith(
      breakerMiddleware(breaker),
      problemDetails<unknown, unknown>({ onServerError: () => undefined }),
    ).handler(throwing(new BreakerOpenError('rates', 1_000)));

    expect(await lambda(httpEvent(), context)).toMatchObject({ statusCode: 503 });

    expect(breaker.state).toBe('closed');
  });

  test('records one outcome where a middleware outside throws afterwards', async () => {
    const breaker = circuitBreaker({ ...OPTIONS, clock });
    const lambda = middyWith({ after: failing }, breakerMiddleware(breaker)).handler(async () => 'ok');

    await expect(lambda({}, context)).rejects.toThrow('outage');

    expect(breaker.state).toBe('closed');
  });

  test('records a middleware inside that fails before the handler', async () => {
    const breaker = circuitBreaker({ ...OPTIONS, clock });
    const lambda = middyWith(breakerMiddleware(breaker), { before: failing }).handler(async () => 'ok');

    await expect(lambda({}, context)).rejects.toThrow('outage');

    expect(breaker.state).toBe('open');
  });

  test('leaves no context behind after a rejection', async () => {
    const breaker = circuitBreaker({ ...OPTIONS, clock });
    await breaker.force('open');
    const lambda = middyWith(breakerMiddleware(breaker)).handler(async () => 'ok');

    await expect(lambda({}, context)).rejects.toThrow(BreakerOpenError);

    expect(invocationContext()).toBeUndefined();
  });
});

describe('withBreaker', () => {
  test('hands all arguments to the handler, which may answer at once', async () => {
    const lambda = withBreaker({ name: 'posts' }, (...args: readonly unknown[]) => args);

    expect(await lambda('event', 'stream', 'context')).toEqual(['event', 'stream', 'context']);
  });

  test('throws what a handler throws at once', async () => {
    const lambda = withBreaker({ name: 'posts' }, () => {
      throw outage();
    });

    await expect(lambda()).rejects.toThrow('outage');
  });
});
