import { platformClock } from '../../lib/local/platform-clock.ts';
import { type SqsMapping, type SqsMappingModel, startSqsMapping } from '../../lib/local/sqs/poller.ts';
import { type QueueModel, type Sqs, startSqs } from '../../lib/local/sqs/server.ts';
import { seededRandom } from '../../lib/testing/index.ts';
import { atEndOfTest } from './ends.ts';

export const REGION = 'eu-central-1';
export const ACCOUNT = '000000000000';
export const arn = (queueName: string): string => `arn:aws:sqs:${REGION}:${ACCOUNT}:${queueName}`;

export const queueModel = (queueName: string, more: Partial<QueueModel> = {}): QueueModel => ({
  logicalId: queueName,
  queueName,
  fifo: queueName.endsWith('.fifo'),
  visibilityTimeoutSeconds: 6,
  delaySeconds: 0,
  receiveWaitSeconds: 0,
  retentionSeconds: 345_600,
  ...more,
});

export async function startQueues(queues: readonly QueueModel[], scale = 20): Promise<Sqs> {
  const sqs = await startSqs(queues, { scale, region: REGION, account: ACCOUNT });
  atEndOfTest(() => sqs.stop());
  return sqs;
}

/** A queue `work` whose messages go to `dead` after so many receives. */
export const workAndDead = (
  maxReceiveCount: number,
  more: Partial<QueueModel> = {},
): readonly QueueModel[] => [
  queueModel('work', { redrive: { deadLetterQueueArn: arn('dead'), maxReceiveCount }, ...more }),
  queueModel('dead'),
];

export interface TestRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

type Invoke = Parameters<typeof startSqsMapping>[1]['invoke'];
export type Answer = Awaited<ReturnType<Invoke>>;
export const success = (response: unknown = null): Answer => ({
  kind: 'success',
  payload: JSON.stringify(response),
});
export const functionError: Answer = { kind: 'error', errorType: 'Error', payload: '{"errorType":"Error"}' };
export const throttled: Answer = { kind: 'throttled' };

/** A mapping from `work` to a plain function. */
export function startMapping(
  sqs: Sqs,
  fn: (records: readonly TestRecord[], payload: string) => Answer | Promise<Answer>,
  more: Partial<SqsMappingModel> = {},
): SqsMapping {
  const mapping = startSqsMapping(
    {
      queueArn: arn('work'),
      functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:fn`,
      batchSize: 10,
      batchingWindowSeconds: 0,
      reportBatchItemFailures: false,
      filters: [],
      enabled: true,
      ...more,
    },
    {
      sqs,
      invoke: async (payload) => fn((JSON.parse(payload) as { Records: TestRecord[] }).Records, payload),
      region: REGION,
      platform: platformClock(sqs.scale),
      random: seededRandom(1),
    },
  );
  atEndOfTest(() => mapping.stop());
  return mapping;
}

export async function sendAll(sqs: Sqs, bodies: readonly string[], queueName = 'work'): Promise<void> {
  for (const body of bodies) await sqs.send(arn(queueName), { body });
}

export const upTo = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `m${n}`);

/** A gate that a function waits at until the test opens it. */
export function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}
