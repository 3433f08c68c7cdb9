import { LocalRunError } from '../problem.ts';

/** Calls one operation of DynamoDB on this machine. Local engines want a signature and check none. */
export async function callDynamoDb(
  endpoint: string,
  operation: string,
  input: object,
): Promise<Record<string, unknown>> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': '20260101T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0',
    },
    body: JSON.stringify(input),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok)
    throw new LocalRunError(
      `DynamoDB ${operation} on this machine: ${answer['message'] ?? answer['Message'] ?? response.status}`,
    );
  return answer;
}
