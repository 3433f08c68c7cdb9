import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { APIGatewayProxyEventV2, APIGatewayProxyHandlerV2 } from 'aws-lambda';
import * as v from 'valibot';
import { expectTypeOf, test } from 'vitest';
import {
  type CircuitBreaker,
  type CircuitBreakerOptions,
  circuitBreaker,
  type SharedBreakerOptions,
  type SharedCircuitBreaker,
  sharedBreaker,
} from '../../lib/breaker/index.ts';
import {
  type Bulkhead,
  type BulkheadState,
  bulkhead,
  type Call,
  type CallContext,
  type ExecuteOptions,
  type FallbackContext,
  type FallbackOptions,
  fallback,
  fallbackChain,
  type Hedge,
  type HedgeOptions,
  hedge,
  type Invoke,
  type Layer,
  type Outcome,
  type PlacedLayer,
  type PolicyEvent,
  type RateLimiter,
  type Resilient,
  type ResilientOptions,
  type RetryOptions,
  rateLimit,
  resilient,
  retry,
  type Slot,
  type TimeoutOptions,
  timeout,
  validation,
  withDeadline,
} from '../../lib/index.ts';
import { memoryStore } from '../../lib/store/memory.ts';

/*
 * What compiles and what does not, for `npm run check:types`. Nothing here runs.
 */

/** Whether a value of this type can be handed in where that one is expected. */
type Fits<Given, Expected> = [Given] extends [Expected] ? true : false;
/** Whether an option of this name exists. Object literals with others do not compile. */
type Has<Options, Name extends PropertyKey> = Name extends keyof Options ? true : false;

const isSwitchedOn = Date.now() > 0;

test('a call gives the type of its policy, and an outcome is narrowed by its source', async () => {
  const posts = resilient<string>({ name: 'posts' });
  expectTypeOf(posts).toEqualTypeOf<Resilient<string>>();
  expectTypeOf(posts.execute(async () => 'fine')).toEqualTypeOf<Promise<string>>();
  expectTypeOf(posts.execute(() => 'fine')).toEqualTypeOf<Promise<string>>();
  expectTypeOf(posts.outcome(() => 'fine')).toEqualTypeOf<Promise<Outcome<string>>>();
  expectTypeOf(posts.breaker).toEqualTypeOf<CircuitBreaker | undefined>();
  expectTypeOf<Fits<() => number, Call<string>>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<() => Promise<number>, Call<string>>>().toEqualTypeOf<false>();

  const outcome = await posts.outcome(() => 'fine');
  expectTypeOf(outcome.value).toEqualTypeOf<string | undefined>();
  expectTypeOf(outcome.attempts).toEqualTypeOf<number>();
  expectTypeOf(outcome.durationMs).toEqualTypeOf<number>();
  expectTypeOf(outcome.budgetExhausted).toEqualTypeOf<boolean>();
  expectTypeOf(outcome.hedgeWon).toEqualTypeOf<boolean>();
  if (outcome.source === 'none') {
    expectTypeOf(outcome.value).toEqualTypeOf<undefined>();
    expectTypeOf(outcome.degraded).toEqualTypeOf<true>();
    expectTypeOf(outcome.error).toEqualTypeOf<unknown>();
  } else {
    expectTypeOf(outcome.source).toEqualTypeOf<'live' | 'cache' | 'stale' | 'fallback'>();
    expectTypeOf(outcome.value).toEqualTypeOf<string>();
  }
  if (!outcome.degraded) {
    expectTypeOf(outcome.source).toEqualTypeOf<'live' | 'cache'>();
    expectTypeOf(outcome.value).toEqualTypeOf<string>();
    expectTypeOf(outcome.error).toEqualTypeOf<undefined>();
  }
});

