import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { ConformanceCase, Deployment } from '../case.ts';
import { bodyOf, type Json, newId, pause, send, sqs } from '../events/calls.ts';
import { attributesOf, receive, receiveAll } from '../events/messages.ts';
import { api, fifoCase, guide } from '../sqs/pages.ts';

const group = (MessageGroupId: string, MessageDeduplicationId = newId()) => ({
  ...{ MessageGroupId, MessageDeduplicationId },
});
const LONG = 'x'.repeat(129);

const REFUSED = [
  {
    title: 'a message without a MessageGroupId is refused',
    ...{
      queue: 'Plain',
      input: { MessageDeduplicationId: 'd' },
      error: /MissingParameter|InvalidParameterValue/,
    },
  },
  {
    title: 'a message without a MessageDeduplicationId is refused where bodies are not compared',
    ...{ queue: 'Plain', input: { MessageGroupId: 'g' }, error: /InvalidParameterValue|MissingParameter/ },
  },
  {
    title: 'a delay of a single message is refused',
    ...{ queue: 'Plain', input: { ...group('g'), DelaySeconds: 5 }, error: /InvalidParameterValue/ },
  },
  {
    title: 'a MessageDeduplicationId of more than 128 characters is refused',
    ...{ queue: 'Plain', input: group('g', LONG), error: /InvalidParameterValue/ },
  },
  {
    title: 'a MessageGroupId of more than 128 characters is refused',
    ...{ queue: 'Plain', input: group(LONG), error: /InvalidParameterValue/ },
  },
] as const;

const refused = REFUSED.map(({ title, queue, input, error }) =>
  fifoCase(title, api('SendMessage'), async (deployed) => {
    const answer = await sqs(deployed, 'SendMessage', queue, { MessageBody: 'a', ...input });
    assert.equal(answer.status, 400);
    assert.match(String(answer.error), error);
  }),
);

/** Sends to a queue that other cases use too, and receives what is new of a group. */
const bodies = (messages: readonly { readonly Body: string }[]) => messages.map(({ Body }) => Body);

const IDS = guide('using-messagededuplicationid-property');
const LOGIC = guide('FIFO-queues-understanding-logic');

/** What is in a queue of the case's own, after all was sent. */
async function left(deployed: Deployment, queue: string): Promise<readonly string[]> {
  const all: string[] = [];
  for (
    let messages = await receive(deployed, queue, { WaitTimeSeconds: 1, MaxNumberOfMessages: 10 });
    messages.length > 0;
  ) {
    all.push(...bodies(messages));
    for (const { ReceiptHandle } of messages)
      bodyOf(await sqs(deployed, 'DeleteMessage', queue, { ReceiptHandle }));
    messages = await receive(deployed, queue, { WaitTimeSeconds: 1, MaxNumberOfMessages: 10 });
  }
  return all;
}

