const { DynamoDBClient, UpdateItemCommand } = require('@aws-sdk/client-dynamodb');

const db = new DynamoDBClient();

exports.handler = async ({ pathParameters: { name } }) => {
  if (name.length > 20) return { statusCode: 400, body: 'a name has 20 letters at most' };
  const { Attributes } = await db.send(
    new UpdateItemCommand({
      TableName: process.env.TABLE,
      Key: { name: { S: name } },
      UpdateExpression: 'ADD calls :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
      ReturnValues: 'ALL_NEW',
    }),
  );
  return { statusCode: 200, body: Attributes.calls.N };
};
