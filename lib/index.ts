export { type CancelTimer, type Clock, systemClock } from './core/clock.ts';
export {
  AttemptTimeoutError,
  BreakerOpenError,
  DeadlineExceededError,
  type DeadlineLimit,
  FibrinError,
  type FibrinErrorDetails,
  hasCode,
  InvalidOptionError,
  isFibrinError,
  StoreError,
  ValidationError,
} from './core/errors.ts';
export type { Call, CallContext, ExecuteOptions, Execution, Source } from './core/execution.ts';
export type { Invoke, Layer, Policy } from './core/layer.ts';
export type { PolicyEvent } from './core/policy-event.ts';
export type { HttpResponse } from './core/problem.ts';
export { type Random, systemRandom } from './core/random.ts';
export type {
  AttributeValue,
  Clause,
  Comparison,
  Condition,
  CountingStore,
  Item,
  Store,
  StoreCallOptions,
  TransactionalStore,
  TransactOptions,
  TransactWrite,
  WriteOptions,
  WriteResult,
} from './core/store.ts';
export type { Timed } from './core/time-limit.ts';
export { deadlineHeaders, remainingMs } from './deadline/next-hop.ts';
export type { DeadlineOptions } from './deadline/options.ts';
export { withDeadline } from './deadline/with-deadline.ts';
export type { FetchAgents } from './http/agents.ts';
export type { FetchAnswer } from './http/answer.ts';
export type { FetchBody } from './http/body.ts';
export { boundedFetch } from './http/bounded-fetch.ts';
export {
  EncodedAnswerError,
  type HttpStatusDetails,
  HttpStatusError,
  NoAnswerError,
  ResponseTooLargeError,
} from './http/errors.ts';
export type { FetchHeaders } from './http/headers.ts';
export type { FetchOptions } from './http/options.ts';
export type { RefusalBody } from './http/refusal-body.ts';
export { type Bulkhead, BulkheadFullError, type BulkheadState, bulkhead } from './policy/bulkhead.ts';
export type { BulkheadOptions } from './policy/bulkhead-options.ts';
export {
  type Fallback,
  type FallbackContext,
  type FallbackOptions,
  fallback,
  fallbackChain,
} from './policy/fallback.ts';
export { type Hedge, type HedgeTools, hedge } from './policy/hedge.ts';
export type { HedgeOptions } from './policy/hedge-options.ts';
export type { CallCache, OwnBreakerOptions, ResilientOptions } from './policy/options.ts';
export type { Outcome } from './policy/outcome.ts';
export { RateLimitedError, type RateLimiter, type RateLimitOptions, rateLimit } from './policy/rate-limit.ts';
export { type Resilient, resilient, type WrapOptions } from './policy/resilient.ts';
export { retry } from './policy/retry.ts';
export type { RetryBudgetOptions, RetryOptions } from './policy/retry-options.ts';
export type { PlacedLayer, Slot } from './policy/slots.ts';
export { type TimeoutOptions, timeout } from './policy/timeout.ts';
export { type Check, type Validation, type ValidationOptions, validation } from './policy/validate.ts';
