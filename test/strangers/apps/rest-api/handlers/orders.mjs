import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';

const db = new DynamoDBClient();
const TableName = process.env.TABLE;
const answer = (statusCode, body) => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'access-control-allow-origin': '*' },
  body: JSON.stringify(body),
});

const operations = {
  async POST({ body }) {
    const { id, item } = JSON.parse(body);
    await db.send(new PutItemCommand({ TableName, Item: { id: { S: id }, item: { S: item } } }));
    return answer(201, { id, item });
  },
  async GET({ pathParameters: { id } }) {
    const { Item } = await db.send(new GetItemCommand({ TableName, Key: { id: { S: id } } }));
    return Item ? answer(200, { id, item: Item.item.S }) : answer(404, { message: `no order ${id}` });
  },
  async DELETE({ pathParameters: { id } }) {
    await db.send(new DeleteItemCommand({ TableName, Key: { id: { S: id } } }));
    return { statusCode: 204, body: '' };
  },
};

export const handler = (event) => operations[event.httpMethod](event);
