import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { callSqs, receive } from '../../lib/local/sqs/client.ts';
import { startSqs } from '../../lib/local/sqs/server.ts';
import { atEndOfTest } from '../support/ends.ts';
import { eventually } from '../support/eventually.ts';
import { ACCOUNT, arn, queueModel, REGION, sendAll, startQueues, workAndDead } from '../support/queues.ts';

const empty = { visible: 0, inFlight: 0, delayed: 0 };

/** The status of a call under headers that `fetch` would set itself. */
const statusWith = (endpoint: string, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(`${endpoint}/_fauxqs/queues`, { headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });

describe('SQS on this machine', () => {
  it('shows what lies in a queue without receiving it', async () => {
    const sqs = await startQueues(workAndDead(2));
    const sent = await sqs.send(arn('dead'), { body: 'lost', attributes: { ERROR_CODE: 'NO_PERMISSIONS' } });
    await sendAll(sqs, ['another'], 'dead');
    expect(sent).toEqual({ kind: 'accepted' });
    const [first, ...others] = await sqs.peek(arn('dead'), 1);
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      body: 'lost',
      attributes: { ERROR_CODE: 'NO_PERMISSIONS' },
      state: 'visible',
      receiveCount: 0,
    });
    expect(await sqs.depth(arn('dead'))).toEqual({ ...empty, visible: 2 });
  });

  it.each([
    {
      operation: 'SendMessage',
      input: { MessageBody: 'a', DelaySeconds: 901 },
      code: 'InvalidParameterValue',
    },
    { operation: 'DeleteMessage', input: { ReceiptHandle: 'none' }, code: 'ReceiptHandleIsInvalid' },
    {
      operation: 'ChangeMessageVisibility',
      input: { ReceiptHandle: randomUUID(), VisibilityTimeout: 43_201 },
      code: 'InvalidParameterValue',
    },
  ])('refuses what SQS refuses of $operation, at any pace', async ({ operation, input, code }) => {
    const sqs = await startQueues([queueModel('work')]);
    const asked = callSqs(sqs.endpoint, operation, { QueueUrl: sqs.urlOf(arn('work')), ...input });
    await expect(asked).rejects.toMatchObject({ code, status: 400 });
  });

  it('fails the entries of a batch that SQS would fail, and takes the others', async () => {
    const sqs = await startQueues([queueModel('work.fifo')]);
    const QueueUrl = sqs.urlOf(arn('work.fifo'));
    const entry = (Id: string, MessageGroupId: string) => ({
      ...{ Id, MessageBody: Id, MessageGroupId, MessageDeduplicationId: Id },
    });
    const send = (...Entries: object[]) => callSqs(sqs.endpoint, 'SendMessageBatch', { QueueUrl, Entries });
    const failed = { Id: 'bad', SenderFault: true, Code: 'InvalidParameterValue' };
    expect(await send(entry('bad', 'x'.repeat(129)), entry('good', 'g'))).toMatchObject({
      Successful: [{ Id: 'good' }],
      Failed: [failed],
    });
    expect(await send(entry('bad', ''))).toMatchObject({ Successful: [], Failed: [failed] });
  });

  it('gives message attributes to who asks for them alone', async () => {
    const sqs = await startQueues([queueModel('work')]);
    await sqs.send(arn('work'), { body: 'a', attributes: { Name: 'b' } });
    const QueueUrl = sqs.urlOf(arn('work'));
    const ask = (more: object) =>
      callSqs(sqs.endpoint, 'ReceiveMessage', { QueueUrl, VisibilityTimeout: 0, ...more });
    const [without] = (await ask({}))['Messages'] as [object];
    expect(without).not.toHaveProperty('MessageAttributes');
    expect(without).not.toHaveProperty('MD5OfMessageAttributes');
    const [message] = (await ask({ MessageAttributeNames: ['Name'] }))['Messages'] as [object];
    expect(message).toMatchObject({ MessageAttributes: { Name: { StringValue: 'b' } } });
  });

  it('says which queue a dead letter comes from', async () => {
    const sqs = await startQueues(workAndDead(1));
    await sendAll(sqs, ['lost']);
    const [url, dead] = ['work', 'dead'].map((name) => sqs.urlOf(arn(name)) ?? '');
    const take = (queueUrl = '') => receive(sqs.endpoint, queueUrl, { max: 1, waitSeconds: 0 });
    const [message] = await take(url);
    await sqs.giveBack(arn('work'), [{ receiptHandle: message?.ReceiptHandle ?? '', visibleInSeconds: 0 }]);
    expect(await take(url)).toEqual([]);
    const [letter] = await take(dead);
    expect(letter?.Attributes).toMatchObject({ DeadLetterQueueSourceArn: arn('work') });
  });

  it('compares deduplication IDs in a group where a queue says so, and shows them as they were given', async () => {
    const sqs = await startQueues([queueModel('work.fifo', { deduplicatesInGroup: true })]);
    const send = (messageGroupId: string) =>
      sqs.send(arn('work.fifo'), { body: messageGroupId, messageGroupId, messageDeduplicationId: 'same' });
    for (const group of ['g', 'h', 'h']) await send(group);
    const all = await receive(sqs.endpoint, sqs.urlOf(arn('work.fifo')) ?? '', { max: 10, waitSeconds: 0 });
    expect(all.map(({ Body, Attributes }) => [Body, Attributes?.['MessageDeduplicationId']])).toEqual([
      ['g', 'same'],
      ['h', 'same'],
    ]);
  });

  it("says why a message is refused, in SQS's words, and that it is no use to try again", async () => {
    const sqs = await startQueues([queueModel('work'), queueModel('work.fifo')]);
    expect(await sqs.send(arn('nowhere'), { body: 'x' })).toMatchObject({
      kind: 'refused',
      code: 'QueueDoesNotExist',
      retryable: false,
    });
    expect(await sqs.send(arn('work'), { body: 'x'.repeat(1_048_577) })).toMatchObject({
      kind: 'refused',
      code: 'InvalidParameterValue',
      retryable: false,
    });
    expect(await sqs.send(arn('work.fifo'), { body: 'x' })).toMatchObject({ code: 'MissingParameter' });
  });

  it('takes a message again later when nothing answers', async () => {
    const sqs = await startQueues([queueModel('work')]);
    await sqs.stop();
    expect(await sqs.send(arn('work'), { body: 'x' })).toMatchObject({
      kind: 'refused',
      code: 'ConnectionFailed',
      retryable: true,
    });
  });

  it("lets delays pass at the platform's pace, a queue's own and a message's", async () => {
    const sqs = await startQueues([queueModel('work', { delaySeconds: 20 })], 50);
    await sendAll(sqs, ['as the queue']);
    await callSqs(sqs.endpoint, 'SendMessage', {
      QueueUrl: sqs.urlOf(arn('work')),
      MessageBody: 'as the message',
      DelaySeconds: 900,
    });
    expect(await sqs.depth(arn('work'))).toEqual({ ...empty, delayed: 2 });
    await eventually(() => sqs.depth(arn('work'))).toEqual({ ...empty, visible: 1, delayed: 1 });
    expect((await sqs.peek(arn('work'), 1))[0]?.body).toBe('as the queue');
  });

  it('gives what was received, and left, back to the count of the visible', async () => {
    const sqs = await startQueues([queueModel('work', { visibilityTimeoutSeconds: 1 })]);
    await sendAll(sqs, ['one']);
    await receive(sqs.endpoint, sqs.urlOf(arn('work')) ?? '', { max: 1, waitSeconds: 0 });
    expect(await sqs.depth(arn('work'))).toEqual({ ...empty, inFlight: 1 });
    await eventually(() => sqs.depth(arn('work'))).toEqual({ ...empty, visible: 1 });
  });

  it('keeps the attributes of the template, and queue addresses that every resolver knows', async () => {
    const sqs = await startQueues(workAndDead(4, { visibilityTimeoutSeconds: 120 }));
    const { QueueUrl } = await callSqs(sqs.endpoint, 'GetQueueUrl', { QueueName: 'work' });
    expect(QueueUrl).toBe(`${sqs.endpoint}/${ACCOUNT}/work`);
    expect(sqs.urlOf(arn('work'))).toBe(QueueUrl);
    expect(sqs.arnOf('work')).toBe(arn('work'));
    expect(await callSqs(sqs.endpoint, 'ListQueues', {})).toEqual({
      QueueUrls: [`${sqs.endpoint}/${ACCOUNT}/dead`, `${sqs.endpoint}/${ACCOUNT}/work`],
    });
    const { Attributes } = await callSqs(sqs.endpoint, 'GetQueueAttributes', { QueueUrl });
    expect(Attributes).toMatchObject({
      QueueArn: arn('work'),
      VisibilityTimeout: '120',
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn('dead'), maxReceiveCount: 4 }),
    });
  });

  it('answers no page of another site', async () => {
    const { endpoint } = await startQueues([queueModel('work')]);
    expect(await statusWith(endpoint, {})).toBe(200);
    expect(await statusWith(endpoint, { origin: 'https://example.com' })).toBe(403);
    expect(await statusWith(endpoint, { host: 'example.com' })).toBe(403);
  });

  it('is of the account of the stack, its dead-letter queues too', async () => {
    const account = '111122223333';
    const own = (name: string) => arn(name).replace(ACCOUNT, account);
    const redrive = { deadLetterQueueArn: own('dead'), maxReceiveCount: 1 };
    const queues = [queueModel('work', { redrive, visibilityTimeoutSeconds: 0 }), queueModel('dead')];
    const sqs = await startSqs(queues, { scale: 1, region: REGION, account });
    atEndOfTest(() => sqs.stop());
    const QueueUrl = `${sqs.endpoint}/${account}/work`;
    expect(sqs.urlOf(own('work'))).toBe(QueueUrl);
    const { Attributes } = await callSqs(sqs.endpoint, 'GetQueueAttributes', {
      QueueUrl,
      AttributeNames: ['All'],
    });
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: own('dead'), maxReceiveCount: 1 });
    expect(Attributes).toMatchObject({ QueueArn: own('work'), RedrivePolicy });
    await sqs.send(own('work'), { body: 'never processed' });
    for (const _ of [1, 2]) await receive(sqs.endpoint, QueueUrl, { max: 1, waitSeconds: 0 });
    expect(await sqs.depth(own('dead'))).toEqual({ ...empty, visible: 1 });
  });

  it('does not start with a dead-letter queue that is not there', async () => {
    const [work] = workAndDead(2);
    const options = { scale: 1, region: REGION, account: ACCOUNT };
    await expect(startSqs(work ? [work] : [], options)).rejects.toThrow(/work: its dead-letter queue .*dead/);
  });
});
