import { post } from '../http/post.ts';
import { LocalRunError } from '../problem.ts';

/** What the engine refused, by the name that the API gives it. */
export class DynamoDbError extends LocalRunError {
  readonly type: string;
  constructor(operation: string, type: string, message: string) {
    super(`DynamoDB ${operation} on this machine: ${type}${message && `: ${message}`}`);
    this.type = type;
  }
}

const TARGETS = { tables: 'DynamoDB_20120810', streams: 'DynamoDBStreams_20120810' } as const;

export interface CallOptions {
  /** Which of the two APIs that share an endpoint. Default: that of tables. */
  readonly api?: keyof typeof TARGETS;
  readonly signal?: AbortSignal;
}

/**
 * Calls one operation of DynamoDB, or of its streams, on this machine.
 * @throws {DynamoDbError} for what the engine refuses.
 */
export async function callDynamoDb(
  endpoint: string,
  operation: string,
  input: object,
  { api = 'tables', signal }: CallOptions = {},
): Promise<Record<string, unknown>> {
  const { status, text } = await post(endpoint, {
    signal,
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `${TARGETS[api]}.${operation}`,
      'x-amz-date': '20260101T000000Z',
      // Local engines want a signature and check none; they tell accounts apart by the key.
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0',
    },
    body: JSON.stringify(input),
  });
  const answer = JSON.parse(text) as Record<string, unknown>;
  if (status < 300) return answer;
  const type = String(answer['__type'] ?? '').replace(/^.*#/, '') || `HTTP ${status}`;
  throw new DynamoDbError(operation, type, String(answer['message'] ?? answer['Message'] ?? ''));
}
