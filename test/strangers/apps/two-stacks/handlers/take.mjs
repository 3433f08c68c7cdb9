import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';

const db = new DynamoDBClient();
const sns = new SNSClient();
const { TABLE, TOPIC_ARN, AWS_REGION } = process.env;

export const handler = async ({ pathParameters: { name } }) => {
  try {
    await db.send(
      new PutItemCommand({
        TableName: TABLE,
        Item: { name: { S: name } },
        ConditionExpression: 'attribute_not_exists(#name)',
        ExpressionAttributeNames: { '#name': 'name' },
      }),
    );
  } catch (error) {
    if (error.name !== 'ConditionalCheckFailedException') throw error;
    return { statusCode: 409, body: `${name} is taken` };
  }
  await sns.send(new PublishCommand({ TopicArn: TOPIC_ARN, Message: name }));
  return { statusCode: 201, body: JSON.stringify({ name, region: AWS_REGION, topic: TOPIC_ARN }) };
};
