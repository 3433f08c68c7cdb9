import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { ConformanceCase } from '../case.ts';
import { arnOf, aws, bodyOf, type Json, nameOf, newId, pause, send, sqs } from '../events/calls.ts';
import { attributesOf, receive, receiveAll } from '../events/messages.ts';
import { api, guide, sqsCase } from './pages.ts';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const entry = (Id: string) => ({ Id, MessageBody: 'a' });

/** Requests that SQS refuses. */
const REFUSED: readonly {
  readonly title: string;
  readonly operation: string;
  readonly input: object;
  readonly error: string | RegExp;
  readonly page?: string;
}[] = [
  {
    title: 'a batch without entries is refused with EmptyBatchRequest',
    ...{ operation: 'SendMessageBatch', input: { Entries: [] }, error: 'EmptyBatchRequest' },
  },
  {
    title: 'a batch of eleven entries is refused with TooManyEntriesInBatchRequest',
    operation: 'SendMessageBatch',
    input: { Entries: Array.from({ length: 11 }, (_, index) => entry(String(index))) },
    error: 'TooManyEntriesInBatchRequest',
  },
  {
    title: 'a batch with the same Id twice is refused with BatchEntryIdsNotDistinct',
    operation: 'SendMessageBatch',
    input: { Entries: [entry('a'), entry('a')] },
    error: 'BatchEntryIdsNotDistinct',
  },
  {
    title: 'an Id with other characters than letters, digits, - and _ is refused with InvalidBatchEntryId',
    ...{ operation: 'SendMessageBatch', input: { Entries: [entry('a b!')] }, error: 'InvalidBatchEntryId' },
  },
  {
    title: 'a batch that is longer than 1 MiB is refused with BatchRequestTooLong',
    operation: 'SendMessageBatch',
    input: { Entries: ['a', 'b'].map((Id) => ({ Id, MessageBody: 'x'.repeat(600_000) })) },
    error: 'BatchRequestTooLong',
  },
  {
    title: 'a message with characters that XML has not is refused with InvalidMessageContents',
    ...{ operation: 'SendMessage', input: { MessageBody: 'a\u0001b' }, error: 'InvalidMessageContents' },
  },
  {
    title: 'a receipt handle that is none is refused with ReceiptHandleIsInvalid',
    ...{ operation: 'DeleteMessage', input: { ReceiptHandle: 'none' }, error: 'ReceiptHandleIsInvalid' },
  },
  {
    title: 'a delay of more than 900 seconds is refused',
    operation: 'SendMessage',
    input: { MessageBody: 'a', DelaySeconds: 901 },
    error: /InvalidParameterValue/,
  },
  {
    title: 'more than ten messages in one call are refused',
    operation: 'ReceiveMessage',
    input: { MaxNumberOfMessages: 11 },
    error: /InvalidParameterValue|ReadCountOutOfRange/,
  },
];

const refused = REFUSED.map(({ title, operation, input, error, page = api(operation) }) =>
  sqsCase(title, page, async (deployed) => {
    const answer = await sqs(deployed, operation, 'Plain', input);
    assert.equal(answer.status, 400);
    if (typeof error === 'string') assert.equal(answer.error, error);
    else assert.match(String(answer.error), error);
  }),
);