const duplicates = [
  fifoCase(
    'a message with the same deduplication ID is accepted and not delivered',
    IDS,
    async (deployed) => {
      const same = group('g', newId());
      const first = await send(deployed, 'DupById', 'one', same);
      const second = await send(deployed, 'DupById', 'two', same);
      assert.ok(first['MessageId'] && second['MessageId']);
      assert.deepEqual(await left(deployed, 'DupById'), ['one']);
    },
  ),
  fifoCase('a deduplication ID counts in all groups of a queue', api('CreateQueue'), async (deployed) => {
    const id = newId();
    await send(deployed, 'DupInQueue', 'one', group('g', id));
    await send(deployed, 'DupInQueue', 'two', group('h', id));
    assert.deepEqual(await left(deployed, 'DupInQueue'), ['one']);
  }),
  fifoCase(
    'with the scope messageGroup a deduplication ID counts in its group',
    api('CreateQueue'),
    async (deployed) => {
      const id = newId();
      await send(deployed, 'DupInGroup', 'one', group('g', id));
      await send(deployed, 'DupInGroup', 'two', group('h', id));
      await send(deployed, 'DupInGroup', 'three', group('h', id));
      assert.deepEqual([...(await left(deployed, 'DupInGroup'))].sort(), ['one', 'two']);
    },
  ),
  fifoCase(
    'a deduplication ID still counts after its message was deleted',
    guide('FIFO-key-terms'),
    async (deployed) => {
      const same = group('g', newId());
      await send(deployed, 'DupDeleted', 'one', same);
      assert.deepEqual(await left(deployed, 'DupDeleted'), ['one']);
      await send(deployed, 'DupDeleted', 'one', same);
      assert.deepEqual(await left(deployed, 'DupDeleted'), []);
    },
  ),
  fifoCase('content-based deduplication tells duplicates by their bodies', IDS, async (deployed) => {
    for (const body of ['one', 'two', 'one'])
      await send(deployed, 'DupByBody', body, { MessageGroupId: 'g' });
    assert.deepEqual(await left(deployed, 'DupByBody'), ['one', 'two']);
  }),
  fifoCase('content-based deduplication does not look at message attributes', IDS, async (deployed) => {
    for (const StringValue of ['a', 'b'])
      await send(deployed, 'DupAttributes', 'one', {
        ...{ MessageGroupId: 'g', MessageAttributes: { Name: { DataType: 'String', StringValue } } },
      });
    assert.deepEqual(await left(deployed, 'DupAttributes'), ['one']);
  }),
  fifoCase('a deduplication ID of its own stands for the body', IDS, async (deployed) => {
    await send(deployed, 'DupOwn', 'same', group('g'));
    await send(deployed, 'DupOwn', 'same', group('g'));
    assert.deepEqual(await left(deployed, 'DupOwn'), ['same', 'same']);
  }),
  fifoCase('the deduplication ID by content is the SHA-256 of the body', IDS, async (deployed) => {
    const body = newId();
    await send(deployed, 'DupHash', body, { MessageGroupId: 'g' });
    const [message] = await receiveAll(deployed, 'DupHash', 1, { MessageSystemAttributeNames: ['All'] });
    const hash = createHash('sha256').update(body).digest('hex');
    assert.equal(message?.Attributes?.['MessageDeduplicationId'], hash);
  }),
];

const numbers = [
  fifoCase(
    'SendMessage answers with a sequence number of 20 digits',
    api('SendMessage'),
    async (deployed) => {
      const { SequenceNumber } = await send(deployed, 'Plain', 'a', group(newId()));
      assert.match(String(SequenceNumber), /^\d{20}$/);
    },
  ),
  fifoCase('sequence numbers of a group grow', api('SendMessage'), async (deployed) => {
    const own = newId();
    const sent: string[] = [];
    for (let n = 0; n < 5; n++)
      sent.push(String((await send(deployed, 'Plain', String(n), group(own)))['SequenceNumber']));
    assert.deepEqual([...sent].sort(), sent);
    assert.equal(new Set(sent).size, 5);
  }),
  fifoCase('each entry of a batch has a sequence number', api('SendMessageBatch'), async (deployed) => {
    const own = newId();
    const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: Id, ...group(own) }));
    const { Successful } = bodyOf(await sqs(deployed, 'SendMessageBatch', 'Plain', { Entries }));
    for (const { SequenceNumber } of Successful as readonly Json[])
      assert.match(String(SequenceNumber), /^\d+$/);
  }),
  fifoCase(
    'a message that was received has the sequence number that it was sent with',
    api('ReceiveMessage'),
    async (deployed) => {
      const { SequenceNumber } = await send(deployed, 'Numbered', 'a', group('g'));
      const [message] = await receiveAll(deployed, 'Numbered', 1, { MessageSystemAttributeNames: ['All'] });
      assert.equal(message?.Attributes?.['SequenceNumber'], SequenceNumber);
    },
  ),
  fifoCase('GetQueueAttributes says that a queue is FIFO', api('GetQueueAttributes'), async (deployed) => {
    const { FifoQueue, ContentBasedDeduplication } = await attributesOf(deployed, 'DupHash');
    assert.deepEqual([FifoQueue, ContentBasedDeduplication], ['true', 'true']);
  }),
];

async function sendInOrder(
  deployed: Deployment,
  queue: string,
  groupId: string,
  all: readonly string[],
): Promise<void> {
  for (const body of all) await send(deployed, queue, body, group(groupId));
}

