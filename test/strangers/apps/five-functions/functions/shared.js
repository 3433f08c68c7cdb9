import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

export const db = new DynamoDBClient();
export const TableName = process.env.TABLE;
export const itemOf = (id, text) => ({ id: { S: id }, text: { S: text } });
export const noteOf = ({ id, text }) => ({ id: id.S, text: text.S });
