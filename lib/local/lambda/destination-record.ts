import type { Message } from '../handover.ts';
import type { InvocationResult } from './result.ts';

export type DestinationCondition = 'Success' | 'RetriesExhausted' | 'EventAgeExceeded';

/** An asynchronous invocation that is over. */
export interface FinishedInvocation {
  readonly requestId: string;
  readonly functionArn: string;
  readonly condition: DestinationCondition;
  /** How often the function ran. Being throttled is not running. */
  readonly invokeCount: number;
  /** The event, as JSON. */
  readonly payload: string;
  /** How the last attempt ended; undefined when there was none. */
  readonly last: InvocationResult | undefined;
  readonly finishedAtMs: number;
}

/** Only JSON gets into a function on AWS; here something else is shown as the text that it is. */
function fromJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

/** What the response was. Nothing where nothing ran last: AWS leaves both members out then. */
function responseOf(last: InvocationResult | undefined): Record<string, unknown> {
  if (last === undefined || last.kind === 'throttled') return {};
  return {
    responseContext: {
      // The status of the invocation, which went well even where the function failed.
      statusCode: 200,
      executedVersion: '$LATEST',
      ...(last.kind === 'error' && { functionError: 'Unhandled' }),
    },
    responsePayload: fromJson(last.payload),
  };
}

/**
 * What a destination gets: the record, which a bus has as the detail of an event.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function destinationMessage(destination: string, invocation: FinishedInvocation): Message {
  const result = invocation.condition === 'Success' ? 'Success' : 'Failure';
  return {
    body: destinationRecord(invocation),
    event: {
      source: 'lambda',
      detailType: `Lambda Function Invocation Result - ${result}`,
      resources: [invocation.functionArn, destination],
    },
  };
}

/**
 * The record that Lambda sends to an on-success or on-failure destination, as JSON.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
function destinationRecord(invocation: FinishedInvocation): string {
  const { requestId, functionArn, condition, invokeCount } = invocation;
  return JSON.stringify({
    version: '1.0',
    timestamp: new Date(invocation.finishedAtMs).toISOString(),
    requestContext: { requestId, functionArn, condition, approximateInvokeCount: invokeCount },
    requestPayload: fromJson(invocation.payload),
    ...responseOf(invocation.last),
  });
}

/** The first kilobyte, without the half of a character that the cut may leave. */
const firstKilobyte = (text: string): string =>
  new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, 1_024), { stream: true });

function errorMessageOf(payload: string): string {
  const error = fromJson(payload);
  const message =
    typeof error === 'object' && error !== null && 'errorMessage' in error ? error.errorMessage : payload;
  return String(message);
}

/**
 * The attributes of a message in the queue of a DeadLetterConfig. Its body is the event, as it was.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
 */
export function deadLetterAttributes({
  requestId,
  last,
}: FinishedInvocation): NonNullable<Message['attributes']> {
  const [code, message]: readonly [string, string] =
    last?.kind === 'error' ? ['200', errorMessageOf(last.payload)] : ['429', 'Rate Exceeded.'];
  return {
    RequestID: requestId,
    ErrorCode: { DataType: 'Number', StringValue: code },
    ErrorMessage: firstKilobyte(message),
  };
}