const answers = [
  sqsCase(
    'a queue that is not there is refused with QueueDoesNotExist',
    api('SendMessage'),
    async (deployed) => {
      const QueueUrl = (await nameOf(deployed, 'URL_Plain')).replace(/[^/]+$/, 'no-such-queue');
      const answer = await aws(deployed, 'sqs', 'SendMessage', { QueueUrl, MessageBody: 'a' });
      assert.deepEqual([answer.status, answer.error], [400, 'QueueDoesNotExist']);
    },
  ),
  sqsCase('an empty queue answers without messages', api('ReceiveMessage'), async (deployed) => {
    const answer = await sqs(deployed, 'ReceiveMessage', 'Empty');
    assert.deepEqual([answer.status, (answer.body as Json)['Messages'] ?? []], [200, []]);
  }),
  sqsCase(
    'a long poll of an empty queue ends after its wait time',
    guide('sqs-short-and-long-polling'),
    async (deployed) => {
      const startedAt = performance.now();
      assert.deepEqual(await receive(deployed, 'Empty', { WaitTimeSeconds: 2 }), []);
      assert.ok(performance.now() - startedAt >= 1_900, 'it did not wait');
    },
  ),
  sqsCase(
    'a long poll ends as soon as there is a message',
    guide('sqs-short-and-long-polling'),
    async (deployed) => {
      const body = newId();
      const received = receive(deployed, 'Polled', { WaitTimeSeconds: 20 });
      await send(deployed, 'Polled', body);
      assert.deepEqual(
        (await received).map(({ Body }) => Body),
        [body],
      );
    },
  ),
  sqsCase('SendMessage answers with the MD5 digest of the body', api('SendMessage'), async (deployed) => {
    const body = `ä ${newId()}`;
    assert.equal((await send(deployed, 'Plain', body))['MD5OfMessageBody'], md5(body));
  }),
  sqsCase('SendMessageBatch answers each entry by its Id', api('SendMessageBatch'), async (deployed) => {
    const Entries = ['one', 'two'].map((Id) => ({ Id, MessageBody: Id }));
    const { Successful, Failed = [] } = bodyOf(await sqs(deployed, 'SendMessageBatch', 'Plain', { Entries }));
    const sent = (Successful as readonly Json[]).map(({ Id, MD5OfMessageBody }) => [Id, MD5OfMessageBody]);
    assert.deepEqual(sent, [
      ['one', md5('one')],
      ['two', md5('two')],
    ]);
    assert.deepEqual(Failed, []);
  }),
  sqsCase(
    'SendMessageBatch may fail some entries and take the others',
    api('SendMessageBatch'),
    async (deployed) => {
      const Entries = [
        { Id: 'good', MessageBody: 'a' },
        { Id: 'bad', MessageBody: 'a\u0001' },
      ];
      const { Successful, Failed } = bodyOf(await sqs(deployed, 'SendMessageBatch', 'Plain', { Entries }));
      const ids = (list: unknown) => (list as readonly Json[]).map(({ Id }) => Id);
      assert.deepEqual([ids(Successful), ids(Failed)], [['good'], ['bad']]);
      assert.equal((Failed as readonly Json[])[0]?.['SenderFault'], true);
    },
  ),
  sqsCase('a message may have 1 MiB', guide('quotas-messages'), async (deployed) => {
    assert.ok((await send(deployed, 'Plain', 'x'.repeat(1_048_576)))['MessageId']);
  }),
  sqsCase('a message of more than 1 MiB is refused', guide('quotas-messages'), async (deployed) => {
    const answer = await sqs(deployed, 'SendMessage', 'Plain', { MessageBody: 'x'.repeat(1_048_577) });
    assert.equal(answer.status, 400);
    assert.match(String(answer.error), /InvalidParameterValue|InvalidMessageContents/);
  }),
  sqsCase('GetQueueUrl gives the URL of a queue by its name', api('GetQueueUrl'), async (deployed) => {
    const url = await nameOf(deployed, 'URL_Plain');
    const body = bodyOf(await aws(deployed, 'sqs', 'GetQueueUrl', { QueueName: url.split('/').at(-1) }));
    assert.equal(String(body['QueueUrl']).split('/').at(-1), url.split('/').at(-1));
  }),
  sqsCase(
    'GetQueueAttributes gives what the queue was made with',
    api('GetQueueAttributes'),
    async (deployed) => {
      const attributes = await attributesOf(deployed, 'Settings');
      const name = (await nameOf(deployed, 'URL_Settings')).split('/').at(-1) ?? '';
      assert.equal(attributes['QueueArn'], await arnOf(deployed, 'sqs', name));
      assert.deepEqual(
        ['VisibilityTimeout', 'MessageRetentionPeriod', 'ReceiveMessageWaitTimeSeconds'].map(
          (key) => attributes[key],
        ),
        ['45', '600', '0'],
      );
    },
  ),
];

