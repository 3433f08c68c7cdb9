import { systemClock } from '../../lib/core/clock.ts';
import { seededRandom } from '../../lib/core/seeded-random.ts';
import { sqsBatch } from '../../lib/events/sqs-batch.ts';
import { InFlightError } from '../../lib/idempotency/errors.ts';
import { platformClock } from '../../lib/local/platform-clock.ts';
import { callSqs } from '../../lib/local/sqs/client.ts';
import { startSqsMapping } from '../../lib/local/sqs/poller.ts';
import { startSqs } from '../../lib/local/sqs/server.ts';
import { lambdaContext } from '../../lib/testing/index.ts';

export interface FifoRunOptions {
  readonly messages: number;
  readonly groups: number;
  readonly seed: number;
}

export interface FifoRun {
  /** The bodies of the messages that were handled, `group/number`, in their order. */
  readonly done: readonly string[];
  readonly expected: number;
  readonly figures: Readonly<Record<string, number>>;
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
/** One in ten messages fails at first, one in ten of those twice, and one in fifty is blocked by a run elsewhere. */
const FAILING = 0.1;
const FAILING_TWICE = 0.01;
const BLOCKED = 0.02;
const PATIENCE_MS = 300_000;

/** Sends messages of many groups to a FIFO queue of the local run, and handles them with failures. */
export async function runFifo({ messages, groups, seed }: FifoRunOptions): Promise<FifoRun> {
  const random = seededRandom(seed);
  const queue = {
    ...{ logicalId: 'work', queueName: QUEUE, fifo: true, contentBasedDeduplication: true },
    ...{ visibilityTimeoutSeconds: 6, delaySeconds: 0, receiveWaitSeconds: 0, retentionSeconds: 345_600 },
  };
  const sqs = await startSqs([queue], { scale: SCALE, region: REGION, account: ACCOUNT });
  const counts = { batches: 0, failures: 0, reported: 0, deferred: 0 };
  const done: string[] = [];
  /** What is yet to go wrong with each message. */
  const troubles = new Map<string, unknown[]>();
  const finished = Promise.withResolvers<void>();

  const handler = sqsBatch<Message, unknown>(
    async ({ body }) => {
      const error = troubles.get(body)?.pop();
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
  const next = new Map<string, number>();
  for (let index = 0; index < messages; index++) {
    const group = `g${Math.floor(random.next() * groups)}`;
    const number = next.get(group) ?? 0;
    next.set(group, number + 1);
    const body = `${group}/${number}`;
    const chance = random.next();
    const errors: unknown[] = [];
    if (chance < FAILING) errors.push(new Error('poison'));
    if (chance < FAILING_TWICE) errors.push(new Error('poison'));
    if (chance > 1 - BLOCKED) errors.push(new InFlightError('work', 500));
    counts.failures += errors.length;
    troubles.set(body, errors);
    await sqs.send(ARN, { body, messageGroupId: group });
  }
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
  const giveUp = systemClock.after(PATIENCE_MS, finished.resolve);
  await finished.promise;
  giveUp();
  await mapping.stop();
  await sqs.stop();
  const ms = Math.round(systemClock.monotonic() - startedAt);
  return { done, expected: messages, figures: { groups: next.size, ...counts, handled: done.length, ms } };
}

/** What a run did wrong: each finding is a sentence. */
export function judgeFifo({ done, expected }: FifoRun): readonly string[] {
  const wrong: string[] = [];
  const next = new Map<string, number>();
  for (const body of done) {
    const [group = '', number] = body.split('/');
    const due = next.get(group) ?? 0;
    if (Number(number) !== due) wrong.push(`${body} was handled where ${group}/${due} was due`);
    next.set(group, Number(number) + 1);
  }
  if (done.length !== expected) wrong.push(`${done.length} messages were handled, not ${expected}`);
  return wrong;
}
