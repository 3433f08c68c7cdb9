import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { db, itemOf, TableName } from './shared.js';

export const handler = async ({ pathParameters: { id }, body }) => {
  await db.send(new PutItemCommand({ TableName, Item: itemOf(id, JSON.parse(body).text) }));
  return { statusCode: 204 };
};
