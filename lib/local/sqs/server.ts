import { systemClock } from '../../core/clock.ts';
import type { Handover, Message } from '../handover.ts';
import { LocalRunError } from '../problem.ts';
import { callInTens, callSqs, SqsCallError } from './client.ts';
import { fauxqsApp, listenLocally } from './engine.ts';
import { addHooks } from './hooks.ts';
import { depthOf, type Inspection, messagesOf } from './inspect.ts';
import type { Depth, PeekedMessage, QueueModel } from './model.ts';

export type { Depth, PeekedMessage, QueueModel } from './model.ts';

export interface SqsOptions {
  /** How many times faster than real time the delays and visibility timeouts pass. A number of 1 or more. */
  readonly scale: number;
  readonly region: string;
  readonly account: string;
}

/** A message to give back, and how long it is to stay away, in the platform's seconds. */
export interface GivenBack {
  readonly receiptHandle: string;
  readonly visibleInSeconds: number;
}

/** SQS on this machine with the queues of the template. */
export interface Sqs {
  readonly endpoint: string;
  readonly scale: number;
  urlOf(arn: string): string | undefined;
  urlOfName(queueName: string): string;
  arnOf(queueName: string): string | undefined;
  modelOf(arn: string): QueueModel | undefined;
  /** Never rejects. */
  send(arn: string, message: Message): Promise<Handover>;
  /** @throws {LocalRunError} for a queue that is not there, as `peek` does. */
  depth(arn: string): Promise<Depth>;
  /** The first messages of a queue, visible ones first, without receiving them. */
  peek(arn: string, limit: number): Promise<readonly PeekedMessage[]>;
  /**
   * For the poller of a function that has failed. Messages are received with the visibility timeout of the template,
   * in real seconds, because functions run at their own pace; what is left of it passes at the platform's. A message
   * whose visibility timeout the function has set itself keeps that.
   */
  giveBack(arn: string, messages: readonly GivenBack[]): Promise<void>;
  /** Drops the connections on which nothing is under way. */
  closeIdle(): void;
  stop(): Promise<void>;
}

function attributesOf(queue: QueueModel, scale: number): Record<string, string> {
  return {
    VisibilityTimeout: String(queue.visibilityTimeoutSeconds),
    // Messages of a FIFO queue carry no delay of their own, so theirs can pass faster by whole seconds only.
    DelaySeconds: String(queue.fifo ? Math.ceil(queue.delaySeconds / scale) : queue.delaySeconds),
    ReceiveMessageWaitTimeSeconds: String(queue.receiveWaitSeconds),
    MessageRetentionPeriod: String(queue.retentionSeconds),
    ...(queue.fifo && {
      FifoQueue: 'true',
      ContentBasedDeduplication: String(queue.contentBasedDeduplication ?? false),
      ...(queue.deduplicatesInGroup && { DeduplicationScope: 'messageGroup' }),
    }),
    ...(queue.redrive && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: queue.redrive.deadLetterQueueArn,
        maxReceiveCount: queue.redrive.maxReceiveCount,
      }),
    }),
  };
}

/**
 * Starts SQS inside this process, on the loopback interface only, and creates the queues.
 * @throws {LocalRunError} without the package fauxqs, and for a dead-letter queue that is not one of the queues.
 */
export async function startSqs(queues: readonly QueueModel[], options: SqsOptions): Promise<Sqs> {
  const { scale, region, account } = options;
  const byArn = new Map(
    queues.map((queue) => [`arn:aws:sqs:${region}:${account}:${queue.queueName}`, queue]),
  );
  for (const { logicalId, redrive } of queues)
    if (redrive && !byArn.has(redrive.deadLetterQueueArn))
      throw new LocalRunError(
        `${logicalId}: its dead-letter queue ${redrive.deadLetterQueueArn} is not in the template`,
      );

  const { app, deadLetterSources } = await fauxqsApp('queues', region);
  const changed = new Set<string>();
  let endpoint = '';
  const urlOfName = (queueName: string) => `${endpoint}/${account}/${queueName}`;
  const byName = new Map(queues.map((queue) => [queue.queueName, queue]));
  addHooks(app, {
    ...{ account, scale, queues: byName, endpoint: () => endpoint, urlOf: urlOfName, changed },
    deadLetterSources,
  });
  const server = await listenLocally(app);
  endpoint = server.endpoint;

  const urlOf = (arn: string) => {
    const queue = byArn.get(arn);
    return queue && urlOfName(queue.queueName);
  };
  const inspect = async (arn: string): Promise<readonly PeekedMessage[]> => {
    const queue = byArn.get(arn);
    if (queue === undefined) throw new LocalRunError(`there is no queue ${arn} on this machine`);
    const { host } = new URL(endpoint);
    const { body } = await app.inject({ url: `/_fauxqs/queues/${queue.queueName}`, headers: { host } });
    return messagesOf(JSON.parse(body) as Inspection, systemClock.now());
  };

  const sqs: Sqs = {
    endpoint,
    scale,
    urlOf,
    urlOfName,
    arnOf: (queueName) => [...byArn].find(([, queue]) => queue.queueName === queueName)?.[0],
    modelOf: (arn) => byArn.get(arn),
    async send(arn, { body, attributes, messageGroupId, messageDeduplicationId }) {
      try {
        await callSqs(endpoint, 'SendMessage', {
          // A queue that is not there gets SQS's own answer.
          QueueUrl: urlOf(arn) ?? urlOfName('unknown'),
          MessageBody: body,
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes ?? {}).map(([name, value]) => [
              name,
              typeof value === 'string' ? { DataType: 'String', StringValue: value } : value,
            ]),
          ),
          ...(messageGroupId !== undefined && { MessageGroupId: messageGroupId }),
          ...(messageDeduplicationId !== undefined && { MessageDeduplicationId: messageDeduplicationId }),
        });
        return { kind: 'accepted' };
      } catch (error) {
        const { code, message, retryable } =
          error instanceof SqsCallError ? error : new SqsCallError('InternalError', String(error));
        return { kind: 'refused', code, message, retryable };
      }
    },
    depth: async (arn) => depthOf(await inspect(arn)),
    peek: async (arn, limit) => (await inspect(arn)).slice(0, limit),
    async giveBack(arn, messages) {
      const own = messages.filter(({ receiptHandle }) => !changed.has(receiptHandle));
      try {
        if (scale === 1) return;
        const entries = own.map(({ receiptHandle, visibleInSeconds }) => ({
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: visibleInSeconds,
        }));
        await callInTens(endpoint, 'ChangeMessageVisibilityBatch', urlOf(arn) ?? '', entries);
      } finally {
        for (const { receiptHandle } of messages) changed.delete(receiptHandle);
      }
    },
    closeIdle: server.closeIdle,
    stop: server.stop,
  };

  try {
    for (const queue of queues) {
      await callSqs(endpoint, 'CreateQueue', {
        QueueName: queue.queueName,
        Attributes: attributesOf(queue, scale),
      });
    }
  } catch (error) {
    await sqs.stop();
    throw new LocalRunError(`SQS on this machine: ${(error as Error).message}`, error);
  }
  return sqs;
}
