export { type BreakerOptions, type CircuitBreaker, circuitBreaker, type Permit } from './breaker/fleet.ts';
export { type CancelTimer, type Clock, systemClock } from './core/clock.ts';
export { runWithin, type Timed, type TimeLimit } from './core/deadline.ts';
export {
  AttemptTimeoutError,
  BreakerOpenError,
  DeadlineExceededError,
  FibrinError,
  type FibrinErrorDetails,
  InvalidOptionError,
  StoreError,
  ValidationError,
} from './core/errors.ts';
export { type Random, systemRandom } from './core/random.ts';
export type {
  AttributeValue,
  Clause,
  Comparison,
  Condition,
  Item,
  Store,
  StoreCallOptions,
  WriteOptions,
  WriteResult,
} from './core/store.ts';
export {
  IdempotencyKeyError,
  InFlightError,
  OwnershipLostError,
  PayloadMismatchError,
} from './idempotency/errors.ts';
export type { IdempotencyOptions, RemainingTime } from './idempotency/guard.ts';
export { type HttpEvent, header } from './idempotency/http.ts';
export { idempotent } from './idempotency/idempotent.ts';
export type { Call, CallContext } from './policy/call.ts';
export {
  type ExecuteOptions,
  type Outcome,
  type Resilient,
  type ResilientOptions,
  resilient,
} from './policy/resilient.ts';
export type { RetryOptions } from './policy/retry.ts';
export { memoryStore } from './store/memory.ts';
