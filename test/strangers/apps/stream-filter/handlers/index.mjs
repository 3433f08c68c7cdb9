import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';

const db = new DynamoDBClient();

export const put = async ({ pathParameters: { id }, body }) => {
  const Item = { id: { S: id }, state: { S: JSON.parse(body).state } };
  await db.send(new PutItemCommand({ TableName: process.env.TABLE, Item }));
  return { statusCode: 200, body: '' };
};

export const ship = async ({ Records }) => {
  for (const { eventName, dynamodb } of Records) {
    const { id, state } = dynamodb.NewImage;
    if (id.S === 'lost') throw new Error('there is no such address');
    console.log(`ship ${id.S}, ${dynamodb.OldImage.state.S} before, ${state.S} now (${eventName})`);
  }
};
