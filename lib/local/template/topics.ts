import type { SubscriptionModel, TopicModel } from '../sns/model.ts';
import type { Properties } from './properties.ts';
import type { TemplateReader } from './reader.ts';
import { refuse } from './refuse.ts';

const SUBSCRIPTION = [
  ...['Endpoint', 'FilterPolicy', 'FilterPolicyScope', 'Protocol', 'RawMessageDelivery', 'RedrivePolicy'],
  'TopicArn',
];

const PROTOCOLS: readonly string[] = ['sqs', 'lambda'] satisfies SubscriptionModel['protocol'][];

function readSubscription(logicalId: string, topicArn: string, properties: Properties): SubscriptionModel {
  const protocolName = String(properties['Protocol']);
  const redrive = properties['RedrivePolicy'];
  const policy = (typeof redrive === 'string' ? JSON.parse(redrive) : redrive) as Properties | undefined;
  const deadLetterQueue = policy?.['deadLetterTargetArn'];
  return {
    logicalId,
    arn: `${topicArn}:${logicalId}`,
    protocol: PROTOCOLS.includes(protocolName) ? (protocolName as SubscriptionModel['protocol']) : 'none',
    protocolName,
    endpoint: String(properties['Endpoint']),
    raw: String(properties['RawMessageDelivery']) === 'true',
    filterPolicy: properties['FilterPolicy'],
    filterScope: properties['FilterPolicyScope'] === 'MessageBody' ? 'MessageBody' : 'MessageAttributes',
    deadLetterQueue: deadLetterQueue === undefined ? undefined : String(deadLetterQueue),
  };
}

/** The topics with their subscriptions, those that stand in the topic itself too. */
export function readTopics(reader: TemplateReader): readonly TopicModel[] {
  const subscriptions = reader.ofType(['AWS::SNS::Subscription'], SUBSCRIPTION);
  const names = ['ContentBasedDeduplication', 'FifoTopic', 'Subscription'];
  const topics = reader.ofType(['AWS::SNS::Topic'], names);
  const arns = new Set<unknown>(topics.map(({ logicalId }) => reader.arnOf(logicalId)));
  for (const { logicalId, properties } of subscriptions)
    if (!arns.has(properties['TopicArn']))
      refuse(logicalId, `the topic ${properties['TopicArn']} of another app`, 'make the topic in this one');
  return topics.map(({ logicalId, properties }) => {
    const arn = reader.arnOf(logicalId);
    const inside = (properties['Subscription'] ?? []) as readonly Properties[];
    return {
      logicalId,
      arn,
      name: reader.nameOf(logicalId),
      fifo: properties['FifoTopic'] === true,
      contentBasedDeduplication: properties['ContentBasedDeduplication'] === true,
      subscriptions: [
        ...inside.map((each, index) => readSubscription(`${logicalId}${index}`, arn, each)),
        ...subscriptions
          .filter((each) => each.properties['TopicArn'] === arn)
          .map((each) => readSubscription(each.logicalId, arn, each.properties)),
      ],
    };
  });
}