const lives = [
  sqsCase(
    'a visibility timeout over 12 hours is refused',
    api('ChangeMessageVisibility'),
    async (deployed) => {
      await send(deployed, 'Held', newId());
      const [message] = await receiveAll(deployed, 'Held', 1);
      const input = { ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 43_201 };
      const answer = await sqs(deployed, 'ChangeMessageVisibility', 'Held', input);
      assert.deepEqual([answer.status, answer.error], [400, 'InvalidParameterValue']);
    },
  ),
  sqsCase(
    'a message that was received is invisible to others',
    guide('sqs-visibility-timeout'),
    async (deployed) => {
      await send(deployed, 'Hidden', newId());
      await receiveAll(deployed, 'Hidden', 1, { VisibilityTimeout: 60 });
      assert.deepEqual(await receive(deployed, 'Hidden'), []);
    },
  ),
  sqsCase(
    'a visibility timeout of 0 makes a message visible at once',
    api('ChangeMessageVisibility'),
    async (deployed) => {
      const { MessageId } = await send(deployed, 'Shown', newId());
      const [message] = await receiveAll(deployed, 'Shown', 1, { VisibilityTimeout: 60 });
      bodyOf(
        await sqs(deployed, 'ChangeMessageVisibility', 'Shown', {
          ...{ ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 },
        }),
      );
      const [again] = await receiveAll(deployed, 'Shown', 1);
      assert.equal(again?.MessageId, MessageId);
    },
  ),
  sqsCase(
    'a message comes back when its visibility timeout is over',
    guide('sqs-visibility-timeout'),
    async (deployed) => {
      const { MessageId } = await send(deployed, 'Back', newId());
      await receiveAll(deployed, 'Back', 1, { VisibilityTimeout: 2 });
      const [again] = await receiveAll(deployed, 'Back', 1);
      assert.equal(again?.MessageId, MessageId);
    },
  ),
  sqsCase(
    'ApproximateReceiveCount counts how often a message was received',
    api('ReceiveMessage'),
    async (deployed) => {
      await send(deployed, 'Counted', newId());
      const input = { VisibilityTimeout: 1, MessageSystemAttributeNames: ['ApproximateReceiveCount'] };
      const [first] = await receiveAll(deployed, 'Counted', 1, input);
      const [second] = await receiveAll(deployed, 'Counted', 1, input);
      const counts = [first, second].map((message) => message?.Attributes?.['ApproximateReceiveCount']);
      assert.deepEqual(counts, ['1', '2']);
    },
  ),
  sqsCase('a message that was deleted does not come back', api('DeleteMessage'), async (deployed) => {
    await send(deployed, 'Deleted', newId());
    const [message] = await receiveAll(deployed, 'Deleted', 1, { VisibilityTimeout: 1 });
    bodyOf(await sqs(deployed, 'DeleteMessage', 'Deleted', { ReceiptHandle: message?.ReceiptHandle }));
    assert.deepEqual(await receive(deployed, 'Deleted', { WaitTimeSeconds: 2 }), []);
  }),
  sqsCase(
    'PurgeQueue deletes the messages of a queue',
    api('PurgeQueue'),
    async (deployed) => {
      await send(deployed, 'Purged', newId());
      bodyOf(await sqs(deployed, 'PurgeQueue', 'Purged'));
      await pause(deployed, 60);
      assert.deepEqual(await receive(deployed, 'Purged', { WaitTimeSeconds: 1 }), []);
    },
    { limitMs: 120_000 },
  ),
  sqsCase('a message timer hides a message for its time', guide('sqs-message-timers'), async (deployed) => {
    const body = newId();
    await send(deployed, 'Timed', body, { DelaySeconds: 10 });
    assert.deepEqual(await receive(deployed, 'Timed'), []);
    await pause(deployed, 10);
    const [message] = await receiveAll(deployed, 'Timed', 1);
    assert.equal(message?.Body, body);
  }),
  sqsCase('a delay queue hides every message for its time', guide('sqs-delay-queues'), async (deployed) => {
    await send(deployed, 'Delayed', newId());
    assert.deepEqual(await receive(deployed, 'Delayed'), []);
    await pause(deployed, 10);
    await receiveAll(deployed, 'Delayed', 1);
  }),
  sqsCase(
    'a delay of a message of its own stands for that of the queue',
    guide('sqs-message-timers'),
    async (deployed) => {
      await send(deployed, 'Undelayed', newId(), { DelaySeconds: 0 });
      assert.equal((await receive(deployed, 'Undelayed', { WaitTimeSeconds: 1 })).length, 1);
    },
  ),
  sqsCase('message attributes come to who asks for them', api('ReceiveMessage'), async (deployed) => {
    const MessageAttributes = { Color: { DataType: 'String', StringValue: 'red' } };
    const sent = await send(deployed, 'Attributed', newId(), { MessageAttributes });
    const input = { VisibilityTimeout: 1 };
    const [without] = await receiveAll(deployed, 'Attributed', 1, input);
    const [message] = await receiveAll(deployed, 'Attributed', 1, {
      ...input,
      MessageAttributeNames: ['All'],
    });
    assert.equal(without?.MessageAttributes ?? undefined, undefined);
    assert.deepEqual(message?.MessageAttributes, MessageAttributes);
    assert.equal(message.MD5OfMessageAttributes, sent['MD5OfMessageAttributes']);
  }),
];

export const API_CASES: readonly ConformanceCase[] = [...refused, ...answers, ...lives];
