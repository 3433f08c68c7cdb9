import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/core/clock.ts';
import type { Message } from '../../lib/local/handover.ts';
import { startSnsApi } from '../../lib/local/sns/api.ts';
import type { SubscriptionModel, TopicModel } from '../../lib/local/sns/model.ts';
import { createTopics } from '../../lib/local/sns/topics.ts';
import { seededRandom } from '../../lib/testing/index.ts';
import { atEndOfTest } from '../support/ends.ts';
import { eventually } from '../support/eventually.ts';
import { ACCOUNT, arn, queueModel, REGION, startQueues } from '../support/queues.ts';
import { sdkClient } from '../support/sdk.ts';

const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:orders`;
const FN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:fn`;

const topic = (subscriptions: readonly Partial<SubscriptionModel>[], more: Partial<TopicModel> = {}) => ({
  ...{ logicalId: 'Orders', name: 'orders', arn: TOPIC, fifo: false, contentBasedDeduplication: false },
  subscriptions: subscriptions.map(
    (subscription, index): SubscriptionModel => ({
      ...{ logicalId: `Sub${index}`, arn: `${TOPIC}:Sub${index}`, protocol: 'sqs', protocolName: 'sqs' },
      ...{ endpoint: arn('work'), raw: true, filterPolicy: undefined, filterScope: 'MessageAttributes' },
      deadLetterQueue: undefined,
      ...subscription,
    }),
  ),
  ...more,
});

/** SNS before real queues, and a function that notes what it gets. */
async function start(...topics: readonly TopicModel[]) {
  const sqs = await startQueues([queueModel('work'), queueModel('dead'), queueModel('work.fifo')]);
  const invoked: Message[] = [];
  const live = createTopics({
    ...{ topics, platform: systemClock, clock: systemClock, random: seededRandom(1) },
    async handOver(to, message) {
      if (to !== FN) return sqs.send(to, message);
      invoked.push(message);
      return { kind: 'accepted' };
    },
  });
  atEndOfTest(() => live.stop());
  const api = await startSnsApi({ topics, publish: live.publish, region: REGION, account: ACCOUNT });
  atEndOfTest(() => api.stop());
  const sns = sdkClient('sns', api.endpoint, REGION);
  const bodies = async (queue = 'work') => (await sqs.peek(arn(queue), 20)).map(({ body }) => body);
  return { api, sns, sqs, live, invoked, bodies };
}

