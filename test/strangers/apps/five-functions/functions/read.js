import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { db, noteOf, TableName } from './shared.js';

export const handler = async ({ pathParameters: { id } }) => {
  const { Item } = await db.send(new GetItemCommand({ TableName, Key: { id: { S: id } } }));
  return Item ? noteOf(Item) : { statusCode: 404, body: '' };
};
