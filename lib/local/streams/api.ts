import { LocalRunError } from '../problem.ts';

/** What the engine refused, by the name that the API gives it. */
export class StreamsApiError extends LocalRunError {
  readonly type: string;
  constructor(operation: string, type: string, message: string) {
    super(`DynamoDB Streams ${operation} on this machine: ${type}: ${message}`);
    this.type = type;
  }
}

const TARGETS = { table: 'DynamoDB_20120810', stream: 'DynamoDBStreams_20120810' };

/** Calls an operation of the streams' API, which DynamoDB Local serves where it serves the tables. */
export async function callStreams(
  endpoint: string,
  api: keyof typeof TARGETS,
  operation: string,
  input: object,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const response = await fetch(endpoint, {
    method: 'POST',
    signal,
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `${TARGETS[api]}.${operation}`,
      'x-amz-date': '20260101T000000Z',
      // Local engines want a signature and check none; they tell accounts apart by the key, so it is the tables' own.
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0',
    },
    body: JSON.stringify(input),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (response.ok) return answer;
  const type = String(answer['__type'] ?? '').replace(/^.*#/, '') || `HTTP ${response.status}`;
  throw new StreamsApiError(operation, type, String(answer['message'] ?? answer['Message'] ?? ''));
}
