import type { QueueModel } from '../sqs/model.ts';
import type { Properties } from './properties.ts';
import type { TemplateReader } from './reader.ts';

const NAMES = [
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'DelaySeconds',
  'FifoQueue',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'VisibilityTimeout',
];

/** The queues, with the defaults of SQS where the template says nothing. */
export function readQueues(reader: TemplateReader): readonly QueueModel[] {
  return reader.ofType(['AWS::SQS::Queue'], NAMES).map(({ logicalId, properties }) => {
    const seconds = (name: string, otherwise: number) => Number(properties[name] ?? otherwise);
    const redrive = properties['RedrivePolicy'] as Properties | undefined;
    return {
      logicalId,
      queueName: reader.nameOf(logicalId),
      fifo: properties['FifoQueue'] === true,
      contentBasedDeduplication: properties['ContentBasedDeduplication'] === true,
      ...(properties['DeduplicationScope'] === 'messageGroup' && { deduplicatesInGroup: true }),
      visibilityTimeoutSeconds: seconds('VisibilityTimeout', 30),
      delaySeconds: seconds('DelaySeconds', 0),
      receiveWaitSeconds: seconds('ReceiveMessageWaitTimeSeconds', 0),
      retentionSeconds: seconds('MessageRetentionPeriod', 345_600),
      ...(redrive && {
        redrive: {
          deadLetterQueueArn: String(redrive['deadLetterTargetArn']),
          maxReceiveCount: Number(redrive['maxReceiveCount']),
        },
      }),
    };
  });
}
