import { Stack } from 'aws-cdk-lib';
import type { IEventBus, IRule } from 'aws-cdk-lib/aws-events';
import { Grant, type IGrantable, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { DestinationConfig } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { type IQueue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { refuse } from './refuse.ts';
import { allow } from './resource-policy.ts';

/** What a queue asks of its key when it takes a message: a data key, and a proof that it is whole. */
const SEND_KEY_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];

const RECEIVE_ACTIONS = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
];

/** Something that sends to a queue in the name of a service, without a role. */
export interface Sender {
  /** E.g. `events.amazonaws.com`. */
  readonly service: string;
  readonly account: string;
  readonly arn: string;
  /**
   * The ARNs of all of its kind in its account and region, with `*` for the name. The policy of a key names these: with the ARN itself
   * there would be a circle from the key to the sender, to the queue and back to the key.
   */
  readonly kindArn: string;
}

export const senderOfRule = (rule: IRule): Sender => ({
  service: 'events.amazonaws.com',
  account: rule.env.account,
  arn: rule.ruleArn,
  kindArn: Stack.of(rule).formatArn({ ...rule.env, service: 'events', resource: 'rule', resourceName: '*' }),
});

export const senderOfBus = (bus: IEventBus): Sender => ({
  service: 'events.amazonaws.com',
  account: bus.env.account,
  arn: bus.eventBusArn,
  kindArn: Stack.of(bus).formatArn({
    ...bus.env,
    service: 'events',
    resource: 'event-bus',
    resourceName: '*',
  }),
});

export const senderOfTopic = (topic: ITopic): Sender => ({
  service: 'sns.amazonaws.com',
  account: topic.env.account,
  arn: topic.topicArn,
  kindArn: Stack.of(topic).formatArn({ ...topic.env, service: 'sns', resource: '*' }),
});

/**
 * Lets a sender deliver into a queue: by the queue's policy, and by the policy of the customer's key where it has one.
 */
export function letSend(scope: Construct, queue: IQueue, sender: Sender): void {
  if (queue.encryptionType === QueueEncryption.KMS_MANAGED)
    refuse(
      scope,
      `expected a queue that ${sender.service} can use, got one with the key alias/aws/sqs, which lets no service in; ` +
        'use QueueEncryption.SQS_MANAGED or a key of your own',
    );
  const principals = [new ServicePrincipal(sender.service)];
  const sameAccount = { 'aws:SourceAccount': sender.account };
  const send = new PolicyStatement({
    principals,
    actions: ['sqs:SendMessage'],
    resources: [queue.queueArn],
    conditions: { ArnEquals: { 'aws:SourceArn': sender.arn }, StringEquals: sameAccount },
  });
  allow(scope, queue, send);
  const { encryptionMasterKey: key } = queue;
  if (key === undefined) return;
  const useKey = new PolicyStatement({
    principals,
    actions: SEND_KEY_ACTIONS,
    // In the policy of a key, this key.
    resources: ['*'],
    conditions: { ArnLike: { 'aws:SourceArn': sender.kindArn }, StringEquals: sameAccount },
  });
  allow(scope, key, useKey);
}

/** Lets a role do something with a queue, and with the customer's key for it, through SQS only. Warns of a role that is imported. */
function grant(
  queue: IQueue,
  grantee: IGrantable,
  actions: readonly string[],
  keyActions: readonly string[],
): Grant {
  const granted = Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [queue.queueArn] });
  const { encryptionMasterKey: key } = queue;
  if (key === undefined) return granted;
  const viaSqs = `sqs.${queue.env.region}.${Stack.of(queue).urlSuffix}`;
  return granted.combine(
    Grant.addToPrincipal({
      grantee,
      actions: [...keyActions],
      resourceArns: [key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': viaSqs } },
    }),
  );
}

/**
 * Lets a role send to a queue. The CDK grants no key for a function's dead-letter queue, and `kms:ReEncrypt*` and
 * `kms:GenerateDataKey*` for a destination.
 */
export const grantSend = (queue: IQueue, grantee: IGrantable): Grant =>
  grant(queue, grantee, ['sqs:SendMessage'], SEND_KEY_ACTIONS);

/** Lets a function send what it failed to do to a queue: as a destination it is this. */
export function destinationIn(queue: IQueue, fn: IGrantable): DestinationConfig {
  grantSend(queue, fn);
  return { destination: queue.queueArn };
}

/** Lets Lambda receive from a queue with the role of a function. */
export const grantReceive = (queue: IQueue, grantee: IGrantable): Grant =>
  grant(queue, grantee, RECEIVE_ACTIONS, ['kms:Decrypt']);

/** How a queue is encrypted: with a customer's key where there is one, otherwise with keys that SQS manages. */
export function encryptionOf(key: IKey | undefined, { encryptionMasterKey }: QueueProps): QueueProps {
  if (key) return { encryption: QueueEncryption.KMS, encryptionMasterKey: key };
  return { encryption: encryptionMasterKey ? QueueEncryption.KMS : QueueEncryption.SQS_MANAGED };
}
