export { circuitBreaker } from './breaker/breaker.ts';
export { type BreakerCheck, type BreakerCheckOptions, breakerCheck } from './breaker/check.ts';
export { fleetBreaker } from './breaker/fleet.ts';
export type { LocalBreaker } from './breaker/local.ts';
export type { BreakerOptions, BreakerStore } from './breaker/options.ts';
export type { CircuitBreaker, Entering, Permit } from './breaker/permit.ts';
export type { BreakerEvent, BreakerState } from './core/breaker-event.ts';
export type { Call, CallContext, ExecuteOptions, Policy } from './core/call.ts';
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
export type { PolicyEvent } from './core/policy-event.ts';
export type { HttpResponse } from './core/problem.ts';
export { type Random, systemRandom } from './core/random.ts';
export type {
  AttributeValue,
  Clause,
  Comparison,
  Condition,
  Item,
  Store,
  StoreCallOptions,
  TransactionalStore,
  TransactOptions,
  TransactWrite,
  WriteOptions,
  WriteResult,
} from './core/store.ts';
export { deadlineHeaders, timeLeftMs } from './deadline/next-hop.ts';
export type { DeadlineOptions } from './deadline/options.ts';
export { withDeadline } from './deadline/with-deadline.ts';
export type { FetchAgents } from './http/agents.ts';
export type { FetchAnswer } from './http/answer.ts';
export { EncodedAnswerError, HttpStatusError, NoAnswerError, ResponseTooLargeError } from './http/errors.ts';
export { resilientFetch } from './http/fetch.ts';
export type { FetchOptions } from './http/options.ts';
export type { ResultStore } from './idempotency/codec.ts';
export {
  IdempotencyKeyError,
  InFlightError,
  OutcomeUnknownError,
  OwnershipLostError,
  PayloadMismatchError,
  ResultNotStoredError,
} from './idempotency/errors.ts';
export type { IdempotencyEvent, IdempotencyEventKind } from './idempotency/events.ts';
export type { RemainingTime } from './idempotency/execution.ts';
export { type HttpAnswer, type HttpIdempotencyOptions, idempotentHttp } from './idempotency/http.ts';
export { idempotent } from './idempotency/idempotent.ts';
export type { IdempotencyOptions } from './idempotency/options.ts';
export { allOf, optional, type Part } from './idempotency/parts.ts';
export type { AfterUnknown } from './idempotency/protocol.ts';
export type { ReplayCacheOptions } from './idempotency/replay-cache.ts';
export type { Once } from './idempotency/run-once.ts';
export {
  type BusEvent,
  bodyField,
  deliveryId,
  envelopeId,
  type HttpEvent,
  header,
  type QueueRecord,
  recordEnvelopeId,
  type ScheduleEvent,
  scheduledTime,
} from './idempotency/sources.ts';
export { type Fallback, type FallbackOptions, fallback, firstOf } from './policy/fallback.ts';
export type {
  CorruptFault,
  ErrorFault,
  Fault,
  FaultOptions,
  HangFault,
  LatencyFault,
  PlainFault,
} from './policy/fault-options.ts';
export { type FaultInjection, InjectedFaultError, injectFaults } from './policy/faults.ts';
export type { ResilientOptions } from './policy/options.ts';
export type { Outcome } from './policy/outcome.ts';
export { type Resilient, resilient, type WrapOptions } from './policy/resilient.ts';
export { type RetryOptions, retry } from './policy/retry.ts';
export { type TimeoutOptions, timeout } from './policy/timeout.ts';
export { type Check, type Validation, type ValidationOptions, validation } from './policy/validate.ts';
export { memoryStore } from './store/memory.ts';