const order = [
  fifoCase('a receiver gets as many messages of one group as there are', LOGIC, async (deployed) => {
    await sendInOrder(deployed, 'Together', 'g', ['1', '2', '3', '4']);
    assert.deepEqual(bodies(await receive(deployed, 'Together', { MaxNumberOfMessages: 10 })), [
      '1',
      '2',
      '3',
      '4',
    ]);
  }),
  fifoCase(
    'messages of a group are received in the order in which they were sent',
    LOGIC,
    async (deployed) => {
      const all = Array.from({ length: 10 }, (_, index) => String(index));
      await sendInOrder(deployed, 'Ordered', 'g', all);
      assert.deepEqual(await left(deployed, 'Ordered'), all);
    },
  ),
  fifoCase('while a message is with a receiver no other of its group is given', LOGIC, async (deployed) => {
    await sendInOrder(deployed, 'Locked', 'g', ['1', '2']);
    await receiveAll(deployed, 'Locked', 1, { MaxNumberOfMessages: 1, VisibilityTimeout: 60 });
    assert.deepEqual(await receive(deployed, 'Locked'), []);
  }),
  fifoCase('while a message is with a receiver those of other groups are given', LOGIC, async (deployed) => {
    await sendInOrder(deployed, 'Others', 'g', ['1', '2']);
    await sendInOrder(deployed, 'Others', 'h', ['3']);
    await receiveAll(deployed, 'Others', 1, { MaxNumberOfMessages: 1, VisibilityTimeout: 60 });
    assert.deepEqual(bodies(await receive(deployed, 'Others', { MaxNumberOfMessages: 10 })), ['3']);
  }),
  fifoCase(
    'the next message of a group is given after the one before was deleted',
    LOGIC,
    async (deployed) => {
      await sendInOrder(deployed, 'Next', 'g', ['1', '2']);
      const [first] = await receiveAll(deployed, 'Next', 1, {
        MaxNumberOfMessages: 1,
        VisibilityTimeout: 60,
      });
      bodyOf(await sqs(deployed, 'DeleteMessage', 'Next', { ReceiptHandle: first?.ReceiptHandle }));
      assert.deepEqual(bodies(await receive(deployed, 'Next', { WaitTimeSeconds: 1 })), ['2']);
    },
  ),
  fifoCase(
    'a message that comes back is given before those that were sent after it',
    LOGIC,
    async (deployed) => {
      await sendInOrder(deployed, 'Again', 'g', ['1', '2']);
      const [first] = await receiveAll(deployed, 'Again', 1, {
        MaxNumberOfMessages: 1,
        VisibilityTimeout: 60,
      });
      const input = { ReceiptHandle: first?.ReceiptHandle, VisibilityTimeout: 0 };
      bodyOf(await sqs(deployed, 'ChangeMessageVisibility', 'Again', input));
      assert.deepEqual(bodies(await receiveAll(deployed, 'Again', 2)), ['1', '2']);
    },
  ),
  fifoCase('a delay of the queue holds for its messages', guide('sqs-delay-queues'), async (deployed) => {
    await send(deployed, 'Delayed', 'a', group('g'));
    assert.deepEqual(await receive(deployed, 'Delayed'), []);
    await pause(deployed, 20);
    assert.deepEqual(bodies(await receiveAll(deployed, 'Delayed', 1)), ['a']);
  }),
  fifoCase(
    'the same ReceiveRequestAttemptId gives the same messages again',
    api('ReceiveMessage'),
    async (deployed) => {
      await send(deployed, 'Attempt', 'a', group('g'));
      const input = { ReceiveRequestAttemptId: newId(), VisibilityTimeout: 60, WaitTimeSeconds: 1 };
      const [first] = await receive(deployed, 'Attempt', input);
      const [again] = await receive(deployed, 'Attempt', input);
      assert.ok(first);
      assert.equal(again?.MessageId, first.MessageId);
    },
    {
      difference:
        'fauxqs does not know ReceiveRequestAttemptId: a receiver that repeats a call waits until the messages are visible again',
    },
  ),
];

export const FIFO_API_CASES: readonly ConformanceCase[] = [...refused, ...duplicates, ...numbers, ...order];
