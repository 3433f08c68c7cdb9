import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { db, noteOf, TableName } from './shared.js';

export const handler = async () => {
  const { Items } = await db.send(new ScanCommand({ TableName }));
  return Items.map(noteOf);
};
