import type {
  DynamoDBRecord,
  DynamoDBStreamHandler,
  EventBridgeHandler,
  KinesisStreamHandler,
  KinesisStreamRecord,
  SQSBatchResponse,
  SQSHandler,
  SQSRecord,
} from 'aws-lambda';
import { expectTypeOf, test } from 'vitest';
import {
  type BatchResponse,
  type Envelope,
  envelope,
  envelopeHandler,
  eventPublisher,
  outboxRelay,
  type SqsBatchOptions,
  sqsBatch,
  streamBatch,
} from '../../lib/events/index.ts';
import {
  idempotent,
  type QueueRecord,
  type RemainingTime,
  recordEnvelopeId,
} from '../../lib/idempotency/index.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { correlated } from '../../lib/telemetry/index.ts';

/*
 * What compiles and what does not, for `npm run check:types`. Nothing here runs.
 */

type Fits<Given, Expected> = [Given] extends [Expected] ? true : false;

const store = memoryStore();
const anyRecord = envelopeHandler(async (_event, _context: RemainingTime) => undefined);

test('batches are handlers of AWS Lambda', () => {
  expectTypeOf(sqsBatch(async (_record: SQSRecord) => undefined)).toExtend<SQSHandler>();
  expectTypeOf(sqsBatch(anyRecord)).toExtend<SQSHandler>();
  expectTypeOf(
    streamBatch(async (_record: KinesisStreamRecord) => undefined),
  ).toExtend<KinesisStreamHandler>();
  expectTypeOf(streamBatch(async (_record: DynamoDBRecord) => undefined)).toExtend<DynamoDBStreamHandler>();
  expectTypeOf(streamBatch(anyRecord)).toExtend<KinesisStreamHandler>();
  expectTypeOf(
    outboxRelay(eventPublisher({ bus: 'orders', source: 'shop' })),
  ).toExtend<DynamoDBStreamHandler>();
  expectTypeOf(anyRecord).toExtend<EventBridgeHandler<string, unknown, void>>();
  expectTypeOf<BatchResponse>().toEqualTypeOf<SQSBatchResponse>();
});

test('a batch takes what idempotency and correlation make', () => {
  const byRecord = idempotent(
    { store, operation: 'ship', key: recordEnvelopeId },
    async (_record: QueueRecord, _context: RemainingTime) => 1,
  );
  expectTypeOf(sqsBatch(correlated(byRecord))).toExtend<SQSHandler>();
  const byEnvelope = idempotent(
    { store, operation: 'ship', key: ({ id }: Envelope) => id },
    async ({ data }: Envelope, _context: RemainingTime) => `${data}`,
  );
  expectTypeOf(sqsBatch(envelopeHandler(byEnvelope))).toExtend<SQSHandler>();
});

test('callbacks of a batch are handed its records', () => {
  sqsBatch(async (_record: SQSRecord) => undefined, {
    onFailure: (record) => expectTypeOf(record).toEqualTypeOf<SQSRecord>(),
    async deferVisibility(record, seconds) {
      expectTypeOf(record).toEqualTypeOf<SQSRecord>();
      expectTypeOf(seconds).toEqualTypeOf<number>();
    },
  });
  expectTypeOf<Fits<{ concurrency: string }, SqsBatchOptions<SQSRecord>>>().toEqualTypeOf<false>();
});

test('an envelope has the type of its data', () => {
  const placed = envelope({ id: '1', type: 't', time: 'x', data: { total: 12 } });
  expectTypeOf(placed).toEqualTypeOf<Envelope<{ total: number }>>();
  expectTypeOf<Fits<{ sensitivity: 1 }, NonNullable<Envelope['metadata']>>>().toEqualTypeOf<false>();
});
