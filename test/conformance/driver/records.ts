import { randomUUID } from 'node:crypto';
import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';

const dynamoDb = new DynamoDBClient({});
const TableName = process.env['RECORDS_TABLE'] ?? '';

/** What a function wrote down. */
export interface Recorded<T = unknown> {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  readonly value: T;
}

/** Writes down, under an id, what a function was called with. Call it from handlers. */
export async function record(id: string, value: unknown): Promise<void> {
  const at = Date.now();
  await dynamoDb.send(
    new PutItemCommand({
      TableName,
      Item: {
        pk: { S: id },
        sk: { S: `${at}#${randomUUID()}` },
        at: { N: String(at) },
        value: { S: JSON.stringify(value ?? null) },
      },
    }),
  );
}

export const recordCommands = {
  /** All that was written down under an id, in the order of time. */
  async recorded({ id }: { readonly id: string }): Promise<readonly Recorded[]> {
    const { Items = [] } = await dynamoDb.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :id',
        ExpressionAttributeValues: { ':id': { S: id } },
        ConsistentRead: true,
      }),
    );
    return Items.map(({ at, value }) => ({
      at: Number(at?.N),
      value: JSON.parse(value?.S ?? 'null') as unknown,
    }));
  },
};
