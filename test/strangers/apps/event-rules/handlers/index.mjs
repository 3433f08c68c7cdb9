import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';

const events = new EventBridgeClient();

export const put = async ({ body }) => {
  const entry = { EventBusName: process.env.BUS, Source: 'shop', DetailType: 'order', Detail: body };
  const { FailedEntryCount } = await events.send(new PutEventsCommand({ Entries: [entry] }));
  return { statusCode: FailedEntryCount === 0 ? 202 : 502, body: '' };
};

export const large = async ({ order, total }) => {
  if (order === 'cursed') throw new Error('nobody takes this order');
  console.log(`large order ${order} of ${total}`);
};

export const tick = async (event) => {
  console.log(`${event['detail-type']} from ${event.source}`);
};
