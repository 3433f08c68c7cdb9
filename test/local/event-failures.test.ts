import { fileURLToPath } from 'node:url';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callDynamoDb } from '../../lib/local/dynamodb/client.ts';
import { callSqs } from '../../lib/local/sqs/client.ts';
import { type Api, apiOf, type DeadLetter, type RunState } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { type StartedRun, startRun } from '../support/local-run.ts';

const APP = fileURLToPath(new URL('../cdk/events-app', import.meta.url));

let run: StartedRun;
let api: Api;
let endpoints: RunState['endpoints'];
let bus: EventBridgeClient;
beforeAll(async () => {
  run = await startRun(['--time-scale', '60'], {}, APP);
  api = apiOf(run.url);
  ({ endpoints } = await api.state());
  bus = new EventBridgeClient({
    endpoint: endpoints['AWS_ENDPOINT_URL_EVENTBRIDGE'] ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
});
afterAll(async () => {
  bus?.destroy();
  await run?.stop();
});

const put = (DetailType: string, detail: object) =>
  bus.send(
    new PutEventsCommand({
      Entries: [{ EventBusName: 'orders', Source: 'test', DetailType, Detail: JSON.stringify(detail) }],
    }),
  );
const functionOf = async (wanted: string) =>
  (await api.state()).functions.find(({ name }) => name === wanted);
const queueOf = async (wanted: string) => (await api.state()).queues.find(({ name }) => name === wanted);
const messagesIn = async (name: string) =>
  (await (await api.get(`/_fibrin/queues/${name}?limit=100`)).json()) as { messages: DeadLetter[] };
const deadLetters = async (name: string) => (await queueOf(name))?.deadLetters ?? [];

describe('an event', () => {
  it("whose target is missing goes to the rule's dead-letter queue at once, and no handler runs", async () => {
    await put('missing', { order: 1 });
    await eventually(async () => (await deadLetters('undelivered')).length).toBe(1);
    const [letter] = await deadLetters('undelivered');
    expect(letter?.attributes).toMatchObject({
      ERROR_CODE: 'NO_RESOURCE',
      RETRY_ATTEMPTS: '0',
      TARGET_ARN: 'arn:aws:lambda:us-east-1:000000000000:function:missing',
      RULE_ARN: expect.stringMatching(/:rule\/orders\//),
    });
    expect(JSON.parse(letter?.body ?? '')).toMatchObject({ 'detail-type': 'missing', detail: { order: 1 } });
    expect(letter?.reason).toMatch(/^NO_RESOURCE: There is no function .*:missing/);
    const { functions } = await api.state();
    const busy = functions.filter(({ name, invocations }) => name !== 'Scheduled' && invocations > 0);
    expect(busy).toEqual([]);
  });

  it('whose handler throws is tried twice more, then its record is at the on-failure destination', async () => {
    const before = (await queueOf('undelivered'))?.depth;
    await put('throws', { order: 2 });
    await eventually(async () => (await deadLetters('failed')).length).toBe(1);
    expect((await functionOf('Throws'))?.invocations).toBe(3);
    const [letter] = await deadLetters('failed');
    expect(JSON.parse(letter?.body ?? '')).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
      requestPayload: { detail: { order: 2 } },
      responsePayload: { errorType: 'RangeError', errorMessage: 'no such order' },
    });
    expect(letter?.reason).toBe('RetriesExhausted after 3 invocations: RangeError: no such order');
    expect((await queueOf('undelivered'))?.depth).toEqual(before);
  });

  it('reaches its handler as the input transformer makes it, and the result its on-success destination', async () => {
    await put('works', { total: 12, secret: 'x' });
    await eventually(async () => (await messagesIn('succeeded')).messages.length).toBe(1);
    const [{ body = '' } = {}] = (await messagesIn('succeeded')).messages;
    expect(JSON.parse(body)).toMatchObject({
      requestContext: { condition: 'Success' },
      requestPayload: { total: 12, note: 'paid' },
      responsePayload: { total: 12, note: 'paid' },
    });
    expect((await functionOf('Works'))?.invocations).toBe(1);
  });
});

describe('a batch of ten with a poison record', () => {
  it("is done but for that one, which is in the queue's dead-letter queue after its receives", async () => {
    const Entries = Array.from({ length: 10 }, (_, index) => ({
      Id: String(index),
      MessageBody: index === 4 ? 'poison' : `order ${index}`,
    }));
    const { QueueUrl } = await callSqs(endpoints['AWS_ENDPOINT_URL_SQS'] ?? '', 'GetQueueUrl', {
      QueueName: 'work',
    });
    await callSqs(endpoints['AWS_ENDPOINT_URL_SQS'] ?? '', 'SendMessageBatch', { QueueUrl, Entries });
    await eventually(async () => (await deadLetters('dead')).length).toBe(1);
    const state = await api.state();
    expect(state.queues.find(({ name }) => name === 'work')?.depth).toEqual({
      visible: 0,
      inFlight: 0,
      delayed: 0,
    });
    // Ten at first, then the one twice more: nine were done and never came again.
    expect(state.mappings.find((mapping) => mapping.function === 'Batches')?.records).toBe(12);
    expect((await deadLetters('dead'))[0]).toMatchObject({
      body: 'poison',
      reason: 'received 3 times and never deleted',
    });
  });
});

describe('a stream', () => {
  it('tells its on-failure destination where the record is that cannot be done, and goes on', async () => {
    const { tables } = await api.state();
    const write = (pk: string) =>
      callDynamoDb(endpoints['AWS_ENDPOINT_URL_DYNAMODB'] ?? '', 'PutItem', {
        TableName: tables[0]?.name,
        Item: { pk: { S: pk } },
      });
    for (const pk of ['good', 'bad', 'fine']) await write(pk);
    await eventually(async () => (await deadLetters('unstreamed')).length).toBe(1);
    const [letter] = await deadLetters('unstreamed');
    expect(JSON.parse(letter?.body ?? '')).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted' },
      DDBStreamBatchInfo: { batchSize: 1, streamArn: expect.stringMatching(/:table\/.*\/stream\//) },
    });
    await eventually(
      async () => (await api.state()).mappings.find((mapping) => mapping.function === 'Streams')?.records,
    ).toBe(2);
  });
});

describe('a schedule', () => {
  it('invokes its function again and again, a minute of the platform apart', async () => {
    await eventually(async () => (await messagesIn('ticks')).messages.length).toBeGreaterThanOrEqual(3);
    const times = (await messagesIn('ticks')).messages
      .map(({ body }) => Date.parse(JSON.parse(body).requestPayload.time))
      .sort();
    expect(times.slice(1).map((time, index) => time - Number(times[index]))).toContain(60_000);
  });

  it('whose target is missing goes to its dead-letter queue', async () => {
    await eventually(async () => (await deadLetters('unscheduled')).length).toBeGreaterThan(0);
    expect((await deadLetters('unscheduled'))[0]?.attributes).toMatchObject({
      ERROR_CODE: 'NO_RESOURCE',
      SCHEDULE_ARN: expect.stringMatching(/:schedule\/default\/events-Nowhere/),
    });
  });
});

describe('looking into a queue', () => {
  it('receives nothing: what is seen can be seen again, and its count of receives stays', async () => {
    await put('missing', { order: 3 });
    const read = async () =>
      (await messagesIn('undelivered')).messages.map(({ receiveCount }) => receiveCount);
    await eventually(async () => (await read()).length).toBeGreaterThan(0);
    const first = await read();
    expect(await read()).toEqual(first);
    expect(new Set(first)).toEqual(new Set([0]));
  });

  it.each([
    ['nothing', 404, /no queue nothing; there is .*undelivered/],
    ['work?limit=0', 400, /`limit` to be an integer from 1 to 1000, got 0/],
    ['work?limit=many', 400, /got NaN/],
  ])('is refused where there is nothing to see: %s', async (path, status, reason) => {
    const response = await api.get(`/_fibrin/queues/${path}`);
    expect(response.status).toBe(status);
    expect(((await response.json()) as { detail: string }).detail).toMatch(reason);
  });
});

describe('a fault', () => {
  it('of the bus is met by every publisher, and is gone when it is lifted', async () => {
    await api.fault('bus', { kind: 'throttle' });
    await expect(put('works', { total: 1 })).rejects.toMatchObject({ name: 'ThrottlingException' });
    await api.clearFaults();
    expect((await put('none', {})).FailedEntryCount).toBe(0);
  });

  it('says when it has nothing to act on', async () => {
    expect(await (await api.fault('posts', { kind: 'error' })).json()).toMatchObject({
      affects: [],
      note: expect.stringMatching(/no effect/),
    });
  });
});
