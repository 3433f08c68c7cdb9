import { systemRandom } from '../../lib/core/random.ts';

const ARN = 'arn:aws:sqs:eu-central-1:123456789012:orders';

/** An order as its publisher sends it, with an id that no other has. */
function envelope(id: string): object {
  const time = new Date().toISOString();
  return { id: `order-${id}#placed`, type: 'order.placed', time, data: { orderId: id, total: 12 } };
}

const busEvent = (id: string) => ({
  ...{ version: '0', id, source: 'shop', account: '123456789012', region: 'eu-central-1' },
  ...{ 'detail-type': 'order.placed', time: new Date().toISOString(), resources: [], detail: envelope(id) },
});

const queueEvent = (id: string) => ({
  Records: [
    {
      ...{ messageId: id, receiptHandle: `receipt-${id}`, body: JSON.stringify(busEvent(id)), md5OfBody: '' },
      ...{ eventSource: 'aws:sqs', eventSourceARN: ARN, awsRegion: 'eu-central-1', messageAttributes: {} },
      attributes: {
        ...{ ApproximateReceiveCount: '1', SentTimestamp: String(Date.now()) },
        ...{ SenderId: 'shop', ApproximateFirstReceiveTimestamp: String(Date.now()) },
      },
    },
  ],
});

const tableEvent = (id: string) => ({
  Records: [
    {
      ...{ eventID: id, eventName: 'INSERT', eventSource: 'aws:dynamodb' },
      dynamodb: {
        ...{ SequenceNumber: '100000000000000000001', StreamViewType: 'NEW_AND_OLD_IMAGES' },
        ...{
          Keys: { pk: { S: id } },
          NewImage: { pk: { S: id }, outbox: { S: JSON.stringify(envelope(id)) } },
        },
      },
    },
  ],
});

const kinesisEvent = (id: string) => ({
  Records: [
    {
      ...{ eventID: id, eventSource: 'aws:kinesis' },
      kinesis: {
        ...{ sequenceNumber: '1', partitionKey: id },
        data: Buffer.from(JSON.stringify(envelope(id))).toString('base64'),
      },
    },
  ],
});

/** A request of a caller that is logged in, as API Gateway's HTTP API brings it. */
const httpEvent = (id: string) => ({
  ...{ version: '2.0', routeKey: 'POST /orders', rawPath: '/orders', rawQueryString: '' },
  headers: { 'content-type': 'application/json', 'idempotency-key': id, host: 'shop.example' },
  requestContext: {
    ...{ accountId: '123456789012', apiId: 'api', domainName: 'shop.example', stage: '$default' },
    ...{ requestId: id, routeKey: 'POST /orders', timeEpoch: Date.now() },
    authorizer: { jwt: { claims: { sub: 'ada' }, scopes: null } },
    http: { method: 'POST', path: '/orders', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'curl' },
  },
  body: JSON.stringify({ orderId: '7', id: 'p-1', total: 12 }),
  isBase64Encoded: false,
});

/** Words that an example has when its handler takes events of a kind. The rest takes requests. */
const KINDS = [
  [/\boutboxRelay\b/, tableEvent],
  [/\bstreamBatch\b/, kinesisEvent],
  [/\b(?:sqsBatch|SQS\w*|QueueRecord)\b/, queueEvent],
  [/\b(?:envelopeId|BusEvent|EventBridgeEvent)\b/, busEvent],
] as const;

/** An event for the handler of an example, and no other with the same ids. */
export function eventFor(code: string): object {
  const [, make = httpEvent] = KINDS.find(([words]) => words.test(code)) ?? [];
  return make(systemRandom.token());
}
