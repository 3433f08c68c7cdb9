import type { MessageAttribute } from '../handover.ts';

/** A message as it was published. */
export interface Notification {
  readonly messageId: string;
  readonly topicArn: string;
  readonly subject: string | undefined;
  /** JSON with a text for each protocol where `structure` says so. */
  readonly message: string;
  readonly structure: 'json' | undefined;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  /** Of FIFO topics. */
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
  /** ISO 8601. */
  readonly timestamp: string;
}

export interface SubscriptionModel {
  readonly logicalId: string;
  readonly arn: string;
  /** Those that run here; what is for the others goes nowhere. */
  readonly protocol: 'sqs' | 'lambda' | 'none';
  /** As the template has it: `sqs`, `email`. */
  readonly protocolName: string;
  readonly endpoint: string;
  /** Whether a queue gets the message alone, its attributes as attributes. */
  readonly raw: boolean;
  /** Undefined: every message. */
  readonly filterPolicy: unknown;
  readonly filterScope: 'MessageAttributes' | 'MessageBody';
  readonly deadLetterQueue: string | undefined;
}

export interface TopicModel {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly fifo: boolean;
  readonly contentBasedDeduplication: boolean;
  readonly subscriptions: readonly SubscriptionModel[];
}
