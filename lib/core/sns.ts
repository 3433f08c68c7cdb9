import { fieldOf } from './field.ts';

/**
 * What a notification of SNS holds, where a message that was parsed as JSON is one: its `Message`, parsed where that is JSON.
 * Any other message as it is, so also that of a subscription with raw delivery. Never throws.
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 */
export function unwrapSns(message: unknown): unknown {
  const text = fieldOf(message, ['Message']);
  if (typeof text !== 'string' || fieldOf(message, ['Type']) !== 'Notification') return message;
  try {
    return JSON.parse(text);
  } catch {
    // A notification of plain text.
    return text;
  }
}
