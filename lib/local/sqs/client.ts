import { FibrinError } from '../../core/errors.ts';
import { post } from '../http/post.ts';

/** SQS did not do what it was asked to. `code` is SQS's own, or `ConnectionFailed` where nothing answered. */
export class SqsCallError extends FibrinError {
  override readonly name = 'SqsCallError';
}

/** A message as SQS hands it out. */
export interface ReceivedMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly MD5OfMessageAttributes?: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<
    Record<string, { DataType: string; StringValue?: string; BinaryValue?: string }>
  >;
}

/** The most messages or entries that SQS takes or gives in one call. */
export const SQS_BATCH = 10;

/** `com.amazonaws.sqs#QueueDoesNotExist` → `QueueDoesNotExist`. */
const codeOf = (type: unknown, status: number): string =>
  typeof type === 'string' ? (type.split('#').at(-1) ?? type) : `Http${status}`;

function answerOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // What is no JSON was not written by SQS. The error says so, if it is one.
    return { message: text.slice(0, 200) };
  }
}

/**
 * Calls one operation of SQS on this machine by its JSON protocol. The local engine checks no signature.
 * @throws {SqsCallError} for whatever SQS refuses; retryable when it did not answer, or answered with a 5xx.
 */
export async function callSqs(
  endpoint: string,
  operation: string,
  input: object,
  signal?: AbortSignal,
): Promise<Record<string, unknown>> {
  let status: number;
  let answer: Record<string, unknown>;
  try {
    const posted = await post(endpoint, {
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `AmazonSQS.${operation}`,
      },
      body: JSON.stringify(input),
      signal,
    });
    status = posted.status;
    answer = answerOf(posted.text);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new SqsCallError('ConnectionFailed', `SQS ${operation} on this machine got no answer`, {
      cause: error,
      retryable: true,
    });
  }
  if (status < 300) return answer;
  throw new SqsCallError(
    codeOf(answer['__type'], status),
    String(answer['message'] ?? `SQS ${operation} was answered with ${status}`),
    { retryable: status >= 500, status },
  );
}

/** Waits up to `waitSeconds` for messages and takes at most `max` of them, 1 to 10. */
export async function receive(
  endpoint: string,
  queueUrl: string,
  { max, waitSeconds }: { readonly max: number; readonly waitSeconds: number },
  signal?: AbortSignal,
): Promise<readonly ReceivedMessage[]> {
  const answer = await callSqs(
    endpoint,
    'ReceiveMessage',
    {
      QueueUrl: queueUrl,
      MaxNumberOfMessages: max,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    },
    signal,
  );
  return (answer['Messages'] as readonly ReceivedMessage[] | undefined) ?? [];
}

/**
 * Calls an operation that takes entries, ten at a time.
 * @throws {SqsCallError} when a call fails, or when SQS fails one of the entries.
 */
export async function callInTens(
  endpoint: string,
  operation: 'DeleteMessageBatch' | 'ChangeMessageVisibilityBatch',
  queueUrl: string,
  entries: readonly { readonly ReceiptHandle: string; readonly VisibilityTimeout?: number }[],
): Promise<void> {
  for (let from = 0; from < entries.length; from += SQS_BATCH) {
    const answer = await callSqs(endpoint, operation, {
      QueueUrl: queueUrl,
      Entries: entries.slice(from, from + SQS_BATCH).map((entry, index) => ({ Id: String(index), ...entry })),
    });
    const [failed] = (answer['Failed'] as readonly { Code: string; Message?: string }[] | undefined) ?? [];
    if (failed) throw new SqsCallError(failed.Code, failed.Message ?? failed.Code);
  }
}
