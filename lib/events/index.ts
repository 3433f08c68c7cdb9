export { type BatchResponse, type QueueBatchOptions, queueBatch } from './batch.ts';
export { type Envelope, readEnvelope } from './envelope.ts';
export { OUTBOX_ATTRIBUTE, type OutboxRecord, outboxRelay } from './outbox.ts';
export { type EventPublisher, eventPublisher, type PublisherOptions, type Unpublished } from './publisher.ts';
