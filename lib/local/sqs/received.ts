import { withoutGroup } from './group-scope.ts';
import type { Input } from './platform-seconds.ts';

type Message = Readonly<Record<string, unknown>>;

export interface ReceivedOptions {
  /** The request. */
  readonly input: Input;
  /** The ARN of the queue that a message in a dead-letter queue comes from, by the ID of the message. */
  readonly sourceOf: (messageId: string) => string | undefined;
}

const namesIn = (input: Input, ...keys: readonly string[]): readonly unknown[] =>
  keys.flatMap((key) => (Array.isArray(input[key]) ? (input[key] as readonly unknown[]) : []));

/** A message as SQS gives it: with the source of a dead letter, and without the attributes that were not asked for. */
export function asReceived(message: Message, { input, sourceOf }: ReceivedOptions): Message {
  const { MessageAttributes, MD5OfMessageAttributes, Attributes, ...others } = message;
  const wanted = namesIn(input, 'AttributeNames', 'MessageSystemAttributeNames');
  const source = ['All', 'DeadLetterQueueSourceArn'].some((name) => wanted.includes(name))
    ? sourceOf(String(message['MessageId']))
    : undefined;
  const attributes: Record<string, string> = {
    ...(Attributes as Readonly<Record<string, string>> | undefined),
    ...(source !== undefined && { DeadLetterQueueSourceArn: source }),
  };
  const id = attributes['MessageDeduplicationId'];
  if (id !== undefined) attributes['MessageDeduplicationId'] = withoutGroup(id);
  return {
    ...others,
    ...(Object.keys(attributes).length > 0 && { Attributes: attributes }),
    ...(namesIn(input, 'MessageAttributeNames').length > 0 && {
      ...(MessageAttributes !== undefined && { MessageAttributes }),
      ...(MD5OfMessageAttributes !== undefined && { MD5OfMessageAttributes }),
    }),
  };
}
