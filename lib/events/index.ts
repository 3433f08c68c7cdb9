export type { BatchEvent, BatchOptions, BatchResponse } from './batch.ts';
export { type Envelope, type EnvelopeMetadata, envelope, isExpired, readEnvelope } from './envelope.ts';
export { OUTBOX_ATTRIBUTE, type OutboxRecord } from './outbox.ts';
export {
  type EventPublisher,
  eventPublisher,
  type PublisherOptions,
  type PublishOptions,
  type Unpublished,
} from './publisher.ts';
export { type EnvelopeHandlerOptions, envelopeHandler, recordEnvelope } from './record-envelope.ts';
export { type OutboxRelayOptions, outboxRelay } from './relay.ts';
export { type SqsBatchOptions, type SqsMessage, sqsBatch } from './sqs-batch.ts';
export { type StreamRecord, streamBatch } from './stream-batch.ts';
