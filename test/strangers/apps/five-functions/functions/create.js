import { randomUUID } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { db, itemOf, TableName } from './shared.js';

export const handler = async ({ body }) => {
  const id = randomUUID();
  await db.send(new PutItemCommand({ TableName, Item: itemOf(id, JSON.parse(body).text) }));
  return { statusCode: 201, body: JSON.stringify({ id }) };
};