test('the context of a call can be handed on as the options of another one', async () => {
  const posts = resilient<string>({ name: 'posts' });
  await posts.execute((context) => {
    expectTypeOf(context).toEqualTypeOf<CallContext>();
    expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
    expectTypeOf(context.attempt).toEqualTypeOf<number>();
    expectTypeOf(context.key).toEqualTypeOf<string | undefined>();
    expectTypeOf(context.remainingMs).toEqualTypeOf<() => number>();
    return 'fine';
  });
  expectTypeOf<Fits<CallContext, ExecuteOptions>>().toEqualTypeOf<true>();
  expectTypeOf<
    Fits<{ signal: undefined; key: undefined; remainingMs: undefined }, ExecuteOptions>
  >().toEqualTypeOf<true>();
  expectTypeOf<Fits<{ remainingMs: string }, ExecuteOptions>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ remainingMs: () => Promise<number> }, ExecuteOptions>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ key: number }, ExecuteOptions>>().toEqualTypeOf<false>();
});

test('a wrapped function has the arguments of its function but for the context', () => {
  const posts = resilient<string>({ name: 'posts' });
  const plain = posts.wrap(
    async ({ signal }, id: string, count: number) => `${id} ${count} ${signal.aborted}`,
  );
  expectTypeOf(plain).toEqualTypeOf<(id: string, count: number) => Promise<string>>();
  const keyed = posts.wrap((_context, id: string, _count: number) => id, {
    key: (id, count) => {
      expectTypeOf(id).toEqualTypeOf<string>();
      expectTypeOf(count).toEqualTypeOf<number>();
      return id;
    },
  });
  expectTypeOf(keyed).parameters.toEqualTypeOf<[id: string, _count: number]>();
  // A key of fewer arguments takes none away.
  expectTypeOf(posts.wrap((_context, id: string) => id, { key: () => 'all' })).parameters.toEqualTypeOf<
    [id: string]
  >();
  expectTypeOf(posts.wrap((_context, id: string) => id, { key: 'all' })).parameters.toEqualTypeOf<
    [id: string]
  >();
  expectTypeOf(posts.wrap((_context, id?: string) => `${id}`)).parameters.toEqualTypeOf<
    [id?: string | undefined]
  >();
  expectTypeOf(posts.wrap((_context, ...ids: string[]) => ids.join())).parameters.toEqualTypeOf<string[]>();
  expectTypeOf(posts.wrap(() => 'fine')).toEqualTypeOf<() => Promise<string>>();
});

test('policies are switched off with false, and not with undefined', () => {
  expectTypeOf(
    resilient<string>({
      name: 'posts',
      retry: isSwitchedOn ? { maxAttempts: 3 } : false,
      breaker: isSwitchedOn ? { openMs: 1_000 } : false,
      validate: isSwitchedOn ? () => true : false,
      totalTimeoutMs: isSwitchedOn ? 1_000 : false,
      attemptTimeoutMs: isSwitchedOn ? 1_000 : false,
      faults: false,
      ...(isSwitchedOn && { fallback: 'stale' }),
    }),
  ).toEqualTypeOf<Resilient<string>>();

  type Options = ResilientOptions<string>;
  type With<More> = Fits<{ name: string } & More, Options>;
  expectTypeOf<
    With<{ retry: false; breaker: false; validate: false; faults: undefined }>
  >().toEqualTypeOf<true>();
  expectTypeOf<With<{ retry: undefined }>>().toEqualTypeOf<false>();
  expectTypeOf<With<{ breaker: undefined }>>().toEqualTypeOf<false>();
  expectTypeOf<With<{ totalTimeoutMs: undefined }>>().toEqualTypeOf<false>();
  expectTypeOf<With<{ fallback: undefined }>>().toEqualTypeOf<false>();
  expectTypeOf<With<{ retry: true }>>().toEqualTypeOf<false>();
  expectTypeOf<With<{ breaker: true }>>().toEqualTypeOf<false>();
  expectTypeOf<With<{ totalTimeoutMs: string }>>().toEqualTypeOf<false>();
  expectTypeOf<With<{ fallbackTimeoutMs: false }>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<Record<never, never>, Options>>().toEqualTypeOf<false>();
  expectTypeOf<Has<Options, 'attempts' | 'timeoutMs' | 'store'>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<Readonly<Options>, Options>>().toEqualTypeOf<true>();
  const fixed = {
    name: 'posts',
    retry: { maxAttempts: 3, budget: { ratio: 0.2 } },
    breaker: { openMs: 1_000 },
  } as const;
  expectTypeOf(resilient<string>(fixed)).toEqualTypeOf<Resilient<string>>();
});

