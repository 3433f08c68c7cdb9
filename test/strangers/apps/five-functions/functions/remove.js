import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { db, TableName } from './shared.js';

export const handler = async ({ pathParameters: { id } }) => {
  await db.send(new DeleteItemCommand({ TableName, Key: { id: { S: id } } }));
  return { statusCode: 204 };
};
