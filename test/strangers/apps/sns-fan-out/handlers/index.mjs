import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';

const sns = new SNSClient();

export const order = async ({ body }) => {
  const { country } = JSON.parse(body);
  const { MessageId } = await sns.send(
    new PublishCommand({
      TopicArn: process.env.TOPIC_ARN,
      Subject: 'order',
      Message: body,
      MessageAttributes: { country: { DataType: 'String', StringValue: country } },
    }),
  );
  return { statusCode: 202, body: JSON.stringify({ id: MessageId }) };
};

export const mail = async ({ Records }) => {
  for (const { Sns } of Records) {
    const { id } = JSON.parse(Sns.Message);
    if (id === 'unreachable') throw new Error('no such address');
    console.log(`mail about ${Sns.Subject} ${id} to ${Sns.MessageAttributes.country.Value}`);
  }
};
