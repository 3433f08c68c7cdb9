import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

const sqs = new SQSClient();

export const accept = async ({ body }) => {
  const { MessageId } = await sqs.send(
    new SendMessageCommand({ QueueUrl: process.env.QUEUE_URL, MessageBody: body }),
  );
  return { statusCode: 202, body: JSON.stringify({ id: MessageId }) };
};

export const work = async ({ Records }) => {
  const batchItemFailures = [];
  for (const { messageId, body, attributes } of Records) {
    const { job } = JSON.parse(body);
    if (job === 'impossible') batchItemFailures.push({ itemIdentifier: messageId });
    else console.log(`did ${job}, received ${attributes.ApproximateReceiveCount} time`);
  }
  return { batchItemFailures };
};
