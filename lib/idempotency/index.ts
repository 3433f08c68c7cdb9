export type { Json } from '../core/json.ts';
export type { ResultStore } from './codec.ts';
export {
  IdempotencyKeyError,
  InFlightError,
  OutcomeUnknownError,
  OwnershipLostError,
  PayloadMismatchError,
  ResultNotStoredError,
} from './errors.ts';
export type { IdempotencyEvent, IdempotencyEventKind } from './events.ts';
export type { RemainingTime } from './execution.ts';
export { type HttpIdempotencyOptions, idempotentHttp } from './http.ts';
export type { HttpAnswer, HttpAnswerOptions } from './http-answers.ts';
export { idempotent } from './idempotent.ts';
export type { IdempotencyOptions } from './options.ts';
export { allOf, optional, type Part } from './parts.ts';
export type { OnUnknownOutcome } from './protocol.ts';
export type { ReplayCacheOptions } from './replay-cache.ts';
export type { Claim } from './run-once.ts';
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
} from './sources.ts';