test('hedging needs its delay, and can be switched off', () => {
  type Given<H> = Fits<{ name: string; hedge: H }, ResilientOptions<string>>;
  expectTypeOf<Given<false>>().toEqualTypeOf<true>();
  expectTypeOf<Given<Hedge>>().toEqualTypeOf<true>();
  expectTypeOf<Given<{ delayMs: 80 }>>().toEqualTypeOf<false>();
  expectTypeOf<Given<true>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ maxHedges: 2 }, HedgeOptions>>().toEqualTypeOf<false>();
  expectTypeOf<Has<HedgeOptions, 'budget'>>().toEqualTypeOf<false>();
  expectTypeOf(hedge({ delayMs: 80 }).execute(() => 'fine')).toEqualTypeOf<Promise<string>>();
  expectTypeOf(circuitBreaker({ name: 'posts' }).isInDoubt).toEqualTypeOf<boolean>();
});

test('retry takes predicates that decide at once', () => {
  expectTypeOf<Fits<{ budget: false }, RetryOptions>>().toEqualTypeOf<true>();
  expectTypeOf<Fits<{ budget: true }, RetryOptions>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ maxAttempts: undefined }, RetryOptions>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ shouldRetry: () => Promise<boolean> }, RetryOptions>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ shouldRetry: () => undefined }, RetryOptions>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ shouldRetryResult: () => Promise<boolean> }, RetryOptions>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ backoff: () => string }, RetryOptions>>().toEqualTypeOf<false>();
  expectTypeOf<Has<RetryOptions, 'attempts' | 'retryable'>>().toEqualTypeOf<false>();
  resilient<string>({
    name: 'posts',
    retry: {
      shouldRetry(error, about) {
        expectTypeOf(error).toEqualTypeOf<unknown>();
        expectTypeOf(about).toEqualTypeOf<{ readonly transient: boolean }>();
        return about.transient;
      },
      shouldRetryResult(value) {
        expectTypeOf(value).toEqualTypeOf<unknown>();
        return false;
      },
      backoff(attempt, error) {
        expectTypeOf(attempt).toEqualTypeOf<number>();
        expectTypeOf(error).toEqualTypeOf<unknown>();
        return 0;
      },
    },
  });
});

test('each policy alone gives what its function gives', () => {
  expectTypeOf(retry().execute(() => 5)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(retry({ maxAttempts: 3 }).execute(async () => 'fine')).toEqualTypeOf<Promise<string>>();
  expectTypeOf(timeout({ timeoutMs: 1_000 }).execute(async () => null)).toEqualTypeOf<Promise<null>>();
  expectTypeOf<Fits<Record<never, never>, TimeoutOptions>>().toEqualTypeOf<false>();
  expectTypeOf<Has<TimeoutOptions, 'limitMs'>>().toEqualTypeOf<false>();
  expectTypeOf(fallback<number>({ fallback: 1 }).execute(async () => 2)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(fallback({ fallback: 1 }).execute(async () => 2)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(validation<string>({ validate: () => true }).execute(() => 7)).toEqualTypeOf<
    Promise<string>
  >();
  expectTypeOf(circuitBreaker({ name: 'posts' }).execute(() => 5)).toEqualTypeOf<Promise<number>>();
});

test('a fallback gives the type of its policy', () => {
  resilient<string>({
    name: 'posts',
    fallback(error: unknown, context: FallbackContext) {
      expectTypeOf(error).toEqualTypeOf<unknown>();
      expectTypeOf(context.key).toEqualTypeOf<string | undefined>();
      expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
      expectTypeOf(context.remainingMs).toEqualTypeOf<() => number>();
      return 'stale';
    },
  });
  // Without types of its own: it is handed those.
  resilient<string>({ name: 'posts', fallback: (error, { key }) => `${key} ${error}` });
  resilient<string>({ name: 'posts', fallback: async (_error, { signal }) => `${signal.aborted}` });
  expectTypeOf<Fits<{ fallback: () => number }, FallbackOptions<string>>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ fallback: number }, FallbackOptions<string>>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ fallback: false }, FallbackOptions<string>>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ fallback: null }, FallbackOptions<string | null>>>().toEqualTypeOf<true>();
  expectTypeOf<
    Fits<{ fallback: 'a'; fallbackWhen: () => Promise<boolean> }, FallbackOptions<string>>
  >().toEqualTypeOf<false>();
  resilient<number>({
    name: 'rates',
    fallback: fallbackChain<number>(
      async () => 1,
      () => 2,
      3,
    ),
  });
  resilient<number>({ name: 'rates', fallback: fallbackChain(async (error) => Number(error), 3) });
});

