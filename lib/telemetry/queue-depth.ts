import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';

/** Of SQS's attributes, those that together count all messages of a queue. */
type CountName =
  | 'ApproximateNumberOfMessages'
  | 'ApproximateNumberOfMessagesNotVisible'
  | 'ApproximateNumberOfMessagesDelayed';

/** The one request of SQS that is made: `SQS` of `@aws-sdk/client-sqs`, or what makes this request another way. */
export interface QueueDepthClient {
  getQueueAttributes(
    input: { QueueUrl: string; AttributeNames: CountName[] },
    options: { abortSignal: AbortSignal },
  ): Promise<{ readonly Attributes?: Readonly<Partial<Record<string, string>>> | undefined }>;
}

export interface QueueDepthCheckOptions {
  /** Asks SQS. Needs `sqs:GetQueueAttributes`. Give an SDK's client `maxAttempts: 1`: the check has little time. */
  readonly client: QueueDepthClient;
  readonly queueUrl: string;
  /** The most messages with which the check passes. Integer, 0 or more. Default 0, for a dead-letter queue. */
  readonly max?: number;
}

/** How many messages a queue holds, approximately, as SQS says. */
export type QueueDepthDetails = {
  /** Ready to be received. */
  readonly visible: number;
  /** Received, and not deleted yet. */
  readonly inFlight: number;
  /** Not ready to be received yet. */
  readonly delayed: number;
};

/** A check for `healthChecks` and for the `health` middleware. */
export interface QueueDepthCheck {
  /** Never: what failed before waits, and what comes now works. */
  readonly critical: false;
  /** @throws while the queue holds more than `max` messages, and when SQS gives no answer or none that can be read. */
  run(signal: AbortSignal): Promise<void>;
  /** As of the last run; undefined where that learned nothing. */
  details(): QueueDepthDetails | undefined;
}

/**
 * A health check of a dead-letter queue: it passes while the queue holds no messages, or at most `max`. Messages that are in
 * flight count: who looks at a dead letter has not dealt with it.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
 * @example
 * ```ts
 * const checkWith = (client: QueueDepthClient, queueUrl: string) =>
 *   healthChecks({ checks: { undelivered: queueDepthCheck({ client, queueUrl }) } });
 * ```
 */
export function queueDepthCheck(options: QueueDepthCheckOptions): QueueDepthCheck {
  checkOptions('queueDepthCheck', options, {
    required: { client: rule.object(), queueUrl: rule.text() },
    optional: { max: rule.integer() },
  });
  const { client, queueUrl: QueueUrl, max = 0 } = options;
  let latest: QueueDepthDetails | undefined;
  return {
    critical: false,
    async run(signal) {
      latest = undefined;
      const { Attributes = {} } = await client.getQueueAttributes(
        {
          QueueUrl,
          AttributeNames: [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed',
          ],
        },
        { abortSignal: signal },
      );
      const countOf = (name: CountName): number => {
        const text = Attributes[name];
        if (!/^\d{1,15}$/.test(String(text))) throw new Error(`SQS gave no count as ${name}`);
        return Number(text);
      };
      const depth = {
        visible: countOf('ApproximateNumberOfMessages'),
        inFlight: countOf('ApproximateNumberOfMessagesNotVisible'),
        delayed: countOf('ApproximateNumberOfMessagesDelayed'),
      };
      // An answer that came too late is not one of the next run.
      signal.throwIfAborted();
      latest = depth;
      const messages = depth.visible + depth.inFlight + depth.delayed;
      if (messages > max)
        throw new Error(`the queue holds ${messages} messages, and ${max} at most are fine`);
    },
    details: () => latest,
  };
}
