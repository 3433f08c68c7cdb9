/* A function as a user writes it, with a client of the SDK. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';

const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export const handler = async ({ id }: { readonly id: string }): Promise<object> => {
  await table.send(new PutCommand({ TableName: process.env['TABLE'], Item: { id } }));
  return { statusCode: 201 };
};
