import type { MessageAttribute } from '../handover.ts';
import type { Notification } from './model.ts';

/** A request of the query protocol: `{ Action: 'Publish', TopicArn: …, 'MessageAttributes.entry.1.Name': … }`. */
export type Query = Readonly<Record<string, string | undefined>>;

function attributesOf(query: Query, prefix: string): Readonly<Record<string, MessageAttribute>> {
  const attributes: Record<string, MessageAttribute> = {};
  for (let index = 1; ; index++) {
    const member = (name: string) => query[`${prefix}MessageAttributes.entry.${index}.${name}`];
    const name = member('Name');
    if (name === undefined) return attributes;
    const [StringValue, BinaryValue] = [member('Value.StringValue'), member('Value.BinaryValue')];
    attributes[name] = {
      DataType: member('Value.DataType') ?? 'String',
      ...(StringValue !== undefined && { StringValue }),
      ...(BinaryValue !== undefined && { BinaryValue }),
    };
  }
}

const notificationOf = (
  query: Query,
  prefix: string,
  messageId: string,
): Omit<Notification, 'timestamp'> => ({
  messageId,
  topicArn: query['TopicArn'] ?? '',
  subject: query[`${prefix}Subject`],
  message: query[`${prefix}Message`] ?? '',
  structure: query[`${prefix}MessageStructure`] === 'json' ? 'json' : undefined,
  attributes: attributesOf(query, prefix),
  groupId: query[`${prefix}MessageGroupId`],
  deduplicationId: query[`${prefix}MessageDeduplicationId`],
});

/** The messages that a request has published, by its answer: each has the number that is in there. */
export function publishedBy(query: Query, answer: string): readonly Omit<Notification, 'timestamp'>[] {
  if (query['Action'] === 'Publish') {
    const [, messageId] = /<MessageId>([^<]+)<\/MessageId>/.exec(answer) ?? [];
    return messageId === undefined ? [] : [notificationOf(query, '', messageId)];
  }
  if (query['Action'] !== 'PublishBatch') return [];
  const ids = new Map(
    [...answer.matchAll(/<Id>([^<]+)<\/Id><MessageId>([^<]+)<\/MessageId>/g)].map(([, id, messageId]) => [
      id,
      messageId,
    ]),
  );
  const published: Omit<Notification, 'timestamp'>[] = [];
  for (let index = 1; ; index++) {
    const prefix = `PublishBatchRequestEntries.member.${index}.`;
    const id = query[`${prefix}Id`];
    if (id === undefined) return published;
    const messageId = ids.get(id);
    if (messageId !== undefined) published.push(notificationOf(query, prefix, messageId));
  }
}

/** What is wrong with a message of several texts; undefined for every other. */
export function structureError({ structure, message }: Omit<Notification, 'timestamp'>): string | undefined {
  if (structure === undefined) return undefined;
  try {
    const texts = JSON.parse(message) as Readonly<Record<string, unknown>> | null;
    if (typeof texts?.['default'] === 'string') return undefined;
    return 'Invalid parameter: Message Structure - No default entry in JSON message body';
  } catch {
    return 'Invalid parameter: Message Structure - JSON message body failed to parse';
  }
}

/** The messages of a request as far as they are known before it is answered. */
export const messagesIn = (query: Query): readonly Omit<Notification, 'timestamp'>[] => {
  const indices = Array.from({ length: 10 }, (_, index) => `PublishBatchRequestEntries.member.${index + 1}.`);
  return ['', ...indices]
    .filter((prefix) => query[`${prefix}Message`] !== undefined)
    .map((prefix) => notificationOf(query, prefix, ''));
};
