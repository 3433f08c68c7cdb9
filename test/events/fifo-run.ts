import { systemClock } from '../../lib/core/clock.ts';
import { seededRandom } from '../../lib/core/seeded-random.ts';
import { sqsBatch } from '../../lib/events/sqs-batch.ts';
import { platformClock } from '../../lib/local/platform-clock.ts';
import { callSqs } from '../../lib/local/sqs/client.ts';
import { startSqsMapping } from '../../lib/local/sqs/poller.ts';
import { startSqs } from '../../lib/local/sqs/server.ts';
import { lambdaContext } from '../../lib/testing/index.ts';
import { type FifoRun, makeMessages } from './messages.ts';

export interface FifoRunOptions {
  readonly messages: number;
  readonly groups: number;
  readonly seed: number;
}

interface Message {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
}

const REGION = 'eu-central-1';
const ACCOUNT = '000000000000';
const QUEUE = 'work.fifo';
const ARN = `arn:aws:sqs:${REGION}:${ACCOUNT}:${QUEUE}`;
/** How many times faster than real time the visibility timeout passes. */
const SCALE = 20;
/** Without an end for what never gets done. Real time. */
const MAX_MS = 300_000;

/** Sends messages of many groups to a FIFO queue of the local run, and handles them with failures. A batch has one message of a group. */
export async function runFifo({ messages, groups, seed }: FifoRunOptions): Promise<FifoRun> {
  const { all, errors, failures } = makeMessages(messages, groups, seededRandom(seed));
  const queue = {
    ...{ logicalId: 'work', queueName: QUEUE, fifo: true, contentBasedDeduplication: true },
    ...{ visibilityTimeoutSeconds: 6, delaySeconds: 0, receiveWaitSeconds: 0, retentionSeconds: 345_600 },
  };
  const sqs = await startSqs([queue], { scale: SCALE, region: REGION, account: ACCOUNT });
  const counts = { batches: 0, reported: 0, deferred: 0 };
  const done: string[] = [];
  const finished = Promise.withResolvers<void>();

  const handler = sqsBatch<Message, unknown>(
    async ({ body }) => {
      const error = errors.get(body)?.pop();
      if (error !== undefined) throw error;
      done.push(body);
      if (done.length >= messages) finished.resolve();
    },
    {
      onFailure: () => void counts.reported++,
      async deferVisibility({ receiptHandle }, seconds) {
        counts.deferred++;
        const change = { QueueUrl: sqs.urlOf(ARN), ReceiptHandle: receiptHandle, VisibilityTimeout: seconds };
        await callSqs(sqs.endpoint, 'ChangeMessageVisibility', change);
      },
    },
  );

  const startedAt = systemClock.monotonic();
  for (const { group, body } of all) await sqs.send(ARN, { body, messageGroupId: group });
  const mapping = startSqsMapping(
    {
      ...{ queueArn: ARN, functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:fn`, enabled: true },
      ...{ batchSize: 10, batchingWindowSeconds: 0, reportBatchItemFailures: true, filters: [] },
    },
    {
      ...{ sqs, region: REGION, platform: platformClock(SCALE), random: seededRandom(seed + 1) },
      async invoke(payload) {
        counts.batches++;
        const answer = await handler(JSON.parse(payload), lambdaContext({ remainingMs: 60_000 }));
        return { kind: 'success', payload: JSON.stringify(answer) };
      },
    },
  );
  const giveUp = systemClock.after(MAX_MS, finished.resolve);
  await finished.promise;
  giveUp();
  await mapping.stop();
  await sqs.stop();
  const ms = Math.round(systemClock.monotonic() - startedAt);
  return { done, expected: messages, figures: { groups, failures, ...counts, handled: done.length, ms } };
}