test('a schema makes the value, and the function may give anything', () => {
  const Posts = v.array(v.object({ id: v.string() }));
  type Posts = v.InferOutput<typeof Posts>;
  const posts = resilient({ name: 'posts', validate: Posts });
  expectTypeOf(posts).toEqualTypeOf<Resilient<Posts, unknown>>();
  expectTypeOf(posts.execute(async (): Promise<unknown> => JSON.parse('[]'))).toEqualTypeOf<Promise<Posts>>();
  expectTypeOf(resilient<Posts>({ name: 'posts', validate: Posts })).toEqualTypeOf<
    Resilient<Posts, unknown>
  >();
  expectTypeOf(
    resilient<Posts>({
      name: 'posts',
      validate: [Posts, (list, { key }) => list.every(({ id }) => id === key)],
    }),
  ).toEqualTypeOf<Resilient<Posts, unknown>>();
  const checked = resilient<string>({
    name: 'posts',
    validate(value, about) {
      expectTypeOf(value).toEqualTypeOf<string>();
      expectTypeOf(about).toEqualTypeOf<{ readonly key: string | undefined }>();
      return true;
    },
  });
  expectTypeOf(checked).toEqualTypeOf<Resilient<string>>();
  resilient<string>({ name: 'posts', validate: async (value) => value.length > 0 });
  type Wrong = { name: string; validate: StandardSchemaV1<unknown, number> };
  expectTypeOf<Fits<Wrong, ResilientOptions<string>>>().toEqualTypeOf<false>();
});

test('a layer has one place and the type of its policy', () => {
  const any: Layer<string> = (next) => (execution) => next(execution);
  const generic = <T>(next: Invoke<T>): Invoke<T> => next;
  const layers: readonly PlacedLayer<string>[] = [
    { before: 'retry', layer: any },
    { after: 'timeout', layer: generic },
  ];
  expectTypeOf(resilient<string>({ name: 'posts', layers })).toEqualTypeOf<Resilient<string>>();
  resilient<string>({
    name: 'posts',
    layers: [{ after: 'retry', layer: (next) => async (execution) => `${await next(execution)}!` }],
  });
  expectTypeOf<Slot>().toEqualTypeOf<
    | ('telemetry' | 'fallback' | 'deadline' | 'cache' | 'hedge' | 'retry' | 'breaker' | 'rateLimit')
    | ('bulkhead' | 'timeout' | 'validation' | 'faults')
  >();
  type Placed = PlacedLayer<string>;
  expectTypeOf<
    Fits<{ before: 'retry'; after: 'retry'; layer: Layer<string> }, Placed>
  >().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ layer: Layer<string> }, Placed>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ before: 'function'; layer: Layer<string> }, Placed>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ before: 'retry' }, Placed>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ before: 'retry'; layer: Layer<number> }, Placed>>().toEqualTypeOf<false>();
});