describe('a topic', () => {
  it('gives a queue the message in its envelope, or alone with its attributes', async () => {
    const { sns, sqs, bodies } = await start(topic([{ raw: false }, { endpoint: arn('dead') }]));
    const { MessageId } = await sns('Publish', {
      TopicArn: TOPIC,
      Subject: 'an "order" & more',
      Message: '{"total":12}',
      MessageAttributes: { kind: { DataType: 'Number', StringValue: '7' } },
    });
    await eventually(() => bodies('dead')).toEqual(['{"total":12}']);
    expect((await sqs.peek(arn('dead'), 1))[0]?.attributes).toEqual({ kind: '7' });
    expect(JSON.parse((await bodies())[0] ?? '')).toEqual({
      Type: 'Notification',
      MessageId,
      TopicArn: TOPIC,
      Subject: 'an "order" & more',
      Message: '{"total":12}',
      Timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      SignatureVersion: '1',
      Signature: expect.any(String),
      SigningCertURL: expect.stringMatching(/^https:\/\/sns\.eu-central-1\.amazonaws\.com\/.*\.pem$/),
      UnsubscribeURL: expect.stringContaining(`SubscriptionArn=${TOPIC}:Sub0`),
      MessageAttributes: { kind: { Type: 'Number', Value: '7' } },
    });
  });

  it("gives a function Lambda's event, without a subject as null", async () => {
    const { sns, invoked } = await start(topic([{ protocol: 'lambda', endpoint: FN }]));
    const { MessageId } = await sns('Publish', { TargetArn: TOPIC, Message: 'hello' });
    await eventually(() => invoked.length).toBe(1);
    expect(JSON.parse(invoked[0]?.body ?? '')).toEqual({
      Records: [
        {
          EventVersion: '1.0',
          EventSubscriptionArn: `${TOPIC}:Sub0`,
          EventSource: 'aws:sns',
          Sns: {
            SignatureVersion: '1',
            Signature: expect.any(String),
            Timestamp: expect.any(String),
            SigningCertUrl: expect.any(String),
            MessageId,
            Message: 'hello',
            MessageAttributes: {},
            Type: 'Notification',
            UnsubscribeUrl: expect.any(String),
            TopicArn: TOPIC,
            Subject: null,
          },
        },
      ],
    });
  });

  it('sends each message of a batch that it took, and not the others', async () => {
    const { sns, bodies } = await start(topic([{}]));
    const large = 'x'.repeat(262_145);
    const entries = ['one', large, 'three'].map((Message, index) => ({ Id: `e${index}`, Message }));
    const answer = await sns('PublishBatch', { TopicArn: TOPIC, PublishBatchRequestEntries: entries });
    expect(answer).toMatchObject({ Successful: [{ Id: 'e0' }, { Id: 'e2' }], Failed: [{ Id: 'e1' }] });
    await eventually(() => bodies()).toEqual(['one', 'three']);
  });

  it('has a text of its own for each protocol where the message is of several', async () => {
    const { sns, bodies, invoked } = await start(topic([{}, { protocol: 'lambda', endpoint: FN }]));
    const Message = JSON.stringify({ default: 'all', sqs: 'queues' });
    await sns('Publish', { TopicArn: TOPIC, Message, MessageStructure: 'json' });
    await eventually(() => bodies()).toEqual(['queues']);
    expect(JSON.parse(invoked[0]?.body ?? '').Records[0].Sns.Message).toBe('all');
    for (const wrong of ['{"sqs":"queues"}', 'no json', 'null'])
      await expect(
        sns('Publish', { TopicArn: TOPIC, Message: wrong, MessageStructure: 'json' }),
      ).rejects.toMatchObject({ name: expect.stringMatching(/^InvalidParameter/) });
  });

  it('keeps the order of a FIFO topic by group, and takes what comes twice once', async () => {
    const fifoArn = `${TOPIC}.fifo`;
    const { sns, sqs, bodies } = await start(
      topic([{ endpoint: arn('work.fifo') }], {
        ...{ name: 'orders.fifo', arn: fifoArn, fifo: true, contentBasedDeduplication: true },
      }),
    );
    for (const Message of ['one', 'two', 'one', 'three'])
      await sns('Publish', { TopicArn: fifoArn, Message, MessageGroupId: 'g' });
    await eventually(() => bodies('work.fifo')).toEqual(['one', 'two', 'three']);
    expect((await sqs.peek(arn('work.fifo'), 1))[0]?.messageGroupId).toBe('g');
  });

  it('takes what a service of the run sends, and says that there is none of another name', async () => {
    const { live, bodies } = await start(topic([{}]));
    expect(live.send(TOPIC, { body: 'from a rule' })).toEqual({ kind: 'accepted' });
    await eventually(() => bodies()).toEqual(['from a rule']);
    expect(live.send(`${TOPIC}2`, { body: 'lost' })).toMatchObject({ kind: 'refused', code: 'NO_RESOURCE' });
    expect(live.state()).toMatchObject({ topics: [{ name: 'orders', published: 1 }] });
  });

  it('refuses what it does not run, and pages of other sites', async () => {
    const { api, sns } = await start(topic([{}]));
    await expect(
      sns('Subscribe', { TopicArn: TOPIC, Protocol: 'sqs', Endpoint: arn('work') }),
    ).rejects.toThrow(/^Subscribe is not run on this machine; subscriptions are the template's/);
    await expect(sns('Publish', { TopicArn: `${TOPIC}2`, Message: 'm' })).rejects.toMatchObject({
      name: expect.stringMatching(/^NotFound/),
    });
    const body = new URLSearchParams({ Action: 'Publish', TopicArn: TOPIC, Message: 'm' });
    const headers = { origin: 'http://evil.example' };
    expect((await fetch(api.endpoint, { method: 'POST', headers, body })).status).toBe(403);
  });
});

describe('the filter policy of a subscription', () => {
  const attribute = (DataType: string, StringValue: string) => ({ DataType, StringValue });

  it.each<[object, Record<string, object>, boolean]>([
    [{ kind: ['new'] }, { kind: attribute('String', 'new') }, true],
    [{ kind: ['new'] }, { kind: attribute('String', 'old') }, false],
    [
      { kind: [{ prefix: 'ne' }], total: [{ numeric: ['>', 10] }] },
      { kind: attribute('String', 'new') },
      false,
    ],
    [{ total: [{ numeric: ['>', 10, '<=', 20] }] }, { total: attribute('Number', '20.0') }, true],
    [{ total: [{ numeric: ['>', 10] }] }, { total: attribute('String', '20') }, false],
    [{ tags: ['b'] }, { tags: attribute('String.Array', '["a","b"]') }, true],
    [{ tags: [{ 'anything-but': ['a', 'b'] }] }, { tags: attribute('String.Array', '["c"]') }, true],
    [{ kind: [{ exists: false }] }, { other: attribute('String', 'x') }, true],
    // Without attributes nothing matches.
    [{ kind: [{ exists: false }] }, {}, false],
    [{ $or: [{ kind: ['new'] }, { total: [1] }] }, { total: attribute('Number', '1') }, true],
    [{ data: ['x'] }, { data: { DataType: 'Binary', BinaryValue: new Uint8Array([120]) } }, false],
  ])('%j of attributes lets %j through: %s', async (filterPolicy, MessageAttributes, passes) => {
    const { sns, live, bodies } = await start(topic([{ filterPolicy }]));
    await sns('Publish', { TopicArn: TOPIC, Message: 'm', MessageAttributes });
    await eventually(() => bodies()).toEqual(passes ? ['m'] : []);
    const filtered = { filtered: passes ? 0 : 1 };
    expect(live.state()).toMatchObject({ topics: [{ subscriptions: [filtered] }] });
  });

  it.each([
    ['{"order":{"items":[{"sku":"b"}],"total":3}}', true],
    ['{"order":{"items":[{"sku":"a"}],"total":3}}', false],
    ['no json', false],
    ['["b"]', false],
  ])('of the body lets %s through: %s', async (Message, passes) => {
    const filterPolicy = { order: { items: { sku: ['b'] }, total: [{ numeric: ['=', 3] }] } };
    const { sns, bodies } = await start(topic([{ filterPolicy, filterScope: 'MessageBody' }]));
    await sns('Publish', { TopicArn: TOPIC, Message });
    await eventually(() => bodies()).toEqual(passes ? [Message] : []);
  });

  it('is refused where it is none, with the name of the subscription', async () => {
    await expect(start(topic([{ filterPolicy: { kind: 'new' } }]))).rejects.toThrow(
      /^Sub0: its filter policy: /,
    );
  });
});

describe('the dead-letter queue of a subscription', () => {
  it.each<[string, Partial<SubscriptionModel>]>([
    ['a queue', { endpoint: arn('gone'), raw: true }],
    ['a function', { endpoint: FN.replace('fn', 'gone'), protocol: 'lambda' }],
  ])('gets what %s that is not there cannot take, at once', async (_what, subscription) => {
    const { sns, live, sqs } = await start(topic([{ ...subscription, deadLetterQueue: arn('dead') }]));
    await sns('Publish', {
      TopicArn: TOPIC,
      Message: 'm',
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'new' } },
    });
    await eventually(async () => (await sqs.depth(arn('dead'))).visible).toBe(1);
    await eventually(live.state).toMatchObject({
      topics: [{ subscriptions: [{ deadLettered: 1, retries: 0, lastError: expect.any(String) }] }],
    });
  });
});
