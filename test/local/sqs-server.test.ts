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