test('each kind of breaker has its own options', () => {
  const store = memoryStore();
  const own = circuitBreaker({ name: 'posts' });
  const shared = sharedBreaker({ name: 'posts', store });
  expectTypeOf(own).toEqualTypeOf<CircuitBreaker>();
  expectTypeOf(shared).toEqualTypeOf<SharedCircuitBreaker>();
  expectTypeOf(shared).toExtend<CircuitBreaker>();
  for (const breaker of [own, shared, { windowMs: 1_000 }, { windowCalls: 10 }] as const)
    expectTypeOf(resilient<string>({ name: 'posts', breaker })).toEqualTypeOf<Resilient<string>>();

  type Breaker = NonNullable<ResilientOptions<string>['breaker']>;
  type Own = Exclude<Breaker, CircuitBreaker | false>;
  expectTypeOf<Has<Own, 'name' | 'store' | 'onEvent' | 'clock' | 'storeTimeoutMs'>>().toEqualTypeOf<false>();
  expectTypeOf<
    Has<Own, 'windowMs' | 'windowCalls' | 'slowCallRatio' | 'probesToClose'>
  >().toEqualTypeOf<true>();
  expectTypeOf<Fits<{ openMs: undefined }, Own>>().toEqualTypeOf<false>();
  expectTypeOf<
    Has<CircuitBreakerOptions, 'store' | 'storeTimeoutMs' | 'random' | 'probes'>
  >().toEqualTypeOf<false>();
  expectTypeOf<
    Has<SharedBreakerOptions, 'windowCalls' | 'slowCallRatio' | 'probesToClose'>
  >().toEqualTypeOf<false>();
  expectTypeOf<Has<SharedBreakerOptions, 'windowMs' | 'minimumCalls'>>().toEqualTypeOf<true>();
  expectTypeOf<Fits<{ name: string }, SharedBreakerOptions>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ store: typeof store }, SharedBreakerOptions>>().toEqualTypeOf<false>();
  expectTypeOf<
    Fits<{ name: string; isFailure: () => Promise<boolean> }, CircuitBreakerOptions>
  >().toEqualTypeOf<false>();
  expectTypeOf(own.force).parameter(0).toEqualTypeOf<'open' | 'closed' | 'auto'>();
});

test('a bulkhead and a rate limiter are made by functions, and several policies can share them', () => {
  const slots = bulkhead({ limit: 5 });
  const limiter = rateLimit({ perSecond: 5, weight: (key) => key?.length ?? 1 });
  expectTypeOf(slots).toEqualTypeOf<Bulkhead>();
  expectTypeOf(slots.state).toEqualTypeOf<BulkheadState>();
  expectTypeOf(limiter).toEqualTypeOf<RateLimiter>();
  expectTypeOf(slots.execute(async () => 'fine')).toEqualTypeOf<Promise<string>>();
  for (const given of [slots, false] as const)
    expectTypeOf(resilient<string>({ name: 'posts', bulkhead: given })).toEqualTypeOf<Resilient<string>>();
  for (const given of [limiter, false] as const)
    expectTypeOf(resilient<string>({ name: 'posts', rateLimit: given })).toEqualTypeOf<Resilient<string>>();
  type Options = ResilientOptions<string>;
  expectTypeOf<Fits<{ name: string; bulkhead: { limit: 5 } }, Options>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ name: string; rateLimit: { perSecond: 5 } }, Options>>().toEqualTypeOf<false>();
  const layers = [
    { before: 'rateLimit', layer: limiter.layer },
    { after: 'bulkhead', layer: slots.layer },
  ] as const;
  expectTypeOf(resilient<string>({ name: 'posts', layers })).toEqualTypeOf<Resilient<string>>();
});

test('a listener is handed every kind of event', () => {
  resilient<string>({
    name: 'posts',
    onEvent(event) {
      expectTypeOf(event).toEqualTypeOf<PolicyEvent>();
      if (event.kind === 'attempt') expectTypeOf(event.failed).toEqualTypeOf<boolean>();
      if (event.kind === 'rejected')
        expectTypeOf(event.by).toEqualTypeOf<'breaker' | 'rateLimit' | 'bulkhead' | 'deadline'>();
      if (event.kind === 'fallback') expectTypeOf(event.error).toEqualTypeOf<unknown>();
    },
  });
  resilient<string>({ name: 'posts', onEvent: async () => undefined });
});

test('a handler with a deadline is one of AWS Lambda', () => {
  const handler = withDeadline(
    { reserveMs: 200 },
    async (event: APIGatewayProxyEventV2, _context: unknown, { signal, remainingMs }) => {
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      expectTypeOf(remainingMs).toEqualTypeOf<() => number>();
      return { statusCode: 200, body: event.rawPath };
    },
  );
  expectTypeOf<Fits<typeof handler, APIGatewayProxyHandlerV2>>().toEqualTypeOf<true>();
});
