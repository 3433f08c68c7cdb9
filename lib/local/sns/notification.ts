import type { Message, MessageAttribute } from '../handover.ts';
import type { Notification, SubscriptionModel } from './model.ts';

/** Nothing on this machine can check one. */
const SIGNATURE = { SignatureVersion: '1', Signature: 'EXAMPLE' };

/** The text for a protocol: its own in a message of several, else the default of that. */
function textFor(protocol: string, { message, structure }: Notification): string {
  if (structure === undefined) return message;
  const texts = JSON.parse(message) as Readonly<Record<string, string>>;
  return texts[protocol] ?? texts['default'] ?? '';
}

const shown = (attributes: Notification['attributes']) =>
  Object.fromEntries(
    Object.entries(attributes).map(
      ([name, { DataType, StringValue, BinaryValue }]: [string, MessageAttribute]) => [
        name,
        { Type: DataType, Value: StringValue ?? BinaryValue ?? '' },
      ],
    ),
  );

const urlsOf = ({ topicArn }: Notification, subscriptionArn: string) => {
  const endpoint = `https://sns.${topicArn.split(':')[3]}.amazonaws.com/`;
  return {
    certificate: `${endpoint}SimpleNotificationService-0000000000000000000000.pem`,
    unsubscribe: `${endpoint}?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`,
  };
};

/** @see https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
function envelope(notification: Notification, subscriptionArn: string): string {
  const { messageId, topicArn, subject, attributes, timestamp } = notification;
  const { certificate, unsubscribe } = urlsOf(notification, subscriptionArn);
  return JSON.stringify({
    Type: 'Notification',
    MessageId: messageId,
    TopicArn: topicArn,
    ...(subject !== undefined && { Subject: subject }),
    Message: textFor('sqs', notification),
    Timestamp: timestamp,
    ...SIGNATURE,
    SigningCertURL: certificate,
    UnsubscribeURL: unsubscribe,
    ...(Object.keys(attributes).length > 0 && { MessageAttributes: shown(attributes) }),
  });
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
function event(notification: Notification, subscriptionArn: string): string {
  const { messageId, topicArn, subject, attributes, timestamp } = notification;
  const { certificate, unsubscribe } = urlsOf(notification, subscriptionArn);
  const Sns = {
    ...SIGNATURE,
    Timestamp: timestamp,
    SigningCertUrl: certificate,
    MessageId: messageId,
    Message: textFor('lambda', notification),
    MessageAttributes: shown(attributes),
    Type: 'Notification',
    UnsubscribeUrl: unsubscribe,
    TopicArn: topicArn,
    Subject: subject ?? null,
  };
  const record = { EventVersion: '1.0', EventSubscriptionArn: subscriptionArn, EventSource: 'aws:sns', Sns };
  return JSON.stringify({ Records: [record] });
}

/** What a subscription gets of a message. */
export function messageFor({ protocol, arn, raw }: SubscriptionModel, notification: Notification): Message {
  const { groupId, deduplicationId, attributes } = notification;
  if (protocol === 'lambda') return { body: event(notification, arn) };
  return {
    ...(raw ? { body: textFor('sqs', notification), attributes } : { body: envelope(notification, arn) }),
    ...(groupId !== undefined && { messageGroupId: groupId }),
    ...(deduplicationId !== undefined && { messageDeduplicationId: deduplicationId }),
  };
}
