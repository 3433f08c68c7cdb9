/* What the requests of a call take by themselves: no client can take less. */
import { Agent, request } from 'node:http';
import type { CostCase } from './cost-cases.ts';
import type { Event } from './subject.ts';
import { openTable } from './table.ts';

export const BARE = 'node:http alone';

/** DynamoDB Local takes any signature. */
const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0';
const HEADERS = {
  authorization: AUTHORIZATION,
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': 'DynamoDB_20120810.PutItem',
};

/** About as large as the records that both libraries write. */
const putOf = (table: string, id: string, condition: string) =>
  JSON.stringify({
    TableName: table,
    Item: {
      pk: { S: `order#${id}` },
      state: { S: 'in-progress' },
      owner: { S: 'c2b6f1a3-60cf-4a32-9e3f-5f7dd7a2b0c1' },
      payload: { S: '0b3f2c6b8d1e4f5a9c7d0e2f4a6b8c1d3e5f7a9b0c2d4e6f8a1b3c5d7e9f0a2b' },
      result: { S: '{"statusCode":201,"headers":{"location":"/orders/7"},"body":"{}"}' },
      expiresAt: { N: '1900000000' },
    },
    ConditionExpression: condition,
    ExpressionAttributeNames: { '#pk': 'pk' },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });

/** Requests over kept connections, neither signed nor checked, whose answers are read to their end. */
export async function bareCase(endpoint: string): Promise<CostCase> {
  const { name: table, close } = await openTable(endpoint, 'pk');
  close();
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const send = (body: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const sent = request(endpoint, { agent, method: 'POST', headers: HEADERS }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', () => {
          JSON.parse(Buffer.concat(chunks).toString());
          resolve();
        });
      });
      sent.once('error', reject);
      sent.end(body);
    });
  const claim = (id: string) => send(putOf(table, id, 'attribute_not_exists(#pk)'));
  const complete = (id: string) => send(putOf(table, id, 'attribute_exists(#pk)'));
  return {
    name: BARE,
    handler: (kind) => async (event: Event) => {
      if (kind !== 'hit') await claim(String(event['id']));
      if (kind === 'fresh') await complete(String(event['id']));
    },
  };
}
