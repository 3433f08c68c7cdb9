import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { ConformanceCase, Deployment } from '../case.ts';
import { arnOf, firstSeen, type Json, nameOf, newId, probeText, send } from '../events/calls.ts';
import { type MessageRecord, onlyRecord } from '../events/messages.ts';
import { sqsCase, WITH_SQS } from './pages.ts';

interface SentRecord {
  readonly record: MessageRecord;
  readonly sent: Json;
  readonly deployed: Deployment;
  readonly sentAt: number;
}

async function sendOne(deployed: Deployment, more: object = {}): Promise<SentRecord> {
  const id = newId();
  const sentAt = Date.now();
  const sent = await send(deployed, 'Jobs', probeText(id), more);
  return { record: onlyRecord(await firstSeen(deployed, id, { fn: 'Worker' })), sent, deployed, sentAt };
}

/** Clocks of this machine and of the platform may differ by so much. */
const CLOCK_MS = 60_000;
const isNow = (text: string | undefined, sentAt: number) =>
  assert.ok(Math.abs(Number(text) - sentAt) < CLOCK_MS, `${text} is not the time`);

const MEMBERS: Readonly<Record<string, (one: SentRecord) => unknown>> = {
  'the ID of the message': ({ record, sent }) => assert.equal(record.messageId, sent['MessageId']),
  'a receipt handle': ({ record }) => assert.match(record.receiptHandle, /./),
  'the body as it was sent': ({ record }) => assert.match(record.body, /^\{"probe":\{"id":"[\w-]+"\}\}$/),
  'the MD5 digest of the body': ({ record }) =>
    assert.equal(record.md5OfBody, createHash('md5').update(record.body).digest('hex')),
  'aws:sqs as its source': ({ record }) => assert.equal(record.eventSource, 'aws:sqs'),
  'the ARN of the queue': async ({ record, deployed }) => {
    const name = (await nameOf(deployed, 'URL_Jobs')).split('/').at(-1) ?? '';
    assert.equal(record.eventSourceARN, await arnOf(deployed, 'sqs', name));
  },
  'the region': async ({ record, deployed }) =>
    assert.equal(record.awsRegion, await nameOf(deployed, 'AWS_REGION')),
  'an ApproximateReceiveCount of 1, as text': ({ record }) =>
    assert.equal(record.attributes['ApproximateReceiveCount'], '1'),
  'the time when it was sent': ({ record, sentAt }) => isNow(record.attributes['SentTimestamp'], sentAt),
  'the time when it was first received': ({ record, sentAt }) =>
    isNow(record.attributes['ApproximateFirstReceiveTimestamp'], sentAt),
  'the ID of the sender': ({ record }) => assert.match(record.attributes['SenderId'] ?? '', /./),
  'no message attributes where none were sent': ({ record }) =>
    assert.deepEqual(record.messageAttributes, {}),
};

const members = Object.entries(MEMBERS).map(([what, check]) =>
  sqsCase(`a record of an event has ${what}`, WITH_SQS, async (deployed) => {
    await check(await sendOne(deployed));
  }),
);

const LISTS = { stringListValues: [], binaryListValues: [] };
const ATTRIBUTES = [
  { DataType: 'String', StringValue: 'red', seen: { stringValue: 'red', dataType: 'String', ...LISTS } },
  { DataType: 'Number', StringValue: '1.50', seen: { stringValue: '1.50', dataType: 'Number', ...LISTS } },
  { DataType: 'Binary', BinaryValue: 'AQID', seen: { binaryValue: 'AQID', dataType: 'Binary', ...LISTS } },
  {
    DataType: 'String.color',
    StringValue: 'red',
    seen: { stringValue: 'red', dataType: 'String.color', ...LISTS },
  },
] as const;

const attributes = ATTRIBUTES.map(({ seen, ...value }) =>
  sqsCase(`a message attribute of the type ${value.DataType} is in the event`, WITH_SQS, async (deployed) => {
    const { record } = await sendOne(deployed, { MessageAttributes: { Name: value } });
    assert.deepEqual(record.messageAttributes['Name'], seen);
  }),
);

export const RECORD_CASES: readonly ConformanceCase[] = [
  ...members,
  ...attributes,
  sqsCase(
    'a record has the digest of its message attributes that SendMessage gave',
    WITH_SQS,
    async (deployed) => {
      const { record, sent } = await sendOne(deployed, {
        MessageAttributes: { Name: { DataType: 'String', StringValue: 'red' } },
      });
      assert.equal(record.md5OfMessageAttributes, sent['MD5OfMessageAttributes']);
    },
  ),
];
