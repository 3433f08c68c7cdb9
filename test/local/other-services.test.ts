import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import { startOtherServices } from '../../lib/local/other-services.ts';
import { atEndOfTest } from '../support/ends.ts';
import { sdkClient } from '../support/sdk.ts';

async function start() {
  const lines: string[] = [];
  const services = await startOtherServices({ say: (line) => void lines.push(line) });
  atEndOfTest(() => services.close());
  return { lines, services, endpoint: services.urlOf('Orders/Get') };
}

const sdk = { region: 'eu-central-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

/** Calls by each protocol that SDKs speak, with the error that the client makes of the answer. */
const CALLS: readonly (readonly [string, string, (endpoint: string) => Promise<unknown>])[] = [
  [
    'dynamodb',
    'ListTables',
    (endpoint) => new DynamoDBClient({ ...sdk, endpoint }).send(new ListTablesCommand()),
  ],
  [
    'events',
    'ListRules',
    (endpoint) => new EventBridgeClient({ ...sdk, endpoint }).send(new ListRulesCommand()),
  ],
  ['sqs', 'ListQueues', (endpoint) => sdkClient('sqs', endpoint)('ListQueues', {})],
  ['sns', 'ListTopics', (endpoint) => sdkClient('sns', endpoint)('ListTopics', {})],
  [
    's3',
    'GET /bucket/key',
    (endpoint) => sdkClient('s3', endpoint)('GetObject', { Bucket: 'bucket', Key: 'key' }),
  ],
];

describe('a call of a service that is not run on this machine', () => {
  it.each(CALLS)('is refused with its name, as a client of %s reads it', async (service, operation, call) => {
    const { endpoint, lines } = await start();
    await expect(call(endpoint)).rejects.toMatchObject({
      name: 'NotRunOnThisMachine',
      message: expect.stringMatching(
        new RegExp(`^${service} is not run on this machine \\(${operation}\\); give `),
      ),
      $metadata: { httpStatusCode: 400, attempts: 1 },
    });
    expect(lines).toEqual([
      `Orders/Get calls ${service}, which is not run on this machine: it is refused (first ${operation})`,
    ]);
  });

  it('is refused in CBOR where it is made in CBOR', async () => {
    const { endpoint, lines } = await start();
    const response = await fetch(
      `${endpoint}/service/GraniteServiceVersion20100801/operation/PutMetricData`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
        body: Buffer.from([0xa0]),
      },
    );
    const answer = Buffer.from(await response.arrayBuffer()).toString('latin1');
    expect(response.status).toBe(400);
    // A map of two, each name and text after its length.
    expect(answer).toMatch(
      /^\xa2f__types?NotRunOnThisMachinegmessagey..GraniteServiceVersion20100801 is not run /s,
    );
    expect(lines).toHaveLength(1);
  });

  it('is printed once for each service and function, whatever it calls', async () => {
    const { services, endpoint, lines } = await start();
    const call = (of: string) => sdkClient('sns', of);
    await expect(call(endpoint)('ListTopics', {})).rejects.toThrow();
    await expect(call(endpoint)('Publish', { TopicArn: 't', Message: 'm' })).rejects.toThrow();
    await expect(call(services.urlOf('Other'))('ListTopics', {})).rejects.toThrow();
    expect(lines.map((line) => line.split(',')[0])).toEqual(['Orders/Get calls sns', 'Other calls sns']);
  });

  it('is refused without a name for a request that names none, and a page hears nothing', async () => {
    const { endpoint } = await start();
    const response = await fetch(`${endpoint}/somewhere`);
    expect(await response.json()).toMatchObject({
      __type: 'NotRunOnThisMachine',
      message: expect.stringContaining('a service that its request does not name is not run'),
    });
    expect((await fetch(endpoint, { headers: { origin: 'http://evil.example' } })).status).toBe(403);
  });
});
